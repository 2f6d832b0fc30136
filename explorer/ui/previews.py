"""A first look at a set of images, before anything is trained on it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from explorer import data
from explorer.data.imageset import ImageSet, Skipped, evenly_spread

_DRAWN = {"faces": 48, "shapes": 48}  # of sets drawn by this program, so many for a look
_COLUMNS, _ROWS = 12, 4
_SIDE, _GAP = 64, 4  # pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What one sees of a set.

    Attributes:
        name: What the set is called.
        image_shape: (c, h, w).
        n_images: How many there are.
        classes: Name of each class, and how many images it has; empty if unknown.
        skipped: Inputs that could not be used.
        sheet: Some images side by side, (h, w, 4) uint8 on nothing.
    """

    name: str
    image_shape: tuple[int, int, int]
    n_images: int
    classes: tuple[tuple[str, int], ...]
    skipped: tuple[Skipped, ...]
    sheet: np.ndarray


@lru_cache(maxsize=16)
def look_at(source: str, image_size: int, grey: bool | None) -> Look:
    """Load a set, or a little of it where it is drawn by this program, and look at it.

    Args:
        source: What `data.load` is asked for.
        image_size: Side, or 0.
        grey: As `data.load` takes it.

    Raises:
        DataError: The images cannot be used.
        MachineError: They must be fetched, and the network is not there.
    """
    n_drawn = _DRAWN.get(source, 0)
    images = data.load(source, image_size=image_size, n_images=n_drawn, grey=grey)
    n_all = {choice.name: choice.n_images for choice in data.built_in()}
    counts: list[int] = []
    if images.labels is not None and not n_drawn:
        counts = np.bincount(images.labels, minlength=len(images.class_names)).tolist()
    return Look(
        name=images.name,
        image_shape=images.image_shape,
        n_images=n_all[source] if n_drawn else len(images.pixels),
        classes=tuple(zip(images.class_names, counts, strict=False)),
        skipped=images.skipped,
        sheet=_contact_sheet(images),
    )


def _contact_sheet(images: ImageSet) -> np.ndarray:
    rows = _by_turns(images)
    n_rows = -(-len(rows) // _COLUMNS)
    cell = _SIDE + _GAP
    sheet = np.zeros((n_rows * cell - _GAP, _COLUMNS * cell - _GAP, 4), np.uint8)
    for i, row in enumerate(rows):
        top, left = cell * (i // _COLUMNS), cell * (i % _COLUMNS)
        place = sheet[top : top + _SIDE, left : left + _SIDE]
        place[..., :3], place[..., 3] = _enlarged(images.pixels[row]), 255
    return sheet


def _by_turns(images: ImageSet) -> np.ndarray:
    """Return rows of the set, at most as many as are shown, from all classes alike."""
    most = _COLUMNS * _ROWS
    if images.labels is None:
        return evenly_spread(np.arange(len(images.pixels)), most)
    of_each = [np.flatnonzero(images.labels == i)[:most] for i in range(len(images.class_names))]
    turns = [rows[turn] for turn in range(most) for rows in of_each if turn < len(rows)]
    return np.array(turns[:most])


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    """Return an image (c, h, w) as (side, side, 3), each pixel a square."""
    _, h, w = pixels.shape
    down, across = np.arange(_SIDE) * h // _SIDE, np.arange(_SIDE) * w // _SIDE
    grown = pixels[:, down][:, :, across]
    return np.broadcast_to(grown, (3, _SIDE, _SIDE)).transpose(1, 2, 0)
