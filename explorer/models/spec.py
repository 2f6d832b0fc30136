"""What a model is: size of the code, shape of images, layers and likelihood.

What a model can do, such as encode, follows from it. Knows nothing of training, torch or files.
"""

import math
from dataclasses import dataclass

from explorer.config import Binarize, Likelihood, Precision, SigmaScope
from explorer.models.layers import Layer, weight_shapes

Layers = tuple[Layer, ...]
Stacks = tuple[tuple[str, Layers], ...]  # named by their place, such as `decoder.trunk`
ImageShape = tuple[int, int, int]

ENCODER_STACKS = ("encoder.trunk", "encoder.mu", "encoder.logvar")
DECODER_STACKS = ("decoder.trunk", "decoder.mean")


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """Everything needed to run a model, except its weights.

    Attributes:
        latent_dim: d, the number of dimensions of the latent code z.
        image_shape: (c, h, w) of the images it encodes and the pictures it decodes.
        encoder: A trunk, then one head each for mu and logvar, from an image to (d,). A model
            without a posterior has no head for logvar; a generator has no encoder.
        decoder: A trunk, then the head for the mean: from a code (d,) to logits (c, h, w), whose
            sigmoid is the picture.
        likelihood: p(x|z); not used without an encoder.
        sigma: Standard deviation of the likelihood `gaussian`, in pixel values, white being 1.
        sigma_scope: With a learned sigma: one value for all pixels, or one per pixel from z.
        binarize: `random` if it models black-and-white pixels.
        precision: Whether its weights have 16 bits (`half`) or 32.
    """

    latent_dim: int
    image_shape: ImageShape
    encoder: Stacks
    decoder: Stacks
    likelihood: Likelihood = "bernoulli"
    sigma: float = 0.1
    sigma_scope: SigmaScope = "shared"
    binarize: Binarize = "none"
    precision: Precision = "single"

    @property
    def has_encoder(self) -> bool:
        """Whether it has a network that encodes images; without one, codes are found by search."""
        return bool(self.encoder)

    @property
    def has_posterior(self) -> bool:
        """Whether the encoder gives each image a distribution over codes."""
        return len(self.encoder) == len(ENCODER_STACKS)

    @property
    def to_mu(self) -> Stacks:
        """The encoder without its head for logvar; empty without an encoder."""
        return self.encoder[:2]

    @property
    def log_sigma(self) -> Stacks:
        """The decoder's head for log sigma of each pixel, with the same input as that for the mean.

        Empty unless the model learns a sigma per pixel. It is not part of `decoder`, because the
        browser only needs the mean.
        """
        is_there = self._learns_sigma and self.sigma_scope == "pixel"
        return (("decoder.log_sigma", self.decoder[-1][1]),) if is_there else ()

    @property
    def has_shared_sigma(self) -> bool:
        """Whether one sigma is learned for all pixels, as the array `log_sigma`."""
        return self._learns_sigma and self.sigma_scope == "shared"

    @property
    def _learns_sigma(self) -> bool:
        return self.has_encoder and self.likelihood == "gaussian-learned"


def expected_weights(spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a model, by name."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, layers in (*spec.encoder, *spec.decoder, *spec.log_sigma):
        shapes |= weight_shapes(layers, name)
    if spec.has_shared_sigma:
        shapes["log_sigma"] = ()
    return shapes


def count_weights(spec: ModelSpec) -> int:
    """Return the number of weights of a model."""
    return sum(map(math.prod, expected_weights(spec).values()))
