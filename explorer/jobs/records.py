"""The records of a run: what was asked for, how it stands, and its lines of progress.

Knows nothing of files; `folder.py` reads and writes these records.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from explorer.config import TrainConfig

State = Literal[
    "queued", "starting", "running", "paused", "finishing", "finished", "stopped", "failed"
]
Health = Literal[
    "healthy", "vanishing", "exploding", "overfitting", "even", "mode-collapse", "discriminator-won"
]
AT_WORK: tuple[State, ...] = ("starting", "running", "finishing")
ENDED: tuple[State, ...] = ("finished", "stopped", "failed")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a run was asked to make.

    Attributes:
        name: Name of the bundle that it makes.
        out: Folder of that bundle.
        config: Settings; `batch_size` and `likelihood` may yet be chosen to fit the images.
        fitted: Names of settings to be chosen to fit the images.
        created_s: When it was asked for, in seconds of the Unix clock.
        sweep: Id of the sweep it belongs to; empty for a run by itself.
        in_terminal: Whether it was begun on the command line, which alone can resume it.
        origin: Id of the run and of the bundle it makes; `RunFolder.create` gives it one. Runs of
            earlier versions have none.
    """

    name: str
    out: Path
    config: TrainConfig
    fitted: tuple[str, ...] = ()
    created_s: float = 0.0
    sweep: str = ""
    in_terminal: bool = False
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Requests of the people who watch a run."""

    pause: bool = False
    slow: bool = False
    finish: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """One line of progress; losses in nats per image, None where the kind of model has none.

    Attributes:
        step: Updates of the weights so far.
        epoch: Epochs finished.
        elapsed_s: Seconds of work.
        loss: Moving mean over the last batches, as are elbo, log_likelihood and kl.
        validation: The same four over held-out images, at the end of an epoch.
        adversarial: How adversarial training stands: `discriminator`, `real`, `made`, `diversity`
            and `verdict`, as in `Progress.adversarial`; None for other kinds.
        gradients: Norm of the gradient in each layer.
    """

    step: int
    epoch: int
    elapsed_s: float
    loss: float | None = None
    elbo: float | None = None
    log_likelihood: float | None = None
    kl: float | None = None
    validation: dict[str, float | None] | None = None
    adversarial: dict[str, float | str] | None = field(default=None, metadata={"was": "duel"})
    gradients: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """How a run stands.

    Attributes:
        state: What it is doing; `failed` also where its process was killed.
        error: Three sentences about a failure: what is so, what was needed, what to do.
        epoch: Epochs finished, of `epochs`.
        step: Updates of the weights so far, of `steps`; 0 of 0 before the start.
        elapsed_s: Seconds of work.
        images_per_s: Speed.
        layers: Names of the layers whose gradients are reported.
        health: What gradients and held-out loss say: healthy, vanishing, exploding or overfitting;
            of adversarial training, its verdict: even, mode-collapse or discriminator-won.
        best_step: Step with the smallest held-out loss so far; 0 before the first check.
        updated_s: When this was written, in seconds of the Unix clock.
        queued_s: When it began to wait for its turn, likewise.
        pid: Process that wrote it; 0 before there was one.
        out: Name of the bundle made.
        doing: What it does before the first step or after the last, in a few words.
        done: How much of that is done, from 0 to 1.
    """

    state: State = "queued"
    error: tuple[str, ...] = ()
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps: int = 0
    elapsed_s: float = 0.0
    images_per_s: float = 0.0
    layers: tuple[str, ...] = ()
    health: Health = "healthy"
    best_step: int = 0
    updated_s: float = 0.0
    queued_s: float = 0.0
    pid: int = 0
    out: str = ""
    doing: str = ""
    done: float = 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds of work left at the pace so far, or None before the first step."""
        if not self.step:
            return None
        return self.elapsed_s / self.step * max(self.steps - self.step, 0)
