"""The factor grid of dSprites, drawn here: 3 shapes x 6 scales x 40 rotations x 32 x 32 places.

Each picture is a white shape on black whose outline is anti-aliased from its distance function,
so that steps smaller than a pixel still show. Knows nothing of files or of randomness but a seed.

Source:
    Matthey et al., "dSprites: Disentanglement testing Sprites dataset", 2017.
    https://github.com/google-deepmind/dsprites-dataset
"""

import numpy as np

from explorer.data.imageset import ImageSet, ReportProgress, fixed_split
from explorer.data.reading import Wanted
from explorer.data.sources import DataSource
from explorer.errors import DataError
from explorer.words import say

SHAPE_NAMES = ("square", "ellipse", "heart")
FACTOR_NAMES = ("shape", "scale", "rotation in degrees", "horizontal", "vertical")
# Steps of shape, scale, rotation, horizontal, vertical; the last changes fastest, as in dSprites.
GRID = (3, 6, 40, 32, 32)
N_SHAPES = int(np.prod(GRID))
DEFAULT_SIZE = 32  # a quarter of the pixels of dSprites' 64, to train and decode in a quarter
DEFAULT_N_IMAGES = 50_000

# Lengths are shares of the picture's side. Every shape fits a circle of _REACH at scale 1, and
# centres keep away from the edge by more than that, so no shape is ever cut off.
_REACH = 0.24
_NEAREST_CENTRE, _FURTHEST_CENTRE = 0.25, 0.75
_HALF_SIDE = 0.168
_ELLIPSE_AXES = (0.235, 0.125)
_LOBE = 0.134  # radius of the heart's two half circles, and half the side of its square
_HEART_SHIFT = 0.0497  # from the square's middle up to the middle of the heart
_BATCH = 1024  # pictures drawn at a time: about 40 MB of working arrays at size 64


def shape_factors(index: np.ndarray) -> np.ndarray:
    """Return what is known of pictures of the grid.

    Args:
        index: Places in the grid, shape (n,), from 0 to 737,279.

    Returns:
        Shape (n, 5), float32, one column per `FACTOR_NAMES`: which shape (0, 1, 2), scale (0.5
        to 1), rotation (0 to 351 degrees, anticlockwise), horizontal (0 left, 1 right) and
        vertical (0 top, 1 bottom). A square looks the same after a quarter turn and an ellipse
        after half a turn, so their rotation cannot be read off the picture beyond that.

    Raises:
        DataError: A place is outside the grid.
    """
    index = np.asarray(index, dtype=np.int64)
    if index.size and not (0 <= index.min() and index.max() < N_SHAPES):
        raise DataError(
            "data.shape_numbers",
            n_shapes=N_SHAPES,
            largest=N_SHAPES - 1,
            first=index.min(),
            last=index.max(),
        )
    shape, scale, turn, across, down = np.unravel_index(index, GRID)
    columns = (
        shape,
        0.5 + 0.5 * scale / (GRID[1] - 1),
        turn * (360 / GRID[2]),
        across / (GRID[3] - 1),
        down / (GRID[4] - 1),
    )
    return np.stack(columns, axis=1).astype(np.float32)


def draw_shapes(index: np.ndarray, size: int = DEFAULT_SIZE) -> np.ndarray:
    """Draw pictures of the grid.

    Args:
        index: Places in the grid, shape (n,), from 0 to 737,279.
        size: Side of each picture in pixels, 8 to 128.

    Returns:
        Shape (n, 1, size, size), uint8, 255 inside the shape.

    Raises:
        DataError: A place is outside the grid, or the size out of range.
    """
    if not 8 <= size <= 128:
        raise DataError("data.shape_size", size=size)
    factors = shape_factors(index)
    pixels = np.zeros((len(factors), 1, size, size), dtype=np.uint8)
    for start in range(0, len(factors), _BATCH):
        rows = slice(start, start + _BATCH)
        _draw_patches(factors[rows], pixels[rows, 0])
    return pixels


def shapes(
    n_images: int = DEFAULT_N_IMAGES,
    *,
    size: int = DEFAULT_SIZE,
    seed: int = 0,
    report: ReportProgress | None = None,
) -> ImageSet:
    """Draw a random part of the grid, each picture at most once.

    Args:
        n_images: How many, 2 to 737,280; picture i is the same whatever their number.
        size: Side of each picture in pixels, 8 to 128.
        seed: Seed of the choice.
        report: Told how far the drawing is.

    Raises:
        DataError: More pictures than there are, fewer than 2, or a size out of range.
    """
    if n_images > N_SHAPES:
        raise DataError("data.n_shapes", n_images=n_images, n_shapes=N_SHAPES)
    index = shape_index(n_images, seed=seed)
    pixels = np.empty((n_images, 1, size, size), dtype=np.uint8)
    step = 8 * _BATCH
    for start in range(0, n_images, step):
        if report:
            report(start / n_images, say("data.progress.shapes", done=start, n=n_images))
        pixels[start : start + step] = draw_shapes(index[start : start + step], size)
    factors = shape_factors(index)
    return ImageSet(
        name="shapes",
        pixels=pixels,
        labels=factors[:, 0].astype(np.int64),
        class_names=SHAPE_NAMES,
        factors=factors,
        factor_names=FACTOR_NAMES,
        is_test=fixed_split(n_images) if n_images > 1 else np.zeros(n_images, dtype=bool),
        item_names=tuple(f"shape {place}" for place in index),
        source=say("sets.shapes.source"),
        licence=say("sets.shapes.licence"),
    )


