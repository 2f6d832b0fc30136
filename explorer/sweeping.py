"""Sweeps over the size of the code and over beta: the runs, their results, and which to choose.

Knows nothing of how models are trained, where they lie, or of screens.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from explorer import presets
from explorer.bundle import BundleSummary
from explorer.config import TrainConfig
from explorer.errors import ConfigError
from explorer.models.spec import ImageShape
from explorer.words import decimal, say

Measure = Literal["elbo_nats", "mse"]
Varied = Literal["size", "beta", "both"]  # what differs between the trials of a sweep

COMMON_DIMS = (2, 4, 8, 16, 32, 64, 128)  # each twice the one before
_USUAL_DIMS = 5
_LEAST_PIXELS = 2  # pixel values for each dimension; with fewer, a code hardly compresses
_MOST_TRIALS = 60
_MOST_COMPARED = 4  # models beside each other
_BESIDE_S = 6.0  # of each run, besides training: start, scores, map of the codes

# A gain in the ELBO too small to justify more dimensions: this share of the difference between the
# worst and the best trial, or half a nat, which is about the effect of another seed.
_GAIN_SHARE, _LEAST_GAP_NATS = 0.02, 0.5
_MSE_SHARE = 0.05  # of the best mse: 0.2 dB, which nobody can see


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One run of a sweep and its scores on held-out images; None where not measured.

    Attributes:
        latent_dim: d.
        beta: Weight of the KL term in training.
        bundle: Name of the model made.
        elbo_nats: Log-likelihood minus KL, per image. The KL has weight 1 whatever beta was, so
            values compare across beta: each bounds log p(x) for its model.
        log_likelihood_nats: Of the images given their codes.
        kl_nats: The rate: the information about an image in its code.
        mse: Mean squared error per pixel value.
        psnr_db: Of that error, white being 1.
        active_units: How many dimensions vary over the images.
    """

    latent_dim: int
    beta: float = 1.0
    bundle: str = ""
    elbo_nats: float | None = None
    log_likelihood_nats: float | None = None
    kl_nats: float | None = None
    mse: float | None = None
    psnr_db: float | None = None
    active_units: int | None = None

    @classmethod
    def of(cls, model: BundleSummary) -> "Trial":
        """Return the trial that made a model."""
        names = ("elbo_nats", "log_likelihood_nats", "kl_nats", "mse", "psnr_db", "active_units")
        scores = {name: model.scores[name] for name in names if name in model.scores}
        if "active_units" in scores:
            scores["active_units"] = round(scores["active_units"])
        d, beta = model.model.latent_dim, model.settings().beta
        return cls(latent_dim=d, beta=beta, bundle=model.name, **scores)  # type: ignore[arg-type]

    @property
    def distortion_nats(self) -> float | None:
        """The information missing from the code: minus the log-likelihood, per image."""
        return None if self.log_likelihood_nats is None else -self.log_likelihood_nats

    @property
    def has_silent(self) -> bool:
        """Whether some dimensions are known to carry no information."""
        return self.active_units is not None and self.active_units < self.latent_dim


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The trial to choose, and the reasons.

    Attributes:
        trial: Of the trials whose measure is within the tolerance of the best, the one with the
            smallest code; if only beta was varied, the one with the largest beta.
        best: The trial with the best measure; it may be the same.
        measure: What they are compared by: the ELBO, or the mse if there is none.
        varied: What differs between the trials.
        tolerance: Largest difference to the best that does not count, in units of the measure.
        n_trials: How many were compared.
        silent_from: Of the trials with its beta and at least its size, the first from which on all
            have silent dimensions.
        could_grow: Whether it is the largest of several codes and uses every dimension.
        at_end: Whether the best has the lowest or the highest beta, if only beta was varied.
        larger_worse: Whether a larger code with that beta is worse by more than the tolerance.
            A model learns to ignore dimensions that it does not need, so such a run was too short,
            or overfitted.
    """

    trial: Trial
    best: Trial
    measure: Measure
    tolerance: float
    n_trials: int
    varied: Varied = "size"
    silent_from: Trial | None = None
    could_grow: bool = False
    at_end: Literal["", "lowest", "highest"] = ""
    larger_worse: bool = False


def grid(
    config: TrainConfig, latent_dims: Iterable[int], betas: Iterable[float] = ()
) -> list[TrainConfig]:
    """Return the settings of each trial, small codes first.

    A beta other than 1 makes a VAE a beta-VAE, and a beta of 1 makes that a plain VAE.

    Args:
        config: Settings that all have in common.
        latent_dims: Sizes of the code, d.
        betas: Weights of the KL term; empty for only that of `config`.

    Raises:
        ConfigError: No size is given, there are too many trials, one of them cannot work, or the
            kind has no encoder, without which sizes cannot be compared.
    """
    if not config.has_encoder:
        raise ConfigError("sweeping.no_encoder", kind=config.kind)
    dims, weights = sorted(set(latent_dims)), sorted(set(betas)) or [config.beta]
    if not 1 <= len(dims) * len(weights) <= _MOST_TRIALS:
        raise ConfigError(
            "sweeping.too_many_trials", count=len(dims) * len(weights), most_trials=_MOST_TRIALS
        )
    return [
        config.changed(latent_dim=d, beta=beta, kind=config.of_kind.at_beta(beta))
        for d in dims
        for beta in weights
    ]


def sensible_dims(image_shape: ImageShape) -> tuple[int, ...]:
    """Return sizes of the code worth trying on images (c, h, w): far fewer than pixel values."""
    most = max(math.prod(image_shape) // _LEAST_PIXELS, COMMON_DIMS[0])
    return tuple(d for d in COMMON_DIMS if d <= most)


def usual_dims(image_shape: ImageShape) -> tuple[int, ...]:
    """Return the sizes to begin with."""
    return sensible_dims(image_shape)[:_USUAL_DIMS]


def estimated_s(
    configs: Sequence[TrainConfig], image_shape: ImageShape, n_images: int, *, at_once: int
) -> float:
    """Estimate how long a sweep takes on this machine, in seconds, to within a factor of two.

    Args:
        configs: Settings of each run; the size of the code hardly matters for the time.
        image_shape: (c, h, w).
        n_images: How many images there are.
        at_once: How many runs work at once.

    Raises:
        ShapeError: Images of this shape are not supported.
    """
    each_s = presets.estimated_s(configs[-1], image_shape, n_images) + _BESIDE_S
    return each_s * len(configs) / min(at_once, len(configs))


def trial_name(name: str, config: TrainConfig, *, with_beta: bool) -> str:
    """Return the name of one trial's model, such as `digits-d8` or `digits-d8-beta4`."""
    return f"{name}-d{config.latent_dim}" + (f"-beta{config.beta:g}" if with_beta else "")


