"""One optimisation step for each kind of model.

A game holds all networks of a run and their optimisers. One of the networks, `vae`, becomes the
bundle; the others, such as a discriminator, only help it to learn. Knows nothing of epochs, reports
or files.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from explorer.config import TrainConfig
from explorer.models.losses import draw_prior, loss_of, total_correlation
from explorer.models.vae import VAE
from explorer.training.optimizers import make_optimizer, weights_at


class Player:
    """Some weights and the optimiser that updates them, and no others.

    Args:
        config: Optimiser, step size and clipping.
        weights: What it updates.
        rate: Step size; None takes that of the config.
    """

    def __init__(
        self, config: TrainConfig, weights: Iterable[nn.Parameter], *, rate: float | None = None
    ) -> None:
        self.weights = list(weights)
        self.optimizer = make_optimizer(config, self.weights, rate=rate)
        self._clip_norm = config.clip_norm

    def descend(self, loss: Tensor, *, keep_graph: bool = False) -> None:
        """Find the gradient of a loss with respect to this player's weights."""
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=self.weights, retain_graph=keep_graph)

    def step(self) -> None:
        """Go one step along the gradient."""
        if self._clip_norm > 0:
            nn.utils.clip_grad_norm_(self.weights, self._clip_norm)
        self.optimizer.step()

    def update(self, loss: Tensor) -> None:
        """Go one step that makes a loss smaller."""
        self.descend(loss)
        self.step()


class Game(ABC):
    """All that learns in one run.

    Args:
        config: Every choice of the run.
        image_shape: (c, h, w).
        n_data: How many images are learnt from.

    Attributes:
        vae: The network that learns to draw.
        shown: What is looked at and kept: `vae`, or one with a moving average of its decoder.
        networks: All networks, for checkpoints.
        players: All optimisers, by the name of who uses them.
    """

    #: What `step` returns, in order; the first is what the network that draws makes small.
    measures: tuple[str, ...] = ("loss",)

    def __init__(
        self, config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int
    ) -> None:
        self.config = config
        self.n_data = n_data
        self.vae = VAE.untrained(config, image_shape)
        self.networks = nn.ModuleDict({"vae": self.vae})
        self.players: dict[str, Player] = {}
        self.shown = self.vae
        if config.average > 0:
            self.shown = _with_own_decoder(self.vae)
            self.networks["shown"] = self.shown

    @abstractmethod
    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update weights once, from one batch.

        Args:
            x: Images, shape (n, c, h, w), in [0, 1].
            noise: Source of whatever is drawn.
            index: Steps before this one.
            epoch: Epochs before this step, a fraction.

        Returns:
            `measures` of the batch, shape (m,), without gradient; NaN for those not taken.
        """

    def state(self) -> tuple[dict[str, Tensor], dict[str, object]]:
        """Return the state of all networks and of all optimisers."""
        optimizers: dict[str, object] = {
            name: player.optimizer.state_dict() for name, player in self.players.items()
        }
        return self.networks.state_dict(), optimizers

    def restore(self, networks: Mapping[str, Tensor], optimizers: Mapping[str, object]) -> None:
        """Go back to what `state` returned."""
        self.networks.load_state_dict(networks)
        for name, player in self.players.items():
            player.optimizer.load_state_dict(optimizers[name])  # type: ignore[arg-type]

    @torch.no_grad()
    def follow(self, index: int) -> None:
        """Let the moving average of the decoder follow it, closely in the first steps.

        Args:
            index: Steps before this one.
        """
        if self.shown is self.vae:
            return
        past = min(self.config.average, (1 + index) / (10 + index))
        average = self.shown.decoder.state_dict()
        for name, array in self.vae.decoder.state_dict().items():
            average[name].lerp_(array, 1 - past)


class Likelihood(Game):
    """One player makes -ELBO small, or another weighing of its terms, or the article's loss."""

    measures = ("loss", "log_likelihood", "kl")

    def __init__(
        self, config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int
    ) -> None:
        super().__init__(config, image_shape, n_data=n_data)
        self.players["vae"] = Player(config, self.vae.parameters())

    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update all weights."""
        config = self.config
        terms = self.vae.elbo_terms(x, noise)
        if config.objective == "article":
            loss = article_loss(self.vae, x, terms.log_likelihood, noise)
        else:
            kl_weight, tc_weight = weights_at(config, epoch)
            loss = loss_of(
                terms.log_likelihood, terms.kl, beta=kl_weight, free_bits=config.free_bits
            )
            if tc_weight:
                tc = total_correlation(terms.z, terms.mu, terms.logvar, n_data=self.n_data)
                loss = loss + tc_weight * tc
        self.players["vae"].update(loss)
        return torch.stack(
            (loss.detach(), terms.log_likelihood.detach().mean(), terms.kl.detach().sum() / len(x))
        )


def article_loss(vae: VAE, x: Tensor, log_likelihood: Tensor, noise: torch.Generator) -> Tensor:
    """Return -E_q[log p(x|z)] - E_p(z)[log p(x|z)], a mean over images, nats.

    It has no KL term. Its second term asks of every draw from the prior to look like every image,
    which pictures can only do by looking like the mean of all; nothing asks posteriors to be wide,
    so codes draw away from the prior to where the second term does not reach.

    Args:
        vae: The network.
        x: Images, shape (n, c, h, w).
        log_likelihood: log p(x|z) of each, z from its posterior, nats, shape (n,).
        noise: Source of one draw from the prior for each image.
    """
    z = draw_prior(len(x), vae.spec.latent_dim, noise)
    return -log_likelihood.mean() - vae.log_likelihood(x, z, fit_sigma=False).mean()


def _with_own_decoder(vae: VAE) -> VAE:
    """Return a network that shares all but the decoder, of which it has a copy."""
    other = copy.copy(vae)
    other._modules = {**vae._modules, "decoder": copy.deepcopy(vae.decoder)}
    return other
