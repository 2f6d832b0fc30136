"""Compares several models: which can be compared, and which has the better score.

Knows nothing of where models lie, of screens, or of how scores were measured.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from explorer.bundle import BundleSummary, ModelBundle
from explorer.bundle.measures import in_order, value_of

Model = BundleSummary | ModelBundle
Caution = Literal[
    "data", "likelihood", "binarize", "latent_dim", "encoder", "close", "neither", "real"
]

MOST = 4  # models side by side

# Whether more is better, or less.
_BETTER: Mapping[str, Literal["high", "low"]] = {
    **dict.fromkeys(("mse", "elbo_bits_per_dim", "nll_nats", "aggregate_kl_nats"), "low"),
    **dict.fromkeys(("psnr_db", "ssim", "elbo_nats", "log_likelihood_nats"), "high"),
    **dict.fromkeys(("knn_accuracy", "prior_share", "coverage"), "high"),
    **dict.fromkeys(("mig", "dci", "dci_completeness", "dci_informativeness"), "high"),
}
# Real images score 1 by definition. A model can come close to 1 with pictures that look nothing
# like them: ragged edges count as fine detail, and crowded samples as dense.
_LIKE_REAL = ("sharpness_x_hat", "sharpness", "diversity", "density")
_OF_LIKELIHOOD = ("elbo_nats", "elbo_bits_per_dim", "log_likelihood_nats", "nll_nats")
# Measured on the original images even if a model reads binarised ones.
_OF_SAMPLES = ("density", "coverage", "sharpness", "diversity")
_OF_CODE_SIZE = ("aggregate_kl_nats", "prior_share")
_OF_ENCODER = (
    *("mse", "psnr_db", "ssim", "sharpness_x_hat"),
    *("knn_accuracy", "aggregate_kl_nats", "prior_share"),
)
_TOLD_WITH_OTHERS = ("nll_stderr",)  # shown beside the number whose error it is
# The scores that distinguish models of one kind, most informative first.
_TELLING = ("mse", "coverage", "mig")
_CLOSE_STDERR = 2.0  # standard errors, within which a difference may be chance


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One measure of several models.

    Attributes:
        key: The measure.
        values: Its value for each model; None if not measured.
        best: Positions of the best values; empty if none is better.
        caution: Why the values do not compare; None if they do. With `encoder`, those of models
            with an encoder compare, and one of them may be best. With `real`, values should be
            close to the 1 of real images, which only looking can judge.
    """

    key: str
    values: tuple[float | None, ...]
    best: tuple[int, ...]
    caution: Caution | None


def picture_key(model: Model) -> tuple[object, ...]:
    """Return a key that two models share if rows of their data sets are the same images.

    If the training settings are unknown, it is the fingerprint of the images.
    """
    config = model.config
    if config is None:
        return (model.data.fingerprint or model.name,)
    return config.data, config.image_size, config.n_images, config.colours, config.fit


def of_one_shape(
    models: Iterable[BundleSummary],
) -> dict[tuple[int, int, int], list[BundleSummary]]:
    """Return the models that can be shown side by side: image shape to models, in their order."""
    groups: dict[tuple[int, int, int], list[BundleSummary]] = {}
    for model in models:
        groups.setdefault(model.data.image_shape, []).append(model)
    return groups


def first_choice(models: Sequence[BundleSummary]) -> list[BundleSummary]:
    """Choose what to compare by default: at most four models of the same images.

    Of the data sets with more than one model, it is the one with the most kinds of models, then the
    most models; each kind comes once before any comes again.

    Returns:
        Two to four models; if no two have the same images, models with the same image shape; fewer
        than two if there are none.
    """
    for key in (picture_key, _shape):
        groups: dict[object, list[BundleSummary]] = {}
        for model in models:
            groups.setdefault((key(model), _shape(model)), []).append(model)
        several = [group for group in groups.values() if len(group) > 1]
        if several:
            group = max(several, key=lambda g: (len({m.kind for m in g}), len(g)))
            return _varied(group)
    return list(models[:1])


def compare_scores(models: Sequence[Model]) -> list[Compared]:
    """Compare the scores of models.

    Args:
        models: At least one.

    Returns:
        Each measure that at least one of them has, in the order in which measures are shown; those
        without words are left out.
    """
    scored = {key: 0.0 for model in models for key in model.scores}
    keys = [key for key in in_order(scored) if key not in _TOLD_WITH_OTHERS]
    return [_compared(key, models) for key in keys]


@dataclass(frozen=True)
class Standing:
    """The measure by which a model is the best or the worst of several.

    Attributes:
        key: A measure; or `smaller` or `larger` for the size of its code.
        value: Value of the model.
        other: Value of the next best, if it is the best; of the best, if it is the worst. For a
            size, the one at the other end.
    """

    key: str
    value: float
    other: float


