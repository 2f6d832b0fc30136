"""What is checked about a finished run, and by which thresholds.

The thresholds were chosen by training and measuring: healthy VAEs of digits, drawings and clothes,
VAEs with too much and too little weight on the KL, autoencoders, and models of 120 drawings.
"""

import math
from typing import get_args

import numpy as np

from explorer.bundle import ModelBundle
from explorer.config import TrainConfig
from explorer.latent.holes import judge_samples
from explorer.latent.stats import SILENT_BELOW_NATS, kl_per_dimension
from explorer.remedies import (
    against_overfitting,
    larger_code,
    less_pressure,
    longer,
    more_pressure,
    remedies_for,
    smaller_code,
)
from explorer.verdict.course import Course
from explorer.verdict.finding import Finding, Grade

_BLURRED = 0.5  # share of the images' variance that reconstructions must explain
_AS_MEAN = 0.02  # up to here they are no closer than the mean image
_FEW_IMAGES = 200  # to learn from; with fewer, more of them help most
# Share of prior samples in holes. Good VAEs lie below 0.1, digits with a learnt sigma at 0.3, an
# autoencoder at 0.3, a VAE of clothes whose KL counts for little at 0.4.
_SOME_HOLES, _HOLEY = 0.1, 0.25
_N_SAMPLES = 500
_FEWEST_CODES = 50  # with fewer, samples near codes cannot be distinguished from samples in holes
_NO_VARIANCE = 1e-12  # of a pixel value; rounding leaves less of images that are the same
_SILENT_VARIANCE = 0.01  # of mu, where there is no posterior


def judge(bundle: ModelBundle, course: Course) -> tuple[Finding, ...]:
    """Check a freshly trained model, and return the findings, problems first.

    What does not apply to its kind is not checked: reconstruction, collapse and holes need an
    encoder, the KL a posterior, overfitting a loss on held-out images.

    Args:
        bundle: The model, with codes of held-out images.
        course: How its run went.
    """
    config = bundle.settings()
    found = []
    if not config.is_adversarial:
        found.append(_divergence(config, course))
        if found[0].grade == "problem":  # all else would only be a symptom of it
            return tuple(found)
    elif course.adversarial:
        found.append(_balance(config, course))
    if course.n_learnt and course.learnt_variance < _NO_VARIANCE:
        return (_sameness(course),)  # on such images, no other check means anything
    if bundle.model.has_encoder:
        found += _of_encoder(bundle, course)
    if not math.isnan(course.best):
        found.append(_overfitting(config, course))
    order = get_args(Grade)
    return tuple(sorted(found, key=lambda finding: -order.index(finding.grade)))


def _divergence(config: TrainConfig, course: Course) -> Finding:
    """Check that the loss fell; a negative one is explained."""
    values = {"loss": course.loss, "first": course.first, "last": course.last}
    if course.last > course.first and not course.is_overfitting:
        remedy = next(iter(remedies_for("exploding", config)))
        return Finding(
            about="divergence", grade="problem", key="rising", values=values, remedy=remedy
        )
    is_negative = course.loss is not None and course.loss < 0
    key = "negative" if is_negative else "fine"
    return Finding(about="divergence", grade="fine", key=key, values=values)


def _sameness(course: Course) -> Finding:
    """Say that a model cannot be judged by images that are all the same."""
    key = "single" if course.n_learnt == 1 else "same"
    values = {"n_learnt": course.n_learnt}
    return Finding(about="reconstruction", grade="problem", key=key, values=values)


def _of_encoder(bundle: ModelBundle, course: Course) -> list[Finding]:
    """Check images, their codes and prior samples."""
    config, silent = bundle.settings(), _silent(bundle)
    share = _hole_share(bundle, silent)
    explained = _explained(bundle.scores["mse"], course.pixel_variance)
    is_blurred = explained < _BLURRED
    is_learning = course.best_step == course.last_step  # it still improved at the very end
    is_collapsed = len(silent) == bundle.model.latent_dim
    is_pressed = is_collapsed or (config.beta > 1 and not is_learning)
    found = [
        _reconstruction(bundle, course, explained, is_pressed=is_pressed),
        _collapse(config, silent),
    ]
    if not is_collapsed:
        n_codes = int(bundle.codes.of_images.sum())
        found.append(_holes(config, share, n_codes=n_codes, is_blurred=is_blurred))
    if bundle.model.has_posterior and (
        is_pressed or not is_blurred
    ):  # otherwise it has yet to learn
        found.append(_kl(bundle, share or 0.0, is_blurred=is_blurred, is_pressed=is_pressed))
    return found


def _reconstruction(
    bundle: ModelBundle, course: Course, explained: float, *, is_pressed: bool
) -> Finding:
    """Check how well held-out images are reconstructed, as a share of their variance."""
    values = {"psnr_db": bundle.scores["psnr_db"], "explained_share": explained}
    learnt = _explained(_learnt_error(bundle), course.learnt_variance)
    is_few = 0 < course.n_learnt < _FEW_IMAGES
    if is_few:
        counts = {"n_learnt": course.n_learnt, "n_held": course.n_held}
        values |= counts | {"learnt_share": learnt}
    if explained >= _BLURRED:
        return Finding(about="reconstruction", grade="fine", key="fine", values=values)
    config = bundle.settings()
    is_learning = course.best_step == course.last_step  # it still improved at the very end
    remedy = less_pressure(config) if is_pressed and bundle.model.has_posterior else None
    if course.is_overfitting:  # a larger code would overfit more
        remedy = next(iter(against_overfitting(config)), None)
    elif remedy is None:
        if is_learning or (is_few and learnt < _BLURRED):
            remedy = longer(config)
        elif is_few:  # without more images, less overfitting helps
            remedy = next(iter(against_overfitting(config)), None)
        else:
            remedy = larger_code(config)
    key = "few" if is_few else "blurred"
    if explained < _AS_MEAN:
        key += "_none" if is_few and learnt < _AS_MEAN else "_mean"
    return Finding(about="reconstruction", grade="problem", key=key, values=values, remedy=remedy)


