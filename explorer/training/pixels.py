"""Images in memory, in the form that makes training steps fastest.

Knows nothing of networks.
"""

import numpy as np
import torch
from torch import Tensor

from explorer.data.imageset import ImageSet, evenly_spread

# Up to this size, all images are converted to floats at once; beyond it, batch by batch.
_MOST_FLOAT_BYTES = 256 * 2**20


class Pixels:
    """All images of a set as one tensor, returned in batches.

    Args:
        images: The set; 8-bit pixels are not copied.
    """

    def __init__(self, images: ImageSet) -> None:
        # torch does not share read-only memory
        pixels = torch.from_numpy(np.require(images.pixels, requirements=["C", "W"]))
        small = 4 * pixels.numel() <= _MOST_FLOAT_BYTES
        self._pixels = _to_unit(pixels) if small else pixels

    def batch(self, index: Tensor) -> Tensor:
        """Return the chosen images, (m, c, h, w) float32 in [0, 1]."""
        chosen = self._pixels.index_select(0, index)
        return chosen if chosen.dtype == torch.float32 else _to_unit(chosen)


def binarized(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return black-and-white images, shape of x; brightness is the probability of white.

    Source:
        Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008.
        https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf
    """
    return torch.bernoulli(x, generator=generator)


def _to_unit(pixels: Tensor) -> Tensor:
    return pixels.to(torch.float32).div_(255)


def evenly(index: np.ndarray, most: int) -> Tensor:
    """Return at most `most` of the given rows, evenly spread, as an index tensor."""
    return torch.as_tensor(evenly_spread(index, most), dtype=torch.int64)
