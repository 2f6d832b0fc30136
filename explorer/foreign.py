"""The door for bytes that may come from anyone: they become values, or one clear refusal.

Parsers raise what they like on damaged bytes: an OverflowError over a long number, a TokenError in
an array's header, a RecursionError. No list of those is ever complete, so `door` catches them all,
and only there. Knows nothing of what the bytes mean.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import NoReturn

from explorer.errors import ExplorerError
from explorer.words import say

_MOST_DIGITS = 19  # of a whole number, as in 64 bits
_LARGEST = 1e100  # of a fraction; its square is finite too
_LONGEST_REASON = 200


@contextlib.contextmanager
def door(refuse: Callable[[str], ExplorerError]) -> Iterator[None]:
    """Read foreign bytes within this: whatever goes wrong becomes one error in three beats.

    Args:
        refuse: Makes that error, given a few words on what is wrong.

    Raises:
        ExplorerError: What `refuse` made; one that was raised within is left as it is.
    """
    try:
        yield
    except ExplorerError:
        raise
    except Exception as error:  # see above: the one place that takes whatever comes
        raise refuse(_reason(error)) from error


@contextlib.contextmanager
def if_readable() -> Iterator[None]:
    """Read within this what can be done without: where it cannot be read, the rest is left out."""
    with contextlib.suppress(_UnreadableError), door(_UnreadableError.of):
        yield


class _UnreadableError(ExplorerError):
    """Never leaves this module."""

    @classmethod
    def of(cls, why: str) -> "_UnreadableError":
        return cls.worded(why, "", "")


def parse_json(content: bytes | str) -> object:
    """Read JSON whose every number fits 64 bits and whose every text can be written as UTF-8.

    Raises:
        ValueError: It is no JSON, nested too deeply, or a number or a text is none of those.
    """
    try:
        values = json.loads(
            content, parse_int=_whole, parse_float=_fraction, parse_constant=_refuse_constant
        )
        json.dumps(values, ensure_ascii=False).encode()  # half a character cannot be encoded
    except RecursionError as error:
        raise ValueError(say("damage.nested")) from error
    except json.JSONDecodeError as error:
        place = {"line": str(error.lineno), "column": str(error.colno)}
        raise ValueError(say("damage.no_json", **place)) from error
    return values


def printable(text: str) -> str:
    """Return a text of any origin as one line that can be printed, broken characters marked."""
    whole = " ".join(text.encode("utf-8", "replace").decode().split())
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in whole)


def _reason(error: Exception) -> str:
    """Put an exception into a few words."""
    if isinstance(error, MemoryError):
        return say("damage.no_memory")
    if isinstance(error, OSError) and error.strerror:
        return printable(error.strerror)
    words = printable(str(error)).rstrip(".")
    short = words if len(words) <= _LONGEST_REASON else words[:_LONGEST_REASON] + "\u2026"
    return short if isinstance(error, ValueError) and short else f"{type(error).__name__} {short}"


def _whole(text: str) -> int:
    n_digits = len(text.lstrip("-"))
    if n_digits > _MOST_DIGITS or not -(2**63) <= int(text) < 2**63:
        raise ValueError(say("damage.many_digits", count=n_digits))
    return int(text)


def _fraction(text: str) -> float:
    value = float(text)
    if not -_LARGEST <= value <= _LARGEST:
        raise ValueError(say("damage.large_number", number=text[:24], most=f"{_LARGEST:g}"))
    return value


def _refuse_constant(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's reader accepts but JSON does not have."""
    raise ValueError(say("damage.no_json_number", constant=constant))