def varied(settings: Iterable[TrainConfig | Trial]) -> Varied:
    """Return what differs between settings; for a single one, the size."""
    points = [(each.latent_dim, each.beta) for each in settings]
    n_dims, n_betas = (len(set(values)) for values in zip(*points, strict=True))
    if n_betas == 1:
        return "size"
    return "beta" if n_dims == 1 else "both"


def recommend(trials: Sequence[Trial], what: Varied | None = None) -> Recommendation | None:
    """Choose the simplest model that is about as good as the best; None if none has a score.

    Models are compared by the ELBO on held-out images. It rises with d until the data need no more
    dimensions and then falls slightly, so the smallest code within a tolerance of the best is
    chosen, and of several betas at that size the best. If only beta was varied, the largest within
    the tolerance is chosen, because it gives the simplest codes. Autoencoders have no ELBO and are
    compared by the mse, which almost always prefers more dimensions.

    Args:
        trials: Those that have finished.
        what: What the whole sweep varies, as some trials may be missing; by default what differs
            between these.
    """
    measure: Measure = "mse" if all(trial.elbo_nats is None for trial in trials) else "elbo_nats"
    badness = {
        trial: value if measure == "mse" else -value
        for trial in trials
        if (value := cast(float | None, getattr(trial, measure))) is not None
    }
    if not badness:
        return None
    best = min(badness, key=lambda trial: (badness[trial], trial.latent_dim))
    gain = max(badness.values()) - badness[best]
    tolerance = max(_GAIN_SHARE * gain, _LEAST_GAP_NATS)
    if measure == "mse":
        tolerance = _MSE_SHARE * badness[best]
    what = what or varied(badness)
    enough = [trial for trial, bad in badness.items() if bad <= badness[best] + tolerance]
    chosen = min(
        enough, key=lambda t: (t.latent_dim, -t.beta if what == "beta" else badness[t], badness[t])
    )
    alike = sorted(
        (trial for trial in badness if trial.beta == chosen.beta), key=lambda t: t.latent_dim
    )
    upwards = alike[alike.index(chosen) :]
    return Recommendation(
        trial=chosen,
        best=best,
        measure=measure,
        tolerance=tolerance,
        n_trials=len(badness),
        varied=what,
        silent_from=_silent_from(upwards),
        could_grow=len(alike) > 1 and len(upwards) == 1 and not chosen.has_silent,
        larger_worse=any(badness[trial] > badness[chosen] + tolerance for trial in upwards),
        at_end=_end_of([trial.beta for trial in badness], best.beta) if what == "beta" else "",
    )


