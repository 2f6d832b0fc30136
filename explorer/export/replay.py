"""A training run as a sequence of moments, to be replayed.

Every visible text is an argument. Knows nothing of how it is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from explorer.data.imageset import evenly_spread

MOST_FRAMES = 100


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A run at one step.

    Attributes:
        caption: Which step it is, in words.
        done: Fraction of the run behind it.
        xy: Where each code falls, shape (n, 2), or (n, 1) for codes of a single coordinate. Those
            that are not finite are not drawn.
        x_hat: Reconstructions, (m, c, h, w) uint8; m is 0 where no network reads images, and then
            there is no map either.
        samples: Pictures of draws from the prior, (k, c, h, w) uint8.
    """

    caption: str
    done: float
    xy: np.ndarray
    x_hat: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Titles:
    """Titles of the run and of its rows of pictures."""

    run: str
    originals: str
    reconstructions: str
    samples: str


@dataclass(frozen=True, kw_only=True)
class RunReplay:
    """A run from its start.

    Attributes:
        moments: In their order.
        x: The originals of the reconstructions, (m, c, h, w) uint8; where m is 0, the samples
            alone are shown.
        titles: What is written.
        labels: Class of each code, shape (n,), int; None draws all dots alike.
        class_names: One name per class.
    """

    moments: Sequence[Moment]
    x: np.ndarray
    titles: Titles
    labels: np.ndarray | None = None
    class_names: Sequence[str] = ()


def moments_shown(n: int) -> list[int]:
    """Choose which of n moments are shown, evenly, the first and the last among them."""
    return [int(i) for i in evenly_spread(np.arange(n), MOST_FRAMES)]
