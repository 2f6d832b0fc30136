"""What scoring refuses, before and after the network runs.

Knows nothing of measures.
"""

import numpy as np

from explorer.bundle import ModelBundle
from explorer.data.imageset import ImageSet
from explorer.errors import ConfigError, DataError, ShapeError
from explorer.evaluation.reading import Reading
from explorer.latent.encode import kind_of_image


def check_request(
    bundle: ModelBundle, images: ImageSet, *, nll_samples: int, nll_images: int, seed: int
) -> None:
    """Refuse images that the bundle does not read, and numbers out of range.

    Raises:
        ShapeError: The images have another shape than the bundle's.
        DataError: No image is held out for testing.
        ConfigError: nll_samples is below 1, or nll_images or seed below 0.
    """
    if images.image_shape != bundle.model.image_shape:
        raise ShapeError(
            "evaluation.image_shapes_differ",
            name=bundle.name,
            image_shape=kind_of_image(bundle.model.image_shape),
            data=images.name,
            other_shape=kind_of_image(images.image_shape),
        )
    if not len(images.test_index):
        raise DataError("evaluation.none_held_out", count=len(images.pixels), name=images.name)
    if nll_samples < 1:
        raise ConfigError("evaluation.nll_samples", nll_samples=nll_samples)
    if nll_images < 0:
        raise ConfigError("evaluation.nll_images", nll_images=nll_images)
    if seed < 0:
        raise ConfigError("evaluation.seed", seed=str(seed))


def check_answers(bundle: ModelBundle, reading: Reading) -> None:
    """Refuse to score a network whose outputs are not finite.

    Raises:
        DataError: A code, an error or a likelihood is not a finite number.
    """
    answers = (reading.mu, reading.logvar, reading.squared_error, reading.log_likelihood)
    n_bad = len(reading.mu) - int(
        np.all([np.isfinite(part).reshape(len(part), -1).all(1) for part in answers], axis=0).sum()
    )
    if n_bad:
        raise DataError(
            "evaluation.not_finite",
            name=bundle.name,
            n_bad=n_bad,
            count=len(reading.mu),
        )
