"""Settings in plain words: a quick look, a good model, the best, or two dimensions for teaching.

Also estimates how long a run takes. Knows nothing of screens, and imports no torch.
"""

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from threadpoolctl import threadpool_limits

from explorer.config import TrainConfig
from explorer.kinds import KINDS, Kind
from explorer.models.architecture import decoder_layers, is_dense
from explorer.models.spec import ImageShape
from explorer.models.walk import walk

Preset = Literal["quick", "good", "best", "two"]
PRESETS: tuple[Preset, ...] = get_args(Preset)

_DENSE_BELOW = 16  # side of images, for which dense layers suffice
_LARGE = 48 * 48  # pixels
_EFFORT: dict[Preset, int] = {"quick": 1, "good": 6, "best": 20, "two": 2}
_FEWEST_EPOCHS, _MOST_EPOCHS = 4, 2_000
# On small sets, the held-out loss rises early: with 32 to 240 drawings after 55 to 27 epochs.
_ENOUGH_EPOCHS: dict[Preset, int] = {"quick": 120, "good": 300, "best": 600, "two": 200}
_PATIENCE_SHARE, _LEAST_PATIENCE = 1 / 6, 8  # of the epochs, and at least so many epochs
# A step is three passes through encoder and decoder, which cost about the same.
_PASSES = 6
# Measured on two cores, as shares of the speed of a plain product of matrices; and the seconds
# that each image takes with any network.
_DENSE_SHARE, _CONV_SHARE, _IMAGE_S = 0.35, 0.22, 1.5e-5
_TRIAL, _N_TRIALS = 256, 20  # rows and columns of the product that is timed


# Standard deviation of the likelihood for each value of a 64 x 64 colour picture. A learnt one soon
# becomes so small that the prior hardly constrains the codes: after six epochs on the faces, most
# samples were noise; with 0.5 and 0.35, all were faces. Longer runs get a smaller one.
_COLOUR_SIGMA: Mapping[Preset, float] = {"quick": 0.5, "two": 0.5, "good": 0.35, "best": 0.2}
_COLOUR_VALUES = 3 * 64 * 64


def preset(
    which: Preset, data: str, image_shape: ImageShape, n_images: int, kind: Kind = "vae"
) -> TrainConfig:
    """Return settings that suit a kind of model and a set of images.

    A run stops early when the held-out loss no longer falls; adversarial kinds have no such loss.

    Args:
        which: The preset.
        data: Name or path of the set.
        image_shape: (c, h, w).
        n_images: How many there are; nine in ten are for training.
        kind: The kind of model; its `defaults` take precedence.
    """
    c, side, _ = image_shape
    dense = side < _DENSE_BELOW
    large = side * side >= _LARGE
    presented = 60_000 if dense else 110_000 if large else 160_000  # for a quick look
    n_train = max(int(0.9 * n_images), 1)
    epochs = round(_EFFORT[which] * presented / n_train)
    rich = (large or c == 3) and which != "quick"
    most = _MOST_EPOCHS if KINDS[kind].is_adversarial else _ENOUGH_EPOCHS[which]
    epochs = min(max(epochs, _FEWEST_EPOCHS), most)
    patience = max(round(_PATIENCE_SHARE * epochs), _LEAST_PATIENCE)
    config = TrainConfig(
        data=data,
        kind=kind,
        latent_dim=2 if which == "two" else 8 if dense else 16 if rich else 10,
        arch="mlp" if dense else "conv",
        hidden=(256, 128) if dense else (128,),
        width=24 if which == "best" and not dense else 16,
        activation="silu",
        schedule="cosine",
        epochs=epochs,
        patience=0 if KINDS[kind].is_adversarial else patience,
        **KINDS[kind].defaults,  # type: ignore[arg-type]
    )
    if c != 3 or dense or config.is_adversarial:
        return config
    share = c * side * side / _COLOUR_VALUES / max(config.beta, 1)
    sigma = round(_COLOUR_SIGMA[which] * math.sqrt(share), 3)
    return dataclasses.replace(config, norm="batch", likelihood="gaussian", sigma=sigma)


def estimated_s(config: TrainConfig, image_shape: ImageShape, n_images: int) -> float:
    """Estimate how long a run takes on this machine, in seconds, to within a factor of two.

    Args:
        config: The settings.
        image_shape: (c, h, w).
        n_images: How many images there are.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    stacks = decoder_layers(config, image_shape)
    work = _PASSES * walk(stacks, (config.latent_dim,))[0]
    share = _DENSE_SHARE if is_dense(config) else _CONV_SHARE
    image_s = work / (share * _multiply_adds_per_s()) + _IMAGE_S
    return config.epochs * 0.9 * n_images * image_s * config.of_kind.step_cost


def _multiply_adds_per_s() -> float:
    """Time a small product of matrices on one core: the fastest of many, as other programs run."""
    a = np.ones((_TRIAL, _TRIAL), np.float32)
    seconds = []
    with threadpool_limits(1):
        for _ in range(_N_TRIALS):
            begin = time.perf_counter()
            a @ a
            seconds.append(time.perf_counter() - begin)
    return math.pow(_TRIAL, 3) / min(seconds)
