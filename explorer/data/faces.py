"""Cartoon faces with known factors, drawn here and under our own licence.

Each factor is a plain word and independent of the others, which makes the set a yardstick: what a
model's sliders ought to be called is known. Extremes are rare, so that codes come closer to the
bell shape of the prior, and draws from it are faces too. Knows nothing of models or files;
`face_parts` paints.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from explorer.data.face_brush import SIZE
from explorer.data.face_parts import paint
from explorer.data.imageset import ImageSet, ReportProgress, fixed_split
from explorer.data.reading import Wanted
from explorer.data.sources import DataSource
from explorer.errors import DataError, ShapeError
from explorer.words import say

FACTOR_NAMES: tuple[str, ...] = (
    "smile",
    "mouth open",
    "eye size",
    "eye spacing",
    "gaze",
    "brow tilt",
    "face width",
    "face height",
    "hair length",
    "hair colour",
    "skin tone",
    "shirt colour",
    "background colour",
)

_N_IMAGES = 20_000
_CHUNK = 64  # faces painted at once: 3 MB of canvas, which stays in a core's cache
_THREADS = 2  # NumPy lets go of the interpreter lock while it paints


def face_factors(n: int, seed: int = 0) -> np.ndarray:
    """Draw the factors of n faces, shape (n, 13), float32 in [0, 1).

    Each is uniform but for its ends, which fade: 3/4 of one uniform draw and 1/4 of another.
    Row i depends on the seed and on i, not on n, so that single faces can be drawn again.

    Raises:
        DataError: n is negative.
    """
    if n < 0:
        raise DataError("data.n_faces", n=n)
    draws = np.random.default_rng(seed).random((n, 2, len(FACTOR_NAMES)), dtype=np.float32)
    return draws[:, 0] * np.float32(0.75) + draws[:, 1] * np.float32(0.25)


def draw_faces(factors: np.ndarray, report: ReportProgress | None = None) -> np.ndarray:
    """Draw one face per row.

    Args:
        factors: Shape (n, 13), in [0, 1], columns as in `FACTOR_NAMES`.
        report: Told how far the drawing is.

    Returns:
        Pixels, shape (n, 3, 64, 64), uint8. The same row always gives the same bytes.

    Raises:
        ShapeError: factors is not (n, 13).
        DataError: A factor is not a number between 0 and 1.
    """
    factors = np.asarray(factors)
    _check(factors)
    pixels = np.empty((len(factors), 3, SIZE, SIZE), dtype=np.uint8)
    starts = range(0, len(factors), _CHUNK)

    def fill(start: int) -> None:
        pixels[start : start + _CHUNK] = paint(factors[start : start + _CHUNK])

    with ThreadPoolExecutor(_THREADS) as pool:
        for start, _ in zip(starts, pool.map(fill, starts), strict=True):
            if report:
                done = min(start + _CHUNK, len(factors))
                report(done / len(factors), say("data.progress.faces", done=done, n=len(factors)))
    return pixels


def faces(
    n_images: int = _N_IMAGES, seed: int = 0, report: ReportProgress | None = None
) -> ImageSet:
    """Draw a set of faces with its factors.

    Args:
        n_images: How many, at least 2.
        seed: Seed of the factors; the first faces are the same whatever n_images is.
        report: Told how far the drawing is.

    Raises:
        DataError: n_images is below 2.
    """
    factors = face_factors(n_images, seed)
    return ImageSet(
        name="faces",
        pixels=draw_faces(factors, report),
        is_test=fixed_split(n_images),
        factors=factors,
        factor_names=FACTOR_NAMES,
        source=say("sets.faces.source"),
        licence=say("sets.faces.licence"),
    )


def _items(rows: np.ndarray, wanted: Wanted, cache: object) -> np.ndarray:
    return draw_faces(face_factors(int(rows.max(initial=-1)) + 1)[rows])


def _check(factors: np.ndarray) -> None:
    """Refuse factors that are not (n, 13) numbers in [0, 1]."""
    names = ", ".join(FACTOR_NAMES)
    if factors.ndim != 2 or factors.shape[1] != len(FACTOR_NAMES):
        raise ShapeError(
            "data.factor_shape", shape=factors.shape, count=len(FACTOR_NAMES), names=names
        )
    if factors.dtype.kind not in "fiu":
        raise DataError("data.factor_type", dtype=factors.dtype)
    bad = ~((factors >= 0) & (factors <= 1))  # also true where a factor is NaN
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise DataError(
            "data.factor_range",
            factor_names=FACTOR_NAMES[column],
            row=row,
            value=factors[row, column],
        )


SOURCES = (
    DataSource(
        name="faces",
        n_images=_N_IMAGES,
        image_shape=(3, SIZE, SIZE),
        n_for_a_look=48,
        load=lambda wanted, report, cache: faces(wanted.n_images or _N_IMAGES, report=report),
        items=_items,
    ),
)
