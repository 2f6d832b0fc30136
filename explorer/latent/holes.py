"""Prior holes: places where the prior expects codes, but there are none.

A decoder is trained on codes of images, but samples come from the prior. Where the two differ,
samples lie in places that the decoder never saw. `cover` looks at a plane, `judge_samples` at
single samples in the whole space. Knows nothing of networks, images or files, and imports no torch.
"""

from dataclasses import dataclass

import numpy as np

from explorer.errors import ShapeError
from explorer.latent.stats import N_NEIGHBOURS, checked_codes

REACH = 3.0  # prior standard deviations to either side: 99% of the prior on a plane
N_CELLS = 61  # cells across, a tenth of a standard deviation each
HOLE_BELOW = 0.2  # relative to the density that the prior expects; a lower one is a hole

_MOST_CODES = 2_000
_CHUNK_BYTES = 4e6  # of each of some arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover:
    """How well codes cover the prior on a plane.

    Attributes:
        ratio: Aggregate posterior over prior in each cell, both with the same blur, shape (g, g);
            row 0 is the lowest, column 0 the leftmost. 1 is as dense as the prior expects.
        centre: Position of the prior's mean on the plane, shape (2,); cells reach 3 prior standard
            deviations to either side of it.
        blur: Standard deviation of the blur, in prior standard deviations.
    """

    ratio: np.ndarray
    centre: np.ndarray
    blur: float


@dataclass(frozen=True, kw_only=True, eq=False)
class PriorSamples:
    """Prior samples, and how dense codes of images are around them.

    Attributes:
        z: The samples, shape (m, d).
        ratio: Aggregate posterior over prior at each, estimated in all active dimensions, (m,).
        deepest: Row of the sample with the lowest ratio.
    """

    z: np.ndarray
    ratio: np.ndarray
    deepest: int

    @property
    def hole_share(self) -> float:
        """Share of samples in holes, where codes are less than a fifth as dense as expected."""
        return float((self.ratio < HOLE_BELOW).mean())


def cover(mu: np.ndarray, variance: np.ndarray | None, mean: np.ndarray, axes: np.ndarray) -> Cover:
    """Compare the aggregate posterior with the prior N(0, I) on a plane.

    On the plane, the aggregate posterior is the even mixture of the projected q(z|x), or of points
    for a model without posteriors, and the prior is a normal distribution. Both are blurred by the
    same round Gaussian before division, so that codes sampled from the prior give a ratio of about
    1 everywhere. Its width is that of Scott's rule for n prior samples, n ** (-1/6), below which
    holes cannot be distinguished from chance. A hole on a plane is a hole in the whole space; there
    may be others that no plane shows.

    Args:
        mu: Codes of images, shape (n, d), in prior standard deviations; of more than 2,000, evenly
            spread ones are used.
        variance: Posterior variances, shape (n, d); None without a posterior.
        mean: The origin of the plane, shape (d,).
        axes: Orthonormal directions that span it, shape (m, d), m of 1 or 2; with one, all codes
            lie on a line.

    Raises:
        ShapeError: The arrays do not fit together.
        DataError: A value is not a finite number.

    Source:
        Rosca, Lakshminarayanan and Mohamed, "Distribution Matching in Variational Inference",
        2018, for prior holes. https://arxiv.org/abs/1802.06847
        Scott, "Multivariate Density Estimation", 1992, section 6.2, for the width.
    """
    mu, axes = checked_codes(mu), checked_codes(axes)
    _check_shapes(mu, variance, mean, axes)
    rows = _some_rows(len(mu))
    flat = np.zeros((2, mu.shape[1]))
    flat[: len(axes)] = axes
    blur = float(len(rows) ** (-1 / 6))
    round_ = blur**2 * np.eye(2)
    centre = -flat @ mean
    steps = np.linspace(-REACH, REACH, N_CELLS)
    places = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) + centre  # (g * g, 2)
    spread = np.zeros((len(rows), 2, 2))
    if variance is not None:
        spread = np.einsum("ad,nd,bd->nab", flat, variance[rows], flat)
    q = _mixture(places, (mu[rows] - mean) @ flat.T, spread + round_)
    p = _mixture(places, centre[None], (flat @ flat.T + round_)[None])
    return Cover(ratio=(q / p).reshape(N_CELLS, N_CELLS), centre=centre, blur=blur)


