"""Builds torch modules from layer records, and initialises their weights.

Knows nothing of VAEs. A module has the position of its record in `nn.Sequential`, so that names in
the state dict are those of `layers.weight_shapes`.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.config import Activation
from explorer.models import layers


def build(stack: tuple[layers.Layer, ...]) -> nn.Sequential:
    """Return the modules of a stack, in order, with weights not yet set (see `initialise`)."""
    return nn.Sequential(*(_module(layer) for layer in stack))


@torch.no_grad()
def initialise(stack: nn.Module, generator: torch.Generator, *, gain: float) -> None:
    """Initialise the weights of every linear and convolution layer of a stack; biases start at 0.

    Weights are uniform with variance gain² / fan, where fan counts the inputs that each output
    really sums (with stride s, a transposed convolution uses 1/s² of its kernel). The last
    layer of a residual body starts at 0, so that each block starts as its shortcut.

    Args:
        stack: Modules made by `build`.
        generator: Source of random numbers.
        gain: `nn.init.calculate_gain` of the non-linearity that follows; 1 for none.

    Source:
        He et al., "Delving Deep into Rectifiers", 2015. https://arxiv.org/abs/1502.01852
        Zhang et al., "Fixup Initialization", 2019. https://arxiv.org/abs/1901.09321
    """
    for module in stack.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            bound = gain * math.sqrt(3 / _fan(module))
            module.weight.uniform_(-bound, bound, generator=generator)
            if module.bias is not None:
                module.bias.zero_()
    for module in stack.modules():
        if isinstance(module, _Residual):
            for last in module.body[-1].parameters():
                last.zero_()


def gain_of(activation: Activation) -> float:
    """Return the factor that preserves the variance of signals through one non-linearity."""
    known = activation if activation in ("relu", "leaky_relu", "tanh", "sigmoid") else "relu"
    return nn.init.calculate_gain(known)


def _fan(module: nn.Linear | nn.Conv2d | nn.ConvTranspose2d) -> float:
    if isinstance(module, nn.Linear):
        return module.in_features
    seen = math.prod(module.kernel_size)
    if isinstance(module, nn.ConvTranspose2d):
        return module.in_channels * seen / math.prod(module.stride)
    return module.in_channels * seen


def _module(layer: layers.Layer) -> nn.Module:
    """Return one module, without using torch's global random state."""
    match layer:
        case layers.Linear(n_in, n_out):
            return nn.Linear(n_in, n_out, device="meta").to_empty(device="cpu")
        case layers.Conv(n_in, n_out, kernel, stride, padding):
            conv = nn.Conv2d(n_in, n_out, kernel, stride, padding, device="meta")
            return conv.to_empty(device="cpu")
        case layers.ConvTranspose(n_in, n_out, kernel, stride, padding):
            rise = nn.ConvTranspose2d(n_in, n_out, kernel, stride, padding, device="meta")
            return rise.to_empty(device="cpu")
        case layers.BatchNorm(n):
            return _BatchNorm(n)
        case layers.GroupNorm(n, groups):
            return nn.GroupNorm(groups, n)
        case layers.Activate(fn):
            return _ACTIVATIONS[fn]()
        case layers.Reshape(shape):
            return nn.Flatten() if len(shape) == 1 else nn.Unflatten(1, shape)
        case layers.Upsample(scale):
            return nn.Upsample(scale_factor=scale, mode="nearest")
        case layers.Crop(size):
            return _Crop(size)
        case layers.Residual(body, shortcut):
            return _Residual(build(body), build(shortcut))


_ACTIVATIONS: dict[Activation, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class _BatchNorm(nn.Module):
    """Batch normalisation of features or of channels, without torch's counter of batches.

    Source:
        Ioffe and Szegedy, "Batch Normalization", 2015. https://arxiv.org/abs/1502.03167
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, n: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))
        self.bias = nn.Parameter(torch.zeros(n))
        self.register_buffer("running_mean", torch.zeros(n))
        self.register_buffer("running_var", torch.ones(n))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training
        )


class _Crop(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x[..., : self.size, : self.size]


class _Residual(nn.Module):
    def __init__(self, body: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x) + self.shortcut(x)
        return out
