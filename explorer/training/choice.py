"""Chooses settings that were left open, and the number of threads, to suit the images.

Knows nothing of networks.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import torch

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet

_FEWEST_STEPS = 50  # per epoch; with fewer, a few epochs hardly change the weights
_SMALLEST_BATCH, _LARGEST_BATCH = 16, 128
_LOOKED_AT = 500  # images
_BLACK, _WHITE = 0.1 * 255, 0.9 * 255
_MOST_GREY = 0.2
_LEAST_SHARED = 16_384  # values in a batch of images


def fitting_settings(images: ImageSet) -> dict[str, object]:
    """Choose `batch_size` and `likelihood` to fit the images.

    Small sets get small batches, so that an epoch has a fair number of steps. Images that are
    nearly black and white, such as shapes or MNIST, get a Bernoulli likelihood. On others it
    hardly rewards the right shade, so they get a Gaussian with learned sigma: on the digits of
    scikit-learn, 30 epochs reach 22 dB with it and 15 dB without.

    Returns:
        Values of TrainConfig fields, by name.
    """
    n = len(images.train_index)
    batch_size = _LARGEST_BATCH
    while batch_size > _SMALLEST_BATCH and n < _FEWEST_STEPS * batch_size:
        batch_size //= 2
    pixels = images.pixels[:_LOOKED_AT]
    grey_share = np.mean((pixels > _BLACK) & (pixels < _WHITE))
    likelihood = "gaussian-learned" if grey_share > _MOST_GREY else "bernoulli"
    return {"batch_size": batch_size, "likelihood": likelihood}


def fitted(config: TrainConfig, names: Iterable[str], images: ImageSet) -> TrainConfig:
    """Return settings with the named ones chosen to fit the images."""
    chosen = fitting_settings(images)
    if config.of_kind.needs_fixed_sigma and chosen["likelihood"] == "gaussian-learned":
        chosen["likelihood"] = "gaussian"  # its networks need one fixed sigma
    fitting = {name: chosen[name] for name in names if config.uses(name)}
    return dataclasses.replace(config, **fitting)  # type: ignore[arg-type]


def use_fitting_threads(config: TrainConfig, images: ImageSet) -> None:
    """Let this process train on one thread where a batch is too little work to share.

    Two threads wait for each other after every small operation. Where other programs use the
    processor too, that is most of the time: 15 epochs of the digits took 6 s on one thread, and
    over 100 s on two, on two busy cores.
    """
    if config.batch_size * images.pixels[0].size < _LEAST_SHARED:
        torch.set_num_threads(1)
