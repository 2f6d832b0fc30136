"""All measures of one bundle on one set of images, in one call.

`groups.py` takes the measures; `case.py` says which of them do not apply, and why.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch

from explorer.bundle import ModelBundle
from explorer.data.imageset import ImageSet, ReportProgress, evenly_spread
from explorer.evaluation import groups
from explorer.evaluation.case import Case, why
from explorer.evaluation.checks import check_answers, check_request
from explorer.evaluation.latent_use import activity
from explorer.evaluation.reading import (
    binarized,
    read_images,
    search_images,
)
from explorer.evaluation.record import Scores
from explorer.latent.encode import network
from explorer.latent.stats import kl_per_dimension
from explorer.words import say

_MOST_SEARCHED = 128  # test images whose codes a model without an encoder is to find


def score(
    bundle: ModelBundle,
    images: ImageSet,
    *,
    nll_samples: int = 500,
    nll_images: int = 200,
    seed: int = 0,
    report: ReportProgress | None = None,
) -> Scores:
    """Score a bundle on the test images of a set.

    A model of binarised images (`ModelSpec.binarize`) is scored on binarised ones: one sample of
    each pixel, fixed by the seed, is what the encoder reads and what reconstructions, ELBO and
    NLL are measured against; see `reading.binarized`. Only `density`, `coverage`,
    `sharpness` and `diversity` compare pictures, which show how bright each pixel is on average,
    with the images as they came.

    An autoencoder has no posterior, and unless it is adversarial no prior. What needs a posterior
    is left out. Samples of N(0, I) are scored all the same: how few of them lie near its codes
    shows what a VAE is for. A model without an encoder is scored by its samples, and by its
    reconstructions of up to 128 test images whose codes are found by search.

    Args:
        bundle: The model.
        images: Images of the bundle's shape; all in `test_index` are scored.
        nll_samples: Samples of z for each image in the importance-weighted estimate; 5000 is what
            papers report.
        nll_images: How many test images to estimate it on, evenly spread; 0 takes all.
        seed: Seed of all random numbers; same seed, same scores.
        report: Called with the share done, and words on the step.

    Returns:
        The scores. They take seconds to minutes; most of that is for the NLL, whose time grows as
        nll_images times nll_samples.

    Raises:
        ShapeError: The images have another shape than the bundle's.
        DataError: No image is for testing, or the network's answers are not finite numbers.
        ConfigError: nll_samples is below 1, or nll_images or seed below 0.
    """
    check_request(bundle, images, nll_samples=nll_samples, nll_images=nll_images, seed=seed)
    case = _read(bundle, images, seed, report)
    found: dict[str, float | str] = dict(
        [
            *groups.reconstruction(case),
            *groups.elbo(case),
            *groups.nll(case, nll_samples, nll_images, _stretch(report, 0.1, 0.7)),
            *groups.latent_use(case, _stretch(report, 0.7, 0.8)),
            *groups.samples(case, _stretch(report, 0.8, 0.9)),
            *groups.factors(case, _stretch(report, 0.9, 1.0)),
        ]
    )
    if report:
        report(1.0, say("scores.progress.scored"))
    return _scores(case, found)


_R2 = "factor_r2: "


def _read(bundle: ModelBundle, images: ImageSet, seed: int, report: ReportProgress | None) -> Case:
    """Have the model encode and decode the test images.

    Raises:
        DataError: Its answers are not finite numbers.
    """
    # Convolutions run twice as fast with the channels of a pixel side by side.
    vae = network(bundle).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    seen = binarized(images, seed) if bundle.model.binarize == "random" else images
    has_encoder = bundle.model.has_encoder
    rows = images.test_index if has_encoder else evenly_spread(images.test_index, _MOST_SEARCHED)
    read, until = (read_images, 0.1) if has_encoder else (search_images, 0.7)
    reading = read(vae, seen, rows, seed=seed, report=_stretch(report, 0.0, until))
    check_answers(bundle, reading)
    return Case(
        bundle=bundle, vae=vae, images=images, seen=seen, rows=rows, reading=reading, seed=seed
    )


def _scores(case: Case, found: Mapping[str, float | str]) -> Scores:
    """Separate numbers from reasons why there is none."""
    numbers = {
        key: value
        for key, value in found.items()
        if not isinstance(value, str) and math.isfinite(value)
    }
    left_out = {
        key: value if isinstance(value, str) else why("not_finite")
        for key, value in found.items()
        if key not in numbers
    }
    mu, logvar = case.reading.mu, case.reading.logvar
    model = case.bundle.model
    kl = kl_per_dimension(mu, logvar) if model.has_posterior else np.empty(0)
    return Scores(
        values={key: value for key, value in numbers.items() if not key.startswith(_R2)},
        factor_r2={
            key.removeprefix(_R2): value for key, value in numbers.items() if key.startswith(_R2)
        },
        kl_per_coordinate_nats=tuple(kl.tolist()),
        activity_per_coordinate=tuple(activity(mu).tolist()) if model.has_encoder else (),
        n_images=len(case.images.test_index),
        left_out=left_out,
    )


def _stretch(report: ReportProgress | None, start: float, stop: float) -> ReportProgress | None:
    """Return a report that maps the progress of one part of the work to that of the whole."""
    if report is None:
        return None
    return lambda share, words: report(start + share * (stop - start), words)
