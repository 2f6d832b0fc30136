"""Prepare a network for the browser: layers with their weights, rewritten to need less work.

Knows nothing of the format of a pack. The rewrites are exact but for rounding:

- A BatchNorm right after a dense or convolution layer goes into its weights; one elsewhere becomes
  a scale and a shift per channel.
- What works on each pixel alone goes before an Upsample, where there are fewer pixels. GroupNorm
  may go too, since repeating every pixel changes no mean and no variance.
- Upsample and then a Conv become one ConvTranspose. For 3 x 3 kernels and scale 2 it has 4 products
  per output where the pair has 9.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from explorer.config import Activation
from explorer.models import layers

EPSILON = 1e-5  # of both normalisations, as in torch


@dataclass(frozen=True)
class Op:
    """A layer with its own arrays by name; a BatchNorm's have become `scale` and `shift`."""

    layer: layers.Layer
    arrays: Mapping[str, np.ndarray]
    body: "Ops" = ()
    shortcut: "Ops" = ()


Ops = tuple[Op, ...]


def prepare(
    stacks: tuple[tuple[str, tuple[layers.Layer, ...]], ...], weights: Mapping[str, np.ndarray]
) -> Ops:
    """Return stacks of layers as one row of ops that do the same with less work.

    Args:
        stacks: Named stacks of layers, run one after another.
        weights: Arrays by name, as `weight_shapes` names them; others are ignored.

    Returns:
        The ops, their arrays in float64.
    """
    return _rewritten(tuple(op for name, stack in stacks for op in _ops(stack, name, weights)))


def _ops(stack: tuple[layers.Layer, ...], prefix: str, weights: Mapping[str, np.ndarray]) -> Ops:
    """Give each layer of a stack its own arrays, in float64 for the arithmetic to come."""
    ops = []
    for i, layer in enumerate(stack):
        own = f"{prefix}.{i}"
        if isinstance(layer, layers.Residual):
            body = _ops(layer.body, f"{own}.body", weights)
            ops.append(Op(layer, {}, body, _ops(layer.shortcut, f"{own}.shortcut", weights)))
            continue
        parts = [name.removeprefix("own.0.") for name in layers.weight_shapes((layer,), "own")]
        arrays = {part: weights[f"{own}.{part}"].astype(np.float64) for part in parts}
        if isinstance(layer, layers.BatchNorm):
            scale = arrays["weight"] / np.sqrt(arrays["running_var"] + EPSILON)
            arrays = {"scale": scale, "shift": arrays["bias"] - arrays["running_mean"] * scale}
        ops.append(Op(layer, arrays))
    return tuple(ops)


def _rewritten(ops: Ops) -> Ops:
    done: list[Op] = []
    for op in ops:
        if isinstance(op.layer, layers.Residual):
            op = replace(op, body=_rewritten(op.body), shortcut=_rewritten(op.shortcut))
        _append(done, op)
    return tuple(done)


def _append(done: list[Op], op: Op) -> None:
    match done[-1].layer if done else None, op.layer:
        case (
            layers.Upsample(),
            layers.BatchNorm()
            | layers.GroupNorm()
            | layers.Activate()
            | layers.Conv(_, _, 1, 1, 0),
        ):
            upsample = done.pop()
            _append(done, op)
            done.append(upsample)
        case layers.Upsample(scale), layers.Conv(_, _, kernel, 1, padding) if padding < kernel:
            done[-1] = _transposed(op, scale)
        case layers.Linear() | layers.Conv() | layers.ConvTranspose(), layers.BatchNorm():
            done[-1] = _with_norm(done[-1], op)
        case _:
            done.append(op)


def _transposed(op: Op, scale: int) -> Op:
    """Return the ConvTranspose that equals Upsample(scale) and then this Conv of stride 1."""
    assert isinstance(op.layer, layers.Conv)
    n_in, n_out, kernel = op.layer.n_in, op.layer.n_out, op.layer.kernel
    mirrored = op.arrays["weight"].transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]  # (n_in, n_out, k, k)
    weight = np.zeros((n_in, n_out, kernel + scale - 1, kernel + scale - 1))
    for y in range(scale):
        for x in range(scale):
            weight[:, :, y : y + kernel, x : x + kernel] += mirrored
    padding = kernel - 1 - op.layer.padding
    layer = layers.ConvTranspose(n_in, n_out, kernel + scale - 1, scale, padding)
    return Op(layer, {"weight": weight, "bias": op.arrays["bias"]})


