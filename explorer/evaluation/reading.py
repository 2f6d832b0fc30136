"""How a model encodes and decodes every test image, in one pass.

Knows nothing of what the numbers are used for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from explorer.data.imageset import ImageSet, ReportProgress
from explorer.evaluation.reconstruction import ssim
from explorer.evaluation.side_by_side import Result, generator_of, side_by_side
from explorer.latent.encode import searched
from explorer.models.losses import reparameterize
from explorer.models.vae import VAE
from explorer.words import say

_BATCH_SIZE = 128  # images held as feature maps at a time; few enough for the cache
_BINARIZED_AT_A_TIME = 4096  # images; bounds the memory for random numbers


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a model makes of n images.

    Attributes:
        mu: Posterior means, shape (n, d), float32; without an encoder, codes found by search.
        logvar: Natural-log posterior variances, shape (n, d), float32.
        squared_error: Of decode(mu), mean over pixels, shape (n,), float32.
        ssim: Structural similarity of decode(mu), shape (n,), float32.
        log_likelihood: log p(x|z) for one sample of z from the posterior, nats, shape (n,),
            float32; 0 without an encoder.
    """

    mu: np.ndarray
    logvar: np.ndarray
    squared_error: np.ndarray
    ssim: np.ndarray
    log_likelihood: np.ndarray


def binarized(images: ImageSet, seed: int) -> ImageSet:
    """Return the set in black and white, sampled once: brightness is the probability of white.

    This is how a model that learnt from binarised images is scored: one sample per pixel, fixed by
    the seed, is both the encoder's input and the decoder's target. Such scores compare with others
    of the same protocol, and only roughly with those of one fixed file of binarised images such as
    Larochelle's, which is another sample.

    Args:
        images: A set with grey values.
        seed: Seed of the samples.

    Source:
        Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks", 2008.
        https://www.cs.toronto.edu/~rsalakhu/papers/dbn_ais.pdf
    """
    rng = np.random.default_rng(seed)
    pixels = np.empty_like(images.pixels)
    for start in range(0, len(pixels), _BINARIZED_AT_A_TIME):
        rows = slice(start, start + _BINARIZED_AT_A_TIME)
        grey = images.pixels[rows]
        # Of the 255 equally likely levels 0 to 254, as many lie below a pixel as its value.
        white = rng.integers(0, 255, grey.shape, dtype=np.uint8) < grey
        pixels[rows] = np.where(white, np.uint8(255), np.uint8(0))
    return replace(images, pixels=pixels)


def read_images(
    vae: VAE,
    images: ImageSet,
    rows: np.ndarray,
    *,
    seed: int,
    report: ReportProgress | None = None,
) -> Reading:
    """Encode and decode the chosen images, each once.

    Args:
        vae: The network, ready to encode.
        images: The set, as the model should see it.
        rows: Which images, shape (n,), at least one.
        seed: Seed of the samples of z.
        report: Called with the share done, and words on the step.
    """

    @torch.inference_mode()
    def read(start: int) -> tuple[Tensor, ...]:
        x = torch.from_numpy(images.images(rows[start : start + _BATCH_SIZE]))
        mu, logvar = vae.encode(x)
        x_hat = vae.decode(mu)
        error = (x_hat - x).square().flatten(1).mean(1)
        z = reparameterize(mu, logvar, generator_of(seed, start))
        return mu, logvar, error, ssim(x, x_hat), vae.log_likelihood(x, z)

    batches = _batches(read, len(rows), "reading", report)
    mu, logvar, error, similarity, log_likelihood = (
        torch.cat(column).numpy() for column in zip(*batches, strict=True)
    )
    return Reading(
        mu=mu, logvar=logvar, squared_error=error, ssim=similarity, log_likelihood=log_likelihood
    )


def search_images(
    vae: VAE,
    images: ImageSet,
    rows: np.ndarray,
    *,
    seed: int,
    report: ReportProgress | None = None,
) -> Reading:
    """Search for the codes of the chosen images, for a network that has no encoder.

    Arguments are those of `read_images`.
    """
    x = torch.from_numpy(images.images(rows))
    words = say("scores.progress.searching")
    mu, logvar = searched(
        vae,
        x,
        torch.Generator().manual_seed(seed),
        report=lambda share: report(share, words) if report else None,
    )
    x_hat = torch.from_numpy(decode(vae, mu.numpy()))
    return Reading(
        mu=mu.numpy(),
        logvar=logvar.numpy(),
        squared_error=(x_hat - x).square().flatten(1).mean(1).numpy(),
        ssim=ssim(x, x_hat).numpy(),
        log_likelihood=np.zeros(len(x), np.float32),
    )


def read_means(
    vae: VAE, images: ImageSet, rows: np.ndarray, *, report: ReportProgress | None = None
) -> np.ndarray:
    """Return the posterior means of the chosen images, shape (n, d), float32."""

    @torch.inference_mode()
    def read(start: int) -> Tensor:
        return vae.encode(torch.from_numpy(images.images(rows[start : start + _BATCH_SIZE])))[0]

    return torch.cat(_batches(read, len(rows), "reading_training", report)).numpy()


def decode(vae: VAE, z: np.ndarray, *, report: ReportProgress | None = None) -> np.ndarray:
    """Return the pictures of latent codes (n, d), shape (n, c, h, w), float32 in [0, 1]."""

    @torch.inference_mode()
    def decode(start: int) -> Tensor:
        return vae.decode(torch.from_numpy(z[start : start + _BATCH_SIZE]))

    return torch.cat(_batches(decode, len(z), "decoding", report)).numpy()


def _batches(
    work: Callable[[int], Result], n: int, step: str, report: ReportProgress | None
) -> list[Result]:
    """Return what the work makes of the batches that start at each 128th of n items."""
    starts = range(0, n, _BATCH_SIZE)
    batches = []
    for start, batch in zip(starts, side_by_side(work, starts), strict=True):
        if report:
            report(start / n, say(f"scores.progress.{step}", done=start, n=n))
        batches.append(batch)
    return batches
