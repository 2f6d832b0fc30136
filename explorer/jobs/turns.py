"""How many runs work at once, and whose turn it is.

Turns are locks on files, so the system ends the turn of a process however the process ends.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

_LOOK_EVERY_S = 0.25


def n_at_once() -> int:
    """Return how many runs work at once: one for each two cores."""
    return max((os.cpu_count() or 1) // 2, 1)


@contextmanager
def turn(place: Path, is_next: Callable[[], bool], wait: Callable[[], None]) -> Iterator[None]:
    """Wait for a turn, and hold it.

    Args:
        place: Folder of the lock files.
        is_next: Whether no run has waited longer.
        wait: Called repeatedly while waiting; may raise to give up.
    """
    place.mkdir(parents=True, exist_ok=True)
    lock = _take(place) if is_next() else None
    while lock is None:
        wait()
        time.sleep(_LOOK_EVERY_S)
        lock = _take(place) if is_next() else None
    try:
        yield
    finally:
        lock.release()


def _take(place: Path) -> FileLock | None:
    for i in range(n_at_once()):
        lock = FileLock(place / f"turn-{i}")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return lock
    return None
