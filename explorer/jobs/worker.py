"""What the process of a run does: wait for its turn, load, train, and keep what it makes.

Pausing closes the training at a batch boundary, which writes a checkpoint, and gives the turn to
others; going on opens it again from there, so a paused run ends in the very weights of one that
never was. Knows nothing of who watches.

What trains is imported when it is a run's turn: it takes hundreds of megabytes, and many may wait.
"""

import contextlib
import dataclasses
import os
import time
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import Timeout

from explorer import originals, store
from explorer.bundle import write_bundle
from explorer.completing import complete, train_command
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.errors import DivergedError, ExplorerError, MachineError
from explorer.jobs.ends import place_of, write_ends
from explorer.jobs.folder import LOCK_WAIT_S, Health, JobStatus, RunFolder, State
from explorer.jobs.made import folder_saved_by
from explorer.jobs.stopping import StopAsked
from explorer.jobs.telling import Teller
from explorer.jobs.turns import turn

if TYPE_CHECKING:
    from explorer.bundle import ModelBundle
    from explorer.jobs.recorder import Recorder
    from explorer.training import Control, Progress

_IN_FRONT_S = 5.0  # of training at its start, so that pictures come soon; then all else goes first
_NICE = 19
_SLOW_S = 0.35  # from batch to batch in slow motion
_SHOW_EVERY_S = 0.2  # how the run stands, to whoever looks
_LOOK_EVERY_S = 0.2  # for wishes, while paused
_STAYS_S = 120.0  # that a paused process waits before it makes room; going on starts another


class _StopAskedError(Exception):
    """Whoever watches wants the run to end before it began."""


class _PauseAskedError(Exception):
    """Whoever watches wants the run to wait before its turn has come."""


class _LeftError(Exception):
    """Paused for long: the process goes, the run stays."""


def _give_way() -> None:
    """Let everything else on this machine go first: the page, above all.

    On Linux the nice level of a process may not do it: where the processor is shared by sessions,
    it counts only within one, and each session has a level of its own, which is set too.
    A process that shares its session, such as one that tests, leaves all as it is.
    """
    if hasattr(os, "getsid") and os.getsid(0) != os.getpid():
        return
    with contextlib.suppress(OSError, AttributeError):  # none on Windows
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def prepare() -> None:
    """Train a little on nothing much, so that all a run needs is there when one is begun."""
    from explorer.data import load
    from explorer.projection import followed
    from explorer.training import Control, train

    images = load("digits", n_images=20)
    config = TrainConfig(data="digits", arch="mlp", hidden=(4,), latent_dim=3, epochs=1)
    for progress in train(images, config, name="none", control=Control(with_snapshot=True)):
        if progress.snapshot is not None:
            followed(progress.snapshot.mu)


def work(path: Path) -> bool:
    """Carry out the run in a folder to its end, or until it is paused for long.

    Returns:
        Whether it went well. What went wrong is said in the run's folder.
    """
    run = RunFolder(path)
    lock = run.lock()
    try:
        lock.acquire(timeout=LOCK_WAIT_S)
    except Timeout:  # somebody else works on it already
        return True
    try:
        _Worker(run).work()
    except _StopAskedError:
        _end(run, "stopped")
    except _LeftError:
        pass
    except KeyboardInterrupt:  # asked politely to go, as at the end of the day
        _end(run, "paused")
    except ExplorerError as error:
        health: Health | None = "exploding" if isinstance(error, DivergedError) else None
        _end(run, "failed", (error.so, error.needed, error.do), health=health)
        return False
    except MemoryError:
        _end(run, "failed", _OUT_OF_MEMORY)
        return False
    except Exception as error:
        traceback.print_exc()
        _end(run, "failed", _out_of_memory(error) or _fault(run, error))
        return False
    finally:
        lock.release()
    return True


