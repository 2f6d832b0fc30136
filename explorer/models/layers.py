"""The layers of networks, as plain data.

`blocks.py` builds torch modules from them; `packing/pack.py` writes networks for the browser,
without torch. Weights are named by position: layer i of the stack `decoder.trunk` has the weight
`decoder.trunk.i.weight`, as in `torch.nn.Sequential`.
"""

from dataclasses import dataclass

from explorer.config import Activation


@dataclass(frozen=True)
class Linear:
    """(n_in,) to (n_out,), with bias."""

    n_in: int
    n_out: int


@dataclass(frozen=True)
class Conv:
    """(n_in, h, w) to (n_out, h', w') by a square kernel, zero padding, with bias."""

    n_in: int
    n_out: int
    kernel: int = 3
    stride: int = 1
    padding: int = 1


@dataclass(frozen=True)
class ConvTranspose:
    """(n_in, h, w) to (n_out, h', w'); with the defaults each side doubles. With bias."""

    n_in: int
    n_out: int
    kernel: int = 4
    stride: int = 2
    padding: int = 1


@dataclass(frozen=True)
class BatchNorm:
    """Normalise each of n channels or features by the running statistics of training."""

    n: int


@dataclass(frozen=True)
class GroupNorm:
    """Normalise n channels in groups, by the statistics of each image."""

    n: int
    groups: int


@dataclass(frozen=True)
class Activate:
    """Apply one non-linearity to every value."""

    fn: Activation


@dataclass(frozen=True)
class Reshape:
    """Reshape all values to (features,) or (c, h, w)."""

    shape: tuple[int, ...]


@dataclass(frozen=True)
class Upsample:
    """Repeat each pixel, so that each side becomes `scale` times as long (nearest neighbour)."""

    scale: int = 2


@dataclass(frozen=True)
class Crop:
    """Cut (c, h, w) down to (c, size, size), from the top left."""

    size: int


@dataclass(frozen=True)
class Residual:
    """body(x) + shortcut(x); an empty shortcut is x itself.

    Source:
        He et al., "Deep Residual Learning for Image Recognition", 2016.
        https://arxiv.org/abs/1512.03385
    """

    body: tuple["Layer", ...]
    shortcut: tuple["Layer", ...] = ()


Layer = (
    Linear
    | Conv
    | ConvTranspose
    | BatchNorm
    | GroupNorm
    | Activate
    | Reshape
    | Upsample
    | Crop
    | Residual
)


def weight_shapes(layers: tuple[Layer, ...], prefix: str) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of a stack of layers, by name.

    Args:
        layers: The stack.
        prefix: Name of the stack, such as `decoder.trunk`.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for i, layer in enumerate(layers):
        own = f"{prefix}.{i}"
        match layer:
            case Linear(n_in, n_out):
                shapes |= {f"{own}.weight": (n_out, n_in), f"{own}.bias": (n_out,)}
            case Conv(n_in, n_out, kernel):
                shapes |= {f"{own}.weight": (n_out, n_in, kernel, kernel), f"{own}.bias": (n_out,)}
            case ConvTranspose(n_in, n_out, kernel):
                shapes |= {f"{own}.weight": (n_in, n_out, kernel, kernel), f"{own}.bias": (n_out,)}
            case BatchNorm(n):
                kept = ("weight", "bias", "running_mean", "running_var")
                shapes |= {f"{own}.{part}": (n,) for part in kept}
            case GroupNorm(n, _):
                shapes |= {f"{own}.weight": (n,), f"{own}.bias": (n,)}
            case Residual(body, shortcut):
                shapes |= weight_shapes(body, f"{own}.body")
                shapes |= weight_shapes(shortcut, f"{own}.shortcut")
    return shapes
