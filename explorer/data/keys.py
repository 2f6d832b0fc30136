"""Which array of a file is what: images, labels, factors, and the sides of a split, by their names.

Knows nothing of values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from explorer.data.members import plain_name
from explorer.data.reading import Reading, remark
from explorer.data.splits import Side, side_of
from explorer.errors import DataError

Shape = tuple[int, ...]

_SIDES: tuple[Side, ...] = ("train", "val", "test")
# What arrays are called that hold the same; where a file has several, the first counts.
_NAMES = {
    "images": ("images", "image", "imgs", "img", "x", "data", "pixels", "inputs", "arr_0"),
    "labels": ("labels", "label", "y", "targets", "target", "classes", "arr_1"),
    "factors": ("factors", "latents_values"),
    "class_names": ("class_names",),
    "factor_names": ("factor_names",),
    "source": ("source",),
    "licence": ("licence",),
}
_PLAIN = {"images", "labels"}  # names that need no word about what they were taken for


@dataclass(frozen=True)
class Part:
    """Which arrays are one side of a split, or a whole set, by their names."""

    side: Side | None
    images: str
    labels: str | None


@dataclass(frozen=True)
class Roles:
    """Which arrays are what, by their names.

    Attributes:
        parts: Sides to learn from first, to test on last; a set without sides is one part.
        others: The array of each other role that the file fills, such as `factors`.
    """

    parts: tuple[Part, ...]
    others: Mapping[str, str]


def role_of(key: str) -> tuple[str, Side | None] | None:
    """Return what an array is by its name, and of which side; None if the name says nothing.

    `x_train`, `trainX`, `train_images` and `TRAIN-IMAGES` all are the images to learn from.
    """
    words = [word.casefold() for word in re.findall(r"arr_\d+|[A-Z]?[a-z]+|[A-Z]+", key)]
    sides = [side for word in words if (side := side_of(word))]
    rest = "_".join(word for word in words if not side_of(word))
    role = next((role for role, names in _NAMES.items() if rest in names), None)
    if role is None or len(sides) > 1 or (sides and role not in _PLAIN):
        return None
    return role, sides[0] if sides else None


def find_roles(shapes: Mapping[str, Shape], reading: Reading, name: str, notes: list[str]) -> Roles:
    """Find out what the arrays of a file are.

    Args:
        shapes: The shape of each array by its name.
        reading: Its `images_key` and `labels_key` count before any other name.
        name: What to call the file in an error.
        notes: Takes a sentence on what was assumed, where that is not plain.

    Raises:
        DataError: No array, or no single one, is known to hold images.
    """
    for asked in filter(None, (reading.images_key, reading.labels_key)):
        if asked not in shapes:
            raise DataError(
                "data.no_array", name=name, key=plain_name(asked), example=_example(shapes)
            )
    by_role: dict[tuple[str, Side | None], str] = {}
    for key in sorted(shapes, key=_rank):
        if (role := role_of(key)) is not None:
            by_role.setdefault(role, key)
    if reading.images_key:
        by_role = {role: key for role, key in by_role.items() if role[0] != "images"}
        by_role["images", None] = reading.images_key
    if reading.labels_key:
        by_role["labels", None] = reading.labels_key
    if not any(role == "images" for role, _ in by_role):
        by_role["images", None] = _only_candidate(shapes, name)
    whole = ("images", None) in by_role
    sides = [None] if whole else [side for side in _SIDES if ("images", side) in by_role]
    parts = tuple(
        Part(side, by_role["images", side], by_role.get(("labels", side))) for side in sides
    )
    _tell(parts, reading, notes)
    others = {role: key for (role, _), key in by_role.items() if role not in _PLAIN}
    return Roles(parts, others)


def _rank(key: str) -> int:
    """Order names of one role: those that count first come first."""
    plain = [name for names in _NAMES.values() for name in names]
    return plain.index(key.casefold()) if key.casefold() in plain else len(plain)


def _only_candidate(shapes: Mapping[str, Shape], name: str) -> str:
    """Return the one array that has the axes of images."""
    found = [key for key, shape in shapes.items() if len(shape) in (3, 4)]
    if len(found) != 1:
        if not shapes:
            raise DataError("data.no_arrays", name=name)
        held = ", ".join(f"{plain_name(key)} {shape}" for key, shape in sorted(shapes.items()))
        raise DataError("data.no_image_array", name=name, arrays=held, example=_example(shapes))
    return found[0]


def _tell(parts: tuple[Part, ...], reading: Reading, notes: list[str]) -> None:
    for what, asked in (("images", reading.images_key), ("labels", reading.labels_key)):
        keys: list[str] = [key for part in parts if (key := getattr(part, what))]
        if not asked and any(what not in key.casefold() for key in keys):
            notes.append(remark(f"key_{what}", keys=", ".join(map(plain_name, keys))))
    if len(parts) == len(_SIDES):
        notes.append(remark("val_counted_in"))


def _example(shapes: Mapping[str, Shape]) -> str:
    """Return the name of an array that may hold images."""
    return plain_name(next((key for key, shape in shapes.items() if len(shape) > 1), "NAME"))
