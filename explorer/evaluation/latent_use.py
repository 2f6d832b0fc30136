"""How a model uses its latent space: which dimensions, what they hold, and where q(z) lies.

Knows nothing of networks or images.
"""

import math

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from explorer.latent.stats import checked_codes

ACTIVE_VARIANCE = 0.01  # of mu over the data, above which a dimension counts as in use
N_VOTES = 10

_CHUNK_BYTES = 32e6  # of log-densities held at a time


def activity(mu: np.ndarray) -> np.ndarray:
    """Return how much each dimension of mu varies over the data.

    Args:
        mu: Posterior means, shape (n, d), in prior standard deviations.

    Returns:
        Variances, shape (d,), float64.

    Raises:
        ShapeError: mu is not a matrix with at least one row.
        DataError: A value is not a finite number.

    Source:
        Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016, section 5.2.
        https://arxiv.org/abs/1509.00519
    """
    return np.asarray(checked_codes(mu).var(axis=0))


def active_units(mu: np.ndarray) -> int:
    """Count the dimensions whose mu varies by more than 0.01; as `activity` otherwise."""
    return int((activity(mu) > ACTIVE_VARIANCE).sum())


def aggregate_kl(mu: np.ndarray, logvar: np.ndarray, *, seed: int) -> float:
    """Estimate KL(q(z) ‖ p(z)), how far the aggregate posterior is from the prior.

    It is the sum of KL(q(z_j) ‖ p(z_j)) over the dimensions, plus their total correlation. The
    first is computed for the even mixture of the n posteriors given, which in one dimension is
    close to that of all data. The second is that of the Gaussian with the same correlations: it
    sees only linear dependence, so the result is a little too low where dimensions depend in other
    ways. (The whole mixture in d dimensions would be no better: beyond log n nats it shows only
    that no two posteriors overlap.)

    Args:
        mu: Posterior means, shape (n, d), in prior standard deviations.
        logvar: Natural-log posterior variances, shape (n, d).
        seed: Seed of the samples.

    Returns:
        Nats; 0 where every posterior is the prior. Chance may bring it slightly below 0.

    Raises:
        ShapeError: The two are not matrices with at least one row.
        DataError: A value is not a finite number.

    Source:
        Hoffman and Johnson, "ELBO surgery: yet another way to carve up the variational evidence
        lower bound", 2016. http://approximateinference.org/accepted/HoffmanJohnson2016.pdf
        Chen et al., "Isolating Sources of Disentanglement in VAEs", 2018, for the two parts.
        https://arxiv.org/abs/1802.04942
    """
    mu, logvar = checked_codes(mu), checked_codes(logvar)
    eps = np.random.default_rng(seed).standard_normal(mu.shape)
    z = mu + np.exp(0.5 * logvar) * eps
    log_prior = -0.5 * (np.square(z) + math.log(2 * math.pi))
    columns = np.split(np.arange(mu.shape[1]), mu.shape[1])
    log_q = np.stack([_log_mixture(z[:, j], mu[:, j], logvar[:, j]) for j in columns], axis=1)
    covariance = np.atleast_2d(np.cov(mu.T, ddof=0)) + np.diag(np.exp(logvar).mean(axis=0))
    return float((log_q - log_prior).mean(axis=0).sum()) + _gaussian_total_correlation(covariance)


def _gaussian_total_correlation(covariance: np.ndarray) -> float:
    """Return KL(N(0, S) ‖ N(0, diag S)) = (sum log S_jj - log det S) / 2, in nats, S (d, d)."""
    log_determinant = float(np.linalg.slogdet(covariance)[1])
    return 0.5 * (float(np.log(np.diag(covariance)).sum()) - log_determinant)


def knn_accuracy(
    train_mu: np.ndarray,
    train_labels: np.ndarray,
    test_mu: np.ndarray,
    test_labels: np.ndarray,
) -> float:
    """Return how often most neighbours of an item have its label.

    Args:
        train_mu: Codes to look for neighbours among, shape (n, d).
        train_labels: Their classes, shape (n,).
        test_mu: Codes to classify, shape (m, d).
        test_labels: Their true classes, shape (m,).

    Returns:
        Share of the m items, in [0, 1], whose class wins the vote of the 10 nearest training codes
        (or of all, if there are fewer); among classes with equally many votes the first wins.

    Source:
        Cover and Hart, "Nearest neighbor pattern classification", 1967.
        https://doi.org/10.1109/TIT.1967.1053964
    """
    votes = KNeighborsClassifier(min(N_VOTES, len(train_mu)), algorithm="brute")
    votes.fit(train_mu, train_labels)
    return float((votes.predict(test_mu) == test_labels).mean())


def _log_mixture(z: np.ndarray, mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Return log q(z) of the even mixture of posteriors, shape (m,), for codes z (m, d)."""
    n, d = mu.shape
    precision = np.exp(-logvar)  # (n, d)
    constant = (np.square(mu) * precision + logvar).sum(axis=1) + d * math.log(2 * math.pi)
    log_q = np.empty(len(z))
    n_rows = max(1, int(_CHUNK_BYTES / z.itemsize / n))
    for start in range(0, len(z), n_rows):
        rows = slice(start, start + n_rows)
        squared = np.square(z[rows]) @ precision.T - 2 * z[rows] @ (mu * precision).T
        log_density = -0.5 * (squared + constant)  # (rows, n)
        log_q[rows] = np.logaddexp.reduce(log_density, axis=1) - math.log(n)
    return log_q
