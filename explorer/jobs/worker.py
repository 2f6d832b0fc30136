"""The process of a run: waits for its turn, trains, pauses, and reports how it stands.

Pausing closes the training at a batch boundary, which writes a checkpoint, and gives the turn to
others; resuming opens it again from there, so a paused run ends in exactly the weights of one that
never paused. Knows nothing of pages.

Training code is imported when it is a run's turn: it takes hundreds of megabytes, and many may
wait.
"""

import contextlib
import dataclasses
import os
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout

from explorer import originals, store
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import DivergedError, ExplorerError, MachineError, TrainingError
from explorer.jobs.ends import place_of, write_ends
from explorer.jobs.folder import LOCK_WAIT_S, RunFolder
from explorer.jobs.made import folder_saved_by
from explorer.jobs.pipeline import Made, Observer, Pipeline, Task
from explorer.jobs.records import Health, JobStatus, State
from explorer.jobs.status_writer import StatusWriter
from explorer.jobs.stopping import StopAsked
from explorer.jobs.turns import turn

if TYPE_CHECKING:
    from explorer.training import Progress

_IN_FRONT_S = 5.0  # of training at full priority, so that pictures come soon
_NICE = 19
_SLOW_S = 0.35  # between batches in slow motion
_SHOW_EVERY_S = 0.2  # between writes of the status
_LOOK_EVERY_S = 0.2  # between looks for requests, while paused
_STAYS_S = 120.0  # after which a paused process ends; resuming starts another


class _StopAskedError(Exception):
    """The run is asked to end before it began."""


class _PauseAskedError(Exception):
    """The run is asked to pause before its turn has come."""


class _LeftError(Exception):
    """The run has been paused for long: the process ends, the run stays."""


def _give_way() -> None:
    """Give everything else on this machine priority, above all the page.

    On Linux the nice level of a process may not suffice: where the processor is shared by sessions,
    it counts only within one, and each session has a level of its own, which is set too. A process
    that shares its session, such as a test, changes nothing.
    """
    if hasattr(os, "getsid") and os.getsid(0) != os.getpid():
        return
    with contextlib.suppress(OSError, AttributeError):  # none on Windows
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def prepare() -> None:
    """Train a little on made-up images, so that all a run needs is loaded when one begins."""
    from explorer.data import load
    from explorer.projection import followed
    from explorer.training import Control, train

    images = load("digits", n_images=20)
    config = TrainConfig(data="digits", arch="mlp", hidden=(4,), latent_dim=3, epochs=1)
    for progress in train(images, config, name="none", control=Control(with_snapshot=True)):
        if progress.snapshot is not None:
            followed(progress.snapshot.mu)


def work(path: Path) -> bool:
    """Carry out the run in a folder to its end, or until it has been paused for long.

    Returns:
        Whether it went well. What went wrong is written into the run's folder.
    """
    run = RunFolder(path)
    lock = run.lock()
    try:
        lock.acquire(timeout=LOCK_WAIT_S)
    except Timeout:  # another process works on it already
        return True
    try:
        _Worker(run).work()
    except _StopAskedError:
        _end(run, "stopped")
    except _LeftError:
        pass
    except KeyboardInterrupt:  # SIGTERM, as when the machine shuts down
        _end(run, "paused")
    except ExplorerError as error:
        health: Health | None = "exploding" if isinstance(error, DivergedError) else None
        _end(run, "failed", error.beats, health=health)
        return False
    except MemoryError:
        _end(run, "failed", MachineError("jobs.out_of_memory").beats)
        return False
    except Exception as error:
        traceback.print_exc()
        _end(run, "failed", _explained(error, run).beats)
        return False
    finally:
        lock.release()
    return True


