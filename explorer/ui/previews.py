"""A first look at a set of images, before anything is trained on it."""

from collections import OrderedDict
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from explorer import data
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, ReportProgress, Skipped, evenly_spread
from explorer.data.pictures import as_image

_COLUMNS, _ROWS = 12, 4
_SIDE, _GAP = 64, 4  # pixels
_PAIRS, _PAIR_COLUMNS = 4, 2  # images before and after
_PAIR_SIDE, _ARROW, _PAIR_GAP = 96, 32, 36  # pixels
_ARROW_GREY = (128, 128, 128, 255)
_KEPT_LOOKS = 16
_kept: "OrderedDict[TrainConfig, Look]" = (
    OrderedDict()
)  # shared by all visitors, the last used at the end


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """What a person sees of a set.

    Attributes:
        name: What the set is called.
        image_shape: (c, h, w).
        n_images: How many there are.
        classes: Name of each class, and how many images it has; empty if unknown.
        skipped: Inputs that could not be used.
        sheet: Some images as the model will get them, side by side, (h, w, 4) uint8 on nothing.
        fitted: What was done to bring the images to one size, in sentences; empty for sets that
            come as they are.
        notes: What was assumed of the files and left out of them, in sentences.
        pairs: A few images before and after that, (h, w, 4) uint8 on nothing; None if they stayed
            as they were.
    """

    name: str
    image_shape: tuple[int, int, int]
    n_images: int
    classes: tuple[tuple[str, int], ...]
    skipped: tuple[Skipped, ...]
    sheet: np.ndarray
    fitted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    pairs: np.ndarray | None = None


def look_at(asked: TrainConfig, *, report: ReportProgress | None = None) -> Look:
    """Load a set, or a little of it if this program generates it, and look at it.

    Args:
        asked: Which images, how they are to be read and brought to one size; nothing else counts.
        report: Told how far the reading is.

    Raises:
        DataError: The images cannot be used.
        MachineError: They must be fetched, and the network is not there.
    """
    look = _kept.pop(asked, None) or _look(asked, report)
    _kept[asked] = look
    while len(_kept) > _KEPT_LOOKS:
        _kept.popitem(last=False)
    return look


def _look(asked: TrainConfig, report: ReportProgress | None) -> Look:
    source = data.source_named(asked.data)
    n_drawn = source.n_for_a_look if source else 0
    images = data.load_for(replace(asked, n_images=n_drawn), report=report)
    counts: list[int] = []
    if images.labels is not None and not n_drawn:
        counts = np.bincount(images.labels, minlength=len(images.class_names)).tolist()
    return Look(
        name=images.name,
        image_shape=images.image_shape,
        n_images=source.n_images if source and n_drawn else len(images.pixels),
        classes=tuple(zip(images.class_names, counts, strict=False)),
        skipped=images.skipped,
        sheet=_contact_sheet(images),
        fitted=tuple(images.fitting.notes()) if images.fitting else (),
        notes=images.notes,
        pairs=_before_and_after(images),
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


def _before_and_after(images: ImageSet) -> np.ndarray | None:
    """Draw a few images as they came, an arrow, and what the model will get."""
    changed = images.fitting.before if images.fitting else ()
    if not changed:
        return None
    # Images that are not square come first, some of each shape.
    shown = [changed[i] for i in evenly_spread(np.arange(len(changed)), _PAIRS)]
    width = 2 * _PAIR_SIDE + _ARROW
    n_rows = -(-len(shown) // _PAIR_COLUMNS)
    sheet = Image.new(
        "RGBA",
        (
            _PAIR_COLUMNS * (width + _PAIR_GAP) - _PAIR_GAP,
            n_rows * (_PAIR_SIDE + _GAP) - _GAP,
        ),
    )
    for i, (row, before) in enumerate(shown):
        left = (i % _PAIR_COLUMNS) * (width + _PAIR_GAP)
        top = (i // _PAIR_COLUMNS) * (_PAIR_SIDE + _GAP)
        given = _within(Image.fromarray(before))
        middle = ((_PAIR_SIDE - given.width) // 2, (_PAIR_SIDE - given.height) // 2)
        sheet.paste(given.convert("RGBA"), (left + middle[0], top + middle[1]))
        _point(ImageDraw.Draw(sheet), left + _PAIR_SIDE + _ARROW / 2, top + _PAIR_SIDE / 2)
        after = _within(as_image(images.pixels[row])).convert("RGBA")
        sheet.paste(after, (left + _PAIR_SIDE + _ARROW, top))
    return np.asarray(sheet)


def _within(image: Image.Image) -> Image.Image:
    """Scale an image to the side of a pair; the pixels of small ones stay visible."""
    scale = _PAIR_SIDE / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def _point(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    """Draw a small arrow to the right, in a grey that shows on light and dark pages."""
    draw.line([(x - 9, y), (x + 6, y)], fill=_ARROW_GREY, width=2)
    draw.polygon([(x + 3, y - 5), (x + 10, y), (x + 3, y + 5)], fill=_ARROW_GREY)


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
