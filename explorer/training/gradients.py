"""How large the gradient is in each layer, and what that means for a run."""

from typing import Literal

import numpy as np
import torch
from torch import nn

Health = Literal["healthy", "vanishing", "exploding", "overfitting"]

# Relative to the layer with the largest gradient per weight. Dense and convolutional runs that
# learn well always stay above it (their lowest values were 5e-4 to 5e-2); a sigmoid network with
# eight layers that never learns has 3e-4.
_VANISHED = 5e-4
_EXPLODED = 1e6  # norm of the whole gradient, in nats per unit of weight


def layer_names(network: nn.Module) -> tuple[str, ...]:
    """Return the names of layers with a matrix or kernel, in order from image to code to image."""
    return tuple(name.removesuffix(".weight") for name, _ in _matrices(network))


def gradient_norms(network: nn.Module) -> tuple[float, ...]:
    """Return the Euclidean norm of the last gradient in each layer of `layer_names`; 0 without one.

    Where gradients are clipped, it is that of the clipped one.
    """
    return tuple(
        0.0 if w.grad is None else float(torch.linalg.vector_norm(w.grad))
        for _, w in _matrices(network)
    )


def health_of(norms: tuple[float, ...], sizes: tuple[int, ...]) -> Health:
    """Judge a run by its gradients at one moment.

    They vanish where a layer's weights hardly move compared with those of the layer that moves
    most, both counted per weight. They explode where the whole gradient is huge or not a finite
    number.

    Args:
        norms: Gradient norm of each layer.
        sizes: Number of weights of each layer.

    Source:
        Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
        networks", 2010. https://proceedings.mlr.press/v9/glorot10a.html
    """
    whole = float(np.linalg.norm(norms))
    if not np.isfinite(whole) or whole > _EXPLODED:
        return "exploding"
    per_weight = np.asarray(norms) / np.sqrt(sizes)
    largest = per_weight.max(initial=0.0)
    vanished = largest > 0 and per_weight.min() < _VANISHED * largest
    return "vanishing" if vanished else "healthy"


def layer_sizes(network: nn.Module) -> tuple[int, ...]:
    """Return the number of weights of each layer of `layer_names`."""
    return tuple(w.numel() for _, w in _matrices(network))


def _matrices(network: nn.Module) -> list[tuple[str, nn.Parameter]]:
    return [(name, w) for name, w in network.named_parameters() if w.ndim > 1]
