"""What one optimisation step of a run needs: networks, optimisers and losses.

An `Objective` holds all networks of a run and their optimisers. One of the networks, `vae`, becomes
the bundle; the others, such as a discriminator, only help it to learn. `explorer.kinds` names the
class of each kind of model. Knows nothing of epochs, reports or files.
"""

import copy
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from explorer.config import TrainConfig
from explorer.models.vae import VAE, ElboTerms
from explorer.training.optimizers import kl_weight_at, make_optimizer


class PlayerOptimizer:
    """The weights of one player, and the optimiser that updates them.

    Args:
        config: Optimiser, step size and clipping.
        weights: The weights to update.
        rate: Step size; None uses that of the config.
    """

    def __init__(
        self, config: TrainConfig, weights: Iterable[nn.Parameter], *, rate: float | None = None
    ) -> None:
        self.weights = list(weights)
        self.optimizer = make_optimizer(config, self.weights, rate=rate)
        self._clip_norm = config.clip_norm

    def descend(self, loss: Tensor, *, keep_graph: bool = False) -> None:
        """Compute the gradient of a loss with respect to these weights."""
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss, inputs=self.weights, retain_graph=keep_graph)

    def step(self) -> None:
        """Take one step along the gradient."""
        if self._clip_norm > 0:
            nn.utils.clip_grad_norm_(self.weights, self._clip_norm)
        self.optimizer.step()

    def update(self, loss: Tensor) -> None:
        """Take one step that makes a loss smaller."""
        self.descend(loss)
        self.step()


class Objective(ABC):
    """All networks that learn in a run, and their losses.

    Args:
        config: Settings of the run.
        image_shape: (c, h, w).
        n_data: Number of training images.

    Attributes:
        vae: The network that becomes the bundle.
        shown: The network that is shown and saved: `vae`, or one whose decoder is a moving average
            of that of `vae`.
        networks: All networks, for checkpoints.
        players: All optimisers, by the name of the network or part of it that they update.
    """

    #: What `step` returns, in order; the first is the loss of the network that decodes.
    measures: tuple[str, ...] = ("loss",)

    def __init__(
        self, config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int
    ) -> None:
        self.config = config
        self.n_data = n_data
        self.vae = VAE.untrained(config, image_shape)
        self.networks = nn.ModuleDict({"vae": self.vae})
        self.players: dict[str, PlayerOptimizer] = {}
        self.shown = self.vae
        if config.ema_decay > 0:
            self.shown = _with_own_decoder(self.vae)
            self.networks["shown"] = self.shown

    @abstractmethod
    def step(self, x: Tensor, noise: torch.Generator, *, index: int, epoch: float) -> Tensor:
        """Update weights once, from one batch.

        Args:
            x: Images, shape (n, c, h, w), in [0, 1].
            noise: Source of random numbers.
            index: Steps before this one.
            epoch: Epochs before this step; may be fractional.

        Returns:
            `measures` of the batch, shape (m,), without gradient; NaN for those not taken.
        """

    def weights_at(self, epoch: float) -> tuple[float, float]:
        """Return the weights of the KL and of `extra` in the loss after some epochs."""
        return kl_weight_at(self.config, epoch), 0.0

    def extra(
        self, vae: VAE, x: Tensor, terms: ElboTerms, noise: torch.Generator, *, n_data: int
    ) -> Tensor:
        """Return the terms of the loss besides log-likelihood and KL, summed over images, nats, ().

        Args:
            vae: The network to measure.
            x: Images, shape (n, c, h, w).
            terms: Its terms of the ELBO for them.
            noise: Source of random numbers.
            n_data: How many images the batch stands for.
        """
        return torch.zeros(())

    def has_won(self, real: float, made: float) -> bool:
        """Whether the discriminator or critic has won, so that the generator no longer learns.

        Args:
            real: Its mean score of real images; see `AdversarialStatus`.
            made: Its mean score of generated ones.
        """
        return False

    def state(self) -> tuple[dict[str, Tensor], dict[str, object]]:
        """Return the state of all networks and of all optimisers."""
        optimizers: dict[str, object] = {
            name: player.optimizer.state_dict() for name, player in self.players.items()
        }
        return self.networks.state_dict(), optimizers

    def restore(self, networks: Mapping[str, Tensor], optimizers: Mapping[str, object]) -> None:
        """Return to a state that `state` returned."""
        self.networks.load_state_dict(networks)
        for name, player in self.players.items():
            player.optimizer.load_state_dict(optimizers[name])  # type: ignore[arg-type]

    @torch.no_grad()
    def follow(self, index: int) -> None:
        """Update the moving average of the decoder; in the first steps it follows closely.

        Args:
            index: Steps before this one.
        """
        if self.shown is self.vae:
            return
        past = min(self.config.ema_decay, (1 + index) / (10 + index))
        average = self.shown.decoder.state_dict()
        for name, array in self.vae.decoder.state_dict().items():
            average[name].lerp_(array, 1 - past)


def objective_of(
    config: TrainConfig, image_shape: tuple[int, int, int], *, n_data: int
) -> Objective:
    """Return the networks and optimisers of a run, with initial weights from the config's seed.

    Args:
        config: Settings of the run.
        image_shape: (c, h, w).
        n_data: Number of training images.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    made = pkgutil.resolve_name(config.of_kind.objective)(config, image_shape, n_data=n_data)
    assert isinstance(made, Objective)
    return made


def _with_own_decoder(vae: VAE) -> VAE:
    """Return a network that shares everything but the decoder, of which it has a copy."""
    other = copy.copy(vae)
    other._modules = {**vae._modules, "decoder": copy.deepcopy(vae.decoder)}
    return other
