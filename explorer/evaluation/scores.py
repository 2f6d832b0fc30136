"""All measures of one bundle on one set of images, in one call.

Knows which measure applies to which model and set, and says why of those that do not; how each is
computed, the modules beside this one know.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from explorer.bundle import ModelBundle
from explorer.data.imageset import ImageSet, ReportProgress, evenly_spread
from explorer.evaluation.checks import check_answers, check_request
from explorer.evaluation.factors import dci, factor_r2, mutual_information_gap, varying
from explorer.evaluation.latent_use import active_units, activity, aggregate_kl, knn_accuracy
from explorer.evaluation.likelihood import (
    bits_per_dim,
    importance_weighted_nll,
    is_black_and_white,
)
from explorer.evaluation.reading import (
    Reading,
    binarized,
    draw,
    read_images,
    read_means,
    search_images,
)
from explorer.evaluation.reconstruction import psnr_db
from explorer.evaluation.record import Scores
from explorer.evaluation.samples import (
    density_and_coverage,
    pixel_features,
    prior_share,
    sharpness,
)
from explorer.latent.encode import network
from explorer.latent.stats import active_coordinates, kl_per_coordinate
from explorer.models.adversarial import diversity
from explorer.models.vae import VAE

_MOST_NEIGHBOURS = 60_000  # training images whose codes are searched
_MOST_POSTERIORS = 2_000  # in the mixture that stands for the aggregate posterior
_N_PRIOR_SAMPLES = 5_000
_MOST_PICTURES = 2_000  # real and drawn, compared each with each
_MOST_DIVERSE = 500  # real and drawn, each compared with the others of its kind
_MOST_SEARCHED = 128  # test images whose codes a model without an encoder is to find
_MOST_FACTOR_ITEMS = 5_000
_LEAST_FACTOR_ITEMS = 20
_ANGLE = "in degrees"  # how the name of a factor ends that starts again at 360

# A measure's key, and its value or a plain sentence why it does not apply.
_Found = tuple[str, float | str]


@dataclass(frozen=True, kw_only=True)
class _Case:
    """A bundle before its images.

    Attributes:
        bundle: The model.
        vae: Its network.
        images: The set as it is.
        seen: The set as the model should see it, which differs if it learnt from binarised images.
        rows: Rows of the images in the set that were read, shape (n,); the reading is in their
            order. They are all test images, or some of them where codes had to be searched for.
        reading: What the model says of each of them.
        seed: Seed of whatever is drawn.
    """

    bundle: ModelBundle
    vae: VAE
    images: ImageSet
    seen: ImageSet
    rows: np.ndarray
    reading: Reading
    seed: int


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

    A model of binarised images (`ModelSpec.binarize`) is scored on binarised ones: one draw of
    each pixel, fixed by the seed, is what the encoder reads and what reconstructions, ELBO and
    NLL are measured against; see `reading.binarized`. Only `density`, `coverage`,
    `sharpness` and `diversity` compare pictures, which show how bright each pixel is on average,
    with the images as they came.

    An autoencoder has no posterior, and unless it is adversarial no prior. What needs a posterior
    is left out; draws from N(0, I) are scored all the same, since how few of them lie near its
    codes is what a VAE is for. A model without an encoder is scored by its draws, and its
    reconstructions on up to 128 test images whose codes are found by search.

    Args:
        bundle: The model.
        images: Images of the bundle's shape; all in `test_index` are scored.
        nll_samples: Draws of z for each image in the importance-weighted estimate; 5000 is what
            papers report.
        nll_images: How many test images to estimate it on, evenly spread; 0 takes all.
        seed: Seed of whatever is drawn; same seed, same scores.
        report: Told how far it is.

    Returns:
        The scores. Running it takes from seconds to minutes, most of it for the NLL, whose time
        grows as nll_images times nll_samples.

    Raises:
        ShapeError: The images have another shape than the bundle's.
        DataError: No image is for testing, or the network's answers are not finite numbers.
        ConfigError: nll_samples is below 1, or nll_images or seed below 0.
    """
    check_request(bundle, images, nll_samples=nll_samples, nll_images=nll_images, seed=seed)
    # Convolutions run twice as fast with the channels of a pixel side by side; others do not mind.
    vae = network(bundle).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    seen = binarized(images, seed) if bundle.model.binarize == "random" else images
    has_encoder = bundle.model.has_encoder
    rows = images.test_index if has_encoder else evenly_spread(images.test_index, _MOST_SEARCHED)
    read, until = (read_images, 0.1) if has_encoder else (search_images, 0.7)
    reading = read(vae, seen, rows, seed=seed, report=_stretch(report, 0.0, until))
    check_answers(bundle, reading)
    case = _Case(
        bundle=bundle, vae=vae, images=images, seen=seen, rows=rows, reading=reading, seed=seed
    )
    found: dict[str, float | str] = dict(
        [
            *_reconstruction(case),
            *_elbo(case),
            *_nll(case, nll_samples, nll_images, _stretch(report, 0.1, 0.7)),
            *_latent_use(case, _stretch(report, 0.7, 0.8)),
            *_samples(case, _stretch(report, 0.8, 0.9)),
            *_factors(case, _stretch(report, 0.9, 1.0)),
        ]
    )
    if report:
        report(1.0, "scored")
    return _scores(case, found)


