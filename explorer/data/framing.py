"""Turn, crop and invert one picture so that it looks like those a model was trained on.

A picture here is an array (h, w) grey or (h, w, 3) RGB, uint8. Knows nothing of files or models.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from explorer.config import Fit
from explorer.data.pictures import stack, to_grey

Part = Literal["whole", "middle", "stretched", "drawing"]

_PART_OF: dict[Fit, Part] = {"pad": "whole", "crop": "middle", "stretch": "stretched"}

_WORKING_SIDE = 1024  # pixels; larger pictures are shrunk before anything is done with them
_STANDS_OUT = 0.3  # of the strongest difference from the border: from here a pixel is drawn on
_EVEN_WITHIN = 0.1  # of white: borders that differ by less are of one colour
_LEAST_FILLED = 0.5  # of the side: no more empty room than this is put around a drawing
_CLEARLY = 0.15  # of white: so much better must the border fit before a picture is inverted


@dataclass(frozen=True, kw_only=True)
class Framing:
    """What is done to a picture, in this order.

    Attributes:
        turns: Quarter turns clockwise, 0 to 3.
        mirror: Whether left and right change places after that.
        part: What is taken: a square with all of it, the largest in the middle, all of it with its
            proportions changed, or a square around what is drawn.
        zoom: How much closer than that, 1 and up.
        right: How far the picture moves to the right, in half sides of the square.
        down: Likewise to the bottom.
        invert: Whether black becomes white.
    """

    turns: int = 0
    mirror: bool = False
    part: Part = "whole"
    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    invert: bool = False


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How the images of a set are framed.

    Attributes:
        darkest: Level of the border in the images that have the darkest, 0 black to 1 white.
        lightest: Likewise the lightest.
        filled: Share of the side that what is drawn takes up, as a rule.
    """

    darkest: float
    lightest: float
    filled: float

    @property
    def is_even(self) -> bool:
        """Whether all images have about the same border."""
        return self.lightest - self.darkest < _EVEN_WITHIN


def habit_of(images: np.ndarray) -> Habit:
    """Return how images are framed, outliers left out.

    Args:
        images: Shape (n, c, h, w), uint8, n at least 1.
    """
    pictures = to_grey(images)[:, 0]
    levels = [_border_level(picture) for picture in pictures]
    boxes = [_drawn_box(picture) for picture in pictures]
    sides = [max(bottom - top, right - left) for top, left, bottom, right in boxes]
    return Habit(
        darkest=float(np.quantile(levels, 0.05)),
        lightest=float(np.quantile(levels, 0.95)),
        filled=float(np.median(sides)) / pictures.shape[1],
    )


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Return a picture small enough to be worked on at once."""
    h, w = picture.shape[:2]
    scale = _WORKING_SIDE / max(h, w)
    if scale >= 1:
        return picture
    size = max(1, round(w * scale)), max(1, round(h * scale))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def suggested(picture: np.ndarray, habit: Habit, *, grey: bool, fit: Fit = "pad") -> Framing:
    """Return a framing that makes a picture look like a set's images, as far as borders tell.

    What is drawn is looked for where both have a border of one colour. For a model of grey images,
    a picture is inverted where its border is unlike all of theirs and would be like theirs then; in
    colour that would change what things are.

    Args:
        picture: Shape (h, w) or (h, w, 3), uint8.
        habit: How the set's images are framed.
        grey: Whether they are grey.
        fit: How those that were not square became so.
    """
    pale = _grey(picture)
    level = _border_level(pale)
    invert = grey and _gap(level, habit) - _gap(1 - level, habit) > _CLEARLY
    border = _border(pale).astype(float) / 255
    is_even = np.quantile(border, 0.9) - np.quantile(border, 0.1) < 2 * _EVEN_WITHIN
    has_page = habit.is_even and habit.filled < 1 and bool(is_even)
    return Framing(part="drawing" if has_page else _PART_OF[fit], invert=bool(invert))


def framed(
    picture: np.ndarray, framing: Framing, habit: Habit, *, size: int, grey: bool
) -> np.ndarray:
    """Return a picture as a model is to see it.

    What lies beyond the picture gets the colour of its border.

    Args:
        picture: Shape (h, w) or (h, w, 3), uint8.
        framing: What to do to it.
        habit: How much of the square what is drawn is to fill.
        size: Side of the square in pixels.
        grey: Whether the model reads grey images.

    Returns:
        Shape (1 or 3, size, size), uint8.
    """
    picture = np.rot90(picture, -framing.turns)
    if framing.mirror:
        picture = picture[:, ::-1]
    square = _cut(picture, _square(picture, framing, habit), size)
    pixels: np.ndarray = stack([square], grey=grey)[0]
    return 255 - pixels if framing.invert else pixels


def _square(
    picture: np.ndarray, framing: Framing, habit: Habit
) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of what is taken, which may reach beyond the picture."""
    h, w = picture.shape[:2]
    middle_y, middle_x, high, wide = h / 2, w / 2, float(max(h, w)), float(max(h, w))
    if framing.part == "middle":
        high = wide = min(h, w)
    elif framing.part == "stretched":
        high, wide = h, w
    elif framing.part == "drawing":
        top, left, bottom, right = _drawn_box(_grey(picture))
        middle_y, middle_x = (top + bottom) / 2, (left + right) / 2
        high = wide = max(bottom - top, right - left) / max(habit.filled, _LEAST_FILLED)
    half_y, half_x = (max(side / framing.zoom, 1) / 2 for side in (high, wide))
    middle_y -= framing.down * half_y
    middle_x -= framing.right * half_x
    return middle_x - half_x, middle_y - half_y, middle_x + half_x, middle_y + half_y


def _cut(picture: np.ndarray, square: tuple[float, float, float, float], size: int) -> np.ndarray:
    """Return a square of a picture at another size, what lies beyond it as its border is."""
    h, w = picture.shape[:2]
    left, top, right, bottom = square
    edge = max(0, math.ceil(-min(left, top)), math.ceil(max(right - w, bottom - h)))
    room = np.empty((h + 2 * edge, w + 2 * edge, *picture.shape[2:]), np.uint8)
    room[:] = np.rint(np.median(_border(picture), axis=0)).astype(np.uint8)
    room[edge : edge + h, edge : edge + w] = picture
    box = (left + edge, top + edge, right + edge, bottom + edge)
    image = Image.fromarray(room)
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box, reducing_gap=3.0))


def _grey(picture: np.ndarray) -> np.ndarray:
    return picture if picture.ndim == 2 else to_grey(picture.transpose(2, 0, 1))[0]


def _border(picture: np.ndarray) -> np.ndarray:
    """Return the pixels along the four sides, (m,) or (m, 3)."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def _border_level(grey: np.ndarray) -> float:
    return float(np.median(_border(grey))) / 255


def _gap(level: float, habit: Habit) -> float:
    """Return how far a border's level is from all those of a set."""
    return max(habit.darkest - level, level - habit.lightest, 0)


def _drawn_box(grey: np.ndarray) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of what stands out from the border; of nothing, all."""
    apart = np.abs(grey.astype(np.int32) - int(np.median(_border(grey))))
    drawn = apart > _STANDS_OUT * apart.max()
    rows, columns = np.flatnonzero(drawn.any(1)), np.flatnonzero(drawn.any(0))
    if not rows.size:
        return 0, 0, *grey.shape
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
