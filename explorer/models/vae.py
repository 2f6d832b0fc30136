"""The variational autoencoder: encoder, decoder and likelihood as one module.

q(z|x) = N(mu, diag exp(logvar)), p(z) = N(0, I). A plain autoencoder is the same module with z = mu
and no KL; the generator of a GAN is the same module without an encoder. Knows nothing of data sets
or optimisers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from explorer.config import TrainConfig
from explorer.models import losses
from explorer.models.architecture import spec_of
from explorer.models.blocks import build, gain_of, initialise
from explorer.models.spec import ImageShape, ModelSpec
from explorer.models.tying import tie, tied_weights

# How fast the running sigma follows the optimal sigma of each batch.
_SIGMA_MOMENTUM = 0.1


@dataclass(frozen=True)
class ElboTerms:
    """The two terms of the ELBO of each image, from one sample of z.

    Attributes:
        log_likelihood: log p(x|z), nats, shape (n,).
        kl: KL(q(z|x) ‖ p(z)) of each dimension, nats, shape (n, d); 0 for an autoencoder.
        z: The samples, shape (n, d).
        mu: Posterior means, shape (n, d).
        logvar: Natural-log posterior variances, shape (n, d).
    """

    log_likelihood: Tensor
    kl: Tensor
    z: Tensor
    mu: Tensor
    logvar: Tensor

    @property
    def elbo(self) -> Tensor:
        """Evidence lower bound, nats, shape (n,)."""
        return self.log_likelihood - self.kl.sum(1)


class VAE(nn.Module):
    """The network that a `ModelSpec` describes, with weights not yet set.

    Names and shapes of its weights are those of `spec.expected_weights`, except that a decoder with
    tied weights has only biases of its own.
    """

    log_sigma: Tensor

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        decoder = spec.decoder + spec.log_sigma
        self.encoder = nn.ModuleDict({_last(name): build(layers) for name, layers in spec.encoder})
        self.decoder = nn.ModuleDict({_last(name): build(layers) for name, layers in decoder})
        if spec.has_shared_sigma:
            self.register_buffer("log_sigma", torch.zeros(()))

    @classmethod
    def untrained(cls, config: TrainConfig, image_shape: ImageShape) -> "VAE":
        """Return the network of a run at its start, with initial weights from the config's seed.

        Raises:
            ShapeError: Images of this shape are not supported.
        """
        vae = cls(spec_of(config, image_shape))
        generator = torch.Generator().manual_seed(config.seed)
        for name, stack in (*vae.encoder.items(), *vae.decoder.items()):
            gain = gain_of(config.activation) if name == "trunk" else 1.0
            initialise(stack, generator, gain=gain)
        if config.tied:
            tie(vae.encoder.values(), vae.decoder.values(), image_shape)
        return vae

    @classmethod
    def from_weights(cls, spec: ModelSpec, weights: Mapping[str, np.ndarray]) -> "VAE":
        """Return a trained network, ready to encode and decode, from the arrays of a bundle.

        Weights that were tied while it trained no longer are.
        """
        vae = cls(spec)
        vae.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        return vae.eval().requires_grad_(False)

    def weights(self) -> dict[str, np.ndarray]:
        """Return a copy of every array, float32, by name."""
        arrays = self.state_dict() | tied_weights(self)
        return {name: array.detach().cpu().numpy().copy() for name, array in arrays.items()}

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return mu and logvar, (n, d) each, of images (n, c, h, w) in [0, 1].

        An autoencoder has no posterior: its codes are points, and logvar is 0.
        """
        features = self.encoder["trunk"](x)
        mu = self.encoder["mu"](features)
        has_posterior = self.spec.has_posterior
        return mu, self.encoder["logvar"](features) if has_posterior else torch.zeros_like(mu)

    def decode(self, z: Tensor) -> Tensor:
        """Return pictures (n, c, h, w) in [0, 1] of latent codes (n, d)."""
        return torch.sigmoid(self.decoder["mean"](self.decoder["trunk"](z)))

    def log_likelihood(self, x: Tensor, z: Tensor, *, fit_sigma: bool = True) -> Tensor:
        """Return log p(x|z), nats per image.

        In training with a shared learned sigma, each batch uses its own optimal sigma, which the
        running sigma follows; otherwise the running sigma is used.

        Args:
            x: Images in [0, 1], shape (n, c, h, w).
            z: Latent codes, shape (n, d).
            fit_sigma: False uses the running sigma even in training, as for generated images.

        Returns:
            Shape (n,); see `losses` for what the numbers mean under each likelihood.
        """
        features = self.decoder["trunk"](z)
        logits = self.decoder["mean"](features)
        if self.spec.likelihood == "bernoulli":
            return losses.bernoulli_log_likelihood(logits, x)
        x_hat = torch.sigmoid(logits)
        if self.spec.likelihood == "gaussian":
            log_sigma = x.new_full((), math.log(self.spec.sigma))
        elif self.spec.sigma_scope == "pixel":
            log_sigma = losses.floor_log_sigma(self.decoder["log_sigma"](features))
        elif self.training and fit_sigma:
            log_sigma = losses.optimal_log_sigma(x_hat, x)
            self.log_sigma.lerp_(log_sigma, _SIGMA_MOMENTUM)
        else:
            log_sigma = self.log_sigma
        return losses.gaussian_log_likelihood(x_hat, x, log_sigma)

    def elbo_terms(
        self, x: Tensor, generator: torch.Generator, *, fit_sigma: bool = True
    ) -> ElboTerms:
        """Return the terms of the ELBO of images (n, c, h, w), from one sample of z each."""
        mu, logvar = self.encode(x)
        if self.spec.has_posterior:
            z = losses.reparameterize(mu, logvar, generator)
            kl = losses.kl_per_dimension(mu, logvar)
        else:
            z, kl = mu, torch.zeros_like(mu)
        return ElboTerms(self.log_likelihood(x, z, fit_sigma=fit_sigma), kl, z, mu, logvar)

    @torch.no_grad()
    def standardise(self, mean: Tensor, std: Tensor) -> None:
        """Shift and scale the latent space so that codes with this mean and spread get 0 and 1.

        Encoder and decoder change together, so every image is reconstructed as before. Nothing
        keeps the codes of an autoencoder near the prior; with this, one slider unit is one standard
        deviation of its codes in that dimension.

        Args:
            mean: Of mu over the training images, shape (d,).
            std: Their standard deviation, shape (d,), above 0.
        """
        head = _first_linear(self.encoder["mu"])
        head.weight.div_(std[:, None])
        head.bias.sub_(mean).div_(std)
        # Without hidden layers, the trunk is empty and the heads read the code.
        trunk, *heads = self.decoder.values()
        for stack in [trunk] if list(trunk.children()) else heads:
            reader = _first_linear(stack)
            reader.bias.add_(reader.weight @ mean)
            reader.weight.mul_(std)

    @torch.no_grad()
    def round_to_half(self) -> None:
        """Round every weight to the nearest 16-bit float; larger ones become the largest.

        Source:
            IEEE 754-2008, binary16.
        """
        largest = torch.finfo(torch.float16).max
        for array in self.state_dict().values():
            array.copy_(array.clamp(-largest, largest).half())


def _first_linear(stack: nn.Module) -> nn.Linear:
    return next(layer for layer in stack.modules() if isinstance(layer, nn.Linear))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