def _explained(mse: float, variance: float) -> float:
    """Return the share of the variance that reconstructions explain, from 0 to 1."""
    return max(1 - mse / variance, 0.0) if variance > 0 else 1.0


def _learnt_error(bundle: ModelBundle) -> float:
    """Return the mean squared error of the training images that have a code on the map."""
    codes = bundle.codes
    learnt = codes.of_images & ~codes.held_out
    return float(codes.error[learnt].mean()) if learnt.any() else bundle.scores["mse"]


def _silent(bundle: ModelBundle) -> list[int]:
    """Return the dimensions that carry no information, counted from 0."""
    mu, logvar = _codes(bundle)
    if bundle.model.has_posterior:
        return [int(i) for i in np.flatnonzero(kl_per_dimension(mu, logvar) < SILENT_BELOW_NATS)]
    return [int(i) for i in np.flatnonzero(mu.var(axis=0) < _SILENT_VARIANCE)]


def _codes(bundle: ModelBundle) -> tuple[np.ndarray, np.ndarray]:
    of_images = bundle.codes.of_images
    return bundle.codes.mu[of_images], bundle.codes.logvar[of_images]


def _collapse(config: TrainConfig, silent: list[int]) -> Finding:
    d = config.latent_dim
    values = {
        "silent": [i + 1 for i in silent],
        "n_silent": len(silent),
        "active": d - len(silent),
        "d": d,
    }
    if not silent:
        return Finding(about="collapse", grade="fine", key="fine", values=values)
    if len(silent) == d:
        remedy = less_pressure(config)
        return Finding(about="collapse", grade="problem", key="whole", values=values, remedy=remedy)
    remedy = smaller_code(config, d - len(silent))
    return Finding(about="collapse", grade="note", key="some", values=values, remedy=remedy)


def _kl(bundle: ModelBundle, hole_share: float, *, is_blurred: bool, is_pressed: bool) -> Finding:
    """Check whether the KL term is too strong for the images, or too weak to avoid holes."""
    config = bundle.settings()
    values = {
        "kl_nats": float(kl_per_dimension(*_codes(bundle)).sum()),
        "beta": f"{config.beta:g}",
        "hole_share": hole_share,
    }
    if is_blurred and is_pressed:
        remedy = less_pressure(config)
        return Finding(about="kl", grade="problem", key="strong", values=values, remedy=remedy)
    if hole_share >= _HOLEY and not is_blurred:
        remedy = more_pressure(config)
        return Finding(about="kl", grade="problem", key="weak", values=values, remedy=remedy)
    return Finding(about="kl", grade="fine", key="fine", values=values)


def _hole_share(bundle: ModelBundle, silent: list[int]) -> float | None:
    """Return the share of prior samples that fall into holes; None with too few codes."""
    mu, logvar = _codes(bundle)
    active = np.setdiff1d(np.arange(mu.shape[1]), silent)
    if len(mu) < _FEWEST_CODES or not len(active):
        return None
    variance = np.exp(logvar) if bundle.model.has_posterior else None
    return judge_samples(mu, variance, n_samples=_N_SAMPLES, seed=0, active=active).hole_share


def _holes(config: TrainConfig, share: float | None, *, n_codes: int, is_blurred: bool) -> Finding:
    if share is None:
        return Finding(about="holes", grade="note", key="unknown", values={"n_codes": n_codes})
    values = {"hole_share": share, "near_share": 1 - share, "n_codes": n_codes}
    if share < _SOME_HOLES:
        return Finding(about="holes", grade="fine", key="fine", values=values)
    many, remedy = share >= _HOLEY, None if is_blurred else more_pressure(config)
    return Finding(
        about="holes",
        grade="problem" if many else "note",
        key="many" if many else "some",
        values=values,
        remedy=remedy,
    )


def _overfitting(config: TrainConfig, course: Course) -> Finding:
    values = {
        "best": course.best,
        "best_step": course.best_step,
        "last": course.last,
        "last_step": course.last_step,
    }
    if not course.is_overfitting:
        return Finding(about="overfitting", grade="fine", key="fine", values=values)
    remedy = next(iter(against_overfitting(config)), None)
    grade: Grade = "note" if course.keeps_best else "problem"
    key = "spared" if course.keeps_best else "learnt"
    return Finding(about="overfitting", grade=grade, key=key, values=values, remedy=remedy)


def _balance(config: TrainConfig, course: Course) -> Finding:
    values = {"diversity_share": course.diversity}
    if course.adversarial == "even":
        return Finding(about="adversarial", grade="fine", key="even", values=values)
    remedy = next(iter(remedies_for(course.adversarial, config)), None)
    key = course.adversarial.replace("-", "_")
    return Finding(about="adversarial", grade="problem", key=key, values=values, remedy=remedy)
