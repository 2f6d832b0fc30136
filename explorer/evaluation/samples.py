"""Prior samples: whether their codes lie near data, and their pictures look like data.

Knows nothing of networks.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from explorer.latent.stats import N_NEIGHBOURS, spacing

# The page's honesty meter calls a place typical below this share of the data's own distances.
TYPICAL_BELOW = 0.95
N_FEATURES = 64
K_SUPPORT = 5  # neighbour whose distance bounds what counts as near a real image

_TIE = 1 - 1e-6  # a distance equal but for rounding is not a smaller one


@dataclass(frozen=True)
class Support:
    """How generated pictures lie among real ones.

    Attributes:
        density: Mean number of real images near a generated one, divided by the expected number k;
            1 for samples of the data's own distribution, more if they crowd into its densest part.
        coverage: Share of real images with a generated one near, in [0, 1]; 1 - 1/2^k (0.97 for
            k = 5) is expected for as many samples of the data's own distribution.
    """

    density: float
    coverage: float


def prior_share(mu: np.ndarray, z: np.ndarray, active: np.ndarray) -> float:
    """Return the share of prior samples that lie near data, by the rule of the honesty meter.

    A code is typical if fewer than 95% of the data's own codes are closer to their tenth nearest
    other code than this code is to its tenth nearest. The others lie in prior holes.

    Args:
        mu: Codes of data, shape (n, d), in prior standard deviations, n >= 2.
        z: Prior samples, shape (m, d).
        active: Dimensions to measure over, shape (a,); the decoder ignores the others. If there
            are none, every sample is typical.

    Returns:
        Share in [0, 1].

    Raises:
        ShapeError: mu is not a matrix, or a dimension does not exist.
        DataError: A value of mu is not a finite number.
    """
    own = np.sort(spacing(mu, active=active))
    if not len(active):
        return 1.0
    k = min(N_NEIGHBOURS, len(mu) - 1)
    neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(mu[:, active])
    distances, _ = neighbours.kneighbors(z[:, active])  # (m, k)
    share_below = np.searchsorted(own, distances[:, -1], side="left") / len(own)
    return float((share_below < TYPICAL_BELOW).mean())


def density_and_coverage(real: np.ndarray, sampled: np.ndarray, *, k: int = K_SUPPORT) -> Support:
    """Compare generated pictures with real ones by how many of them lie near each other.

    A generated picture is near a real one if it is closer to it than the k-th nearest other real
    one.

    Args:
        real: Features of real images, shape (n, f), n >= 2; see `pixel_features`.
        sampled: Features of generated ones, shape (m, f).
        k: Neighbour that sets the radius; the farthest if there are no more than k other real
            images.

    Source:
        Naeem, Oh, Uh, Choi and Yoo, "Reliable Fidelity and Diversity Metrics for Generative
        Models", 2020. https://arxiv.org/abs/2002.09797
    """
    k = min(k, len(real) - 1)
    among = euclidean_distances(real)
    among.partition(k, axis=1)  # the nearest, at 0, is the image itself
    near = euclidean_distances(real, sampled) < among[:, k, None] * _TIE  # (n, m)
    return Support(float(near.sum() / (k * len(sampled))), float(near.any(axis=1).mean()))


def sharpness(pictures: np.ndarray) -> float:
    """Return how much detail pictures have: the mean variance of their Laplacian.

    The Laplacian of a pixel is the sum of its four neighbours minus four times itself. Blur makes
    it small and noise large, so a picture can be too sharp. Borders do not count.

    Args:
        pictures: Shape (n, c, h, w), h and w >= 3, in [0, 1].

    Source:
        Tolstikhin, Bousquet, Gelly and Schoelkopf, "Wasserstein Auto-Encoders", 2018, section 4.
        https://arxiv.org/abs/1711.01558
    """
    variances = [_laplacian(x).var(axis=(-2, -1)).mean() for x in pictures]
    return float(np.mean(variances, dtype=np.float64))


def _laplacian(x: np.ndarray) -> np.ndarray:
    """Return the Laplacian of the inner pixels of (..., h, w)."""
    beside = x[..., 1:-1, :-2] + x[..., 1:-1, 2:]
    above_and_below = x[..., :-2, 1:-1] + x[..., 2:, 1:-1]
    return np.asarray(beside + above_and_below - 4 * x[..., 1:-1, 1:-1])


def pixel_features(
    real: np.ndarray, sampled: np.ndarray, *, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Project pictures onto the directions in which real ones differ most.

    The features are pixels, not those of a network that knows photographs: they need no download
    and suit simple shapes and digits, but a shift by one pixel counts as a large change, and the
    numbers compare only with others computed this way.

    Args:
        real: Real images, shape (n, c, h, w), in [0, 1].
        sampled: Generated ones, shape (m, c, h, w).
        seed: Seed of the approximate decomposition of large sets.

    Returns:
        Features of both, shapes (n, f) and (m, f): principal components of the real images,
        centred on them and not whitened; f is 64, or as many as there can be.
    """
    flat, flat_sampled = real.reshape(len(real), -1), sampled.reshape(len(sampled), -1)
    pca = PCA(min(N_FEATURES, *flat.shape), random_state=seed)
    # Equal images have 0 of 0 variance on each axis. Two threads of this kind of work wait for each
    # other far longer than they save where a run trains.
    with np.errstate(invalid="ignore"), threadpool_limits(1):
        features = pca.fit_transform(flat)
    return np.asarray(features), np.asarray(pca.transform(flat_sampled))
