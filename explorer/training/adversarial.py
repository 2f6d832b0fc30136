"""One optimisation step for each kind with an encoder that is trained by two players.

Each player's loss updates that player's weights alone. Knows nothing of epochs, reports or files.
"""

import math

import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.models import adversarial as losses
from explorer.models.adversarial import Discriminator
from explorer.models.architecture import code_discriminator_layers, discriminator_layers
from explorer.models.losses import (
    gaussian_log_likelihood,
    optimal_log_sigma,
    relative_error,
    reparameterize,
    sample_prior,
)
from explorer.models.vae import VAE
from explorer.training.objective import Objective, PlayerOptimizer
from explorer.training.optimizers import kl_weight_at

ImageShape = tuple[int, int, int]

_SURE = 0.03  # probability that a discriminator that has won leaves to the other side
_OTHER_SEED = 1_000_003  # so that two networks of a run start with different weights


class AdversarialObjective(Objective):
    """The common part of these objectives.

    Measures are the losses of the generator and of the discriminator, and the mean scores that the
    discriminator, or critic, gives to real and to generated images.
    """

    measures: tuple[str, ...] = ("loss", "discriminator", "real", "made")

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.n_pixels = math.prod(image_shape)

    def sample_prior(self, n: int, noise: torch.Generator) -> Tensor:
        """Return prior samples, shape (n, d)."""
        return sample_prior(n, self.config.latent_dim, noise)

    def discriminator(self, image_shape: ImageShape | None) -> Discriminator:
        """Add the discriminator of images (of codes without a shape), and its player."""
        config = self.config
        stacks = (
            code_discriminator_layers(config)
            if image_shape is None
            else discriminator_layers(config, image_shape)
        )
        network = Discriminator(
            stacks, seed=config.seed + _OTHER_SEED, spectral_norm=config.spectral_norm
        )
        self.networks["discriminator"] = network
        rate = config.discriminator_learning_rate or None
        self.players["discriminator"] = PlayerOptimizer(config, network.parameters(), rate=rate)
        return network

    def is_turn_of_generator(self, index: int) -> bool:
        """Whether the generator learns in this step; the discriminator learns in all."""
        return (index + 1) % self.config.steps_of_critic == 0


