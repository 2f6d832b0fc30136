"""How adversarial training stands: even, collapsed, or won by the discriminator.

Knows nothing of objectives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from explorer.models.adversarial import diversity
from explorer.models.losses import sample_prior
from explorer.models.vae import VAE
from explorer.training.objective import Objective

Verdict = Literal["even", "mode-collapse", "discriminator-won"]

_N_SAMPLES = 48  # whose pictures are compared pairwise
_COLLAPSED = 0.5  # of the distance between real images
_SETTLING = 200  # steps in which untrained networks look as if they had lost


@dataclass(frozen=True, kw_only=True)
class AdversarialStatus:
    """Moving means over the last batches, and the present diversity of samples.

    Attributes:
        discriminator: Loss of the discriminator; with `soft-intro-vae`, of the encoder.
        real: Its score of real images; see `kinds.ScoreOf`.
        made: Its score of generated ones. With `aae` both are of codes.
        diversity: Mean distance of the pictures of two prior samples, as a share of that of two
            real images; far below 1 is mode collapse.
        verdict: What these numbers mean.
    """

    discriminator: float
    real: float
    made: float
    diversity: float
    verdict: Verdict


class CollapseMonitor:
    """Watches for mode collapse, by the same prior samples each time.

    Args:
        objective: The networks that are trained.
        real: Real images, shape (n, c, h, w); a single one has no distance to others, which counts
            as 1.
    """

    def __init__(self, objective: Objective, real: Tensor) -> None:
        self._objective, config = objective, objective.config
        self._real_diversity = float(diversity(real[:_N_SAMPLES])) if len(real) > 1 else 1.0
        generator = torch.Generator().manual_seed(config.seed)
        self._z = sample_prior(_N_SAMPLES, config.latent_dim, generator)

    @torch.inference_mode()
    def judge(self, vae: VAE, means: Mapping[str, float], step: int) -> AdversarialStatus:
        """Judge the training after some steps; leaves the network in evaluation mode."""
        vae.eval()
        share = float(diversity(vae.decode(self._z))) / max(self._real_diversity, 1e-6)
        return AdversarialStatus(
            discriminator=means["discriminator"],
            real=means["real"],
            made=means["made"],
            diversity=share,
            verdict=self._verdict(means["real"], means["made"], share, step),
        )

    def _verdict(self, real: float, made: float, share: float, step: int) -> Verdict:
        if step < _SETTLING:
            return "even"
        if share < _COLLAPSED:
            return "mode-collapse"
        return "discriminator-won" if self._objective.has_won(real, made) else "even"
