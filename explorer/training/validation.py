"""The losses on held-out images during a run, and the weights with the smallest.

Knows nothing of how a step is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.models.vae import VAE
from explorer.training.batches import generator_of
from explorer.training.held_out import HeldOut
from explorer.training.objective import Objective
from explorer.training.pixels import Pixels, binarized, evenly
from explorer.training.progress import Losses

_MOST_IMAGES = 2_000
_BATCH_SIZE = 500


class Validation:
    """Measures the held-out losses of a run after each epoch, and keeps the best weights.

    Adversarial runs keep none: no measure ranks them.

    Attributes:
        course: Course of the loss on held-out images.
        best: Weights with the smallest loss; None before the first measurement.
    """

    def __init__(
        self, images: ImageSet, pixels: Pixels, config: TrainConfig, objective: Objective
    ) -> None:
        """Choose the images."""
        self._rows = evenly(images.test_index, _MOST_IMAGES)
        self._pixels, self._config, self._objective = pixels, config, objective
        self.course = HeldOut()
        self.best: dict[str, Tensor] | None = None

    def losses(self, train: Mapping[str, float], *, step: int, epoch: float) -> Losses | None:
        """Measure the losses, and keep the weights if theirs is the smallest.

        Args:
            train: Recent means of the measures of the training.
            step: Updates of the weights so far.
            epoch: The same in epochs.

        Returns:
            Means over held-out images; None of a network without an encoder.
        """
        if not self._config.has_encoder:
            return None
        generator = generator_of(self._config.seed, "validation")
        means = elbo_means(
            self._objective.shown, self._pixels, self._rows, self._objective, generator
        )
        losses = losses_of({"log_likelihood": means.log_likelihood, "kl": means.kl}, self._config)
        if self._config.is_adversarial:
            return losses
        now = self._objective.weights_at(epoch)
        self._remember(means, train, now, step)
        return replace(losses, loss=means.loss(*now))

    @property
    def is_out_of_patience(self) -> bool:
        """Whether the loss has not fallen for as many epochs as the settings allow."""
        return 0 < self._config.patience <= self.course.n_stale

    def _remember(
        self, means: "ElboMeans", train: Mapping[str, float], now: tuple[float, float], step: int
    ) -> None:
        """Keep the weights if their loss, weighted as at the end, is the smallest so far."""
        final = self._objective.weights_at(self._config.epochs)
        self.course = self.course.after(
            means.loss(*final),
            train=train["loss"] + (final[0] - now[0]) * train["kl"],
            step=step,
        )
        if self.course.best_step == step:
            weights = self._objective.vae.state_dict()
            self.best = {name: array.clone() for name, array in weights.items()}


@dataclass(frozen=True)
class ElboMeans:
    """Means over images, in nats per image.

    Attributes:
        log_likelihood: log p(x|z), z sampled from the posterior.
        kl: KL(q(z|x) ‖ p(z)).
        extra: Further terms of the loss; see `Objective.extra`.
    """

    log_likelihood: float
    kl: float
    extra: float

    @property
    def elbo(self) -> float:
        """Evidence lower bound."""
        return self.log_likelihood - self.kl

    def loss(self, kl_weight: float, extra_weight: float) -> float:
        """Return what training minimises, under these weights of its terms."""
        return kl_weight * self.kl + extra_weight * self.extra - self.log_likelihood


@torch.inference_mode()
def elbo_means(
    vae: VAE, pixels: Pixels, index: Tensor, objective: Objective, generator: torch.Generator
) -> ElboMeans:
    """Measure the terms of the loss on the given rows, with one sample of z each."""
    vae.eval()
    sums = torch.zeros(3, dtype=torch.float64)
    for rows in torch.split(index, _BATCH_SIZE):
        x = pixels.batch(rows)
        if vae.spec.binarize == "random":
            x = binarized(x, generator)
        terms = vae.elbo_terms(x, generator)
        extra = objective.extra(vae, x, terms, generator, n_data=len(index))
        sums += torch.stack((terms.log_likelihood.sum(), terms.kl.sum(), extra))
    return ElboMeans(*(sums / len(index)).tolist())


def losses_of(means: Mapping[str, float], config: TrainConfig) -> Losses:
    """Return the losses that a kind has; without a posterior, there is neither KL nor ELBO."""
    log_likelihood, kl = means.get("log_likelihood"), means.get("kl")
    if log_likelihood is None or kl is None or not config.has_posterior:
        return Losses(loss=means.get("loss"), log_likelihood=log_likelihood)
    return Losses(
        loss=means.get("loss"), elbo=log_likelihood - kl, log_likelihood=log_likelihood, kl=kl
    )
