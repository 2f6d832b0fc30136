"""From the settings of a run and an image shape to the layers of its model.

Knows nothing of torch.
"""

import dataclasses
from itertools import pairwise

from explorer.config import TrainConfig
from explorer.errors import ShapeError
from explorer.models.layers import (
    Activate,
    BatchNorm,
    Conv,
    ConvTranspose,
    Crop,
    GroupNorm,
    Linear,
    Reshape,
    Residual,
    Upsample,
)
from explorer.models.spec import ImageShape, Layers, ModelSpec, Stacks

SMALLEST, LARGEST = 8, 128  # sides of images, in pixels
_COARSEST_SIDE = 7  # feature maps are halved until they are no larger than this
_MOST_WIDENING = 8  # channels stop doubling at this many times the finest level's
_MOST_GROUPS = 8
_CODE_WIDTHS = (256, 256)  # of the discriminator that reads codes


def spec_of(config: TrainConfig, image_shape: ImageShape) -> ModelSpec:
    """Return the model that a run with these settings trains.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    return ModelSpec(
        latent_dim=config.latent_dim,
        image_shape=image_shape,
        encoder=encoder_layers(config, image_shape),
        decoder=decoder_layers(config, image_shape),
        likelihood=config.likelihood,
        sigma=config.sigma,
        sigma_scope=config.sigma_scope,
        binarize=config.binarize,
        precision=config.precision,
    )


def encoder_layers(config: TrainConfig, image_shape: ImageShape) -> Stacks:
    """Return the encoder's stacks: a trunk, then one linear head each for mu and logvar.

    An autoencoder has no head for logvar; a generator has no encoder at all.
    """
    if not config.has_encoder:
        return ()
    trunk, n_features = encoder_trunk(config, image_shape)
    head: Layers = (Linear(n_features, config.latent_dim),)
    stacks: Stacks = (("encoder.trunk", trunk), ("encoder.mu", head))
    return (*stacks, ("encoder.logvar", head)) if config.has_posterior else stacks


def decoder_layers(config: TrainConfig, image_shape: ImageShape) -> Stacks:
    """Return the stacks that turn a latent code (d,) into logits (c, h, w), in order.

    The picture is sigmoid(logits), whatever the likelihood.
    """
    return (
        ("decoder.trunk", decoder_trunk(config, image_shape)),
        ("decoder.mean", decoder_head(config, image_shape)),
    )


def is_dense(config: TrainConfig) -> bool:
    """Whether the network has no convolutions."""
    return config.arch in ("mlp", "resmlp")


def discriminator_layers(config: TrainConfig, image_shape: ImageShape) -> Stacks:
    """Return the stacks that turn an image (c, h, w) into one score, in order.

    The layers are those of an encoder with leaky ReLU and without normalisation, with which one
    image would affect the scores of others. `features` are the feature maps, or the hidden layers
    of dense networks, in which images can be compared.

    Source:
        Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
        Generative Adversarial Networks", 2016. https://arxiv.org/abs/1511.06434
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, section 4 (no batch
        normalisation in the critic). https://arxiv.org/abs/1704.00028
    """
    plain = dataclasses.replace(
        config,
        norm="none",
        activation="leaky_relu",
        tied=False,
        width=config.discriminator_width or config.width,
    )
    trunk, n_features = encoder_trunk(plain, image_shape)
    # All layers of a dense network are features; in others, those before the dense ones.
    cut = len(trunk) if is_dense(config) else _first_reshape(trunk)
    return (
        ("discriminator.features", trunk[:cut]),
        ("discriminator.score", (*trunk[cut:], Linear(n_features, 1))),
    )


def code_discriminator_layers(config: TrainConfig) -> Stacks:
    """Return the stacks that turn a latent code (d,) into one score, in order.

    Source:
        Makhzani et al., "Adversarial Autoencoders", 2016. https://arxiv.org/abs/1511.05644
    """
    layers: Layers = ()
    n_in = config.latent_dim
    for width in _CODE_WIDTHS:
        layers += (Linear(n_in, width), Activate("leaky_relu"))
        n_in = width
    return (("discriminator.features", layers), ("discriminator.score", (Linear(n_in, 1),)))


def _first_reshape(layers: Layers) -> int:
    return next(i for i, layer in enumerate(layers) if isinstance(layer, Reshape))


def encoder_trunk(config: TrainConfig, image_shape: ImageShape) -> tuple[Layers, int]:
    """Return the layers from an image (c, h, w) to features, and how many features there are.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    _check_image_shape(image_shape)
    c, side, _ = image_shape
    widths = _channels(config, side)
    maps: Layers = ()
    if is_dense(config):
        n_flat = c * side * side
    elif config.arch == "conv":
        maps, n_flat = _strided(config, c, widths), widths[-1] * (side >> len(widths)) ** 2
    else:
        maps, n_flat = _residual_down(config, c, widths), widths[-1] * _coarsest(side) ** 2
    dense, n_features = _dense(config, n_flat, config.hidden)
    return (*maps, Reshape((n_flat,)), *dense), n_features


