"""The shapes of values in layers, and the work of the layers.

Knows nothing of weights, torch or files.
"""

import math

from explorer.errors import ShapeError
from explorer.models import layers
from explorer.models.spec import Stacks

Shape = tuple[int, ...]


def walk(stacks: Stacks, shape: Shape) -> tuple[int, Shape]:
    """Return the work of layers and the shape of their output, without running them.

    Args:
        stacks: Named stacks of layers, run one after another.
        shape: Shape of the input of the first layer.

    Returns:
        The number of multiply-adds of dense and convolution layers, computed naively, and the shape
        of the output of the last layer.

    Raises:
        ShapeError: Two layers do not fit together.
    """
    total = 0
    for prefix, stack in stacks:
        for i, layer in enumerate(stack):
            name = f"{prefix}.{i}"
            if isinstance(layer, layers.Residual):
                in_body, after = walk(((f"{name}.body", layer.body),), shape)
                in_shortcut, other = walk(((f"{name}.shortcut", layer.shortcut),), shape)
                if after != other:
                    raise ShapeError("models.branches", name=name, shape=other, wanted=after)
                total += in_body + in_shortcut
            else:
                after = _shape_after(layer, shape)
                if min(after, default=0) < 1:
                    raise ShapeError("models.layer_input", name=name, shape=shape, layer=layer)
                total += _multiply_adds_of(layer, shape, after)
            shape = after
    return total, shape


def _shape_after(layer: layers.Layer, shape: Shape) -> Shape:
    """Return the output shape of a layer other than Residual; () if the input does not fit."""
    match layer, shape:
        case layers.Linear(n_in, n_out), (n,) if n == n_in:
            return (n_out,)
        case layers.Conv(n_in, n_out, kernel, stride, padding), (c, h, w) if c == n_in:
            return (n_out, *((n + 2 * padding - kernel) // stride + 1 for n in (h, w)))
        case layers.ConvTranspose(n_in, n_out, kernel, stride, padding), (c, h, w) if c == n_in:
            return (n_out, *((n - 1) * stride - 2 * padding + kernel for n in (h, w)))
        case layers.BatchNorm(n), (c, *_) if c == n:
            return shape
        case layers.GroupNorm(n, groups), (c, *_) if c == n and n % groups == 0:
            return shape
        case layers.Activate(), _:
            return shape
        case layers.Reshape(wanted), _ if math.prod(wanted) == math.prod(shape):
            return wanted
        case layers.Upsample(scale), (c, h, w):
            return (c, h * scale, w * scale)
        case layers.Crop(size), (c, h, w) if size <= min(h, w):
            return (c, size, size)
    return ()


def _multiply_adds_of(layer: layers.Layer, before: Shape, after: Shape) -> int:
    match layer:
        case layers.Linear(n_in, n_out):
            return n_in * n_out
        case layers.Conv(n_in, n_out, kernel):
            return n_in * n_out * kernel**2 * math.prod(after[1:])
        case layers.ConvTranspose(n_in, n_out, kernel):  # each input pixel meets the whole kernel
            return n_in * n_out * kernel**2 * math.prod(before[1:])
    return 0
