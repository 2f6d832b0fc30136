"""Expensive answers: computed once for all who ask, a few at a time.

They wait for their turn in threads of their own, so that nobody else waits with them. Knows
nothing of what is answered.
"""

import asyncio
import ctypes
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Final


class Costly:
    """Computes answers by key, and keeps those used last.

    Args:
        at_once: How many are worked out at the same time.
        most_bytes: How much is kept; a single answer that is larger is not.
        give_back: Whether memory is given back to the system after each, for work that takes much.
    """

    def __init__(self, *, at_once: int, most_bytes: int, give_back: bool = False) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="costly")
        self._most_bytes = most_bytes
        self._give_back = give_back
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._working: dict[Hashable, Future[bytes]] = {}

    @property
    def size_bytes(self) -> int:
        """Size of what is kept, in bytes."""
        with self._lock:
            return sum(map(len, self._kept.values()))

    async def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return an answer, or raise what went wrong; concurrent requests get the same.

        Args:
            key: What it depends on, whole.
            make: Works it out, in another thread.
        """
        # A visitor who leaves must not cancel work that others wait for.
        return await asyncio.shield(asyncio.wrap_future(self._asked(key, make)))

    def _asked(self, key: Hashable, make: Callable[[], bytes]) -> "Future[bytes]":
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                ready: Future[bytes] = Future()
                ready.set_result(self._kept[key])
                return ready
            if key not in self._working:
                self._working[key] = self._threads.submit(self._work, key, make)
            return self._working[key]

    def _work(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        try:
            answer = make()
            self._keep(key, answer)
        finally:
            with self._lock:
                del self._working[key]
            if self._give_back:
                _give_back()
        return answer

    def _keep(self, key: Hashable, answer: bytes) -> None:
        with self._lock:
            if len(answer) > self._most_bytes:
                return
            self._kept[key] = answer
            size = sum(map(len, self._kept.values()))
            while size > self._most_bytes:
                _, oldest = self._kept.popitem(last=False)
                size -= len(oldest)


def _give_back() -> None:
    """Make glibc return freed memory to the system; by itself it keeps most of it."""
    if _trim is not None:
        _trim(0)


_trim: Final = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
