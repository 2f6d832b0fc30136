"""A few pictures in a row, for rows that stand above each other."""

import numpy as np

_SIDE, _GAP = 64, 4  # pixels


def strip(x: np.ndarray) -> np.ndarray:
    """Lay pictures side by side on nothing; small ones grow by whole pixels.

    Args:
        x: Pictures, shape (n, c, h, w), uint8.

    Returns:
        Shape (height, width, 4), uint8.
    """
    times = max(_SIDE // max(x.shape[2:]), 1)
    grown = x.repeat(times, axis=2).repeat(times, axis=3)
    n, _, h, w = grown.shape
    row = np.zeros((h, n * (w + _GAP) - _GAP, 4), np.uint8)
    for i, picture in enumerate(grown):
        place = row[:, i * (w + _GAP) : i * (w + _GAP) + w]
        place[..., :3], place[..., 3] = np.broadcast_to(picture, (3, h, w)).transpose(1, 2, 0), 255
    return row
