"""How an adversarial game stands, and whether one player has lost it.

Knows nothing of who plays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.models.adversarial import diversity
from explorer.models.losses import draw_prior
from explorer.models.vae import VAE

Verdict = Literal["even", "mode-collapse", "discriminator-won"]

_N_DRAWS = 48  # whose pictures are compared each with each
_COLLAPSED = 0.5  # of the distance between real images
_SURE = 0.03  # chance left to the other side by a discriminator that has won
_SETTLING = 200  # steps, in which untrained networks look as if they had lost
_WITH_CHANCES = ("gan", "vae-gan", "aae")


@dataclass(frozen=True, kw_only=True)
class Duel:
    """Moving means over the last batches, and how different draws are now.

    Attributes:
        discriminator: What the discriminator makes small; with `soft-intro-vae`, the encoder.
        real: What it says of real images: a probability that they are real, a score of a `wgan-gp`
            critic, or an ELBO in nats where a VAE is the critic.
        made: What it says of made ones. With `aae` both are of codes.
        diversity: Mean distance of two pictures of draws from the prior, as a share of that of two
            real images; far below 1 is mode collapse.
        verdict: What that comes to.
    """

    discriminator: float
    real: float
    made: float
    diversity: float
    verdict: Verdict


class Referee:
    """Judges a game by the same draws from the prior each time.

    Args:
        config: The kind of game.
        real: Real images, shape (n, c, h, w); one alone has no distance, which then counts as 1.
    """

    def __init__(self, config: TrainConfig, real: Tensor) -> None:
        self._config = config
        self._real_diversity = float(diversity(real[:_N_DRAWS])) if len(real) > 1 else 1.0
        generator = torch.Generator().manual_seed(config.seed)
        self._z = draw_prior(_N_DRAWS, config.latent_dim, generator)

    @torch.inference_mode()
    def judge(self, vae: VAE, means: Mapping[str, float], step: int) -> Duel:
        """Return how a game stands after some steps; the network is left in evaluation mode."""
        vae.eval()
        share = float(diversity(vae.decode(self._z))) / max(self._real_diversity, 1e-6)
        return Duel(
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
        kind = self._config.kind
        is_sure = kind in _WITH_CHANCES and made < _SURE and real > 1 - _SURE
        is_above = kind == "vae-critic" and real - made > self._config.margin
        return "discriminator-won" if is_sure or is_above else "even"
