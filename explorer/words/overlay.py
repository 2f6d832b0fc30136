"""Which words of another language can stand in for the English ones.

Knows nothing of files, or of who says what.
"""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Final

Section = Mapping[str, object]  # its values: a sentence, the forms of its plural, or a section
_MANY: Final = frozenset({"zero", "one", "two", "few", "many", "other"})  # CLDR's categories


def is_plural(words: object) -> bool:
    """Return whether words are one sentence in the forms of its plural."""
    return isinstance(words, Mapping) and "other" in words and _MANY.issuperset(words)


def laid_over(english: Section, other: Section) -> Section:
    """Return a copy of the English words in which those of another language replace them.

    Words that do not fit, such as a sentence with a gap that nothing fills, stay English.
    """
    laid = {**english, **other}
    for key, words in english.items():
        mine = other.get(key)
        if _is_section(words):
            laid[key] = laid_over(words, mine if isinstance(mine, Mapping) else {})  # type: ignore[arg-type]
        elif not _fits(words, mine):
            laid[key] = words
    return laid


def misfits(english: Section, other: Section, above: str = "") -> Iterator[str]:
    """Yield the places whose words in another language do not fit those in English."""
    for key, mine in other.items():
        words, place = english.get(key), f"{above}{key}"
        if words is None:
            continue
        if not _is_section(words):
            if not _fits(words, mine):
                yield place
        elif isinstance(mine, Mapping):
            yield from misfits(words, mine, f"{place}.")  # type: ignore[arg-type]
        else:
            yield place


def _is_section(words: object) -> bool:
    return isinstance(words, Mapping) and not is_plural(words)


def _fits(english: object, mine: object) -> bool:
    """Whether words can be said wherever the English ones are."""
    if isinstance(english, list):
        if not isinstance(mine, list) or len(mine) != len(english):
            return False
        return all(_fits(*pair) for pair in zip(english, mine, strict=True))
    given = _gaps(english) | ({"count"} if is_plural(english) else set())
    if is_plural(mine) and "count" not in given:
        return False
    try:
        return _gaps(mine) <= given
    except (ValueError, TypeError):  # a lone brace, or no sentence at all
        return False


def _gaps(words: object) -> set[str]:
    """Return what the gaps of a sentence, or of all its forms, are called.

    Raises:
        ValueError: A brace has no other.
        TypeError: It is no sentence.
    """
    forms = words.values() if isinstance(words, Mapping) and is_plural(words) else (words,)
    gaps = set()
    for form in forms:
        if not isinstance(form, str):
            raise TypeError(form)
        for _, name, how, sign in Formatter().parse(form):
            if name is not None:
                gaps.add(f"{name}!{sign}:{how}" if how or sign else name)
    return gaps