def _with_norm(op: Op, norm: Op) -> Op:
    """Return the layer that equals this one and then the scale and shift of `norm`."""
    scale, weight = norm.arrays["scale"], op.arrays["weight"]
    channel_axis = 1 if isinstance(op.layer, layers.ConvTranspose) else 0
    along_channels = [-1 if axis == channel_axis else 1 for axis in range(weight.ndim)]
    bias = op.arrays["bias"] * scale + norm.arrays["shift"]
    return Op(op.layer, {"weight": weight * scale.reshape(along_channels), "bias": bias})


def run(ops: Ops, x: np.ndarray) -> np.ndarray:
    """Run ops on a batch, as the browser does on one code or image.

    Args:
        ops: What to do, in order. Arrays may be of any precision; arithmetic is in float32.
        x: Codes (n, d), or for an encoder images (n, c, h, w), float32.

    Returns:
        What the last op gives, shape (n, ...), float32.
    """
    for op in ops:
        arrays = {name: array.astype(np.float32, copy=False) for name, array in op.arrays.items()}
        match op.layer:
            case layers.Linear():
                x = x @ arrays["weight"].T + arrays["bias"]
            case layers.Conv():
                x = _conv(op.layer, arrays, x)
            case layers.ConvTranspose():
                x = _conv_transpose(op.layer, arrays, x)
            case layers.BatchNorm():
                x = _scale_shift(x, arrays["scale"], arrays["shift"])
            case layers.GroupNorm(_, groups):
                grouped = x.reshape(len(x), groups, -1)
                mean, variance = grouped.mean(2, keepdims=True), grouped.var(2, keepdims=True)
                x = ((grouped - mean) / np.sqrt(variance + EPSILON)).reshape(x.shape)
                x = _scale_shift(x, arrays["weight"], arrays["bias"])
            case layers.Activate(fn):
                x = _ACTIVATIONS[fn](x)
            case layers.Reshape(shape):
                x = x.reshape(len(x), *shape)
            case layers.Upsample(scale):
                x = x.repeat(scale, 2).repeat(scale, 3)
            case layers.Crop(size):
                x = x[:, :, :size, :size]
            case layers.Residual():
                x = run(op.body, x) + run(op.shortcut, x)
    return x


def _scale_shift(x: np.ndarray, scale: np.ndarray, shift: np.ndarray) -> np.ndarray:
    per_channel = (-1, *[1] * (x.ndim - 2))
    return np.asarray(x * scale.reshape(per_channel) + shift.reshape(per_channel))


def _conv(layer: layers.Conv, arrays: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Add one product of matrices per place in the kernel."""
    stride, edge = layer.stride, layer.padding
    x = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
    height, width = ((n - layer.kernel) // stride + 1 for n in x.shape[2:])
    out = np.zeros((len(x), layer.n_out, height, width), np.float32)
    for ky, kx in np.ndindex(layer.kernel, layer.kernel):
        seen = x[:, :, ky : ky + stride * height : stride, kx : kx + stride * width : stride]
        out += np.einsum("nihw,oi->nohw", seen, arrays["weight"][:, :, ky, kx], optimize=True)
    out += arrays["bias"].reshape(-1, 1, 1)
    return out


def _conv_transpose(
    layer: layers.ConvTranspose, arrays: Mapping[str, np.ndarray], x: np.ndarray
) -> np.ndarray:
    """Spread each input pixel over the kernel's places, then cut the padding off."""
    stride, edge = layer.stride, layer.padding
    h, w = x.shape[2:]
    height, width = ((n - 1) * stride + layer.kernel for n in (h, w))
    out = np.zeros((len(x), layer.n_out, height, width), np.float32)
    for ky, kx in np.ndindex(layer.kernel, layer.kernel):
        part = np.einsum("nihw,io->nohw", x, arrays["weight"][:, :, ky, kx], optimize=True)
        out[:, :, ky : ky + stride * h : stride, kx : kx + stride * w : stride] += part
    out = out[:, :, edge : height - edge, edge : width - edge]
    out += arrays["bias"].reshape(-1, 1, 1)
    return out


def _sigmoid(x: np.ndarray) -> np.ndarray:
    # In this form the exponential cannot overflow.
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


_ACTIVATIONS: dict[Activation, Callable[[np.ndarray], np.ndarray]] = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.maximum(x, 0.01 * x),
    "silu": lambda x: x * _sigmoid(x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
}