def shape_index(n_images: int, *, seed: int = 0) -> np.ndarray:
    """Places in the grid of the first n pictures of a seed, shape (n,), none twice."""
    return np.random.default_rng(seed).permutation(N_SHAPES)[:n_images]


def _load(wanted: Wanted, report: ReportProgress | None, cache: object) -> ImageSet:
    n_images, size = wanted.n_images or DEFAULT_N_IMAGES, wanted.image_size or DEFAULT_SIZE
    return shapes(n_images, size=size, report=report)


def _items(rows: np.ndarray, wanted: Wanted, cache: object) -> np.ndarray:
    index = shape_index(int(rows.max(initial=-1)) + 1)
    return draw_shapes(index[rows], wanted.image_size or DEFAULT_SIZE)


def _draw_patches(factors: np.ndarray, pixels: np.ndarray) -> None:
    """Draw into pixels (m, size, size), touching only the square around each shape."""
    size = pixels.shape[-1]
    side = min(int(np.ceil(2 * _REACH * size)) + 3, size)
    span = _FURTHEST_CENTRE - _NEAREST_CENTRE
    centre = (_NEAREST_CENTRE + span * factors[:, 3:5]) * size  # (m, 2) as x, y in pixels
    corner = np.clip(np.floor(centre - side / 2).astype(np.int64), 0, size - side)
    steps = np.arange(side)
    columns, rows = (corner[:, axis, None] + steps for axis in (0, 1))  # (m, side) each
    x = ((columns + 0.5 - centre[:, :1]) / size).astype(np.float32)[:, None, :]
    y = ((centre[:, 1:] - rows - 0.5) / size).astype(np.float32)[:, :, None]  # upwards
    turn = np.radians(factors[:, 2])[:, None, None]
    scale = factors[:, 1][:, None, None]
    u = (x * np.cos(turn) + y * np.sin(turn)) / scale  # (m, side, side), the shape's own axes
    v = (y * np.cos(turn) - x * np.sin(turn)) / scale
    for shape, distance in enumerate((_to_square, _to_ellipse, _to_heart)):
        these = np.flatnonzero(factors[:, 0] == shape)
        inside = 0.5 - distance(u[these], v[these]) * scale[these] * size  # a ramp 1 pixel wide
        drawn = np.rint(255 * np.clip(inside, 0, 1)).astype(np.uint8)
        pixels[these[:, None, None], rows[these][:, :, None], columns[these][:, None, :]] = drawn


# Signed distances to an outline, negative inside, (m, side, side) each, at scale 1.


def _to_square(u: np.ndarray, v: np.ndarray, half_side: float = _HALF_SIDE) -> np.ndarray:
    across, up = np.abs(u) - half_side, np.abs(v) - half_side
    outside = np.hypot(np.maximum(across, 0), np.maximum(up, 0))
    distance: np.ndarray = outside + np.minimum(np.maximum(across, up), 0)
    return distance


def _to_ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """First-order distance: the implicit function over the length of its gradient."""
    a, b = _ELLIPSE_AXES
    value = np.hypot(u / a, v / b)
    slope = np.hypot(u / a**2, v / b**2)
    distance: np.ndarray = value * (value - 1) / np.maximum(slope, 1e-6)
    return np.where(slope > 0, distance, -b)


def _to_heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A square standing on its corner, with a half circle on each of its two upper sides."""
    v = v + _HEART_SHIFT
    p, q = (u + v) / np.float32(np.sqrt(2)), (v - u) / np.float32(np.sqrt(2))
    lobes = np.minimum(np.hypot(p - _LOBE, q), np.hypot(p, q - _LOBE)) - _LOBE
    distance: np.ndarray = np.minimum(_to_square(p, q, _LOBE), lobes)
    return distance


SOURCES = (
    DataSource(
        name="shapes",
        n_images=DEFAULT_N_IMAGES,
        image_shape=(1, DEFAULT_SIZE, DEFAULT_SIZE),
        n_for_a_look=48,
        load=_load,
        items=_items,
    ),
)