def _reconstruction(case: _Case) -> Iterator[_Found]:
    mse = float(case.reading.squared_error.mean(dtype=np.float64))
    yield "mse", mse
    yield "psnr_db", psnr_db(mse)
    yield "ssim", float(case.reading.ssim.mean(dtype=np.float64))
    places = evenly_spread(np.arange(len(case.rows)), _MOST_PICTURES)
    x_hat = draw(case.vae, case.reading.mu[places])
    yield (
        "sharpness_x_hat",
        _ratio(sharpness(x_hat), sharpness(case.images.images(case.rows[places]))),
    )
    if not case.bundle.model.has_encoder:
        yield "n_searched", float(len(case.rows))


def _elbo(case: _Case) -> Iterator[_Found]:
    reason = _why_no_posterior(case)
    if reason:
        for key in ("elbo_nats", "elbo_bits_per_dim", "log_likelihood_nats", "kl_nats"):
            yield key, reason
        return
    log_likelihood = float(case.reading.log_likelihood.mean(dtype=np.float64))
    kl = float(kl_per_coordinate(case.reading.mu, case.reading.logvar).sum())
    yield "elbo_nats", log_likelihood - kl
    yield "elbo_bits_per_dim", bits_per_dim(log_likelihood - kl, math.prod(case.images.image_shape))
    yield "log_likelihood_nats", log_likelihood
    yield "kl_nats", kl


def _nll(
    case: _Case, n_samples: int, n_images: int, report: ReportProgress | None
) -> Iterator[_Found]:
    reason = _why_no_nll(case)
    if reason:
        for key in ("nll_nats", "nll_stderr", "nll_samples", "nll_n_images"):
            yield key, reason
        return
    places = evenly_spread(np.arange(len(case.rows)), n_images or len(case.rows))
    nll = importance_weighted_nll(
        case.vae,
        case.seen,
        case.rows[places],
        case.reading.mu[places],
        case.reading.logvar[places],
        n_samples=n_samples,
        seed=case.seed,
        report=report,
    )
    few = "One image has no spread to tell the error of a mean by."
    yield "nll_nats", float(nll.mean())
    yield "nll_stderr", float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else few
    yield "nll_samples", float(n_samples)
    yield "nll_n_images", float(len(nll))


def _why_no_nll(case: _Case) -> str:
    """Return why -log p(x) cannot be told, or nothing if it can."""
    reason = _why_no_posterior(case)
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


def _why_no_posterior(case: _Case) -> str:
    """Return why there is no posterior, or nothing if there is one."""
    model = case.bundle.model
    if model.has_posterior:
        return ""
    return _NO_POSTERIOR if model.has_encoder else _NO_ENCODER


def _latent_use(case: _Case, report: ReportProgress | None) -> Iterator[_Found]:
    if not case.bundle.model.has_encoder:
        for key in ("active_units", "aggregate_kl_nats", "knn_accuracy"):
            yield key, _NO_ENCODER
        return
    mu, logvar = case.reading.mu, case.reading.logvar
    yield "active_units", float(active_units(mu))
    chosen = evenly_spread(np.arange(len(mu)), _MOST_POSTERIORS)
    yield (
        "aggregate_kl_nats",
        _why_no_posterior(case) or aggregate_kl(mu[chosen], logvar[chosen], seed=case.seed),
    )
    yield "knn_accuracy", _knn(case, report)


def _knn(case: _Case, report: ReportProgress | None) -> float | str:
    labels = case.images.labels
    if labels is None:
        return f'The images of "{case.images.name}" have no labels.'
    near = evenly_spread(case.images.train_index, _MOST_NEIGHBOURS)
    if len(np.unique(labels[near])) < 2:
        return "The training images are all of one class, or there are none."
    train_mu = read_means(case.vae, case.seen, near, report=report)
    return knn_accuracy(train_mu, labels[near], case.reading.mu, labels[case.rows])


