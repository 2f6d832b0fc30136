"""Which values of images are black and white: found out from those that occur, or as asked for.

Knows nothing of files.
"""

from dataclasses import dataclass

import numpy as np

from explorer.config import Range
from explorer.data.reading import remark
from explorer.errors import DataError
from explorer.words import rounded, say

_FIXED: dict[Range, tuple[float, float]] = {
    "unit": (0, 1),
    "centred": (-1, 1),
    "byte": (0, 255),
    "word": (0, 65535),
}
_SLACK = 0.01  # of fractions beyond their range, as resizing and rounding leave them
_SLACK_OF_BYTES = 0.5
_DEPTHS = (10, 12, 14, 16)  # bits that cameras and scanners have
_LEAST_OF_BYTES = 32  # from which on fractions are surely no overshoot of 1
_DARK = 0.25  # of the range


@dataclass(frozen=True)
class Levels:
    """The values of black and of white."""

    black: float
    white: float

    def to_bytes(self, values: np.ndarray) -> np.ndarray:
        """Return values as uint8, black 0 and white 255; what lies beyond is clipped."""
        if (self.black, self.white) == (0, 255) and values.dtype == np.uint8:
            return values
        scaled = (values.astype(np.float32) - self.black) * (255 / (self.white - self.black))
        pixels: np.ndarray = np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
        return pixels


@dataclass(frozen=True)
class Extremes:
    """What values occur.

    Attributes:
        least: The lowest.
        most: The highest.
        is_float: Whether they are stored as fractions.
        is_whole: Whether all are whole numbers.
    """

    least: float
    most: float
    is_float: bool
    is_whole: bool

    @classmethod
    def of(cls, values: np.ndarray) -> "Extremes":
        """Look at values, none of which may be NaN; there must be one."""
        is_float = values.dtype.kind == "f"
        is_whole = not is_float or bool((values == np.rint(values)).all())
        return cls(float(values.min()), float(values.max()), is_float, is_whole)

    def and_those(self, other: "Extremes | None") -> "Extremes":
        """Return the extremes of two sets of values together."""
        if other is None:
            return self
        return Extremes(
            min(self.least, other.least),
            max(self.most, other.most),
            self.is_float or other.is_float,
            self.is_whole and other.is_whole,
        )


def levels_of(found: Extremes, asked: Range, notes: list[str]) -> Levels | None:
    """Return which values are black and white.

    Args:
        found: The values that occur.
        asked: What a person says of them.
        notes: Takes a sentence on what was assumed, where that is not plain.

    Returns:
        None if nothing was asked for and the values could mean several things.
    """
    if asked == "used":
        notes.append(
            remark("range_used", least=rounded(found.least, 6), most=rounded(found.most, 6))
        )
        return Levels(found.least, found.most if found.most > found.least else found.least + 1)
    if asked != "auto":
        black, white = _FIXED[asked]
        if found.least < black or found.most > white:
            notes.append(remark("range_clipped", least=rounded(black, 6), most=rounded(white, 6)))
        return Levels(black, white)
    levels = _fractions(found, notes) if found.is_float else _whole_numbers(found, notes)
    if levels is not None and levels.black < found.most < levels.white * _DARK:
        notes.append(remark("dark", most=rounded(found.most, 6), white=rounded(levels.white, 6)))
    return levels


def _whole_numbers(found: Extremes, notes: list[str]) -> Levels | None:
    if found.least < 0:
        return None
    if found.most <= 1:
        return Levels(0, 1)
    return Levels(0, 255) if found.most <= 255 else _deep(found, notes)


def _fractions(found: Extremes, notes: list[str]) -> Levels | None:
    if found.least >= -_SLACK and found.most <= 1 + _SLACK:
        if found.least < 0 or found.most > 1:
            notes.append(remark("range_overshoot"))
        return Levels(0, 1)
    if found.least >= -1 - _SLACK and found.most <= 1 + _SLACK:
        notes.append(remark("range_centred"))
        return Levels(-1, 1)
    if found.least < -_SLACK_OF_BYTES:
        return None
    surely = found.is_whole or found.most >= _LEAST_OF_BYTES
    if surely and found.most <= 255 + _SLACK_OF_BYTES:
        notes.append(remark("range_byte"))
        return Levels(0, 255)
    return _deep(found, notes) if found.is_whole else None


def _deep(found: Extremes, notes: list[str]) -> Levels | None:
    """Take numbers beyond 255 for as many bits as hold the highest."""
    for bits in _DEPTHS:
        if found.most < 2**bits:
            notes.append(remark("range_deep", bits=bits, white=2**bits - 1))
            return Levels(0, 2**bits - 1)
    return None


def refuse_values(found: Extremes, name: str) -> DataError:
    """Say that values could mean several things."""
    kind = say("data.fractions" if found.is_float else "data.whole_numbers")
    return DataError(
        "data.pixel_range",
        name=name,
        kind=kind,
        least=rounded(found.least, 6),
        most=rounded(found.most, 6),
    )
