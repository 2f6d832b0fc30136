"""Names by which people mark what to learn from and what to test on.

Knows nothing of images.
"""

from collections.abc import Sequence
from typing import Literal

Side = Literal["train", "val", "test"]

_SIDES: dict[str, Side] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "tst", "te", "t10k", "eval", "holdout"), "test"),
}


def side_of(name: str) -> Side | None:
    """Return the side that a name stands for, if it does."""
    return _SIDES.get(name.casefold())


def split_level(folders: Sequence[tuple[str, ...]]) -> int | None:
    """Return at which level the folders of all files are sides of a split, and not classes.

    Args:
        folders: The folders of each file, outermost first.
    """
    for level in range(min(map(len, folders), default=0)):
        sides = {side_of(folder[level]) for folder in folders}
        if "train" in sides and len(sides) > 1 and None not in sides:
            return level
    return None


def tested_side(sides: Sequence[Side]) -> Side | None:
    """Return the side to test on: `test`, or `val` where there is none; None without either."""
    return "test" if "test" in sides else "val" if "val" in sides else None
