"""Names of classes and factors as a model can keep them: some text, not too long, not too many.

A model that has learnt for hours must not be lost for a name, so names are mended when images are
read, and that is said. Knows nothing of files.
"""

import json
from collections.abc import Sequence
from dataclasses import replace

from explorer.data.imageset import ImageSet
from explorer.data.reading import remark

LONGEST_NAME = 200  # characters
MOST_NAMES = 1_000  # classes, or factors
_MOST_BYTES = 400_000  # of all names together, as JSON
_SHORT = 30  # characters of each, where they would take more


def keepable(images: ImageSet) -> ImageSet:
    """Return a set whose names a model can keep; its notes say what was changed.

    Names that are empty or too long are mended. Of too many classes the labels
    are left out, and of too many factors the factors.
    """
    if len(images.class_names) > MOST_NAMES:
        note = remark("labels_too_many", count=len(images.class_names), most=MOST_NAMES)
        images = replace(images, labels=None, class_names=(), notes=(*images.notes, note))
    if len(images.factor_names) > MOST_NAMES:
        note = remark("factors_too_many", count=len(images.factor_names), most=MOST_NAMES)
        images = replace(images, factors=None, factor_names=(), notes=(*images.notes, note))
    classes, factors = mended(images.class_names), mended(images.factor_names)
    before, after = (*images.class_names, *images.factor_names), (*classes, *factors)
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    if not changed:
        return images
    short = (f"{name[:_SHORT]}…" if len(name) > _SHORT else name for name in changed[:3])
    listed = ", ".join(remark("quoted", name=name) for name in short)
    note = remark("names_mended", count=len(changed), names=listed)
    notes = (*images.notes, note)
    return replace(images, class_names=classes, factor_names=factors, notes=notes)


def mended(names: Sequence[str]) -> tuple[str, ...]:
    """Return names with some text each, none too long, and those that were apart still apart."""
    is_long = len(json.dumps(names)) > _MOST_BYTES
    longest = _SHORT if is_long else LONGEST_NAME
    taken = {name for name in names if 0 < len(name.strip()) and len(name) <= longest}
    return tuple(name if name in taken else _free(name, longest, taken) for name in names)


def _free(name: str, longest: int, taken: set[str]) -> str:
    """Return a name that is none of those taken, and take it."""
    whole = name.strip() or "unnamed"
    number, free = 2, _cut(whole, longest)
    while free in taken:
        ending = f" ({number})"
        free, number = _cut(whole, longest - len(ending)) + ending, number + 1
    taken.add(free)
    return free


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else name[: longest - 1] + "…"
