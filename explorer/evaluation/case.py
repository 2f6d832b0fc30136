"""A bundle with the images it is scored on, and why a measure does not apply to them."""

from dataclasses import dataclass

import numpy as np

from explorer.bundle import ModelBundle
from explorer.data.imageset import ImageSet
from explorer.evaluation.factors import varying
from explorer.evaluation.likelihood import is_black_and_white
from explorer.evaluation.reading import Reading
from explorer.models.vae import VAE

NO_POSTERIOR = "An autoencoder gives each image a point of its latent space, not a posterior."
NO_ENCODER = "This model has no encoder, so it says nothing of an image."
_LEAST_FACTOR_ITEMS = 20


@dataclass(frozen=True, kw_only=True)
class Case:
    """A bundle and the images it is scored on.

    Attributes:
        bundle: The model.
        vae: Its network.
        images: The set as it is.
        seen: The set as the model should see it: binarised if it learnt from binarised images.
        rows: Rows of the images in the set that were read, shape (n,); the reading is in their
            order. They are all test images, or some of them where codes had to be searched for.
        reading: What the model makes of each of them.
        seed: Seed of all random numbers.
    """

    bundle: ModelBundle
    vae: VAE
    images: ImageSet
    seen: ImageSet
    rows: np.ndarray
    reading: Reading
    seed: int


def why_no_posterior(case: Case) -> str:
    """Return why there is no posterior; an empty text if there is one."""
    model = case.bundle.model
    if model.has_posterior:
        return ""
    return NO_POSTERIOR if model.has_encoder else NO_ENCODER


def why_no_nll(case: Case) -> str:
    """Return why -log p(x) cannot be estimated; an empty text if it can."""
    reason = why_no_posterior(case)
    if reason:
        return reason
    is_bernoulli = case.bundle.model.likelihood == "bernoulli"
    if is_bernoulli and not is_black_and_white(case.seen, case.rows):
        return (
            "These images have grey values, of which a Bernoulli likelihood is only a "
            "pseudo-likelihood; train with binarize=random, or with likelihood "
            "gaussian-learned, for one that is a probability."
        )
    return ""


def why_no_factors(case: Case) -> str:
    """Return why codes cannot be compared with known factors; an empty text if they can."""
    if not case.bundle.model.has_encoder:
        return NO_ENCODER
    factors, n = case.images.factors, len(case.rows)
    if factors is None or not factors.shape[1]:
        return f'No factors of the images of "{case.images.name}" are known.'
    if n < _LEAST_FACTOR_ITEMS:
        is_are = "is" if n == 1 else "are"
        return f"It takes at least {_LEAST_FACTOR_ITEMS} test images, and there {is_are} {n}."
    if not varying(factors[case.rows]).any():
        return "No known factor varies over the test images."
    return ""
