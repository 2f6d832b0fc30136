"""Keeps the status of a run in its folder up to date, for the process that works on it."""

import dataclasses
import os
import time
from typing import TYPE_CHECKING

from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Health, JobStatus, State

if TYPE_CHECKING:
    from explorer.training import Progress

_SAY_EVERY_S = 0.25


class StatusWriter:
    """Writes the status of a run.

    Args:
        run: The run; its last status is where this one begins.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._said_s = 0.0
        self.status: JobStatus = dataclasses.replace(run.said(), error=(), pid=os.getpid())

    def note(self, progress: "Progress") -> None:
        """Write how training goes on, unless a status was written a moment ago.

        Raises:
            MachineError: The disk may not be written to, or is full to the last byte.
        """
        before = self.status
        self.status = dataclasses.replace(
            before,
            epoch=progress.epoch,
            epochs=progress.epochs,
            step=progress.step,
            steps=progress.steps,
            elapsed_s=progress.elapsed_s,
            images_per_s=progress.images_per_s or before.images_per_s,
            layers=progress.layers or before.layers,
            health=_health(progress) if progress.layers else before.health,
            best_step=progress.held_out.best_step,
        )
        if before.state != "running":
            self.say("running")
        else:
            self._say_sometimes()

    def doing(self, done: float, words: str) -> None:
        """Write what happens before the first step or after the last, and the share done."""
        self.status = dataclasses.replace(self.status, doing=words, done=round(done, 3))
        self._say_sometimes()

    def say(self, state: State, **changes: object) -> None:
        """Write at once what the run does now, with other changes of its status.

        Raises:
            MachineError: The disk may not be written to, or is full to the last byte.
        """
        self.status = dataclasses.replace(self.status, state=state, **changes)  # type: ignore[arg-type]
        self.say_again()

    def say_again(self) -> None:
        """Write the status again, because an old one counts as that of a killed process."""
        self._said_s = time.monotonic()
        self.status = dataclasses.replace(self.status, updated_s=time.time())
        self._run.say(self.status)

    def _say_sometimes(self) -> None:
        if time.monotonic() - self._said_s >= _SAY_EVERY_S:
            self.say_again()


def _health(progress: "Progress") -> Health:
    return progress.adversarial.verdict if progress.adversarial else progress.health