def comparable(trials: Sequence[Trial], chosen: Trial) -> list[Trial]:
    """Return at most four trials to compare: the chosen one and those nearest to it in the grid.

    Args:
        trials: Those of a sweep that have finished.
        chosen: One of them.
    """
    dims, betas = (sorted({point[i] for point in map(_point, trials)}) for i in (0, 1))

    def steps_away(trial: Trial) -> tuple[int, int]:
        along = abs(dims.index(trial.latent_dim) - dims.index(chosen.latent_dim))
        return along + abs(betas.index(trial.beta) - betas.index(chosen.beta)), along

    nearest = sorted(trials, key=steps_away)[:_MOST_COMPARED]
    return sorted(nearest, key=_point)


def reasons(found: Recommendation) -> list[str]:
    """Return a few sentences: first the reason for the choice, then anything else worth knowing."""
    chosen, silent = found.trial, found.silent_from
    because = "only" if found.n_trials == 1 else "best" if chosen == found.best else "enough"
    of = "" if found.n_trials == 1 or found.varied == "size" else f"_{found.varied}"
    said = [f"because_{because}{of}_{found.measure}"]
    if chosen.active_units == 0:
        said.append("note_collapsed")
    elif found.varied == "beta":
        said += [f"note_{found.at_end}"] if found.at_end else []
    elif found.larger_worse:
        said.append("note_worse")
    elif silent is not None:
        said.append("note_silent")
    elif found.could_grow:
        said.append("note_grow")
    if found.measure == "mse":
        said.append("note_mse")
    elif found.varied != "size":
        said.append("note_beta")
    gaps = {
        "d": chosen.latent_dim,
        "best_d": found.best.latent_dim,
        "best_beta": f"{found.best.beta:g}",
        "value": _in_words(chosen, found.measure),
        "best_value": _in_words(found.best, found.measure),
        "tolerance": decimal(found.tolerance, 1),
        "silent_d": silent.latent_dim if silent else "",
        "active": silent.active_units if silent else "",
    }
    return [say(f"sweep.{key}", **gaps) for key in said]


def _silent_from(trials: Sequence[Trial]) -> Trial | None:
    """Return the first trial, in order of size, from which on all have silent dimensions."""
    found = None
    for trial in reversed(trials):
        if not trial.has_silent:
            break
        found = trial
    return found


def _point(trial: Trial) -> tuple[float, float]:
    return trial.latent_dim, trial.beta


def _end_of(values: Sequence[float], value: float) -> Literal["", "lowest", "highest"]:
    if value == max(values):
        return "highest"
    return "lowest" if value == min(values) else ""


def _in_words(trial: Trial, measure: Measure) -> str:
    value = cast(float, getattr(trial, measure))
    return decimal(value, 5 if measure == "mse" else 1)
