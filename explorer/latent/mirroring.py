"""Flips the sign of dimensions of a latent space, without changing anything else.

The sign of a dimension is an accident of training. Knows nothing of why one should be flipped, nor
of torch.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from explorer.bundle import Codes, ModelBundle
from explorer.errors import ShapeError
from explorer.models.layers import Linear, weight_shapes
from explorer.models.spec import Layers, ModelSpec


def mirror(bundle: ModelBundle, coordinates: Sequence[int]) -> ModelBundle:
    """Flip the sign of some dimensions wherever codes are written or read.

    The encoder then writes -z_j instead of z_j, the decoder reads it so, and the codes and their
    principal axes follow. Flipping a sign rounds nothing: every picture and every position on a map
    stays the same to the last bit, and mirroring twice restores the bundle.

    Args:
        bundle: The model, with its weights.
        coordinates: The dimensions to flip, each from 0 to d - 1.

    Returns:
        The bundle; without its pack if a dimension was flipped, because the pack no longer fits.

    Raises:
        ShapeError: A dimension does not exist.
    """
    d = bundle.model.latent_dim
    if not coordinates:
        return bundle
    if not (0 <= min(coordinates) and max(coordinates) < d):
        raise ShapeError(
            "latent.no_such_coordinate", d=d - 1, numbers=", ".join(map(str, coordinates))
        )
    sign = np.ones(d, np.float32)
    sign[list(coordinates)] = -1
    weights = dict(bundle.weights)
    if bundle.model.has_encoder:
        weights["encoder.mu.0.weight"] = weights["encoder.mu.0.weight"] * sign[:, None]
        weights["encoder.mu.0.bias"] = weights["encoder.mu.0.bias"] * sign
    for name in _reading(bundle.model):
        weights[name] = weights[name] * sign
    return replace(bundle, weights=weights, codes=_mirrored(bundle.codes, sign), pack=None)


def _reading(spec: ModelSpec) -> list[str]:
    """Return the names of the matrices (m, d) that the decoder multiplies a code by."""
    trunk, *heads = (*spec.decoder, *spec.log_sigma)
    # Without hidden layers, the trunk is empty and the heads read the code.
    stacks = [trunk] if weight_shapes(trunk[1], trunk[0]) else heads
    return [f"{name}.{_first_linear(layers)}.weight" for name, layers in stacks]


def _first_linear(layers: Layers) -> int:
    return next(i for i, layer in enumerate(layers) if isinstance(layer, Linear))


def _mirrored(codes: Codes, sign: np.ndarray) -> Codes:
    """Flip codes and their principal axes, so that positions on maps stay."""
    mean, components = codes.pca_mean, codes.pca_components
    return replace(
        codes,
        mu=codes.mu * sign,
        pca_mean=None if mean is None else mean * sign,
        pca_components=None if components is None else components * sign,
    )
