"""Writes how a run stands into its folder; the process that works on it holds one `Teller`."""

import dataclasses
import os
import time
from typing import TYPE_CHECKING

from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Health, JobStatus, State

if TYPE_CHECKING:
    from explorer.training import Progress

_SAY_EVERY_S = 0.25


class Teller:
    """Keeps the status of a run up to date, for this process, in the run's folder.

    Args:
        run: The run; it goes on from what was said of it last.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._said_s = 0.0
        self.status: JobStatus = dataclasses.replace(run.said(), error=(), pid=os.getpid())

    def note(self, progress: "Progress") -> None:
        """Say how training goes on, unless that was said a moment ago.

        Raises:
            MachineError: The disk may not be written to, or is full to the last byte.
        """
        told = self.status
        self.status = dataclasses.replace(
            told,
            epoch=progress.epoch,
            epochs=progress.epochs,
            step=progress.step,
            steps=progress.steps,
            elapsed_s=progress.elapsed_s,
            images_per_s=progress.images_per_s or told.images_per_s,
            layers=progress.layers or told.layers,
            health=_health(progress) if progress.layers else told.health,
            best_step=progress.held_out.best_step,
        )
        if told.state != "running":
            self.say("running")
        else:
            self._say_now_and_then()

    def doing(self, done: float, words: str) -> None:
        """Say what happens before the first step or after the last, and what share is done."""
        self.status = dataclasses.replace(self.status, doing=words, done=round(done, 3))
        self._say_now_and_then()

    def say(self, state: State, **changes: object) -> None:
        """Say at once what the run is doing now, and what else has changed in its status.

        Raises:
            MachineError: The disk may not be written to, or is full to the last byte.
        """
        self.status = dataclasses.replace(self.status, state=state, **changes)  # type: ignore[arg-type]
        self.say_again()

    def say_again(self) -> None:
        """Say that all is as before, which nobody believes for long."""
        self._said_s = time.monotonic()
        self.status = dataclasses.replace(self.status, updated_s=time.time())
        self._run.say(self.status)

    def _say_now_and_then(self) -> None:
        if time.monotonic() - self._said_s >= _SAY_EVERY_S:
            self.say_again()


def _health(progress: "Progress") -> Health:
    return progress.adversarial.verdict if progress.adversarial else progress.health
