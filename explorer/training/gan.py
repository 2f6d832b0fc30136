"""One optimisation step for generators without an encoder, against a discriminator or a critic.

Knows nothing of epochs, reports or files.
"""

import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.models import adversarial as losses
from explorer.training.adversarial import (
    AdversarialObjective,
    ImageShape,
    chance,
    is_sure,
    mean_score,
    not_taken,
)
from explorer.training.objective import PlayerOptimizer


class Gan(AdversarialObjective):
    """A generator against a discriminator.

    Source:
        Goodfellow et al., "Generative Adversarial Nets", 2014. https://arxiv.org/abs/1406.2661
    """

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.critic = self.discriminator(image_shape)
        self.players["generator"] = PlayerOptimizer(config, self.vae.decoder.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update the discriminator, and the generator if it is its turn."""
        with torch.no_grad():
            made = self.vae.decode(self.sample_prior(len(x), noise))
        scores, _ = self.critic(torch.cat([x, made]))
        real_scores, made_scores = scores.chunk(2)
        loss = self.critic_loss(x, made, real_scores, made_scores, noise)
        self.players["discriminator"].update(loss)
        own = (
            self._generate(len(x), noise, index)
            if self.is_turn_of_generator(index)
            else not_taken(x)
        )
        return torch.stack((own, loss.detach(), self.says(real_scores), self.says(made_scores)))

    def _generate(self, n: int, noise: torch.Generator, index: int) -> Tensor:
        scores, _ = self.critic(self.vae.decode(self.sample_prior(n, noise)))
        loss = self.generator_loss(scores)
        self.players["generator"].update(loss)
        self.follow(index)
        return loss.detach()

    def critic_loss(
        self,
        x: Tensor,
        made: Tensor,
        real_scores: Tensor,
        made_scores: Tensor,
        noise: torch.Generator,
    ) -> Tensor:
        """Return the loss of the discriminator from its scores of real and generated images."""
        return losses.discriminator_loss(real_scores, made_scores)

    def generator_loss(self, scores: Tensor) -> Tensor:
        """Return the loss of the generator from the scores of its images."""
        return losses.generator_loss(scores)

    def says(self, scores: Tensor) -> Tensor:
        """Return the mean score that the discriminator gives to some inputs."""
        return chance(scores)

    def has_won(self, real: float, made: float) -> bool:
        """Whether the discriminator is sure of both real and generated images."""
        return is_sure(real, made)


class WassersteinGan(Gan):
    """A generator against a critic that estimates the distance from its pictures to images.

    Source:
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017.
        https://arxiv.org/abs/1704.00028
    """

    def critic_loss(
        self,
        x: Tensor,
        made: Tensor,
        real_scores: Tensor,
        made_scores: Tensor,
        noise: torch.Generator,
    ) -> Tensor:
        """Return minus the estimated distance, and the penalty on slopes other than 1."""
        penalty = losses.gradient_penalty(self.critic, x, made, noise)
        loss = losses.critic_loss(real_scores, made_scores)
        return loss + self.config.gradient_penalty * penalty

    def generator_loss(self, scores: Tensor) -> Tensor:
        """Return minus the mean score."""
        return -scores.mean()

    def says(self, scores: Tensor) -> Tensor:
        """Return the mean score."""
        return mean_score(scores)

    def has_won(self, real: float, made: float) -> bool:
        """A critic that estimates a distance cannot win."""
        return False
