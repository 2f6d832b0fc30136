"""Delays Ctrl-C and SIGTERM until a step of a run is done, so that nothing is left half made."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType


class StopAsked:
    """A context in which Ctrl-C or SIGTERM only sets `asked`; a second one interrupts.

    Attributes:
        asked: Whether one has come.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Callable[..., object] | int | None] = {}

    def __enter__(self) -> "StopAsked":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
