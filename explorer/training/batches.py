"""The images of each step of a run, and its random numbers.

Both depend only on the seed and the position in the run, so that a run can stop and resume between
any two steps.
"""

import math
from typing import Literal

import numpy as np
import torch
from torch import Tensor

_STREAMS = ("noise", "shuffle", "validation")


class Batches:
    """The batches of a run; every epoch shuffles the images anew.

    A last batch with one image is merged with the one before, as batch normalisation needs two.

    Attributes:
        per_epoch: Batches in an epoch.
    """

    def __init__(self, rows: Tensor, *, size: int, seed: int) -> None:
        """Take the rows of the training images, (n,)."""
        self._rows, self._size, self._seed = rows, size, seed
        self._shuffled: tuple[int, Tensor] = (-1, rows)
        self.per_epoch = max(math.ceil((len(rows) - 1) / size), 1)

    def rows_at(self, step: int) -> Tensor:
        """Return the rows of the batch of a step, counted from 0."""
        epoch, i = divmod(step, self.per_epoch)
        if self._shuffled[0] != epoch:
            generator = generator_of(self._seed, "shuffle", epoch)
            order = torch.randperm(len(self._rows), generator=generator)
            self._shuffled = (epoch, self._rows[order])
        is_last = i == self.per_epoch - 1
        return self._shuffled[1][i * self._size : None if is_last else (i + 1) * self._size]


def generator_of(
    seed: int, use: Literal["noise", "shuffle", "validation"], epoch: int = 0
) -> torch.Generator:
    """Return a generator for one use and epoch, independent of all others with the same seed."""
    sequence = np.random.SeedSequence((seed, _STREAMS.index(use), epoch))
    return torch.Generator().manual_seed(int(sequence.generate_state(1, np.uint64)[0]))
