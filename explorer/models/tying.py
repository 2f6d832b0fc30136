"""A decoder that shares the encoder's weights: each layer is one of the encoder's, transposed.

The transpose of a dense layer has the transposed matrix; that of a convolution is the transposed
convolution with the same kernel. The decoder has biases of its own.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from explorer.errors import ShapeError


class _TurnedLinear(nn.Module):
    """x @ W + b, where W is the weight of a layer that computes x @ W.T."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        # Not as a child: its weights are those of the encoder.
        object.__setattr__(self, "_turned", layer)
        self.bias = nn.Parameter(torch.zeros(layer.in_features))

    _turned: nn.Linear

    @property
    def weight(self) -> Tensor:
        return self._turned.weight.t()

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class _TurnedConv(nn.Module):
    """The transposed convolution with the kernel of a convolution."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        object.__setattr__(self, "_turned", layer)
        self.bias = nn.Parameter(torch.zeros(layer.in_channels))

    _turned: nn.Conv2d

    @property
    def weight(self) -> Tensor:
        return self._turned.weight

    def forward(self, x: Tensor) -> Tensor:
        stride, padding = self._turned.stride, self._turned.padding
        return F.conv_transpose2d(x, self.weight, self.bias, stride, padding)  # type: ignore[arg-type]


def tie(
    encoder: Iterable[nn.Module], decoder: Iterable[nn.Module], image_shape: tuple[int, int, int]
) -> None:
    """Replace the layers of a decoder by the transposed ones of the encoder, in reverse order.

    Args:
        encoder: Its trunk, then the head for mu; further heads have no counterpart.
        decoder: Its trunk, then the head for the mean; further heads stay as they are.
        image_shape: (c, h, w), for the error.

    Raises:
        ShapeError: The layers are not mirror images of each other.

    Source:
        Vincent et al., "Extracting and Composing Robust Features with Denoising Autoencoders",
        2008 (tied weights). https://doi.org/10.1145/1390156.1390294
    """
    down = [layer for _, _, layer in _layers(list(encoder)[:2])]
    up = _layers(list(decoder)[:2])
    for layer, (stack, place, turned) in zip(reversed(down), up, strict=True):
        if isinstance(layer, nn.Conv2d):
            mirrors = layer.weight.shape == turned.weight.shape
            stack[place] = _TurnedConv(layer)
        else:
            assert isinstance(layer, nn.Linear)
            mirrors = layer.weight.t().shape == turned.weight.shape
            stack[place] = _TurnedLinear(layer)
        if not mirrors:
            raise _no_mirror(image_shape)


def tied_weights(network: nn.Module) -> dict[str, Tensor]:
    """Return the weights that tied layers share, under the names that they would have untied."""
    turned = (_TurnedLinear, _TurnedConv)
    return {
        f"{name}.weight": module.weight
        for name, module in network.named_modules()
        if isinstance(module, turned)
    }


_Weighty = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


def _layers(stacks: list[nn.Module]) -> list[tuple[nn.Sequential, int, _Weighty]]:
    """Return each layer with a matrix or kernel: its stack, its position in it, the layer."""
    found = []
    for stack in stacks:
        assert isinstance(stack, nn.Sequential)
        for place, layer in enumerate(stack):
            if isinstance(layer, _Weighty):
                found.append((stack, place, layer))
    return found


def _no_mirror(image_shape: tuple[int, int, int]) -> ShapeError:
    _, h, w = image_shape
    return ShapeError("models.tied_image_shape", h=h, w=w)
