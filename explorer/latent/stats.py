"""Statistics of a set of codes: which dimensions carry information, and how close codes lie.

Knows nothing of networks, images or files, and imports no torch, so that a bundle opens without it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from explorer.errors import DataError, ShapeError

# Below this KL, in nats, a dimension is silent: its posterior is just the prior. Burda et al.
# (2016) call a unit active if the variance of mu over the data is above 0.01; as the KL is at least
# half of that variance, no dimension with a variance above 0.02 counts as silent.
SILENT_BELOW_NATS = 0.01

# The neighbour whose distance says whether a code is near data: far enough to average out one odd
# item, near enough to be local in a set of 500.
N_NEIGHBOURS = 10

_TELLS = 0.5  # share of a factor's variance from which a dimension is named after it
_CHUNK_BYTES = 32e6  # of distances held at a time; about the size of a cache


def kl_per_dimension(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Return the information in each dimension, a mean over items.

    This is KL(q(z_j|x) ‖ p(z_j)), which is 0 where the posterior is just the prior.

    Args:
        mu: Posterior means, shape (n, d), in prior standard deviations.
        logvar: Natural-log posterior variances, shape (n, d).

    Returns:
        KL of each dimension in nats, shape (d,), float64, never negative.

    Raises:
        ShapeError: The two are not matrices of one shape with at least one row.
        DataError: A value is not a finite number.

    Source:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, appendix B.
        https://arxiv.org/abs/1312.6114
    """
    return np.asarray(_kl(mu, logvar).mean(axis=0))


