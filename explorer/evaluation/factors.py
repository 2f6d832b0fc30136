"""How well the dimensions of a latent space capture known factors, one each or together.

Knows nothing of networks or images. Every function takes factors that vary; see `varying`.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.kernel_ridge import KernelRidge
from threadpoolctl import threadpool_limits

N_BINS = 20

_N_TREES = 50
_LEAST_LEAF = 5  # items; smaller leaves learn noise, and give importance to dimensions without any
_TEST_EVERY = 5  # one item in five is held out
# How far predictions shrink to the mean: little for a factor that the code explains, so much for
# one that it does not explain that hardly anything is learnt from chance.
_RIDGES = (0.03, 1.0, 30.0)
_LEAST_SPREAD = 0.1  # of the widest dimension's: what varies less than that is not scaled up


@dataclass(frozen=True)
class Dci:
    """How dimensions and factors relate.

    Attributes:
        disentanglement: 1 if each dimension matters to one factor only, 0 if to all alike.
        completeness: 1 if one dimension alone matters to each factor, 0 if all do alike.
        informativeness: Share of a factor's variance that all dimensions explain on held-out items,
            mean over the factors; at most 1, below 0 where the mean explains more, NaN where no
            factor varies among the held-out items.
    """

    disentanglement: float
    completeness: float
    informativeness: float


def varying(factors: np.ndarray) -> np.ndarray:
    """Return which factors, of shape (n, k), take more than one value, shape (k,), bool."""
    return np.asarray((factors != factors[:1]).any(axis=0))


def mutual_information_gap(mu: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Return how far the most informative dimension of a factor is ahead of the next.

    Mutual information is counted in bins: 20 of equal width for each dimension, and for each factor
    of more than 20 values; others keep their values. Counting makes it too high by up to about
    180/n nats for n items, but for both dimensions alike, so most of that cancels in the gap.

    Args:
        mu: Posterior means, shape (n, d). A d of 1 has no next dimension, which counts as 0.
        factors: Shape (n, k), each of which varies.

    Returns:
        Gap in shares of the factor's entropy, shape (k,), in [0, 1].

    Source:
        Chen, Li, Grosse and Duvenaud, "Isolating Sources of Disentanglement in VAEs", 2018,
        section 4. https://arxiv.org/abs/1802.04942
    """
    coordinates = [_binned(column) for column in mu.T]
    gaps = np.empty(factors.shape[1])
    for i, factor in enumerate(factors.T):
        values, classes = np.unique(factor, return_inverse=True)
        classes = classes if len(values) <= N_BINS else _binned(factor)
        shared = [0.0, *(_mutual_information(bins, classes) for bins in coordinates)]
        second, first = np.sort(shared)[-2:]
        gaps[i] = (first - second) / _mutual_information(classes, classes)
    return gaps


def dci(mu: np.ndarray, factors: np.ndarray, *, seed: int) -> Dci:
    """Measure disentanglement, completeness and informativeness by a forest for each factor.

    A dimension matters to a factor as much as splits on it reduce the factor's variance in 50
    extremely randomised trees. All factors count as numbers, even those that stand for a class.

    Args:
        mu: Posterior means, shape (n, d), n >= 5.
        factors: Shape (n, k), each of which varies.
        seed: Seed of the trees and of which fifth of the items is held out.

    Source:
        Eastwood and Williams, "A Framework for the Quantitative Evaluation of Disentangled
        Representations", 2018. https://openreview.net/forum?id=By-7dz-AZ
    """
    learn, held_out = _split(len(mu), seed)
    importance = np.empty((mu.shape[1], factors.shape[1]))
    shares = np.empty(factors.shape[1])
    for i, factor in enumerate(factors.T):
        forest = ExtraTreesRegressor(_N_TREES, min_samples_leaf=_LEAST_LEAF, random_state=seed)
        forest.fit(mu[learn], factor[learn])
        importance[:, i] = forest.feature_importances_
        found = forest.predict(mu[held_out])
        shares[i] = _r2(factor[held_out, None], found[:, None], factor[learn, None].mean(axis=0))
    known = shares[np.isfinite(shares)]
    informativeness = float(known.mean()) if len(known) else float("nan")
    return Dci(disentanglement(importance), completeness(importance), informativeness)


def disentanglement(importance: np.ndarray) -> float:
    """Return D, given how much each of d dimensions matters to each of k factors.

    Args:
        importance: Shape (d, k), not negative.

    Returns:
        In [0, 1]: 1 minus the entropy, in units of log k, of what a dimension matters to, a mean
        weighted by how much each dimension matters; 0 if none does.

    Source:
        Eastwood and Williams, 2018, section 2. https://openreview.net/forum?id=By-7dz-AZ
    """
    weights = importance.sum(axis=1)
    if not weights.any():
        return 0.0
    return float(np.average(_peakedness(importance), weights=weights))


def completeness(importance: np.ndarray) -> float:
    """Return C, which is D with dimensions and factors exchanged."""
    return disentanglement(importance.T)


