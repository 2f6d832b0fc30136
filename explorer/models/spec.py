"""What a model is: the size of its code, the shape of its images, its layers and its likelihood.

Says what a model can do, such as encode. Knows nothing of how it was trained, of torch or of files.
"""

import math
from dataclasses import dataclass

from explorer.config import Binarize, Likelihood, Precision, SigmaScope
from explorer.models.layers import Layer, weight_shapes

Layers = tuple[Layer, ...]
Stacks = tuple[tuple[str, Layers], ...]  # named after their place, such as `decoder.trunk`
ImageShape = tuple[int, int, int]

ENCODER_STACKS = ("encoder.trunk", "encoder.mu", "encoder.logvar")
DECODER_STACKS = ("decoder.trunk", "decoder.mean")


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """All that is needed to run a model, but for its weights.

    Attributes:
        latent_dim: d, the number of dimensions of the latent code z.
        image_shape: (c, h, w) of the images it reads and the pictures it makes.
        encoder: A trunk, then one head each for mu and logvar, from an image to (d,). A model
            without a posterior has no head for logvar, a generator alone no encoder at all.
        decoder: A trunk, then the head for the mean: from a code (d,) to logits (c, h, w), whose
            sigmoid is the picture.
        likelihood: p(x|z), by which images are scored; without an encoder, none are.
        sigma: Standard deviation of the likelihood `gaussian`, in pixel values, white being 1.
        sigma_scope: With a learned sigma: one value for all pixels, or one per pixel from z.
        binarize: `random` if it models pixels that are black or white.
        precision: Whether its weights are numbers of 16 bits (`half`) or 32.
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
        """Whether there is a network that reads images; without one, codes are searched for."""
        return bool(self.encoder)

    @property
    def has_posterior(self) -> bool:
        """Whether the encoder says of each image how sure it is of its code."""
        return len(self.encoder) == len(ENCODER_STACKS)

    @property
    def to_mu(self) -> Stacks:
        """The encoder without its head for logvar; empty without an encoder."""
        return self.encoder[:2]

    @property
    def log_sigma(self) -> Stacks:
        """The decoder's head for log sigma of each pixel, which reads what that for the mean reads.

        Empty unless it learns one per pixel. The browser draws the mean only, so this is no part of
        `decoder`.
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
    """Count the numbers that a model has learned."""
    return sum(map(math.prod, expected_weights(spec).values()))