def kl_per_item(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Return the information in the code of each item: KL(q(z|x) ‖ p(z)) in nats, shape (n,).

    Arguments, errors and source are those of `kl_per_dimension`.
    """
    return np.asarray(_kl(mu, logvar).sum(axis=1))


def active_dimensions(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Return the dimensions that carry information, most informative first.

    Args:
        mu: Posterior means, shape (n, d), in prior standard deviations.
        logvar: Natural-log posterior variances, shape (n, d).

    Returns:
        Indices of the dimensions with a KL of at least 0.01 nats, by falling KL, shape (a,), int64;
        a is 0 if the posterior has collapsed. This is the order of the sliders.

    Raises:
        ShapeError: The two are not matrices of one shape with at least one row.
        DataError: A value is not a finite number.

    Source:
        Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016, section 5.2,
        for active units; the KL replaces their variance of mu, because it is also shown beside a
        slider. https://arxiv.org/abs/1509.00519
    """
    kl = kl_per_dimension(mu, logvar)
    order = np.argsort(-kl, kind="stable")
    return np.asarray(order[kl[order] >= SILENT_BELOW_NATS], dtype=np.int64)


def spacing(
    mu: np.ndarray, *, k: int = N_NEIGHBOURS, active: np.ndarray | None = None
) -> np.ndarray:
    """Return the distance of each code to its k-th nearest other code.

    These are the data's own leave-one-out distances. How unusual a new code is, is the share of
    them that are smaller than its own distance to its k-th nearest code.

    Args:
        mu: Codes, shape (n, d), in prior standard deviations.
        k: Which neighbour to measure to; 1 is the nearest. With k or fewer codes, it is the
            farthest one.
        active: Dimensions to measure over, shape (a,); None uses all. The decoder ignores silent
            ones.

    Returns:
        Euclidean distances, shape (n,), float32, in the order of the codes. All 0 if there is only
        one code or no active dimension.

    Raises:
        ShapeError: mu is not a matrix with at least one row, k is below 1, or a dimension does not
            exist.
        DataError: A value is not a finite number.
    """
    mu = checked_codes(mu)
    n, d = mu.shape
    if k < 1:
        raise ShapeError("latent.neighbour_number", k=k)
    active = np.arange(d) if active is None else np.asarray(active, dtype=np.int64)
    if active.size and not (0 <= active.min() and active.max() < d):
        number = active.max() if active.max() >= d else active.min()
        raise ShapeError("latent.dimension_asked_for", number=number, largest=d - 1)
    if n == 1 or not active.size:
        return np.zeros(n, dtype=np.float32)
    return _kth_distances(mu[:, active], min(k, n - 1))


def most_typical(*measures: np.ndarray) -> int:
    """Return the item whose worst rank is best: low in every measure, rather than lowest in one.

    Args:
        measures: One value per item, shape (n,) each, n at least 1; low values are typical.

    Returns:
        Row of the item; the first if there are several.
    """
    ranks = [np.argsort(np.argsort(values, kind="stable"), kind="stable") for values in measures]
    return int(np.max(ranks, axis=0).argmin())


def share_explained(points: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the R² of a linear fit of each quantity on the points.

    Args:
        points: Shape (n, m): codes, some of their dimensions, or positions on a map.
        values: Shape (n, k): quantities of the same items, such as known factors.

    Returns:
        R² of each, shape (k,), in [0, 1]; 0 for one that does not vary.
    """
    points, values = checked_codes(points), checked_codes(values)
    points, values = points - points.mean(axis=0), values - values.mean(axis=0)
    fit, *_ = np.linalg.lstsq(points, values, rcond=None)
    left, whole = np.square(values - points @ fit).sum(axis=0), np.square(values).sum(axis=0)
    return np.asarray(np.clip(1 - left / np.where(whole > 0, whole, np.inf), 0, 1) * (whole > 0))


def name_dimensions(
    mu: np.ndarray, factors: np.ndarray, factor_names: Sequence[str]
) -> dict[int, str]:
    """Name dimensions after the known factors that they predict.

    A factor names the one dimension that predicts it best, and only if that explains more than half
    of its variance, so that no slider has the name of something it hardly changes.

    Args:
        mu: Posterior means, shape (n, d).
        factors: Known factors of the same items, shape (n, k).
        factor_names: k names.

    Returns:
        Dimension to name, at most one name for each and one dimension for each name.
    """
    shares = np.array([share_explained(column[:, None], factors) for column in mu.T])  # (d, k)
    names: dict[int, str] = {}
    for factor in np.argsort(-shares.max(axis=0)):
        best = int(shares[:, factor].argmax())
        if shares[best, factor] > _TELLS and best not in names:
            names[best] = factor_names[factor]
    return names


def falling_dimensions(
    mu: np.ndarray, factors: np.ndarray, factor_of: Mapping[int, int]
) -> list[int]:
    """Return the dimensions along which their factor falls.

    Args:
        mu: Posterior means, shape (n, d).
        factors: Known factors of the same items, shape (n, k).
        factor_of: Dimension to the column of the factor it is named after.

    Returns:
        The dimensions with a negative correlation with their factor.
    """
    mu, factors = mu - mu.mean(axis=0), factors - factors.mean(axis=0)
    return [i for i, k in factor_of.items() if mu[:, i] @ factors[:, k] < 0]


def checked_codes(codes: np.ndarray) -> np.ndarray:
    """Return codes as float64, shape (n, d), after checking them.

    Raises:
        ShapeError: They are not a matrix with at least one row and one column.
        DataError: A value is not a finite number.
    """
    codes = np.asarray(codes)
    if codes.ndim != 2 or 0 in codes.shape or codes.dtype.kind not in "fiu":
        raise ShapeError("latent.codes_shape", shape=codes.shape, dtype=codes.dtype)
    codes = codes.astype(np.float64)
    bad = ~np.isfinite(codes)
    if bad.any():
        raise DataError(
            "latent.codes_not_finite",
            count=len(codes),
            n_bad=int(bad.any(axis=1).sum()),
            row=int(np.argmax(bad.any(axis=1))),
        )
    return codes


def _kl(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Return the KL of each item and dimension in nats, shape (n, d), never negative."""
    mu, logvar = checked_codes(mu), checked_codes(logvar)
    if mu.shape != logvar.shape:
        raise ShapeError("latent.shapes_differ", shape=mu.shape, of_logvar=logvar.shape)
    # For tiny logvar, exp(x) - 1 - x would cancel; expm1 does not.
    kl = 0.5 * (np.square(mu) + np.expm1(logvar) - logvar)
    return np.asarray(np.maximum(kl, 0.0))


def _kth_distances(points: np.ndarray, k: int) -> np.ndarray:
    """Return the distance of each point (n, a) to its k-th nearest other one, k < n."""
    # Centred float64 keeps |p|² + |q|² - 2pq exact to about 1e-8 of the data's own scale.
    points = points - points.mean(axis=0)
    squares = np.square(points).sum(axis=1)  # (n,)
    n_rows = max(1, int(_CHUNK_BYTES / points.itemsize / len(points)))
    farness = np.empty(len(points))
    for start in range(0, len(points), n_rows):
        rows = np.arange(start, min(start + n_rows, len(points)))
        # A point's own |p|² is the same for all neighbours, so it is added after choosing them.
        nearness = squares - 2.0 * points[rows] @ points.T  # (rows, n)
        nearness[np.arange(len(rows)), rows] = np.inf
        nearness.partition(k - 1, axis=1)
        farness[rows] = nearness[:, k - 1] + squares[rows]
    return np.asarray(np.sqrt(np.maximum(farness, 0.0)), dtype=np.float32)