class _Worker(Observer):
    """One run at work."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._record = run.record()
        self._tell = StatusWriter(run)
        self._stop = StopAsked()
        self._gives_way = self._is_slow = False

    def work(self) -> None:
        """Wait for a turn and train, again after each pause, until the model is made."""
        turns = self._run.path.parent / ".turns"
        pipeline: Pipeline | None = None
        while True:
            self._tell.say("queued", queued_s=self._tell.status.queued_s or time.time())
            with (
                contextlib.suppress(_PauseAskedError),
                turn(turns, self._is_next, self._wait_in_queue),
            ):
                self._tell.say("starting")
                pipeline = pipeline or self._pipeline()
                is_made = self._train(pipeline)
                if is_made:
                    return
            self._wait_paused()
            self._tell.status = dataclasses.replace(self._tell.status, queued_s=time.time())

    def _pipeline(self) -> Pipeline:
        from explorer.training import Control

        record, run = self._record, self._run
        self._control = Control(with_other=True)
        task = Task(
            config=record.config,
            fitted=record.fitted,
            name=record.name,
            checkpoint=run.checkpoint,
            place=lambda: folder_saved_by(record) or store.free_folder(record.out),
            origin=lambda: record.origin,
            aside=lambda which: place_of(run, which),
        )
        return Pipeline(task, control=self._control, observers=[self], heeding=self._stop)

    def _train(self, pipeline: Pipeline) -> bool:
        """Train until the model is made, or a pause is asked for; return whether it is made."""
        pipeline.load()
        self._heed()
        with contextlib.closing(pipeline.run(resume=self._run.checkpoint.exists())) as reports:
            for progress in reports:
                if self._stop.asked:
                    break
                if progress.end is not None:
                    self._tell.say("finishing")
                    continue
                if self._run.asked().pause:
                    return False
                if self._is_slow:
                    time.sleep(_SLOW_S)
                self._heed()
        if self._stop.asked:
            raise KeyboardInterrupt
        return True

    def _heed(self) -> None:
        """Set the speed that is asked for."""
        control, asked = self._control, self._run.asked()
        pause_s = min(_SHOW_EVERY_S, self._recorder.report_every_s())
        control.report_every_s = 0.0 if asked.slow else pause_s
        control.finish = asked.finish
        control.with_snapshot = self._recorder.wants_snapshot(slow=asked.slow)
        self._is_slow = asked.slow

    # ---- as an observer of the pipeline

    def doing(self, done: float, words: str) -> None:
        """Write what happens before the first step or after the last."""
        self._tell.doing(done, words)

    def loaded(self, images: ImageSet, config: TrainConfig) -> None:
        """Choose the images to show."""
        from explorer.jobs.recorder import Recorder
        from explorer.training import Watch

        self._recorder = Recorder(self._run, images, Watch(images, config))

    def note(self, progress: "Progress") -> None:
        """Record a report; after a few seconds, give everything else priority."""
        self._tell.note(progress)
        if not self._gives_way and progress.elapsed_s >= _IN_FRONT_S:
            _give_way()
            self._gives_way = True
        if progress.end is not None:
            self._recorder.note_ends(progress)
        else:
            self._recorder.note(progress, slow=self._is_slow)

    def made(self, made: Made) -> None:
        """Write that the model is saved; without its checkpoint, a resumed run begins anew."""
        with contextlib.suppress(MachineError):  # a failure here is harmless: the model is saved
            originals.remember_place(made.bundle)
        write_ends(self._run, made.ends)
        said: State = "stopped" if self._run.asked().finish else "finished"
        self._tell.say(said, out=made.folder.name)
        self._run.checkpoint.unlink(missing_ok=True)

    # ---- waiting

    def _is_next(self) -> bool:
        mine = (self._tell.status.queued_s, self._run.id)
        return all((said.queued_s, other.id) >= mine for other, said in _others_waiting(self._run))

    def _wait_in_queue(self) -> None:
        asked = self._run.asked()
        if asked.finish and not self._run.checkpoint.exists():
            raise _StopAskedError
        if asked.pause:
            raise _PauseAskedError
        self._tell.say_again()

    def _wait_paused(self) -> None:
        self._tell.say("paused")
        begin = time.monotonic()
        while self._run.asked().pause:
            time.sleep(_LOOK_EVERY_S)
            if not self._run.path.exists() or time.monotonic() - begin > _STAYS_S:
                raise _LeftError


def _others_waiting(run: RunFolder) -> Iterator[tuple[RunFolder, JobStatus]]:
    """Yield the runs beside this one whose processes wait for a turn."""
    for path in run.path.parent.iterdir():
        if path != run.path and (path / "run.json").is_file():
            other = RunFolder(path)
            said = other.said()
            if said.state == "queued" and other.status().state == "queued":
                yield other, said


def _end(
    run: RunFolder, state: State, error: tuple[str, ...] = (), *, health: Health | None = None
) -> None:
    said = run.said()
    ended = dataclasses.replace(said, state=state, error=error, health=health or said.health)
    with contextlib.suppress(ExplorerError):  # nothing more can be said, then
        run.say(dataclasses.replace(ended, updated_s=time.time()))


def _explained(error: Exception, run: RunFolder) -> ExplorerError:
    """Return what to say of an error that is not ours: torch reports that memory is out by one."""
    words = str(error).lower()
    if "can't allocate memory" in words or "not enough memory" in words:
        return MachineError("jobs.out_of_memory")
    return TrainingError("jobs.fault", name=type(error).__name__, error=error, log=run.log)
