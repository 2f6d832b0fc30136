"""What reaches the terminal: results on stdout, everything else on stderr.

Names of files and classes may hold anything, so signs that steer a terminal are shown, not sent.
"""

import json
import shutil
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TextIO

from explorer.words import percent

_SPARSE_S, _OFTEN_S = 10.0, 0.2  # without a terminal, a progress line at most this often


def write(text: str) -> None:
    """Print a result."""
    print(_shown(text, sys.stdout))


def write_json(values: Mapping[str, object]) -> None:
    """Print the one JSON object of a command that was asked for it."""
    print(json.dumps(values, allow_nan=False))


def note(text: str) -> None:
    """Tell something that is no result."""
    print(_shown(text, sys.stderr), file=sys.stderr, flush=True)


class ProgressLine:
    """One line on stderr that is written over and over; sparse lines where no terminal is.

    Use it with `with`, so that whatever is printed after it begins a line of its own.

    Args:
        often: Whether lines come often where no terminal is, for a program that reads them.
    """

    def __init__(self, *, often: bool = False) -> None:
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._is_often = often
        self._pause_s = _OFTEN_S if often else _SPARSE_S
        self._last_s = -self._pause_s
        self._is_open = False

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the line, so that whatever is printed next begins one; the next is shown at once."""
        self._last_s = -self._pause_s
        if self._is_open:
            print(file=sys.stderr, flush=True)
            self._is_open = False

    def show(self, text: str, *, always: bool = False) -> None:
        """Show how far things are; `always` for what must not be left out."""
        if self._is_terminal:
            width = shutil.get_terminal_size().columns - 1  # a full line would wrap
            print(
                f"\r\x1b[K{_shown(text, sys.stderr)[:width]}", end="", file=sys.stderr, flush=True
            )
            self._is_open = True
        elif always or time.monotonic() - self._last_s >= self._pause_s:
            self._last_s = time.monotonic()
            note(text)

    def report(self, fraction: float, words: str) -> None:
        """Show a fraction done in [0, 1] and what is being done; programs read 42% everywhere."""
        share = f"{fraction:.0%}" if self._is_often else percent(fraction)
        self.show(f"{share:>4}  {words}")


def _shown(text: str, stream: TextIO | None) -> str:
    """Return text with signs written out as their code that steer a terminal or that it lacks."""
    visible = "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text
    )
    return encodable(visible, stream)


def encodable(text: str, stream: TextIO | None) -> str:
    """Return text with signs written out as their code that a stream cannot encode."""
    encoding = (stream.encoding if stream is not None else None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
