"""Independent parts of work at the same time, each on one thread.

torch would rather split every single operation over all threads, which then wait for each other
after each. Where another program keeps a core busy, as a training run does, that waiting took 30
times as long as the work; parts that wait for nobody lose nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


def side_by_side(work: Callable[[Part], Result], parts: Sequence[Part]) -> Iterator[Result]:
    """Yield what the work makes of each part, in order.

    As many parts are worked on at a time as torch is set to use threads; meanwhile, torch is set
    to one for each. Stop iterating to cancel those not begun.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    pool = ThreadPoolExecutor(n_threads)
    try:
        yield from pool.map(work, parts)
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(n_threads)


def generator_of(seed: int, part: int) -> torch.Generator:
    """Return a generator of random numbers for one part, whichever part comes first."""
    (state,) = np.random.SeedSequence((seed, part)).generate_state(1)
    return torch.Generator().manual_seed(int(state))