def decoder_trunk(config: TrainConfig, image_shape: ImageShape) -> Layers:
    """Return the layers from a latent code (d,) to what the heads read.

    These are features in dense networks, otherwise feature maps at half the size of the image,
    rounded up to what doubling gives; the heads crop the surplus.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    _check_image_shape(image_shape)
    dense, n_features = _dense(config, config.latent_dim, config.hidden[::-1])
    if is_dense(config):
        return dense
    side, widths = _coarsest(image_shape[1]), _channels(config, image_shape[1])[::-1]
    start = (
        Linear(n_features, widths[0] * side * side),
        Reshape((widths[0], side, side)),
        *_norm_and_activation(config, widths[0]),
    )
    rise = _transposed if config.arch == "conv" else _residual_up
    return (*dense, *start, *rise(config, widths))


def decoder_head(config: TrainConfig, image_shape: ImageShape) -> Layers:
    """Return the last layers of the decoder, from the trunk's output to (c, h, w)."""
    c, side, _ = image_shape
    if is_dense(config):
        n_features = config.hidden[0] if config.hidden else config.latent_dim
        return (Linear(n_features, c * side * side), Reshape(image_shape))
    reached = _coarsest(side) * 2 ** len(_channels(config, side))
    return (ConvTranspose(config.width, c), *([Crop(side)] if reached > side else []))


def _check_image_shape(image_shape: ImageShape) -> None:
    c, h, w = image_shape
    if h != w or c not in (1, 3) or not SMALLEST <= h <= LARGEST:
        raise ShapeError("models.image_shape", h=h, w=w, count=c, least=SMALLEST, most=LARGEST)


def _n_halvings(side: int) -> int:
    """Halvings, rounding up, after which a side is 4 to 7 pixels."""
    n = 0
    while -(-side >> n) > _COARSEST_SIDE:
        n += 1
    return n


def _coarsest(side: int) -> int:
    return -(-side >> _n_halvings(side))


def _channels(config: TrainConfig, side: int) -> list[int]:
    """Channels of each level of feature maps, from half the image's size down to the coarsest."""
    return [config.width * min(2**level, _MOST_WIDENING) for level in range(_n_halvings(side))]


def _dense(config: TrainConfig, n_in: int, widths: tuple[int, ...]) -> tuple[Layers, int]:
    """Return hidden linear layers and the number of features they end in.

    With `resmlp`, each layer after the first adds to its input. The identity path is free even of
    the non-linearity, which comes before each layer.

    Source:
        He et al., "Identity Mappings in Deep Residual Networks", 2016.
        https://arxiv.org/abs/1603.05027
    """
    layers: Layers = ()
    between: Layers = ()  # between one linear layer and the next
    for i, width in enumerate(widths):
        step: Layers = (*between, Linear(n_in, width))
        if config.arch == "resmlp" and i > 0:
            step = (Residual(step, shortcut=() if n_in == width else (Linear(n_in, width),)),)
        layers += step
        between = _norm_and_activation(config, width, groups=1)
        n_in = width
    return (*layers, *between), n_in


def _strided(config: TrainConfig, c: int, widths: list[int]) -> Layers:
    """Halve (rounding down) once per level by a 4x4 convolution with stride 2."""
    layers: Layers = ()
    for n_in, n_out in pairwise([c, *widths]):
        layers += (Conv(n_in, n_out, 4, 2, 1), *_norm_and_activation(config, n_out))
    return layers


def _transposed(config: TrainConfig, widths: list[int]) -> Layers:
    """Double once per step between levels."""
    layers: Layers = ()
    for n_in, n_out in pairwise(widths):
        layers += (ConvTranspose(n_in, n_out), *_norm_and_activation(config, n_out))
    return layers


def _residual_down(config: TrainConfig, c: int, widths: list[int]) -> Layers:
    """Halve (rounding up) once per level by a residual block."""
    layers: Layers = ()
    for n_in, n_out in pairwise([c, *widths]):
        body = (
            Conv(n_in, n_out, 3, 2, 1),
            *_norm_and_activation(config, n_out),
            Conv(n_out, n_out),
        )
        block = Residual(body, shortcut=(Conv(n_in, n_out, 1, 2, 0),))
        layers += (block, *_norm_and_activation(config, n_out))
    return layers


def _residual_up(config: TrainConfig, widths: list[int]) -> Layers:
    """Double once per step between levels by a residual block.

    The body's transposed convolution has half the channels, so that a block costs as much as the
    single transposed convolution of `conv`.
    """
    layers: Layers = ()
    for n_in, n_out in pairwise(widths):
        n_inner = max(n_out // 2, 1)
        body = (
            ConvTranspose(n_in, n_inner),
            *_norm_and_activation(config, n_inner),
            Conv(n_inner, n_out),
        )
        block = Residual(body, shortcut=(Conv(n_in, n_out, 1, 1, 0), Upsample(2)))
        layers += (block, *_norm_and_activation(config, n_out))
    return layers


def _norm_and_activation(config: TrainConfig, n: int, *, groups: int = _MOST_GROUPS) -> Layers:
    """Return what follows a hidden layer of n channels or features.

    Args:
        config: Says which normalisation and non-linearity.
        n: Channels or features.
        groups: Largest number of groups; dense layers use one, which is layer normalisation,
            because a group of a single number has no statistics.
    """
    activate = Activate(config.activation)
    if config.norm == "batch":
        return (BatchNorm(n), activate)
    if config.norm == "group" and (groups > 1 or n > 1):
        return (GroupNorm(n, max(g for g in range(1, groups + 1) if n % g == 0)), activate)
    return (activate,)