def standings(models: Sequence[Model], i: int) -> tuple[Standing | None, Standing | None]:
    """Return the measure by which one model is the best of several, and the one by which the worst.

    Each is the most informative measure that compares, or else the size of the code; None if
    neither distinguishes the models.
    """
    rows = {row.key: row for row in compare_scores(models)}
    best = worst = None
    for key in _TELLING:
        values = _comparable(rows.get(key))
        if len(values) < len(models):
            continue
        mine, others = values[i], [value for j, value in enumerate(values) if j != i]
        standing = Standing(key, abs(mine), abs(max(others)))
        if mine > max(others):
            best = best or standing
        if mine < min(others):
            worst = worst or standing
    by_size = _by_size([model.model.latent_dim for model in models], i)
    return best or by_size, worst or by_size


def _comparable(row: Compared | None) -> list[float]:
    """Return the values of a measure, negative where less is better; empty if none is better."""
    if row is None or not row.best:
        return []
    sign = 1.0 if _BETTER[row.key] == "high" else -1.0
    return [sign * value for value in row.values if value is not None]


def _by_size(sizes: Sequence[int], i: int) -> Standing | None:
    least, most = min(sizes), max(sizes)
    if sizes[i] not in (least, most) or sizes.count(sizes[i]) > 1:
        return None
    is_larger = sizes[i] == most
    return Standing("larger" if is_larger else "smaller", sizes[i], least if is_larger else most)


def _compared(key: str, models: Sequence[Model]) -> Compared:
    values = tuple(model.scores.get(key) for model in models)
    measured = [i for i, value in enumerate(values) if value is not None]
    caution = _caution(key, [models[i] for i in measured])
    candidates = measured if caution is None else []
    if caution == "encoder" and key in _BETTER:
        candidates = [i for i in measured if models[i].model.has_encoder]
    best = _best(key, {i: value for i in candidates if (value := values[i]) is not None})
    return Compared(key=key, values=values, best=best, caution=caution)


def _caution(key: str, models: Sequence[Model]) -> Caution | None:
    """Return why a measure of these models does not compare; the most serious reason wins."""
    if len(models) < 2:
        return None
    encoders = [model.model.has_encoder for model in models]
    if len({picture_key(model) for model in models}) > 1:
        return "data"
    if key not in _BETTER and key not in _LIKE_REAL:
        return "neither"
    if key in _OF_LIKELIHOOD and len({_likelihood(model) for model in models}) > 1:
        return "binarize" if _differ_in_binarize_alone(models) else "likelihood"
    if key not in _OF_SAMPLES and len({model.model.binarize for model in models}) > 1:
        return "binarize"
    if key in _OF_ENCODER and any(encoders) and not all(encoders):
        return "encoder"
    if key in _OF_CODE_SIZE and len({model.model.latent_dim for model in models}) > 1:
        return "latent_dim"
    if key in _LIKE_REAL:
        return "real"
    return "close" if key == "nll_nats" and _is_close(models) else None


def _best(key: str, values: Mapping[int, float]) -> tuple[int, ...]:
    """Return the positions of the best value, as shown; none if all are equal."""
    if len(values) < 2:
        return ()

    def worth(value: float) -> float:
        return value if _BETTER[key] == "high" else -value

    top = max(values.values(), key=worth)
    best = tuple(
        i
        for i, value in values.items()
        if worth(value) == worth(top) or value_of(key, value) == value_of(key, top)
    )
    return best if len(best) < len(values) else ()


def _is_close(models: Sequence[Model]) -> bool:
    """Whether the difference of the two lowest NLLs may be chance."""
    first, second = sorted(models, key=lambda model: model.scores["nll_nats"])[:2]
    gap = second.scores["nll_nats"] - first.scores["nll_nats"]
    squares = [model.scores.get("nll_stderr", 0.0) ** 2 for model in (first, second)]
    return bool(gap < _CLOSE_STDERR * sum(squares) ** 0.5)


def _differ_in_binarize_alone(models: Sequence[Model]) -> bool:
    return len({model.model.likelihood for model in models}) == 1


def _likelihood(model: Model) -> tuple[str, str]:
    """Return the unit of likelihoods: probabilities of black and white, or densities of greys."""
    spec = model.model
    return ("bernoulli", spec.binarize) if spec.likelihood == "bernoulli" else ("density", "")


def _varied(group: Sequence[BundleSummary]) -> list[BundleSummary]:
    """Return at most four of a group, in their order.

    Each kind comes once before any comes again, and of the kinds, each family once.
    """
    kinds = _turns([model.kind for model in group])
    sorts = _turns([_sort(model) for model in group])
    chosen = sorted(range(len(group)), key=lambda i: (kinds[i], sorts[i], i))[:MOST]
    return [group[i] for i in sorted(chosen)]


def _sort(model: BundleSummary) -> str:
    """Return what a model is: a generator, adversarial with an encoder, a VAE or an autoencoder."""
    if not model.model.has_encoder:
        return "generator"
    if model.of_kind and model.of_kind.is_adversarial:
        return "hybrid"
    return "vae" if model.model.has_posterior else "autoencoder"


def _turns(names: Sequence[str]) -> list[int]:
    """Return for each name how many equal ones come before it."""
    return [names[:i].count(name) for i, name in enumerate(names)]


def _shape(model: BundleSummary) -> tuple[int, int, int]:
    return model.data.image_shape