def judge_samples(
    mu: np.ndarray,
    variance: np.ndarray | None,
    *,
    n_samples: int,
    seed: int,
    active: np.ndarray | None = None,
) -> PriorSamples:
    """Sample the prior, and estimate how dense codes are around each sample.

    One code is sampled from the posterior of each image, and as many reference codes from the
    prior. If the k-th nearest of the former is r times as far from a sample as that of the latter,
    codes are about r ** a times less dense there than the prior expects, in a dimensions. The
    estimate is rough, to within about a half, in any number of dimensions.

    Args:
        mu: Codes of images, shape (n, d), in prior standard deviations; of more than 2,000, evenly
            spread ones are used.
        variance: Posterior variances, shape (n, d); None without a posterior.
        n_samples: Number of samples, m; the same seed gives the same ones for all models with this
            d.
        seed: Seed of the samples.
        active: Dimensions to measure over, shape (a,); None uses all. Silent ones follow the prior
            anyway.

    Raises:
        ShapeError: The arrays do not fit together.
        DataError: A value is not a finite number.

    Source:
        Wang, Kulkarni and Verdú, "Divergence Estimation for Multidimensional Densities Via
        k-Nearest-Neighbor Distances", 2009. https://doi.org/10.1109/TIT.2009.2016060
    """
    mu = checked_codes(mu)
    d = mu.shape[1]
    _check_shapes(mu, variance, mu[0], mu[:1])
    z = np.random.default_rng(seed).standard_normal((n_samples, d))
    columns = np.arange(d) if active is None or not len(active) else active
    rng = np.random.default_rng((seed, 1))
    rows = _some_rows(len(mu))
    codes = mu[rows]
    if variance is not None:
        codes = codes + np.sqrt(variance[rows]) * rng.standard_normal(codes.shape)
    expected = rng.standard_normal(codes.shape)
    k = min(N_NEIGHBOURS, len(rows))
    near = [_kth_distance(z[:, columns], some[:, columns], k) for some in (expected, codes)]
    ratio = (near[0] / np.maximum(near[1], 1e-9)) ** len(columns)
    return PriorSamples(z=z, ratio=ratio, deepest=int(ratio.argmin()))


def _some_rows(n: int) -> np.ndarray:
    """Return evenly spread rows to use: all of them unless there are many."""
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_CODES)).astype(int))


def _kth_distance(z: np.ndarray, points: np.ndarray, k: int) -> np.ndarray:
    """Return the distance of each z (m, a) to its k-th nearest of some points (n, a)."""
    squares = np.square(z).sum(axis=1)[:, None] + np.square(points).sum(axis=1) - 2 * z @ points.T
    return np.asarray(np.sqrt(np.maximum(np.partition(squares, k - 1, axis=1)[:, k - 1], 0)))


def _mixture(places: np.ndarray, means: np.ndarray, covariances: np.ndarray) -> np.ndarray:
    """Return the density of the even mixture of n Gaussians at k places of the plane, (k,)."""
    (a, b), (_, c) = covariances[:, 0].T, covariances[:, 1].T
    determinant = a * c - b * b
    density = np.zeros(len(places))
    n_rows = max(1, int(_CHUNK_BYTES / 8 / len(places)))
    for start in range(0, len(means), n_rows):
        some = slice(start, start + n_rows)
        x, y = (places[:, None] - means[some]).transpose(2, 0, 1)  # (k, rows) each
        square = (c[some] * x * x - 2 * b[some] * x * y + a[some] * y * y) / determinant[some]
        density += np.exp(-0.5 * square) @ (1 / (2 * np.pi * np.sqrt(determinant[some])))
    return density / len(means)


def _check_shapes(
    mu: np.ndarray, variance: np.ndarray | None, mean: np.ndarray, axes: np.ndarray
) -> None:
    """Refuse arrays that do not fit together."""
    fits = variance is None or variance.shape == mu.shape
    if not fits or mean.shape != mu.shape[1:] or axes.shape[1:] != mean.shape or len(axes) > 2:
        raise ShapeError(
            "latent.plane",
            mu=mu.shape,
            variance=None if variance is None else variance.shape,
            mean=mean.shape,
            axes=axes.shape,
        )
