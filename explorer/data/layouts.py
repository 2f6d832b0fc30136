"""What the axes of an array are: found out from its shape, or as asked for.

Knows nothing of values or files.
"""

import math

import numpy as np

from explorer.config import Layout
from explorer.data.reading import remark
from explorer.errors import DataError

_CHANNELS = (1, 3, 4)  # grey, RGB, RGB and alpha
_LEAST_SIDE = 8  # of an image that is taken to lie flattened in a row
# Where each axis of (n, h, w, c) is found.
_AXES: dict[Layout, tuple[int, ...]] = {
    "nhw": (0, 1, 2),
    "nhwc": (0, 1, 2, 3),
    "nchw": (0, 2, 3, 1),
    "hwn": (2, 0, 1),
    "hwcn": (3, 0, 1, 2),
}


def to_images(array: np.ndarray, asked: Layout, name: str, notes: list[str]) -> np.ndarray:
    """Return an array as images, shape (n, h, w, c) with c 1, 3 or 4; nothing is copied.

    Args:
        array: As it was stored.
        asked: What its axes are, or `auto`.
        name: What to call the file in an error.
        notes: Takes a sentence on what was assumed, where that is not plain.

    Raises:
        DataError: It cannot be images, or could be several things.
    """
    layout = _found_out(array.shape, name) if asked == "auto" else asked
    if layout == "rows":
        return _unflattened(array, name, notes)
    axes = _AXES[layout]
    if array.ndim != len(axes):
        raise _refused("asked", array.shape, name, layout=layout)
    images = array.transpose(axes)
    images = images if images.ndim == 4 else images[..., None]
    if images.shape[3] not in _CHANNELS or 0 in images.shape[1:]:
        raise _refused("unknown", array.shape, name)
    if layout not in ("nhw", "nhwc"):
        n, h, w, _ = images.shape
        notes.append(remark(f"layout_{layout}", count=n, size=f"{w}×{h}"))
    return images


def _found_out(shape: tuple[int, ...], name: str) -> Layout:
    if len(shape) == 2:
        return "rows"
    if len(shape) == 3:
        first, second, last = shape
        if last in _CHANNELS and first >= _LEAST_SIDE and second >= _LEAST_SIDE:
            raise _refused("one_image", shape, name, height=first, width=second, channels=last)
        if first == second != last:
            raise _refused("last", shape, name, n=last)
        return "nhw"
    if len(shape) == 4:
        if shape[3] in _CHANNELS:
            return "nhwc"
        if shape[1] in _CHANNELS:
            return "nchw"
        if shape[2] in _CHANNELS:
            return "hwcn"
    raise _refused("unknown", shape, name)


def _unflattened(array: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    """Take each row of (n, d) for an image of a square number of pixels, grey or in RGB planes."""
    n, d = array.shape if array.ndim == 2 else (0, 0)
    if n == d:
        raise _refused("one_grey" if n else "nothing", array.shape, name, side=n)
    for channels in (1, 3):
        side = math.isqrt(d // channels)
        if side >= _LEAST_SIDE and channels * side * side == d:
            key = "layout_rows" if channels == 1 else "layout_rows_rgb"
            notes.append(remark(key, count=n, columns=d, side=side))
            return array.reshape(n, channels, side, side).transpose(0, 2, 3, 1)
    raise _refused("rows", array.shape, name, n=n, d=d)


def _refused(why: str, shape: tuple[int, ...], name: str, **values: object) -> DataError:
    return DataError(f"data.layout_{why}", shape=shape, name=name, **values)