def factor_r2(
    mu: np.ndarray, factors: np.ndarray, *, is_angle: np.ndarray, seed: int
) -> np.ndarray:
    """Return how much of each factor all dimensions together explain on held-out items.

    Kernel ridge regression with a Gaussian kernel on mu learns from four fifths of the items; a
    fifth of these choose the strength of the ridge for each factor. Dimensions are scaled to unit
    variance, except those that hardly vary. It finds curved relations and those spread over
    dimensions, so unlike `mutual_information_gap` it does not depend on a rotation.

    Args:
        mu: Posterior means, shape (n, d), n >= 5.
        factors: Shape (n, k), each of which varies.
        is_angle: Which of them are angles in degrees, shape (k,), bool. Those are predicted by
            their cosine and sine, since 359 is next to 0.
        seed: Seed of which fifth of the items is held out.

    Returns:
        Share of the variance explained, shape (k,), at most 1; below 0 where the mean of the other
        items explains more; NaN where the held-out items all equal that mean.

    Source:
        Murphy, "Machine Learning: A Probabilistic Perspective", 2012, section 14.4.3.
        https://scikit-learn.org/stable/modules/kernel_ridge.html
    """
    learn, held_out = _split(len(mu), seed)
    spread = mu[learn].std(axis=0, dtype=np.float64)
    spread = np.maximum(spread, max(_LEAST_SPREAD * spread.max(), 1e-12))
    codes = (mu - mu[learn].mean(axis=0)) / spread
    targets = [
        _on_circle(factor) if angle else factor[:, None].astype(np.float64)
        for factor, angle in zip(factors.T, is_angle, strict=True)
    ]
    try_on, judge_by = (learn[part] for part in _split(len(learn), seed))
    tried = [_ridge_r2(codes, targets, try_on, judge_by, ridge) for ridge in _RIDGES]
    best = np.argmax(np.nan_to_num(tried, nan=-np.inf), axis=0)  # (k,)
    shares = [
        _ridge_r2(codes, targets, learn, held_out, ridge) if i in best else tried[i]
        for i, ridge in enumerate(_RIDGES)
    ]
    return np.asarray(np.choose(best, shares))


def _ridge_r2(
    codes: np.ndarray,
    targets: list[np.ndarray],
    learn: np.ndarray,
    held_out: np.ndarray,
    ridge: float,
) -> np.ndarray:
    """Learn all targets, each (n, t) with its own t, and return the R² of each, (k,)."""
    columns = np.hstack(targets)
    mean = columns[learn].mean(axis=0)
    scale = np.maximum(columns[learn].std(axis=0), 1e-12)
    model = KernelRidge(alpha=ridge, kernel="rbf")
    with threadpool_limits(1):  # two threads take 40 times as long while a run trains
        model.fit(codes[learn], (columns[learn] - mean) / scale)
    found = model.predict(codes[held_out]) * scale + mean
    ends = np.cumsum([target.shape[1] for target in targets])[:-1]
    parts = (np.split(values, ends, axis=-1) for values in (columns[held_out], found, mean))
    return np.array([_r2(*part) for part in zip(*parts, strict=True)])


def _split(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to learn from and rows to hold out, about a fifth and at least one."""
    order = np.random.default_rng(seed).permutation(n)
    n_held_out = max(n // _TEST_EVERY, 1)
    return order[n_held_out:], order[:n_held_out]


def _r2(true: np.ndarray, found: np.ndarray, mean: np.ndarray) -> float:
    """Return the share of the variance about `mean` (t,) that is explained, of values (m, t)."""
    whole = np.square(true - mean).sum()
    return float(1 - np.square(true - found).sum() / whole) if whole > 0 else float("nan")


def _on_circle(degrees: np.ndarray) -> np.ndarray:
    radians = np.radians(degrees.astype(np.float64))
    return np.column_stack([np.cos(radians), np.sin(radians)])


def _binned(column: np.ndarray) -> np.ndarray:
    """Return in which of 20 bins of equal width each value of (n,) lies."""
    edges = np.linspace(column.min(), column.max(), N_BINS + 1)
    return np.asarray(np.digitize(column, edges[1:-1]))


def _mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    """Return the mutual information of two lists of classes, (n,) each, in nats.

    The mutual information of a list with itself is its entropy.
    """
    joint = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(joint, (a, b), 1 / len(a))
    apart = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    seen = joint > 0
    return float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())


def _peakedness(importance: np.ndarray) -> np.ndarray:
    """Return 1 minus the entropy of each row, in units of that of an even row, shape (rows,)."""
    n = importance.shape[1]
    if n == 1:
        return np.ones(len(importance))
    shares = importance / np.maximum(importance.sum(axis=1, keepdims=True), 1e-300)
    entropy = -(shares * np.log(np.where(shares > 0, shares, 1))).sum(axis=1)
    return np.asarray(1 - entropy / np.log(n))