class VaeGan(AdversarialObjective):
    """A VAE as the generator; reconstructions are compared in features of the discriminator.

    Source:
        Larsen et al., "Autoencoding beyond pixels using a learned similarity metric", 2016.
        https://arxiv.org/abs/1512.09300
    """

    measures = (*AdversarialObjective.measures, "log_likelihood", "kl")

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.critic = self.discriminator(image_shape)
        self.players["encoder"] = PlayerOptimizer(config, self.vae.encoder.parameters())
        self.players["decoder"] = PlayerOptimizer(config, self.vae.decoder.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update encoder, decoder and discriminator, all from the same pictures.

        Errors of features are measured in units of their own best sigma, as those of pixels are
        with the likelihood `gaussian-learned`: the scale of features means nothing. In the
        decoder's loss they count per feature, so that `adversarial_weight` does not depend on their
        number.
        """
        mu, logvar = self.vae.encode(x)
        z = reparameterize(mu, logvar, noise)
        kl = losses.kl(mu, logvar).mean()
        made = self.vae.decode(torch.cat([z, self.sample_prior(len(x), noise)]))
        scores, features = self.critic(torch.cat([x, made]))
        real_scores, *made_scores = scores.chunk(3)
        real, reconstructed, _ = features.chunk(3)
        error = -gaussian_log_likelihood(
            reconstructed, real, optimal_log_sigma(reconstructed, real.detach())
        ).mean()
        fooled = losses.generator_loss(torch.cat(made_scores))
        decoder_loss = error / real.shape[1] + self.config.adversarial_weight * fooled
        found_out = losses.discriminator_loss(real_scores, torch.cat(made_scores))
        kl_weight = kl_weight_at(self.config, epoch)
        followed = {
            "encoder": error + kl_weight * kl,
            "decoder": decoder_loss,
            "discriminator": found_out,
        }
        for name, loss in followed.items():
            self.players[name].descend(loss, keep_graph=name != "discriminator")
        for name in followed:
            self.players[name].step()
        self.follow(index)
        with torch.no_grad():
            log_likelihood = self.vae.log_likelihood(x, z).mean()
        chances = (chance(real_scores), chance(torch.cat(made_scores)))
        own = (decoder_loss.detach(), found_out.detach())
        return torch.stack((*own, *chances, log_likelihood, kl.detach()))

    def has_won(self, real: float, made: float) -> bool:
        """Whether the discriminator is sure of both images and pictures."""
        return is_sure(real, made)


class VaeCritic(AdversarialObjective):
    """A VAE as the discriminator: its energy, minus the ELBO, separates real from generated images.

    The critic and the generator share the encoder: the critic trains it, and `code_loss` makes the
    generator produce pictures that it can encode. The critic's own decoder only serves its energy.

    Source:
        Zhao, Mathieu and LeCun, "Energy-based Generative Adversarial Networks", 2017.
        https://arxiv.org/abs/1609.03126
    """

    measures = (*AdversarialObjective.measures, "log_likelihood", "kl")

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.critic = VAE.untrained(config, image_shape)  # starts with the weights of the generator
        self.critic.encoder = self.vae.encoder
        self.networks["critic"] = self.critic
        rate = config.discriminator_learning_rate or None
        self.players["critic"] = PlayerOptimizer(config, self.critic.parameters(), rate=rate)
        self.players["generator"] = PlayerOptimizer(config, self.vae.decoder.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update the critic, and the generator if it is its turn."""
        kl_weight = kl_weight_at(self.config, epoch)
        with torch.no_grad():
            made = self.vae.decode(self.sample_prior(len(x), noise))
        terms = self.critic.elbo_terms(x, noise)
        energy = kl_weight * terms.kl.sum(1) - terms.log_likelihood
        made_energy, _ = self._energy(made, kl_weight, noise)
        loss = losses.margin_loss(energy, made_energy, margin=self.config.margin)
        self.players["critic"].update(loss)
        own = (
            self._generate(len(x), kl_weight, noise, index)
            if self.is_turn_of_generator(index)
            else not_taken(x)
        )
        with torch.no_grad():
            log_likelihood = self.vae.log_likelihood(x, terms.z).mean()
        scores = (-energy.detach().mean(), -made_energy.detach().mean())
        kl = terms.kl.detach().sum() / len(x)
        return torch.stack((own, loss.detach(), *scores, log_likelihood, kl))

    def _energy(self, x: Tensor, kl_weight: float, noise: torch.Generator) -> tuple[Tensor, Tensor]:
        """Return the energy of generated images, nats, (n,), and their codes, (n, d)."""
        terms = self.critic.elbo_terms(x, noise, fit_sigma=False)
        return kl_weight * terms.kl.sum(1) - terms.log_likelihood, terms.mu

    def _generate(self, n: int, kl_weight: float, noise: torch.Generator, index: int) -> Tensor:
        z = self.sample_prior(n, noise)
        energy, mu = self._energy(self.vae.decode(z), kl_weight, noise)
        loss = energy.mean() / self.n_pixels
        if self.config.code_weight > 0:
            loss = loss + self.config.code_weight * losses.code_loss(z, mu)
        self.players["generator"].update(loss)
        self.follow(index)
        return loss.detach()

    def has_won(self, real: float, made: float) -> bool:
        """Whether pictures lie beyond the margin, where the critic demands no more."""
        return real - made > self.config.margin


class SoftIntro(AdversarialObjective):
    """Encoder against decoder: the encoder separates real from generated images by their ELBO.

    Both samples of the prior and reconstructions count as generated.

    Source:
        Daniel and Tamar, "Soft-IntroVAE: Analyzing and Improving the Introspective Variational
        Autoencoder", 2021. https://arxiv.org/abs/2012.13253
    """

    measures = (*AdversarialObjective.measures, "log_likelihood", "kl")

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.sigma = config.sigma if config.likelihood == "gaussian" else None
        self.players["encoder"] = PlayerOptimizer(config, self.vae.encoder.parameters())
        self.players["decoder"] = PlayerOptimizer(config, self.vae.decoder.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update the encoder, then the decoder."""
        beta = kl_weight_at(self.config, epoch)
        prior = self.sample_prior(len(x), noise)
        terms = self.vae.elbo_terms(x, noise)
        with torch.no_grad():
            made = self.vae.decode(torch.cat([prior, terms.z]))
        made_terms = self.vae.elbo_terms(made, noise)
        encoder_loss = losses.introspective_encoder_loss(
            self._error(terms.log_likelihood),
            terms.kl.sum(1),
            self._error(made_terms.log_likelihood),
            made_terms.kl.sum(1),
            beta=beta,
            negative_beta=self.config.negative_beta,
            weight=self.config.adversarial_weight,
            n_pixels=self.n_pixels,
            latent_dim=self.config.latent_dim,
        )
        self.players["encoder"].update(encoder_loss)
        decoder_loss = self._update_decoder(x, torch.cat([prior, terms.z.detach()]), beta, noise)
        self.follow(index)
        own = (decoder_loss, encoder_loss.detach())
        elbos = (terms.elbo.detach().mean(), made_terms.elbo.detach().mean())
        reads = (terms.log_likelihood.detach().mean(), terms.kl.detach().sum() / len(x))
        return torch.stack((*own, *elbos, *reads))

    def _update_decoder(self, x: Tensor, z: Tensor, beta: float, noise: torch.Generator) -> Tensor:
        made = self.vae.decode(z)
        mu, logvar = self.vae.encode(made)
        again = reparameterize(mu, logvar, noise).detach()
        loss = losses.introspective_decoder_loss(
            self._error(self.vae.log_likelihood(x, z[len(x) :])),
            self._error(self.vae.log_likelihood(made.detach(), again)),
            losses.kl(mu, logvar),
            beta=beta,
            n_pixels=self.n_pixels,
        )
        self.players["decoder"].update(loss)
        return loss.detach()

    def _error(self, log_likelihood: Tensor) -> Tensor:
        return relative_error(log_likelihood, self.n_pixels, self.sigma)


class AdversarialAutoencoder(AdversarialObjective):
    """An autoencoder whose codes a discriminator compares with prior samples.

    Source:
        Makhzani et al., "Adversarial Autoencoders", 2016. https://arxiv.org/abs/1511.05644
    """

    measures = (*AdversarialObjective.measures, "log_likelihood", "kl")

    def __init__(self, config: TrainConfig, image_shape: ImageShape, *, n_data: int) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.critic = self.discriminator(None)
        self.players["autoencoder"] = PlayerOptimizer(config, self.vae.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update the discriminator of codes, then the autoencoder.

        The error counts per pixel value, so that `adversarial_weight` does not depend on the size
        of images.
        """
        mu, _ = self.vae.encode(x)
        scores, _ = self.critic(torch.cat([self.sample_prior(len(x), noise), mu.detach()]))
        real_scores, made_scores = scores.chunk(2)
        found_out = losses.discriminator_loss(real_scores, made_scores)
        self.players["discriminator"].update(found_out)
        log_likelihood = self.vae.log_likelihood(x, mu).mean()
        fooled = losses.generator_loss(self.critic(mu)[0])
        loss = self.config.adversarial_weight * fooled - log_likelihood / self.n_pixels
        self.players["autoencoder"].update(loss)
        chances = (chance(real_scores), chance(made_scores))
        own = (loss.detach(), found_out.detach())
        return torch.stack((*own, *chances, log_likelihood.detach(), x.new_zeros(())))

    def has_won(self, real: float, made: float) -> bool:
        """Whether the discriminator is sure of both codes and prior samples."""
        return is_sure(real, made)


def not_taken(x: Tensor) -> Tensor:
    """Return NaN as the loss of a network that this step does not update."""
    return x.new_full((), math.nan)


def mean_score(scores: Tensor) -> Tensor:
    """Return the mean of scores, without gradient."""
    return scores.detach().mean()


def chance(scores: Tensor) -> Tensor:
    """Return the mean probability, by the discriminator, that inputs are real."""
    return torch.sigmoid(scores.detach()).mean()


def is_sure(real: float, made: float) -> bool:
    """Whether a discriminator leaves hardly any chance to the other side."""
    return made < _SURE and real > 1 - _SURE
