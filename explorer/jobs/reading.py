"""Reads the files of a run's folder without trusting them; what cannot be used is left out.

A killed process, a full disk, an earlier version or a person may have left anything there. Knows
the types of values, and nothing of what they mean.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, BinaryIO, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from explorer.data.npz import NUMBERS, read_npz
from explorer.foreign import if_readable, parse_json

MOST_SECONDS = 1e11  # some 3,000 years, which clocks can still show
_LARGEST = 1e100
_MOST_BYTES = 256 << 20  # of a file of arrays, unpacked
_MOST_FILES = 64  # whose lines are remembered


def read_json(path: Path) -> dict[str, object]:
    """Return the object in a file; an empty one if the file cannot be read."""
    try:
        values = parse_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def usable(
    kind: type, values: Mapping[str, object], *, largest: float = _LARGEST
) -> dict[str, Any]:
    """Return those fields of a dataclass whose values have the right type.

    Args:
        kind: The dataclass; its fields are plain values, and lists or objects of such.
        values: As JSON has them.
        largest: Numbers beyond it are not usable.
    """
    hints = _hints(kind)
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if name in hints and _fits(value, hints[name], largest)
    }


def read_lines(path: Path, kind: type) -> list[dict[str, object]]:
    """Return the lines of a file that hold a record of one kind, as plain JSON values.

    A killed process may have left half a line at the end. Lines are only ever appended, or the file
    is replaced as a whole, so lines that were read once are not read again.

    Args:
        path: The file, with one JSON object in each line.
        kind: The dataclass of the record.
    """
    with _reading:
        try:
            with path.open("rb") as stream:
                seen = _seen_of(path, kind, stream)
                lines = stream.read().split(b"\n")[:-1]  # what follows the last one is half a line
        except OSError:
            return []
        if lines:
            seen.n_bytes += sum(len(line) + 1 for line in lines)
            seen.last = lines[-1] + b"\n"
            seen.lines += [found for line in lines if (found := _line(line, kind))]
        return list(seen.lines)


def read_arrays(
    path: Path, axes: Mapping[str, int], optional: Mapping[str, int]
) -> dict[str, np.ndarray] | None:
    """Return the arrays of a file, or None where not all of them can be read.

    Args:
        path: An .npz file.
        axes: How many axes each array has that must be there.
        optional: Likewise for arrays that may be absent; any others are left out.
    """
    with if_readable():
        arrays = read_npz(path, cap_bytes=_MOST_BYTES, kinds=NUMBERS + "U")
        known = {**axes, **optional}
        kept = {name: array for name, array in arrays.items() if name in known}
        shapes_fit = all(array.ndim == known[name] for name, array in kept.items())
        is_finite = all(np.isfinite(a).all() for a in kept.values() if a.dtype.kind == "f")
        if set(axes) <= set(kept) and shapes_fit and is_finite:
            return kept
    return None


@dataclass
class _Seen:
    """What was read of a file so far, and its last line, which identifies the file."""

    n_bytes: int = 0
    last: bytes = b""
    lines: list[dict[str, object]] = field(default_factory=list)


_reading = threading.Lock()
_seen: dict[tuple[Path, type], _Seen] = {}


def _seen_of(path: Path, kind: type, stream: BinaryIO) -> _Seen:
    """Return what was read of an open file, and seek there; nothing if it was replaced or cut."""
    seen = _seen.pop((path, kind), _Seen())
    stream.seek(seen.n_bytes - len(seen.last))
    if stream.read(len(seen.last)) != seen.last:
        seen = _Seen()
        stream.seek(0)
    _seen[path, kind] = seen  # at the end, because it was used last
    while len(_seen) > _MOST_FILES:
        del _seen[next(iter(_seen))]
    return seen


def _line(line: bytes, kind: type) -> dict[str, object]:
    """Return the record in a line; an empty one where there is none."""
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    hints, names = _hints(kind), _names_now(kind)
    values = {names.get(name, name): value for name, value in values.items()}
    known = {name: value for name, value in values.items() if name in hints}
    is_whole = _required(kind) <= known.keys()
    fits = is_whole and all(_fits(value, hints[name], _LARGEST) for name, value in known.items())
    return known if fits else {}


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _names_now(kind: type) -> dict[str, str]:
    """Return the names of fields by their earlier names (`was` in the metadata of a field)."""
    return {f.metadata["was"]: f.name for f in fields(kind) if "was" in f.metadata}


@cache
def _required(kind: type) -> frozenset[str]:
    return frozenset(f.name for f in fields(kind) if f.default is MISSING)


def _fits(value: object, hint: Any, largest: float) -> bool:
    """Whether a JSON value has the type of an annotation, and is usable."""
    if hint is str:
        return isinstance(value, str) and (value.isprintable() or not value)
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        is_number = type(value) is int or (hint is float and type(value) is float)
        return is_number and -largest <= value <= largest  # type: ignore[operator]
    if hint is type(None):
        return value is None
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in args
    if origin in (Union, UnionType):
        return any(_fits(value, arg, largest) for arg in args)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(key, str, largest) and _fits(part, args[1], largest)
            for key, part in value.items()
        )
    return isinstance(value, list) and all(_fits(part, args[0], largest) for part in value)
