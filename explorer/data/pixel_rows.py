"""Images and classes from a table: each row is the pixels of one square image.

Knows nothing of where the table comes from.
"""

import math

import numpy as np

from explorer.errors import DataError

_MOST_CLASSES = 1000  # a target of more values is a measurement, not a class
_CHUNK = 4096  # rows converted at a time


def square_images(rows: object, name: str) -> np.ndarray:
    """Shape rows of pixels (n, p) into images, spread over 0 to 255.

    Args:
        rows: An array, a data frame or a sparse matrix.
        name: Name of the table, for messages.

    Returns:
        (n, s, s) or (n, s, s, 3), uint8.

    Raises:
        DataError: The rows do not have s x s or 3 x s x s numbers, or some are missing.
    """
    dense = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows)  # sparse, or a frame
    n, p = dense.shape if dense.ndim == 2 else (len(dense), 0)
    side, colour_side = math.isqrt(p), math.isqrt(p // 3)
    grey, colour = side**2 == p, 3 * colour_side**2 == p
    if dense.dtype.kind not in "buif" or p < 4 or not (grey or colour):
        raise DataError("data.openml_columns", name=name, p=p, dtype=dense.dtype)
    if not np.isfinite(dense).all():
        raise DataError("data.openml_missing_pixels", name=name)
    pixels = _spread(dense)
    if grey:
        return pixels.reshape(n, side, side)
    planes = pixels.reshape(n, 3, colour_side, colour_side).transpose(0, 2, 3, 1)
    mixed = pixels.reshape(n, colour_side, colour_side, 3)
    return min(planes, mixed, key=_roughness)


def _spread(rows: np.ndarray) -> np.ndarray:
    """Bring pixel values to 0 to 255, uint8.

    Whole numbers that reach beyond 127 and fractions from 0 to 1 are on a known scale; any other
    range, such as 0 to 16 or -1 to 1, is stretched.
    """
    least, most = float(rows.min()), float(rows.max())
    if 0 <= least and 127 < most <= 255:
        low, high = 0.0, 255.0
    elif 0 <= least and 0.5 < most <= 1:
        low, high = 0.0, 1.0
    else:
        low, high = least, most if most > least else least + 1
    pixels = np.empty(rows.shape, dtype=np.uint8)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        pixels[part] = np.rint((rows[part] - low) * (255 / (high - low)))
    return pixels


def _roughness(images: np.ndarray) -> float:
    """Return the mean step between neighbouring pixels (n, h, w, 3); low where colours fit."""
    some = images[:200].astype(np.float32)
    return float(np.abs(np.diff(some, axis=1)).mean() + np.abs(np.diff(some, axis=2)).mean())


def class_texts(target: np.ndarray) -> np.ndarray | None:
    """Return the class of each image as text, (n,); None of a missing target or a measurement."""
    if target.ndim != 1:
        return None
    if target.dtype.kind == "f" and not (target == np.rint(target)).all():
        return None
    whole = target.astype(np.int64) if target.dtype.kind == "f" else target
    texts = np.array([str(value).strip("'\"") for value in whole])
    return texts if len(set(texts)) <= _MOST_CLASSES else None
