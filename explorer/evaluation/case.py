"""A bundle with the images it is scored on, and why a measure does not apply to them."""

from dataclasses import dataclass

import numpy as np

from explorer.bundle import ModelBundle
from explorer.data.imageset import ImageSet
from explorer.evaluation.factors import varying
from explorer.evaluation.likelihood import is_black_and_white
from explorer.evaluation.reading import Reading
from explorer.models.vae import VAE
from explorer.words import say

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


def why(reason: str, **values: object) -> str:
    """Return why a measure does not apply, by the name of the reason in the catalogue."""
    return say(f"scores.missing.{reason}", **values)


def why_no_posterior(case: Case) -> str:
    """Return why there is no posterior; an empty text if there is one."""
    model = case.bundle.model
    if model.has_posterior:
        return ""
    return why("no_posterior" if model.has_encoder else "no_encoder")


def why_no_nll(case: Case) -> str:
    """Return why -log p(x) cannot be estimated; an empty text if it can."""
    reason = why_no_posterior(case)
    if reason:
        return reason
    is_bernoulli = case.bundle.model.likelihood == "bernoulli"
    if is_bernoulli and not is_black_and_white(case.seen, case.rows):
        return why("grey")
    return ""


def why_no_factors(case: Case) -> str:
    """Return why codes cannot be compared with known factors; an empty text if they can."""
    if not case.bundle.model.has_encoder:
        return why("no_encoder")
    factors, n = case.images.factors, len(case.rows)
    if factors is None or not factors.shape[1]:
        return why("no_factors", name=case.images.name)
    if n < _LEAST_FACTOR_ITEMS:
        return why("few_images", least=_LEAST_FACTOR_ITEMS, count=n)
    if not varying(factors[case.rows]).any():
        return why("no_factor_varies")
    return ""
