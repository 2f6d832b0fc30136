"""The measures of a case, one function for each group of them.

Each yields the keys of its measures, with a value, or a sentence that says why the measure does
not apply. The modules beside this one compute them.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch

from explorer.data.imageset import ReportProgress, evenly_spread
from explorer.evaluation.case import (
    Case,
    why,
    why_no_factors,
    why_no_nll,
    why_no_posterior,
)
from explorer.evaluation.factors import dci, factor_r2, mutual_information_gap, varying
from explorer.evaluation.latent_use import active_units, aggregate_kl, knn_accuracy
from explorer.evaluation.likelihood import bits_per_dim, importance_weighted_nll
from explorer.evaluation.reading import decode, read_means
from explorer.evaluation.reconstruction import psnr_db
from explorer.evaluation.samples import (
    density_and_coverage,
    pixel_features,
    prior_share,
    sharpness,
)
from explorer.latent.stats import active_dimensions, kl_per_dimension
from explorer.models.adversarial import diversity
from explorer.words import say

Found = tuple[str, float | str]  # key of a measure, and its value or why it does not apply

_MOST_NEIGHBOURS = 60_000  # training images whose codes are searched
_MOST_POSTERIORS = 2_000  # in the mixture that stands for the aggregate posterior
_N_PRIOR_SAMPLES = 5_000
_MOST_PICTURES = 2_000  # real images and samples, compared pairwise
_MOST_DIVERSE = 500  # real images and samples, compared among themselves
_MOST_FACTOR_ITEMS = 5_000
_ANGLE = "in degrees"  # suffix of the names of factors that start again at 360


def reconstruction(case: Case) -> Iterator[Found]:
    """How well images are reconstructed."""
    mse = float(case.reading.squared_error.mean(dtype=np.float64))
    yield "mse", mse
    yield "psnr_db", psnr_db(mse)
    yield "ssim", float(case.reading.ssim.mean(dtype=np.float64))
    places = evenly_spread(np.arange(len(case.rows)), _MOST_PICTURES)
    x_hat = decode(case.vae, case.reading.mu[places])
    yield (
        "sharpness_x_hat",
        _ratio(sharpness(x_hat), sharpness(case.images.images(case.rows[places]))),
    )
    if not case.bundle.model.has_encoder:
        yield "n_searched", float(len(case.rows))


def elbo(case: Case) -> Iterator[Found]:
    """The evidence lower bound and its terms."""
    reason = why_no_posterior(case)
    if reason:
        for key in ("elbo_nats", "elbo_bits_per_dim", "log_likelihood_nats", "kl_nats"):
            yield key, reason
        return
    log_likelihood = float(case.reading.log_likelihood.mean(dtype=np.float64))
    kl = float(kl_per_dimension(case.reading.mu, case.reading.logvar).sum())
    yield "elbo_nats", log_likelihood - kl
    yield "elbo_bits_per_dim", bits_per_dim(log_likelihood - kl, math.prod(case.images.image_shape))
    yield "log_likelihood_nats", log_likelihood
    yield "kl_nats", kl


def nll(
    case: Case, n_samples: int, n_images: int, report: ReportProgress | None
) -> Iterator[Found]:
    """The negative log-likelihood, by importance sampling."""
    reason = why_no_nll(case)
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
    yield "nll_nats", float(nll.mean())
    yield (
        "nll_stderr",
        float(nll.std(ddof=1) / math.sqrt(len(nll))) if len(nll) > 1 else why("one_image"),
    )
    yield "nll_samples", float(n_samples)
    yield "nll_n_images", float(len(nll))


def latent_use(case: Case, report: ReportProgress | None) -> Iterator[Found]:
    """How codes use the latent space."""
    if not case.bundle.model.has_encoder:
        for key in ("active_units", "aggregate_kl_nats", "knn_accuracy"):
            yield key, why("no_encoder")
        return
    mu, logvar = case.reading.mu, case.reading.logvar
    yield "active_units", float(active_units(mu))
    chosen = evenly_spread(np.arange(len(mu)), _MOST_POSTERIORS)
    yield (
        "aggregate_kl_nats",
        why_no_posterior(case) or aggregate_kl(mu[chosen], logvar[chosen], seed=case.seed),
    )
    yield "knn_accuracy", _knn(case, report)


def samples(case: Case, report: ReportProgress | None) -> Iterator[Found]:
    """How good samples of the prior are."""
    rows = case.images.test_index
    if len(rows) < 2:
        for key in ("prior_share", "density", "coverage", "sharpness", "diversity"):
            yield key, why("few_images", least=2, count=len(rows))
        return
    mu, logvar = case.reading.mu, case.reading.logvar
    rng = np.random.default_rng(case.seed)
    z = rng.standard_normal((_N_PRIOR_SAMPLES, mu.shape[1]), dtype=np.float32)
    has_encoder = case.bundle.model.has_encoder
    active = active_dimensions(mu, logvar)
    yield "prior_share", prior_share(mu, z, active) if has_encoder else why("no_encoder")
    real = case.images.images(evenly_spread(rows, _MOST_PICTURES))
    sampled = decode(case.vae, z[: len(real)], report=report)
    support = density_and_coverage(*pixel_features(real, sampled, seed=case.seed))
    yield "density", support.density
    yield "coverage", support.coverage
    yield "sharpness", _ratio(sharpness(sampled), sharpness(real))
    few = evenly_spread(np.arange(len(real)), _MOST_DIVERSE)
    sampled_apart, real_apart = (
        float(diversity(torch.from_numpy(pictures[few]))) for pictures in (sampled, real)
    )
    yield "diversity", _ratio(sampled_apart, real_apart)


def factors(case: Case, report: ReportProgress | None) -> Iterator[Found]:
    """How codes relate to known factors; R² of each is under `factor_r2: NAME`."""
    keys = ("mig", "dci", "dci_completeness", "dci_informativeness", "factor_r2")
    places = evenly_spread(np.arange(len(case.rows)), _MOST_FACTOR_ITEMS)
    reason = why_no_factors(case)
    if reason or case.images.factors is None:
        for key in keys:
            yield key, reason
        return
    if report:
        report(0.0, say("scores.progress.factors"))
    factors, mu = case.images.factors[case.rows[places]], case.reading.mu[places]
    names, varies = np.array(case.images.factor_names), varying(factors)
    for name in names[~varies]:
        yield f"factor_r2: {name}", why("constant", name=name)
    factors, names = factors[:, varies], names[varies]
    yield "mig", float(mutual_information_gap(mu, factors).mean())
    is_angle = np.array([name.endswith(_ANGLE) for name in names])
    for name, share in zip(
        names, factor_r2(mu, factors, is_angle=is_angle, seed=case.seed), strict=True
    ):
        yield f"factor_r2: {name}", float(share)
    if len(names) < 2:
        for key in keys[1:4]:
            yield key, why("one_factor")
        return
    found = dci(mu, factors, seed=case.seed)
    yield "dci", found.disentanglement
    yield "dci_completeness", found.completeness
    yield "dci_informativeness", found.informativeness


def _knn(case: Case, report: ReportProgress | None) -> float | str:
    labels = case.images.labels
    if labels is None:
        return why("no_labels", name=case.images.name)
    near = evenly_spread(case.images.train_index, _MOST_NEIGHBOURS)
    if len(np.unique(labels[near])) < 2:
        return why("one_class")
    train_mu = read_means(case.vae, case.seen, near, report=report)
    return knn_accuracy(train_mu, labels[near], case.reading.mu, labels[case.rows])


def _ratio(sampled: float, real: float) -> float:
    return sampled / real if real > 0 else math.nan
