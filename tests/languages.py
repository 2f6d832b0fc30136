"""Two made-up languages. What is not said in one of them was not taken from the catalogue.

- `marked`: the English words, with a mark at both ends of each sentence. It shows where a sentence
  begins and ends, and so what stands between sentences.
- `accented`: the English words with an accent on each vowel, as `en-XA`. It survives Markdown,
  which splits sentences, and can still be read on a page.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

from explorer import words

OPEN, SHUT = "⟦", "⟧"
_ACCENTS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")
# Gaps, code, addresses, icons and flags are the same in all languages.
_SAME = re.compile(r"(\{\w*\}|`[^`]*`|https?://\S+|:material/\w+:|\]\([^)]*\)|<[^>]*>)")
_PLAIN = re.compile(r"[A-Za-z]*[aeiouAEIOU][A-Za-z]*")


def write_language(folder: Path, say: Callable[[str], str]) -> None:
    """Write a whole language into a new folder, whose name is its code.

    Args:
        folder: Where the words go.
        say: Turns an English sentence into one of the language.
    """
    english = words.HERE / words.ENGLISH
    for file in english.rglob("*.json"):
        to = folder / file.relative_to(english)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(_each(json.loads(file.read_text("utf-8")), say)), "utf-8")


def marked(sentence: str) -> str:
    """Say a sentence in the language of marks."""
    return f"{OPEN}{sentence}{SHUT}"


def unmarked(text: str) -> str:
    """Return what is left of a text without all that is marked, also within what is marked."""
    while (rest := re.sub(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}", "", text)) != text:
        text = rest
    return text


def accented(sentence: str) -> str:
    """Say a sentence in the language of accents."""
    parts = _SAME.split(sentence)
    return "".join(part if i % 2 else part.translate(_ACCENTS) for i, part in enumerate(parts))


def plain_words(text: str, known: str = "") -> list[str]:
    """Return the words of a text that lack accents, acronyms left out.

    Args:
        text: What somebody reads.
        known: Names and the like, whose words are the same in all languages.
    """
    same = set(_PLAIN.findall(known))
    found = (word for word in _PLAIN.findall(text) if len(word) > 2 and not word.isupper())
    return [word for word in found if word not in same]


def _each(part: object, say: Callable[[str], str]) -> object:
    if isinstance(part, dict):
        return {key: _each(inner, say) for key, inner in part.items()}
    if isinstance(part, list):
        return [_each(inner, say) for inner in part]
    return say(part) if isinstance(part, str) else part
