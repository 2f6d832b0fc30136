"""Records a run of the command line as the app records its own, so that pages show it too.

The run works elsewhere and keeps a checkpoint of its own; nothing here may stop it. Where the home
cannot be written to, or the run is deleted from a page, the rest is not recorded.
"""

import contextlib
import dataclasses
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from filelock import FileLock, Timeout

from explorer import data, store
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import DivergedError, ExplorerError, TrainingError
from explorer.jobs.ends import write_ends
from explorer.jobs.folder import LOCK_WAIT_S, RunFolder
from explorer.jobs.pipeline import Made, Observer
from explorer.jobs.processes import new_folder, runs
from explorer.jobs.records import Asked, Record, State
from explorer.jobs.status_writer import StatusWriter
from explorer.words import say

if TYPE_CHECKING:
    from explorer.jobs.recorder import Recorder
    from explorer.training import Control, Progress

_SHOW_EVERY_S = 0.2
_SLOW_S = 0.35  # between batches in slow motion
_LOOK_EVERY_S = 0.2  # between looks for requests, while paused


@dataclass(frozen=True)
class _Pen:
    """All that recording a run needs."""

    run: RunFolder
    recorder: "Recorder"
    teller: StatusWriter
    lock: FileLock


class Recording(Observer):
    """Records one run within a `with` statement, at whose end the run is over or stopped.

    Args:
        out: Folder of its bundle.
        control: What may be changed of the training; pages steer the run through it.
        tell: Receives one sentence about what a page does to the run, or why the rest is not
            recorded.
        resumes: Whether the run resumes from a checkpoint, and so what was recorded of it goes on.
        goes_on: Whether to wait any longer while a page holds the run paused.

    Attributes:
        origin: Id of the run, for the bundle it makes; empty if the run is not recorded.
    """

    def __init__(
        self,
        out: Path,
        control: "Control",
        tell: Callable[[str], None],
        *,
        resumes: bool,
        goes_on: Callable[[], bool],
    ) -> None:
        self._out = out
        self._control = control
        self._tell = tell
        self._resumes = resumes
        self._goes_on = goes_on
        self._pen: _Pen | None = None
        self.origin = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._writing() as pen:
            if pen and error is not None and not isinstance(error, KeyboardInterrupt):
                diverged = isinstance(error, DivergedError)
                health = "exploding" if diverged else pen.teller.status.health
                pen.teller.say("failed", error=_words(error), health=health)
            elif pen and not pen.teller.status.out:
                pen.teller.say("paused" if pen.teller.status.step else "stopped")
        self._let_go()

    def loaded(self, images: ImageSet, config: TrainConfig) -> None:
        """Begin to record, or go on with what was recorded before the run was stopped."""
        from explorer.jobs.recorder import Recorder
        from explorer.training import Watch

        with self._writing():
            run = (_stopped(self._out) if self._resumes else None) or _created(config, self._out)
            lock = run.lock()
            lock.acquire(timeout=LOCK_WAIT_S)
            run.ask(Asked())  # earlier requests no longer count
            recorder = Recorder(run, images, Watch(images, config))
            self._pen = _Pen(run, recorder, StatusWriter(run), lock)
            self.origin = run.record().origin
            self._pen.teller.say("starting")
            self._heed(self._pen)

    def note(self, progress: "Progress") -> None:
        """Record a report, and do what pages ask for: pause, slow motion, finish."""
        with self._writing() as pen:
            if pen is None or progress.end is not None:  # the last one is written by `made`
                return
            asked = pen.run.asked()
            pen.teller.note(progress)
            pen.recorder.note(progress, slow=asked.slow)
            if asked.pause:
                pen.teller.say("paused")
                self._tell(say("jobs.paused_on_page"))
                while self._goes_on() and pen.run.asked().pause:
                    time.sleep(_LOOK_EVERY_S)
                self._tell(say("jobs.resumed"))
            elif asked.slow:
                time.sleep(_SLOW_S)
            self._heed(pen)

    def doing(self, done: float, words: str) -> None:
        """Record how far the completing of the model is."""
        with self._writing() as pen:
            if pen and pen.teller.status.state != "finishing":
                pen.teller.say("finishing")
            if pen:
                pen.teller.doing(done, words)

    def made(self, made: Made) -> None:
        """Record which bundle the run has made, by which of its ends, and the findings."""
        with self._writing() as pen:
            if pen:
                pen.recorder.note_ends(made.last)
                write_ends(pen.run, made.ends)
                said: State = "stopped" if self._control.finish else "finished"
                pen.teller.say(said, out=made.folder.name)

    def _heed(self, pen: _Pen) -> None:
        asked = pen.run.asked()
        pause_s = min(_SHOW_EVERY_S, pen.recorder.report_every_s())
        self._control.report_every_s = 0.0 if asked.slow else pause_s
        self._control.finish = asked.finish
        self._control.with_snapshot = pen.recorder.wants_snapshot(slow=asked.slow)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[_Pen | None]:
        """Provide what writing needs; when writing fails, say so and write no more."""
        try:
            yield self._pen
        except (ExplorerError, OSError, Timeout) as error:
            so = error.so if isinstance(error, ExplorerError) else f"{error}."
            self._tell(say("jobs.not_recorded", why=so))
            self._control.with_snapshot = self._control.finish = False
            self._let_go()

    def _let_go(self) -> None:
        pen, self._pen = self._pen, None
        if pen is not None:
            pen.lock.release()


def _created(config: TrainConfig, out: Path) -> RunFolder:
    record = Record(name=out.name, out=out, config=_findable(config), in_terminal=True)
    with store.changing():
        run = new_folder(out.name)
        run.create(record)
    return run


def _stopped(out: Path) -> RunFolder | None:
    """Return the record of the run that is to make a bundle, if it has not made it yet."""
    for run in runs():
        with contextlib.suppress(ExplorerError):
            record = run.record()
            is_open = not run.said().out and not run.is_worked_on()
            if record.in_terminal and record.out == out and is_open:
                return run
    return None


def _findable(config: TrainConfig) -> TrainConfig:
    """Return the settings with a path that leads to the same images from any folder."""
    path = os.path.expanduser(config.data)
    if data.is_name(config.data) or not os.path.exists(path):
        return config
    return dataclasses.replace(config, data=os.path.abspath(path))


def _words(error: BaseException) -> tuple[str, str, str]:
    if isinstance(error, ExplorerError):
        return error.beats
    return TrainingError("jobs.fault_in_terminal", name=type(error).__name__, error=error).beats
