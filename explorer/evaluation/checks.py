"""What scoring refuses, before and after the network has answered.

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
    """Refuse images that are not the bundle's kind, and numbers that cannot be.

    Raises:
        ShapeError: The images have another shape than the bundle's.
        DataError: No image is held out for testing.
        ConfigError: nll_samples is below 1, or nll_images or seed below 0.
    """
    if images.image_shape != bundle.model.image_shape:
        raise ShapeError(
            f'The bundle "{bundle.name}" reads {kind_of_image(bundle.model.image_shape)} images, '
            f'but "{images.name}" holds {kind_of_image(images.image_shape)} ones.',
            "A model can be scored only on images of the shape it was trained on.",
            f"Bring the images to that shape, or choose a bundle made for "
            f"{kind_of_image(images.image_shape)}.",
        )
    if not len(images.test_index):
        raise DataError(
            f'None of the {len(images.pixels)} images of "{images.name}" is held out for testing.',
            "Scores are measured on images that the model did not learn from.",
            "Mark some of them for testing, or load a data set that comes with a split.",
        )
    if nll_samples < 1:
        raise ConfigError(
            f"nll_samples is {nll_samples}.",
            "The likelihood of an image is estimated from at least 1 sample of z.",
            "Choose 1 or more; 500 is usual, and 5000 is what papers report.",
        )
    if nll_images < 0:
        raise ConfigError(
            f"nll_images is {nll_images}.",
            "It is the number of images whose likelihood is estimated.",
            "Choose 1 or more, or 0 to use all test images.",
        )
    if seed < 0:
        raise ConfigError(
            f"The seed is {seed}.", "A seed is a whole number, 0 or more.", "Choose such a number."
        )


def check_answers(bundle: ModelBundle, reading: Reading) -> None:
    """Refuse to score a network whose answers are not finite.

    Raises:
        DataError: A code, an error or a likelihood is not a finite number.
    """
    answers = (reading.mu, reading.logvar, reading.squared_error, reading.log_likelihood)
    n_bad = len(reading.mu) - int(
        np.all([np.isfinite(part).reshape(len(part), -1).all(1) for part in answers], axis=0).sum()
    )
    if n_bad:
        raise DataError(
            f'The network of "{bundle.name}" answers {n_bad} of {len(reading.mu)} images with '
            "values that are not finite.",
            "Every code and every pixel must be a finite number to be scored.",
            "Find the training step where NaN appeared, and train again with a smaller "
            "learning rate.",
        )
