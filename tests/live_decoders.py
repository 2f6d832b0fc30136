"""Small decoders with random weights that between them use every op of a pack, and torch's answer.

Torch's side is written with its plain functions, so that it shares no code with `models/blocks.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from torch.nn import functional as F

from explorer.config import Activation
from explorer.models.layers import (
    Activate,
    BatchNorm,
    Conv,
    ConvTranspose,
    Crop,
    GroupNorm,
    Layer,
    Linear,
    Reshape,
    Residual,
    Upsample,
    weight_shapes,
)

RELU = Activate("relu")


@dataclass(frozen=True)
class Decoder:
    """What `pack_decoder` takes, and codes to try it on."""

    stacks: tuple[tuple[str, tuple[Layer, ...]], ...]
    weights: dict[str, np.ndarray]
    image_shape: tuple[int, int, int]
    codes: np.ndarray  # (3, d) float32; the third is the first again

    @property
    def latent_dim(self) -> int:
        return int(self.codes.shape[1])

    def pictures(self) -> np.ndarray:
        """What torch draws, shape (3, c, h, w)."""
        x = self.codes
        for prefix, layers in self.stacks:
            x = run_layers(layers, prefix, self.weights, x)
        return torch.sigmoid(torch.tensor(x)).numpy()


def decoder(
    *layers: Layer,
    image_shape: tuple[int, int, int],
    latent_dim: int = 5,
    head: tuple[Layer, ...] = (),
    seed: int = 0,
) -> Decoder:
    """A decoder of one stack, or of two if a head is given, with random weights."""
    stacks = (("decoder.trunk", layers), *((("decoder.mean", head),) if head else ()))
    rng = np.random.default_rng(seed)
    weights = {
        name: drawn(rng, name, shape)
        for prefix, stack in stacks
        for name, shape in weight_shapes(stack, prefix).items()
    }
    codes = rng.standard_normal((2, latent_dim)).astype(np.float32)
    return Decoder(stacks, weights, image_shape, codes[[0, 1, 0]])


def maps(c: int, h: int, w: int, *layers: Layer, image_shape: tuple[int, int, int]) -> Decoder:
    """A decoder that begins with a dense layer to feature maps (c, h, w)."""
    return decoder(Linear(5, c * h * w), Reshape((c, h, w)), *layers, image_shape=image_shape)


def run_layers(
    layers: tuple[Layer, ...], prefix: str, weights: Mapping[str, np.ndarray], x: np.ndarray
) -> np.ndarray:
    """What torch makes of values x, shape (n, ...)."""
    tensors = {name: torch.tensor(array) for name, array in weights.items()}
    return _run(layers, prefix, tensors, torch.tensor(x)).numpy()


def drawn(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A random array of weights, by which values keep their size."""
    values = rng.standard_normal(shape)
    if len(shape) > 1:
        values /= np.sqrt(np.prod(shape[1:]))
    elif name.endswith("running_var"):
        values = np.exp(values)
    return values.astype(np.float32)


def _run(
    layers: tuple[Layer, ...],
    prefix: str,
    weights: Mapping[str, torch.Tensor],
    x: torch.Tensor,
) -> torch.Tensor:
    for i, layer in enumerate(layers):
        x = _apply(layer, f"{prefix}.{i}", weights, x)
    return x


def _apply(
    layer: Layer, name: str, weights: Mapping[str, torch.Tensor], x: torch.Tensor
) -> torch.Tensor:
    weight, bias = weights.get(f"{name}.weight"), weights.get(f"{name}.bias")
    match layer:
        case Linear():
            return F.linear(x, weight, bias)  # type: ignore[arg-type]
        case Conv(_, _, _, stride, padding):
            return F.conv2d(x, weight, bias, stride, padding)  # type: ignore[arg-type]
        case ConvTranspose(_, _, _, stride, padding):
            return F.conv_transpose2d(x, weight, bias, stride, padding)  # type: ignore[arg-type]
        case BatchNorm():
            mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
            return F.batch_norm(x, mean, var, weight, bias)
        case GroupNorm(_, groups):
            return F.group_norm(x, groups, weight, bias)
        case Activate(fn):
            return _ACTIVATIONS[fn](x)
        case Reshape(shape):
            return x.reshape(-1, *shape)
        case Upsample(scale):
            return F.interpolate(x, scale_factor=scale, mode="nearest")
        case Crop(size):
            return x[:, :, :size, :size]
        case Residual(body, shortcut):
            change = _run(body, f"{name}.body", weights, x)
            return change + _run(shortcut, f"{name}.shortcut", weights, x)


