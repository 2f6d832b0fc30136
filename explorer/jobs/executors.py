"""Where the runs of a sweep are carried out: by processes on this machine, or on a cluster.

`LocalRuns` is here; `cluster.py` has the other one. Both save the bundles among the user's own, and
callers wait by looking at the status of each run.
"""

import contextlib
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from explorer import store, sweeping
from explorer.bundle import read_summary
from explorer.config import TrainConfig
from explorer.errors import BundleError, TrainingError
from explorer.jobs import processes
from explorer.jobs.folder import RunFolder
from explorer.jobs.made import folder_made_by
from explorer.jobs.records import ENDED, JobStatus


class Watched(Protocol):
    """A run that an executor carries out."""

    def status(self) -> JobStatus:
        """Return how it stands."""

    def leave(self) -> None:
        """Stop working on it, and keep of it what can be kept."""


class Executor(Protocol):
    """Carries out runs."""

    def begin(self, config: TrainConfig, name: str, *, fitted: Iterable[str] = ()) -> Watched:
        """Start a run that ends in a bundle among the user's own; it waits for its turn.

        Args:
            config: Every choice of the run.
            name: Name of its bundle.
            fitted: Settings to be chosen to fit the images, once they are loaded.

        Raises:
            BundleError: The name is not allowed, or taken by a bundle or another run.
            DataError: The images cannot be sent to where the run works.
            MachineError: The disk or the connection fails.
        """


@dataclass(frozen=True)
class LocalRun:
    """A run on this machine; it lives in its folder and outlives the process that started it."""

    folder: RunFolder

    def status(self) -> JobStatus:
        """Return how it stands."""
        return self.folder.status()

    def leave(self) -> None:
        """Pause it, so that it can resume from where it stood."""
        processes.pause(self.folder)


@dataclass(frozen=True)
class LocalRuns:
    """Runs as processes on this machine, in one queue with all others.

    Attributes:
        sweep: Id of the sweep, by which `runs_of` finds the runs.
    """

    sweep: str

    def begin(self, config: TrainConfig, name: str, *, fitted: Iterable[str] = ()) -> LocalRun:
        """Start a run; see `Executor`."""
        return LocalRun(
            processes.begin(config, name, fitted=fitted, sweep=self.sweep, numbered=True)
        )


def new_sweep() -> str:
    """Return an id for a sweep; ids sort by time."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:6]}"


def begin_sweep(
    executor: Executor, configs: Sequence[TrainConfig], name: str, *, fitted: Iterable[str] = ()
) -> list[Watched]:
    """Start a run for each of the settings, named after it.

    Args:
        executor: Carries them out.
        configs: Settings, as `sweeping.grid` lists them.
        name: Prefix of the names of all bundles.
        fitted: Settings to be chosen to fit the images.

    Raises:
        ExplorerError: As `Executor.begin`, for the first run that cannot be started; those before
            it have been.
    """
    with_beta = len({config.beta for config in configs}) > 1
    runs = []
    for config in configs:
        free = processes.free_name(sweeping.trial_name(name, config, with_beta=with_beta))
        runs.append(executor.begin(config, free, fitted=fitted))
    return runs


def runs_of(sweep: str) -> list[RunFolder]:
    """Return the runs on this machine that belong to a sweep, small codes first.

    Raises:
        TrainingError: There is none.
    """
    found = []
    for run in processes.runs():
        try:
            record = run.record()
        except BundleError:  # damaged, so its sweep is unknown
            continue
        if record.sweep == sweep:
            found.append((record.config.latent_dim, record.config.beta, run.id, run))
    if not found:
        raise TrainingError("jobs.no_sweep", sweep=sweep)
    return [run for *_, run in sorted(found, key=lambda row: row[:3])]


def pause_all(runs: Iterable[RunFolder]) -> None:
    """Ask all runs that have not ended to pause; one that waits pauses when its turn comes."""
    for run in runs:
        if run.status().state not in ENDED:
            processes.pause(run)


def resume_all(runs: Iterable[RunFolder]) -> None:
    """Resume all runs that have not made their models, failed ones too."""
    for run in runs:
        if run.status().state not in ("finished", "stopped"):
            processes.resume(run)  # a waiting run may have been asked to pause, too


def trial_of(status: JobStatus) -> sweeping.Trial | None:
    """Return the result of a run that has just ended: its scores, or None without a bundle."""
    if not status.out:
        return None
    try:
        return sweeping.Trial.of(read_summary(store.find_name(status.out)))
    except BundleError:  # deleted in the meantime
        return None


def trial_made_by(run: RunFolder) -> sweeping.Trial | None:
    """Return the result of a run, whenever it ended: its scores, while its bundle is there."""
    with contextlib.suppress(BundleError):  # deleted just now
        folder = folder_made_by(run)
        return sweeping.Trial.of(read_summary(folder)) if folder else None
    return None
