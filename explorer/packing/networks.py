"""A bundle's encoder and decoder by NumPy: for one image or a few, without the seconds torch takes.

Knows nothing of pages. `latent/encode.py` does the same for many images.
"""

import numpy as np

from explorer.bundle import ModelBundle
from explorer.models.architecture import Stacks, decoder_layers, encoder_layers
from explorer.packing.ops import prepare, run


def stacks_to_mu(bundle: ModelBundle) -> Stacks:
    """Return the encoder without its head for logvar; nothing where there is no encoder."""
    return encoder_layers(bundle.config, bundle.data.image_shape)[:2]


def encode(bundle: ModelBundle, images: np.ndarray) -> np.ndarray:
    """Return the mean of the posterior of each image, shape (n, d), float32.

    Args:
        bundle: A model with an encoder, and its weights.
        images: Shape (n, c, h, w), float32 in [0, 1], of the bundle's image shape.
    """
    return run(prepare(stacks_to_mu(bundle), bundle.weights), images)


def decode(bundle: ModelBundle, z: np.ndarray) -> np.ndarray:
    """Return the picture of each code, shape (n, c, h, w), float32 in [0, 1].

    Args:
        bundle: A model with its weights.
        z: Codes, shape (n, d), in prior standard deviations.
    """
    stacks = decoder_layers(bundle.config, bundle.data.image_shape)
    logits = run(prepare(stacks, bundle.weights), z.astype(np.float32))
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))  # so the exponential cannot overflow