_ACTIVATIONS: dict[Activation, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "silu": F.silu,
    "elu": F.elu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def _activated(fn: Activation) -> Decoder:
    return decoder(
        Linear(5, 9),
        Activate(fn),
        Linear(9, 18),
        Activate(fn),
        Reshape((3, 2, 3)),
        image_shape=(3, 2, 3),
    )


DECODERS: dict[str, Decoder] = {
    **{f"activation {fn}": _activated(fn) for fn in get_args(Activation)},
    "one coordinate": decoder(
        Linear(1, 4), Reshape((1, 2, 2)), image_shape=(1, 2, 2), latent_dim=1
    ),
    "two stacks": decoder(
        Linear(5, 9), RELU, head=(Linear(9, 4), Reshape((1, 2, 2))), image_shape=(1, 2, 2)
    ),
    "conv 3": maps(5, 6, 7, Conv(5, 3), image_shape=(3, 6, 7)),
    "conv 3 stride 2, odd": maps(2, 7, 9, Conv(2, 1, 3, 2, 1), image_shape=(1, 4, 5)),
    "conv 3 stride 2, even": maps(2, 8, 6, Conv(2, 1, 3, 2, 1), image_shape=(1, 4, 3)),
    "conv 5 unpadded": maps(
        2, 7, 6, Conv(2, 6, 5, 1, 0), Conv(6, 1, 1, 1, 0), image_shape=(1, 3, 2)
    ),
    "conv 4 stride 2": maps(3, 9, 8, Conv(3, 1, 4, 2, 1), image_shape=(1, 4, 4)),
    "conv of one pixel": maps(3, 1, 1, Conv(3, 3), image_shape=(3, 1, 1)),
    "transposed 4 stride 2": maps(6, 3, 4, ConvTranspose(6, 3), image_shape=(3, 6, 8)),
    "transposed twice": maps(
        4, 3, 3, ConvTranspose(4, 8), RELU, ConvTranspose(8, 3), image_shape=(3, 12, 12)
    ),
    "transposed 3 stride 2": maps(4, 4, 3, ConvTranspose(4, 1, 3, 2, 1), image_shape=(1, 7, 5)),
    "transposed 3 stride 1": maps(4, 4, 3, ConvTranspose(4, 1, 3, 1, 1), image_shape=(1, 4, 3)),
    "transposed 2 stride 2": maps(4, 4, 3, ConvTranspose(4, 1, 2, 2, 0), image_shape=(1, 8, 6)),
    "transposed 5 stride 3": maps(4, 3, 2, ConvTranspose(4, 3, 5, 3, 0), image_shape=(3, 11, 8)),
    "transposed 1 stride 2": maps(4, 3, 2, ConvTranspose(4, 1, 1, 2, 0), image_shape=(1, 5, 3)),
    "transposed, much padding": maps(4, 5, 4, ConvTranspose(4, 1, 2, 2, 2), image_shape=(1, 6, 4)),
    "norm after linear": decoder(
        Linear(5, 6), BatchNorm(6), RELU, Linear(6, 4), Reshape((1, 2, 2)), image_shape=(1, 2, 2)
    ),
    "norm after conv": maps(2, 4, 4, Conv(2, 3), BatchNorm(3), image_shape=(3, 4, 4)),
    "norm after transposed": maps(
        2, 2, 2, ConvTranspose(2, 3), BatchNorm(3), image_shape=(3, 4, 4)
    ),
    "norm twice": maps(2, 4, 4, Conv(2, 3), BatchNorm(3), BatchNorm(3), image_shape=(3, 4, 4)),
    "norm after reshape": maps(3, 4, 5, BatchNorm(3), RELU, image_shape=(3, 4, 5)),
    "norm after activation": maps(2, 4, 4, RELU, BatchNorm(2), Conv(2, 1), image_shape=(1, 4, 4)),
    "norm of the code": decoder(
        BatchNorm(5), Linear(5, 4), Reshape((1, 2, 2)), image_shape=(1, 2, 2)
    ),
    "one group": maps(6, 3, 4, GroupNorm(6, 1), Conv(6, 1), image_shape=(1, 3, 4)),
    "three groups": maps(6, 3, 4, GroupNorm(6, 3), Conv(6, 1), image_shape=(1, 3, 4)),
    "a group each": maps(6, 3, 4, GroupNorm(6, 6), Conv(6, 1), image_shape=(1, 3, 4)),
    "groups of features": decoder(
        Linear(5, 8), GroupNorm(8, 2), RELU, Linear(8, 4), Reshape((1, 2, 2)), image_shape=(1, 2, 2)
    ),
    "crop": maps(3, 6, 7, Crop(5), image_shape=(3, 5, 5)),
    "upsample": maps(3, 3, 4, Upsample(), image_shape=(3, 6, 8)),
    "upsample by 3, conv": maps(2, 3, 2, Upsample(3), Conv(2, 3), image_shape=(3, 9, 6)),
    "upsample, conv": maps(2, 3, 4, Upsample(), Conv(2, 3), RELU, image_shape=(3, 6, 8)),
    "upsample, norm, conv": maps(
        4, 3, 3, Upsample(), GroupNorm(4, 2), RELU, Conv(4, 3), BatchNorm(3), image_shape=(3, 6, 6)
    ),
    "upsample, conv 1": maps(
        4, 3, 3, Upsample(), Conv(4, 3, 1, 1, 0), BatchNorm(3), Conv(3, 1), image_shape=(1, 6, 6)
    ),
    "upsample, conv 5": maps(2, 3, 3, Upsample(), Conv(2, 1, 5, 1, 2), image_shape=(1, 6, 6)),
    "upsample, conv unpadded": maps(
        2, 3, 3, Upsample(), Conv(2, 1, 3, 1, 0), image_shape=(1, 4, 4)
    ),
    "upsample, conv wide": maps(2, 3, 3, Upsample(), Conv(2, 1, 3, 1, 3), image_shape=(1, 10, 10)),
    "upsample, conv stride 2": maps(2, 3, 3, Upsample(), Conv(2, 1, 3, 2), image_shape=(1, 3, 3)),
    "residual": maps(3, 4, 4, Residual((Conv(3, 5), RELU, Conv(5, 3))), image_shape=(3, 4, 4)),
    "residual that begins with an activation": maps(
        3, 4, 4, Residual((RELU, Conv(3, 3))), Residual((Activate("tanh"),)), image_shape=(3, 4, 4)
    ),
    "residual with shortcut": maps(
        4,
        3,
        3,
        Residual(
            body=(Upsample(), Conv(4, 2), BatchNorm(2), RELU, Conv(2, 2)),
            shortcut=(Upsample(), Conv(4, 2, 1, 1, 0)),
        ),
        RELU,
        Conv(2, 1),
        image_shape=(1, 6, 6),
    ),
    "residual within a residual": maps(
        3, 4, 4, Residual((Residual((Conv(3, 3), RELU)), Conv(3, 3))), image_shape=(3, 4, 4)
    ),
    "everything": maps(
        8,
        3,
        3,
        BatchNorm(8),
        Activate("silu"),
        Residual(
            (ConvTranspose(8, 4), GroupNorm(4, 2), RELU, Conv(4, 6)), (Upsample(), Conv(8, 6))
        ),
        Activate("leaky_relu"),
        ConvTranspose(6, 5),
        BatchNorm(5),
        Activate("elu"),
        Conv(5, 3),
        Crop(11),
        image_shape=(3, 11, 11),
    ),
}
