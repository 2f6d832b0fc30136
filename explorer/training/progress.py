"""The reports of a training run."""

from dataclasses import dataclass, field
from typing import Literal

from explorer.bundle import ModelBundle
from explorer.training.collapse import AdversarialStatus
from explorer.training.gradients import Health
from explorer.training.held_out import HeldOut
from explorer.training.snapshots import Snapshot

Which = Literal["best", "last"]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """Means over images, in nats per image; None where a kind does not have the term.

    Attributes:
        loss: What training minimises: beta · KL - log-likelihood, with warm-up and free bits; in
            adversarial training, the loss of the player that generates pictures.
        elbo: Evidence lower bound: log-likelihood - KL.
        log_likelihood: log p(x|z), z sampled from the posterior.
        kl: KL(q(z|x) ‖ p(z)).
    """

    loss: float | None
    elbo: float | None = None
    log_likelihood: float | None = None
    kl: float | None = None


@dataclass(frozen=True, kw_only=True)
class End:
    """Weights that a run can end in: those with the smallest held-out loss, or its last ones.

    Attributes:
        which: Which of the two.
        step: Updates of the weights up to that point.
        bundle: The model with them.
        snapshot: Codes and pictures of the network with them.
    """

    which: Which
    step: int
    bundle: ModelBundle
    snapshot: Snapshot


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One report of a training run.

    Attributes:
        epoch: Epochs finished.
        epochs: Epochs asked for.
        step: Updates of the weights so far.
        steps: Updates asked for.
        images_per_s: Training speed since the report before; 0 on the last one.
        elapsed_s: Seconds of work, including validation but neither pauses nor the time that the
            caller takes between two reports.
        train: Moving means over the last 10 batches or so; None in the last report.
        validation: Means over test images, only at the end of an epoch and with an encoder.
        adversarial: Status of adversarial training; None for other kinds.
        gradients: Norm of the last gradient in each layer, in the order of `layers`.
        layers: Names of the layers, in order from image to code to image.
        health: How healthy the run is, by its gradients and its held-out loss.
        snapshot: Codes and pictures of the network, if asked for, and after the last step.
        stopped_early: Whether the run ended because the held-out loss no longer fell, or was asked
            to finish.
        held_out: Course of the loss on held-out images; empty in adversarial training.
        end: The weights that are kept, only in the last report.
        other: Those that could be kept instead, if asked for and if there are any.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    images_per_s: float
    elapsed_s: float
    train: Losses | None = None
    validation: Losses | None = None
    adversarial: AdversarialStatus | None = None
    gradients: tuple[float, ...] = ()
    layers: tuple[str, ...] = ()
    health: Health = "healthy"
    snapshot: Snapshot | None = None
    stopped_early: bool = False
    held_out: HeldOut = field(default_factory=HeldOut)
    end: End | None = None
    other: End | None = None

    @property
    def bundle(self) -> ModelBundle | None:
        """The result, only in the last report."""
        return self.end.bundle if self.end is not None else None