class _Worker:
    """One run at work."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._record = run.record()
        self._tell = Teller(run)

    def work(self) -> None:
        turns = self._run.path.parent / ".turns"
        images: ImageSet | None = None
        while True:
            self._tell.say("queued", queued_s=self._tell.status.queued_s or time.time())
            with (
                contextlib.suppress(_PauseAskedError),
                turn(turns, self._is_next, self._wait_in_queue),
            ):
                self._tell.say("starting")
                if images is None:
                    images = self._load()
                    recorder = self._recorder(images)
                progress = self._train(images, recorder)
                if progress.end is not None:
                    self._keep(progress, images)
                    return
            self._wait_paused()
            self._tell.status = dataclasses.replace(self._tell.status, queued_s=time.time())

    def _load(self) -> ImageSet:
        from explorer.data import load_for
        from explorer.training import choice

        config = self._record.config
        images = load_for(config, report=self._tell.doing)
        config = choice.fitted(config, self._record.fitted, images)
        self._record = dataclasses.replace(self._record, config=config)
        choice.use_fitting_threads(config, images)
        return images

    def _recorder(self, images: ImageSet) -> "Recorder":
        from explorer.jobs.recorder import Recorder
        from explorer.training import Watch

        return Recorder(self._run, images, Watch(images, self._config))

    @property
    def _config(self) -> TrainConfig:
        return self._record.config

    def _train(self, images: ImageSet, recorder: "Recorder") -> "Progress":
        """Return the last report: with the bundle, or without where a pause came first."""
        from explorer.training import Control, train

        control = Control(with_other=True)
        reports = train(
            images,
            self._config,
            name=self._record.name,
            checkpoint=self._run.checkpoint,
            resume=self._run.checkpoint.exists(),
            control=control,
        )
        with StopAsked() as stop:
            progress = self._followed(reports, recorder, control, stop)
        if stop.asked:
            raise KeyboardInterrupt
        return progress

    def _followed(
        self,
        reports: "Generator[Progress]",
        recorder: "Recorder",
        control: "Control",
        stop: StopAsked,
    ) -> "Progress":
        """Take report after report, and return the last one."""
        slow = self._heed(recorder, control)
        gives_way = False
        for progress in _closing(reports):
            self._tell.note(progress)
            if not gives_way and progress.elapsed_s >= _IN_FRONT_S:
                _give_way()
                gives_way = True
            if progress.end is not None:
                recorder.note_ends(progress)
                break
            recorder.note(progress, slow=slow)
            if stop.asked or self._run.asked().pause:
                break
            if slow:
                time.sleep(_SLOW_S)
            slow = self._heed(recorder, control)
        return progress

    def _heed(self, recorder: "Recorder", control: "Control") -> bool:
        """Set the pace that is asked for; return whether that is slow motion."""
        asked = self._run.asked()
        pause_s = min(_SHOW_EVERY_S, recorder.report_every_s())
        control.report_every_s = 0.0 if asked.slow else pause_s
        control.finish = asked.finish
        control.with_snapshot = recorder.wants_snapshot(slow=asked.slow)
        return asked.slow

    def _keep(self, progress: "Progress", images: ImageSet) -> None:
        """Save the model under a name that is free, and put aside the one that could be instead."""
        from explorer.jobs.concluding import concluded

        assert progress.end is not None
        self._tell.say("finishing")
        out = folder_saved_by(self._record) or store.free_folder(self._record.out)
        done = self._completed(progress.end.bundle, out.name)
        write_bundle(done, out)
        with contextlib.suppress(MachineError):  # the model is saved, whatever becomes of this
            originals.remember_place(done)
        write_ends(self._run, concluded(progress, images))
        self._tell.say("stopped" if self._run.asked().finish else "finished", out=out.name)
        self._run.checkpoint.unlink(missing_ok=True)  # last: without it, a run begins anew
        if progress.other is not None:
            # The run is over, whatever becomes of this.
            with contextlib.suppress(ExplorerError, MemoryError, KeyboardInterrupt):
                other = self._completed(progress.other.bundle, out.name)
                write_bundle(other, place_of(self._run, progress.other.which))

    def _completed(self, bundle: "ModelBundle", name: str) -> "ModelBundle":
        command = train_command(bundle.config, name)
        bundle = dataclasses.replace(bundle, name=name, origin=self._record.origin)
        return complete(bundle, command=command, report=self._tell.doing)

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


def _closing(reports: "Generator[Progress]") -> "Iterator[Progress]":
    """Yield the reports, and close the run, which writes its checkpoint, when no more are taken."""
    with contextlib.closing(reports):
        yield from reports


def _end(
    run: RunFolder, state: State, error: tuple[str, ...] = (), *, health: Health | None = None
) -> None:
    said = run.said()
    ended = dataclasses.replace(said, state=state, error=error, health=health or said.health)
    with contextlib.suppress(ExplorerError):  # nothing more can be said, then
        run.say(dataclasses.replace(ended, updated_s=time.time()))


_OUT_OF_MEMORY = (
    "The computer ran out of memory.",
    "Images, network and one batch must fit into memory together.",
    "Choose a smaller batch, a smaller network, smaller images or fewer of them.",
)


def _out_of_memory(error: Exception) -> tuple[str, str, str] | None:
    """Torch says that memory is out by a plain RuntimeError."""
    words = str(error).lower()
    said = "can't allocate memory" in words or "not enough memory" in words
    return _OUT_OF_MEMORY if said else None


def _fault(run: RunFolder, error: Exception) -> tuple[str, str, str]:
    return (
        f"The run stopped with an error: {type(error).__name__}: {error}.",
        "This is a bug in the program, not a mistake of yours.",
        f"Please report it, with the file {run.log}.",
    )
