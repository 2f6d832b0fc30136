"""How likely images are to a model that was not trained on them, by a tighter bound than the ELBO.

Knows nothing of where images and networks come from.
"""

import math
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from explorer.data.imageset import ImageSet, ReportProgress
from explorer.evaluation.side_by_side import generator_of, side_by_side
from explorer.models.vae import VAE
from explorer.words import say

# Of pictures decoded at a time by one thread. A chunk that stays in its cache is judged in about
# half the time: a picture of 28×28 took 6 microseconds of one core among 300, 11 among 7,600.
_CHUNK_BYTES = 1e6


def bits_per_dim(elbo_nats: float, n_pixels: int) -> float:
    """Return an ELBO as bits for each of the n values of an image; less is better.

    Source:
        Theis, van den Oord and Bethge, "A note on the evaluation of generative models", 2016,
        section 3.1. https://arxiv.org/abs/1511.01844
    """
    return -elbo_nats / (math.log(2) * n_pixels)


def is_black_and_white(images: ImageSet, rows: np.ndarray) -> bool:
    """Whether every pixel of the chosen images is 0 or 255, as those of a Bernoulli are."""
    return all(bool(np.isin(images.pixels[row], (0, 255)).all()) for row in rows)


def importance_weighted_nll(
    vae: VAE,
    images: ImageSet,
    rows: np.ndarray,
    mu: np.ndarray,
    logvar: np.ndarray,
    *,
    n_samples: int,
    seed: int,
    report: ReportProgress | None = None,
) -> np.ndarray:
    """Estimate -log p(x) of each image by samples from its posterior.

    The estimate -log(1/K sum p(x|z) p(z) / q(z|x)) is too high on average, less so with more
    samples K: at 1 it is -ELBO, and it falls towards -log p(x).

    Args:
        vae: The network, ready to decode.
        images: The set, as the model should see it.
        rows: Which images, shape (n,).
        mu: Their posterior means, shape (n, d), float32.
        logvar: Their natural-log posterior variances, shape (n, d), float32.
        n_samples: K, at least 1.
        seed: Seed of the samples.
        report: Called with the share done, and words on the step.

    Returns:
        Nats, shape (n,), float64; below 0 where the likelihood is a density that is high.

    Source:
        Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016.
        https://arxiv.org/abs/1509.00519
    """
    n_decoded = max(1, int(_CHUNK_BYTES / 4 / math.prod(images.image_shape)))
    n_block = max(1, n_decoded // n_samples)  # several images share a chunk if they fit

    def nll_from(start: int) -> np.ndarray:
        block = slice(start, start + n_block)
        x = torch.from_numpy(images.images(rows[block]))
        posterior = torch.from_numpy(mu[block]), torch.from_numpy(logvar[block])
        samples = generator_of(seed, start)
        chunks = log_weights(
            vae, x, *posterior, n_samples=n_samples, chunk=n_decoded, generator=samples
        )
        return np.asarray(-log_mean_exp(chunks).numpy())

    starts = range(0, len(rows), n_block)
    nll = []
    for start, part in zip(starts, side_by_side(nll_from, starts), strict=True):
        if report:
            report(start / len(rows), say("scores.progress.weighing", done=start, n=len(rows)))
        nll.append(part)
    return np.concatenate(nll)


@torch.inference_mode()
def log_weights(
    vae: VAE,
    x: Tensor,
    mu: Tensor,
    logvar: Tensor,
    *,
    n_samples: int,
    chunk: int,
    generator: torch.Generator,
) -> Iterator[Tensor]:
    """Yield log p(x|z) + log p(z) - log q(z|x) of samples of z from each posterior.

    Args:
        vae: The network, ready to decode.
        x: Images in [0, 1], shape (n, c, h, w).
        mu: Their posterior means, shape (n, d).
        logvar: Their natural-log posterior variances, shape (n, d).
        n_samples: Samples for each image in all.
        chunk: Samples of one image at most in one chunk, all images of it decoded together.
        generator: Source of the samples.

    Yields:
        Nats, shape (n, s) with s up to `chunk`, until there were n_samples.
    """
    n, d = mu.shape
    std, half_logvar = torch.exp(0.5 * logvar)[:, None], 0.5 * logvar.sum(1, keepdim=True)
    for done in range(0, n_samples, chunk):
        s = min(chunk, n_samples - done)
        eps = torch.empty(n, s, d).normal_(generator=generator)
        z = mu[:, None] + std * eps  # (n, s, d)
        # The two normalisers, d/2 log 2 pi each, cancel.
        prior_over_posterior = 0.5 * (eps.square() - z.square()).sum(2) + half_logvar
        # With one image, as with many samples, this repeats it without a copy.
        repeated = x[:, None].expand(n, s, *x.shape[1:]).reshape(n * s, *x.shape[1:])
        likelihood = vae.log_likelihood(repeated, z.reshape(n * s, d)).reshape(n, s)
        yield likelihood + prior_over_posterior


def log_mean_exp(chunks: Iterable[Tensor]) -> Tensor:
    """Return log of the mean of exp over all columns of all chunks, without holding them.

    Args:
        chunks: Logarithms, shapes (n, s) with the same n and any s; at least one chunk.

    Returns:
        Shape (n,), float64. Never overflows, however far from 0 the logarithms are.
    """
    total, n_columns = torch.tensor(-math.inf, dtype=torch.float64), 0
    for chunk in chunks:
        total = torch.logaddexp(total, chunk.double().logsumexp(1))
        n_columns += chunk.shape[1]
    return total - math.log(n_columns)
