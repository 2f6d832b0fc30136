"""A bundle's encoder and decoder by NumPy: for one image or a few, without the seconds torch takes.

Knows nothing of pages. `latent/encode.py` does the same for many images.
"""

import numpy as np

from explorer.bundle import ModelBundle
from explorer.packing.ops import prepare, run


def encode(bundle: ModelBundle, images: np.ndarray) -> np.ndarray:
    """Return the mean of the posterior of each image, shape (n, d), float32.

    Args:
        bundle: A model with an encoder, and its weights.
        images: Shape (n, c, h, w), float32 in [0, 1], of the bundle's image shape.
    """
    return run(prepare(bundle.model.to_mu, bundle.weights), images)


def decode(bundle: ModelBundle, z: np.ndarray) -> np.ndarray:
    """Return the picture of each code, shape (n, c, h, w), float32 in [0, 1].

    Args:
        bundle: A model with its weights.
        z: Codes, shape (n, d), in prior standard deviations.
    """
    logits = run(prepare(bundle.model.decoder, bundle.weights), z.astype(np.float32))
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))  # so the exponential cannot overflow
