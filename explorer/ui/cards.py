"""Model cards as the page shows them: headings, lists, tables and text, and nothing else.

A card comes with its bundle, and may be anyone's: it could load pictures from elsewhere, lead away
by links, or imitate the page. So each line is taken for one of a few kinds, and its words are shown
as they are.
"""

import re

from explorer.ui.words import verbatim

_LONGEST = 40_000  # characters; ours have about three thousand
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"`([^`]+)`")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r"\|?[\s|:-]*-[\s|:-]*")


def harmless(card: str) -> str:
    """Return a card as harmless Markdown, its headings below those of the page."""
    return "\n".join(map(_line, card[:_LONGEST].splitlines()))


def _line(line: str) -> str:
    text = line.strip()
    if not text:
        return ""
    if line.startswith("    "):
        return f"    {_one_line(text)}"  # a command
    if line.startswith("#"):
        return f"#### {_words(text.lstrip('#'))}"
    if line.startswith("- "):
        return f"- {_words(text[2:])}"
    if line.startswith("|"):
        return text if _RULE.fullmatch(text) else _row(text)
    return _words(text)


def _row(text: str) -> str:
    cells = _BETWEEN_CELLS.split(text.strip("|"))
    return f"| {' | '.join(map(_words, cells))} |"


def _words(text: str) -> str:
    """Escape text, and keep as `code` what was code."""
    parts = _CODE.split(" ".join(text.split()))  # code and text by turns
    shown = (f"`{_one_line(part)}`" if at % 2 else _verbatim(part) for at, part in enumerate(parts))
    return "".join(shown)


def _verbatim(words: str) -> str:
    return verbatim(_ESCAPED.sub(r"\1", words))


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
