"""The brush that paints faces: colours, a canvas, and two kinds of shape.

Only +, -, *, / and square roots touch the pixels. IEEE arithmetic fixes the result of each of
them to the last bit, so the same input gives the same bytes whatever the batch or the machine.
Many pictures are painted at once: arrays end in an axis over pictures. Knows nothing of faces.

Units: pixels; x runs to the right from the middle of the picture, y down from its top edge.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

SIZE = 64
_SOFT = np.float32(1e-6)  # keeps gradients from being exactly 0 in the middle of a shape

Colour = np.ndarray  # (3, n) or (3, 1), RGB in [0, 1]
Amount = np.ndarray | np.floating | float  # pixels: one for each picture, or one for all


def rgb(red: int, green: int, blue: int) -> Colour:
    """Return a colour written as 8-bit RGB, shape (3, 1)."""
    return np.array([[red], [green], [blue]], dtype=np.float32) / np.float32(255)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour that lies the given share of the way from a to b."""
    return np.asarray(a + (b - a) * np.float32(share))


@dataclass(frozen=True)
class Window:
    """The pixels a shape can reach: rows top to bottom, columns left to right (ends excluded)."""

    top: int
    bottom: int
    left: int = -SIZE // 2
    right: int = SIZE // 2

    @cached_property
    def x(self) -> np.ndarray:
        """Pixel centres across, shape (w, 1)."""
        return np.arange(self.left, self.right, dtype=np.float32)[:, None] + np.float32(0.5)

    @cached_property
    def y(self) -> np.ndarray:
        """Pixel centres down, shape (h, 1, 1)."""
        return np.arange(self.top, self.bottom, dtype=np.float32)[:, None, None] + np.float32(0.5)


class Canvas:
    """n pictures being painted, (3, 64, 64, n); the last axis makes long runs of memory."""

    def __init__(self, background: Colour) -> None:
        n = background.shape[1]
        self.pixels = np.empty((3, SIZE, SIZE, n), dtype=np.float32)
        self.pixels[:] = background[:, None, None, :]

    def blend(self, window: Window, colour: Colour, coverage: np.ndarray) -> None:
        """Paint a colour over the window, with the given coverage, (h, w, n) in [0, 1]."""
        columns = slice(window.left + SIZE // 2, window.right + SIZE // 2)
        for plane, level in zip(self.pixels, colour, strict=True):
            below = plane[window.top : window.bottom, columns]
            below += (level - below) * coverage


def rounded(
    window: Window,
    centre: tuple[Amount, Amount],
    radii: tuple[Amount, Amount],
    exponent: float = 2,
    softness: float = 1.0,
) -> np.ndarray:
    """Return how much of each pixel a superellipse covers, shape (h, w, n).

    Args:
        window: Where to look.
        centre: x and y of the centre, each a number or (n,).
        radii: Half width and half height, each a number or broadcast to (h, w, n).
        exponent: 2 is an ellipse, 2.5 a friendly pebble, 4 nearly a box.
        softness: Width in pixels over which the edge fades; 1 is plain anti-aliasing.
    """
    rx, ry = (np.asarray(radius, dtype=np.float32) for radius in radii)
    across, slope_x = _power(np.abs(window.x - centre[0]) / rx, exponent)
    down, slope_y = _power(np.abs(window.y - centre[1]) / ry, exponent)
    slope_x, slope_y = slope_x / rx, slope_y / ry
    # First-order distance to the edge f = 1: (1 - f) / |gradient of f|.
    inside = (np.float32(1) - across) - down
    inside /= np.sqrt(slope_x * slope_x + slope_y * slope_y + _SOFT)
    inside /= np.float32(softness)
    inside += np.float32(0.5)
    np.clip(inside, 0, 1, out=inside)
    return np.asarray(inside)


def band(window: Window, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Return how much of each pixel lies between two curves over x, each (w, n) or (w, 1)."""
    half = np.float32(0.5)
    covered = np.minimum(bottom, window.y + half) - np.maximum(top, window.y - half)
    np.clip(covered, 0, 1, out=covered)
    return np.asarray(covered)


def _power(u: np.ndarray, exponent: float) -> tuple[np.ndarray, np.ndarray]:
    """Return u^exponent and its slope, for u >= 0 and an exponent of 2, 2.5 or 4."""
    if exponent == 2:
        return u * u, 2 * u
    if exponent == 2.5:
        root = np.sqrt(u)
        return u * u * root, np.float32(2.5) * u * root
    cube = u * u * u
    return cube * u, 4 * cube