def _samples(case: _Case, report: ReportProgress | None) -> Iterator[_Found]:
    rows = case.images.test_index
    if len(rows) < 2:
        for key in ("prior_share", "density", "coverage", "sharpness", "diversity"):
            yield key, "It takes at least 2 test images, and there is 1."
        return
    mu, logvar = case.reading.mu, case.reading.logvar
    rng = np.random.default_rng(case.seed)
    z = rng.standard_normal((_N_PRIOR_SAMPLES, mu.shape[1]), dtype=np.float32)
    has_encoder = case.bundle.model.has_encoder
    active = active_coordinates(mu, logvar)
    yield "prior_share", prior_share(mu, z, active) if has_encoder else _NO_ENCODER
    real = case.images.images(evenly_spread(rows, _MOST_PICTURES))
    drawn = draw(case.vae, z[: len(real)], report=report)
    support = density_and_coverage(*pixel_features(real, drawn, seed=case.seed))
    yield "density", support.density
    yield "coverage", support.coverage
    yield "sharpness", _ratio(sharpness(drawn), sharpness(real))
    few = evenly_spread(np.arange(len(real)), _MOST_DIVERSE)
    drawn_apart, real_apart = (
        float(diversity(torch.from_numpy(pictures[few]))) for pictures in (drawn, real)
    )
    yield "diversity", _ratio(drawn_apart, real_apart)


def _ratio(drawn: float, real: float) -> float:
    return drawn / real if real > 0 else math.nan


def _factors(case: _Case, report: ReportProgress | None) -> Iterator[_Found]:
    """Yield what is told of known factors; R² of each under `factor_r2: NAME`."""
    keys = ("mig", "dci", "dci_completeness", "dci_informativeness", "factor_r2")
    places = evenly_spread(np.arange(len(case.rows)), _MOST_FACTOR_ITEMS)
    reason = _why_no_factors(case)
    if reason or case.images.factors is None:
        for key in keys:
            yield key, reason
        return
    if report:
        report(0.0, "looking for known factors")
    factors, mu = case.images.factors[case.rows[places]], case.reading.mu[places]
    names, varies = np.array(case.images.factor_names), varying(factors)
    for name in names[~varies]:
        yield f"factor_r2: {name}", _constant(name)
    factors, names = factors[:, varies], names[varies]
    yield "mig", float(mutual_information_gap(mu, factors).mean())
    is_angle = np.array([name.endswith(_ANGLE) for name in names])
    for name, share in zip(
        names, factor_r2(mu, factors, is_angle=is_angle, seed=case.seed), strict=True
    ):
        yield f"factor_r2: {name}", float(share)
    if len(names) < 2:
        for key in keys[1:4]:
            yield key, "Only one factor varies, so no coordinate can mix it with another."
        return
    found = dci(mu, factors, seed=case.seed)
    yield "dci", found.disentanglement
    yield "dci_completeness", found.completeness
    yield "dci_informativeness", found.informativeness


def _why_no_factors(case: _Case) -> str:
    """Return why nothing can be told of known factors, or nothing if it can."""
    if not case.bundle.model.has_encoder:
        return _NO_ENCODER
    factors, n = case.images.factors, len(case.rows)
    if factors is None or not factors.shape[1]:
        return f'No factors of the images of "{case.images.name}" are known.'
    if n < _LEAST_FACTOR_ITEMS:
        is_are = "is" if n == 1 else "are"
        return f"It takes at least {_LEAST_FACTOR_ITEMS} test images, and there {is_are} {n}."
    if not varying(factors[case.rows]).any():
        return "No known factor varies over the test images."
    return ""


def _constant(name: str) -> str:
    return f'The factor "{name}" has one value throughout.'


_NO_POSTERIOR = "An autoencoder gives each image a point of its latent space, not a posterior."
_NO_ENCODER = "This model has no encoder, so it says nothing of an image."
_NOT_FINITE = "It has no finite value here: what it divides by is 0, or it is too large."
_R2 = "factor_r2: "


def _scores(case: _Case, found: Mapping[str, float | str]) -> Scores:
    """Sort what was found into numbers and reasons."""
    numbers = {
        key: value
        for key, value in found.items()
        if not isinstance(value, str) and math.isfinite(value)
    }
    left_out = {
        key: value if isinstance(value, str) else _NOT_FINITE
        for key, value in found.items()
        if key not in numbers
    }
    mu, logvar = case.reading.mu, case.reading.logvar
    model = case.bundle.model
    kl = kl_per_coordinate(mu, logvar) if model.has_posterior else np.empty(0)
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
    """Return a report of one part of the work as a part of the whole."""
    if report is None:
        return None
    return lambda share, words: report(start + share * (stop - start), words)
