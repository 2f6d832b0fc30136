"""All sentences that people read: a folder for each language, in it a file for each section.

`say` returns one sentence. Numbers among its values are written, and its plural is chosen, as the
language has it (Unicode CLDR, by Babel); `live/parts/dom.js` does the same in the browser. A
sentence that depends on how many there are is an object of the plural's categories, such as
`{"one": "{count} image", "other": "{count} images"}`.

Knows nothing of who says what.
"""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from numbers import Integral
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from explorer.words.overlay import Section, is_plural, laid_over, misfits

HERE: Final = Path(__file__).parent
ENGLISH: Final = "en"
ASKED: Final = "LATENT_EXPLORER_LANGUAGE"

__all__ = [
    "ASKED",
    "ENGLISH",
    "HERE",
    "Section",
    "catalogue",
    "decimal",
    "has",
    "is_plural",
    "language",
    "languages",
    "missing",
    "moment",
    "percent",
    "rounded",
    "say",
    "section",
    "tag",
    "together",
    "unusable",
]


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the available languages, such as `en` or `pt-BR`."""
    return tuple(
        sorted(folder.name for folder in HERE.iterdir() if (folder / "app.json").is_file())
    )


def language() -> str:
    """Return the code of the language in use: the one asked for, or English where it is unknown."""
    return _folder(os.environ.get(ASKED, "")).name


def tag() -> str:
    """Return the tag (BCP 47) of the language whose rules numbers and plurals follow."""
    rules = _locale(language())
    return "-".join(part for part in (rules.language, rules.script, rules.territory) if part)


def missing() -> str:
    """Return the language asked for if there is no such one; else an empty text."""
    asked = os.environ.get(ASKED, "")
    return asked if asked != ENGLISH and _folder(asked) == HERE / ENGLISH else ""


def unusable() -> list[str]:
    """Return what is said in English because its words in the language in use are no good.

    It is files that cannot be read, such as `train.json`, and places, such as `train.page`.
    """
    folder = _folder(os.environ.get(ASKED, ""))
    if folder == HERE / ENGLISH:
        return []
    words, unread = _files(folder)
    return [*unread, *misfits(_read(HERE / ENGLISH), words)]


def catalogue() -> Section:
    """Return all words: section, then key, to a sentence or to keys of its own."""
    return _read(_folder(os.environ.get(ASKED, "")))


def section(place: str) -> Section:
    """Return part of the words as it is, its gaps not filled.

    Args:
        place: Section and keys, such as `card.findings`.
    """
    part = _at(place)
    assert isinstance(part, Mapping), place
    return part


def has(place: str) -> bool:
    """Return whether there are words at a place, such as `explore.map_umap`."""
    try:
        _at(place)
    except KeyError:
        return False
    return True


def say(place: str, **values: object) -> str:
    """Return one sentence.

    Args:
        place: Section and keys, such as `explore.models`.
        **values: What goes into the {gaps} of the sentence: numbers as numbers, for the language
            to write; `count` chooses the plural. A number that counts nothing, such as a seed or a
            year, is given as text.
    """
    sentence = _at(place)
    if isinstance(sentence, Mapping):
        count = values["count"]
        assert isinstance(count, Integral), f"{place} depends on how many there are"
        sentence = sentence.get(_locale(language()).plural_form(int(count)), sentence["other"])
    return str(sentence).format_map({name: _shown(value) for name, value in values.items()})


def decimal(value: float, digits: int) -> str:
    """Write a number as the language does.

    Args:
        value: Any finite number.
        digits: How many there are behind the decimal point.
    """
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(value, pattern, _locale(language()))


def rounded(value: float, digits: int) -> str:
    """Write a number as the language does, to so many significant digits at most.

    Args:
        value: Any finite number.
        digits: How many, at least 1.
    """
    return format_decimal(float(f"{value:.{digits}g}"), "0." + "#" * 20, _locale(language()))


def together(names: Iterable[str]) -> str:
    """Write names one after another, with the language's "and" before the last."""
    return format_list(list(names), "standard", _locale(language()))


def percent(share: float, digits: int = 0) -> str:
    """Write a share as percent, as the language does.

    Args:
        share: 1 is the whole.
        digits: How many there are behind the decimal point.
    """
    pattern = "0" + ("." + "0" * digits if digits else "") + "%"
    return format_percent(share, pattern, _locale(language()))


def moment(place: str, at: datetime) -> str:
    """Write a day and a time as the language does.

    Args:
        place: Section and keys of a pattern of letters that CLDR gives a meaning, such as
            `d MMM HH:mm`.
        at: When.
    """
    from babel.dates import format_datetime  # slow to import, and rarely needed

    return format_datetime(at, say(place), locale=_locale(language()))


def _at(place: str) -> object:
    part: object = catalogue()
    for key in place.split("."):
        assert isinstance(part, Mapping), place
        part = part[key]
    return part


def _shown(value: object) -> str:
    if isinstance(value, Integral) and not isinstance(value, bool):
        return format_decimal(int(value), "#,##0", _locale(language()))
    return str(value)


@cache
def _folder(asked: str) -> Path:
    """Return where the words of a language are: in this package, or a folder anywhere."""
    if asked in languages():
        return HERE / asked
    folder = Path(os.path.abspath(asked))  # "." has a name, too
    return folder if asked and _holds_words(folder) else HERE / ENGLISH


def _holds_words(folder: Path) -> bool:
    try:
        return (folder / "app.json").is_file()
    except (OSError, ValueError):  # too long for a path, or closed to us
        return False


@cache
def _read(folder: Path) -> Section:
    """Read the words of a language; where it lacks some, they are the English ones."""
    words, unread = _files(folder)
    if folder == HERE / ENGLISH:
        assert not unread, unread
        return words
    return laid_over(_read(HERE / ENGLISH), words)


@cache
def _files(folder: Path) -> tuple[Section, list[str]]:
    """Return the words in a folder, and the files that cannot be read."""
    words: dict[str, object] = {}
    unread = []
    for file in sorted(folder.rglob("*.json")):
        inside = file.relative_to(folder)
        *above, name = inside.with_suffix("").parts
        part = words
        for key in above:
            part = part.setdefault(key, {})  # type: ignore[assignment]
        try:
            part[name] = json.loads(file.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError, RecursionError):
            unread.append(inside.as_posix())
    return words, unread


@cache
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code, sep="-")
    except (ValueError, UnknownLocaleError):  # its words are there, its rules are not known
        return Locale(ENGLISH)
