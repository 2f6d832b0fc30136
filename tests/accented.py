"""A made-up language: the English words with an accent on each vowel, as `en-XA`.

What is said in it can still be read, and what is not said in it shows: it has plain vowels.
"""

import json
import re
from pathlib import Path

from explorer import words

CODE = "en-XA"
_ACCENTS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")
# Gaps, code, addresses, icons and flags are the same in all languages.
_SAME = re.compile(r"(\{\w*\}|`[^`]*`|https?://\S+|:material/\w+:|\]\([^)]*\)|<[^>]*>)")
_PLAIN = re.compile(r"[A-Za-z]*[aeiouAEIOU][A-Za-z]*")


def accented(sentence: str) -> str:
    """Say a sentence in the made-up language."""
    parts = _SAME.split(sentence)
    return "".join(part if i % 2 else part.translate(_ACCENTS) for i, part in enumerate(parts))


def make_language(folder: Path) -> Path:
    """Write the whole made-up language into a new folder, and return where it is."""
    english = words.HERE / words.ENGLISH
    for file in english.rglob("*.json"):
        to = folder / CODE / file.relative_to(english)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(json.dumps(_all_accented(json.loads(file.read_text("utf-8")))), "utf-8")
    return folder / CODE


def plain_words(text: str, known: str = "") -> list[str]:
    """Return the words of a text that are not of the made-up language, acronyms left out.

    Args:
        text: What somebody reads.
        known: Names and the like, whose words are the same in all languages.
    """
    same = set(_PLAIN.findall(known))
    found = (word for word in _PLAIN.findall(text) if len(word) > 2 and not word.isupper())
    return [word for word in found if word not in same]


def _all_accented(words: object) -> object:
    if isinstance(words, dict):
        return {key: _all_accented(inner) for key, inner in words.items()}
    if isinstance(words, list):
        return [_all_accented(inner) for inner in words]
    return accented(words) if isinstance(words, str) else words
