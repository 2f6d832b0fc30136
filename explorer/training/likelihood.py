"""The objectives of one player: a network that maximises a likelihood, with a regulariser.

Knows nothing of epochs, reports or files.
"""

import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.models.losses import loss_of, sample_prior, total_correlation
from explorer.models.vae import VAE, ElboTerms
from explorer.training.objective import Objective, PlayerOptimizer
from explorer.training.optimizers import beta_at, warm_up_at


class Elbo(Objective):
    """-ELBO with beta on its KL, or with the likelihood under prior samples in place of the KL.

    Source:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014. https://arxiv.org/abs/1312.6114
        Higgins et al., "beta-VAE", 2017. https://openreview.net/forum?id=Sy2fzU9gl
    """

    measures = ("loss", "log_likelihood", "kl")

    def __init__(
        self, config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int
    ) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.players["vae"] = PlayerOptimizer(config, self.vae.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update all weights."""
        terms = self.vae.elbo_terms(x, noise)
        loss = self.loss(x, terms, noise, epoch=epoch)
        self.players["vae"].update(loss)
        return torch.stack(
            (loss.detach(), terms.log_likelihood.detach().mean(), terms.kl.detach().sum() / len(x))
        )

    def loss(self, x: Tensor, terms: ElboTerms, noise: torch.Generator, *, epoch: float) -> Tensor:
        """Return the loss of a batch, a mean over images, nats, shape ().

        Args:
            x: Images, shape (n, c, h, w).
            terms: The terms of their ELBO.
            noise: Source of random numbers.
            epoch: Epochs before this step; may be fractional.
        """
        if self.config.objective == "prior-likelihood":
            return prior_likelihood_loss(self.vae, x, terms.log_likelihood, noise)
        kl_weight, _ = self.weights_at(epoch)
        return loss_of(
            terms.log_likelihood, terms.kl, beta=kl_weight, free_bits=self.config.free_bits
        )

    def weights_at(self, epoch: float) -> tuple[float, float]:
        """Return the weights of the KL and of the likelihood under prior samples."""
        return (
            (0.0, 1.0) if self.config.objective == "prior-likelihood" else super().weights_at(epoch)
        )

    def extra(
        self, vae: VAE, x: Tensor, terms: ElboTerms, noise: torch.Generator, *, n_data: int
    ) -> Tensor:
        """Return -log p(x|z), z sampled from the prior, if that is part of the loss."""
        if self.config.objective != "prior-likelihood":
            return super().extra(vae, x, terms, noise, n_data=n_data)
        return -_under_prior(vae, x, noise).sum()


class TotalCorrelation(Elbo):
    """-ELBO, with the total correlation of the code weighted by beta.

    Source:
        Chen et al., "Isolating Sources of Disentanglement in VAEs", 2018.
        https://arxiv.org/abs/1802.04942
    """

    def loss(self, x: Tensor, terms: ElboTerms, noise: torch.Generator, *, epoch: float) -> Tensor:
        """Return the loss of a batch, a mean over images, nats, shape ()."""
        kl_weight, tc_weight = self.weights_at(epoch)
        loss = loss_of(
            terms.log_likelihood, terms.kl, beta=kl_weight, free_bits=self.config.free_bits
        )
        if tc_weight:
            tc = total_correlation(terms.z, terms.mu, terms.logvar, n_data=self.n_data)
            loss = loss + tc_weight * tc
        return loss

    def weights_at(self, epoch: float) -> tuple[float, float]:
        """Return the weights of the KL and of the total correlation.

        The KL contains the total correlation once, so beta - 1 is added to its weight.
        """
        risen = warm_up_at(self.config, epoch)
        return risen, risen * (beta_at(self.config, epoch) - 1)

    def extra(
        self, vae: VAE, x: Tensor, terms: ElboTerms, noise: torch.Generator, *, n_data: int
    ) -> Tensor:
        """Return the total correlation, which is a property of a batch, not of one image."""
        if len(x) < 2:
            return torch.zeros(())
        return len(x) * total_correlation(terms.z, terms.mu, terms.logvar, n_data=n_data)


def prior_likelihood_loss(
    vae: VAE, x: Tensor, log_likelihood: Tensor, noise: torch.Generator
) -> Tensor:
    """Return -E_q[log p(x|z)] - E_p(z)[log p(x|z)], a mean over images, nats.

    It is no bound on log p(x): it has no KL term. Its second term demands that every sample of the
    prior looks like every image, which only the mean image does. Nothing demands that posteriors
    are wide, so codes move away from the prior to where the second term has no effect. The ELBO,
    with which it is here to be compared, has KL(q(z|x) ‖ p(z)) instead.

    Args:
        vae: The network.
        x: Images, shape (n, c, h, w).
        log_likelihood: log p(x|z) of each, z from its posterior, nats, shape (n,).
        noise: Source of one prior sample for each image.

    Source:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, equation 3 (the ELBO).
        https://arxiv.org/abs/1312.6114
    """
    return -log_likelihood.mean() - _under_prior(vae, x, noise).mean()


def _under_prior(vae: VAE, x: Tensor, noise: torch.Generator) -> Tensor:
    """Return log p(x|z) of each image, z sampled from the prior, nats, shape (n,)."""
    z = sample_prior(len(x), vae.spec.latent_dim, noise)
    return vae.log_likelihood(x, z, fit_sigma=False)
