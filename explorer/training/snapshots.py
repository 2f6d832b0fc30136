"""Snapshots of a run: what it makes of the same few images and samples each time.

Knows nothing of optimisers or epochs.
"""

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.models.vae import VAE
from explorer.training.pixels import Pixels
from explorer.training.shown import rows_on_the_map

_MOST_CODES = 500
_MOST_VALUES = 500 * 28 * 28  # of all images that are encoded: the larger the images, the fewer
_FEWEST_CODES = 200  # a school class has some 120 drawings, and looks for them
_N_ITEMS, _N_SAMPLES, _N_SAMPLES_ALONE = 8, 16, 48


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The codes and pictures of a network at one step.

    Attributes:
        mu: Posterior means of the images shown, shape (n, d), float32; without an encoder, the
            codes of the samples.
        logvar: Their natural-log variances, shape (n, d), float32; 0 for an autoencoder.
        x_hat: Reconstructions of the first m images, (m, c, h, w) float32 in [0, 1].
        samples: Pictures of k fixed prior samples, (k, c, h, w) float32 in [0, 1].
        took_s: Seconds it took.
    """

    mu: np.ndarray
    logvar: np.ndarray
    x_hat: np.ndarray
    samples: np.ndarray
    took_s: float


class Watch:
    """The images that are shown while a run works, and how the network sees them.

    They are those that the map of the bundle will show, as far as there is time to encode them
    again and again.

    Args:
        images: The set.
        config: Of the run. Without an encoder no image is shown, only more samples.

    Attributes:
        rows: Rows of the set, shape (n,), held-out ones first; the first m are shown as pictures,
            each class in turn.
        held_out: Which of them were held out, shape (n,), bool.
        n_items: m.
    """

    def __init__(self, images: ImageSet, config: TrainConfig) -> None:
        n_codes = max(_MOST_VALUES // math.prod(images.image_shape), _FEWEST_CODES)
        shown = rows_on_the_map(images, config.data, min(n_codes, _MOST_CODES))
        is_test = images.is_test[shown]
        held_out = _varied_first(images, shown[is_test])
        self.rows = np.concatenate([held_out, shown[~is_test]])
        self.held_out = np.arange(len(shown)) < len(held_out)
        self.n_items = min(_N_ITEMS, len(held_out)) if config.has_encoder else 0
        n_samples = _N_SAMPLES if config.has_encoder else _N_SAMPLES_ALONE
        self._standardises = config.of_kind.standardises
        self._eps = torch.from_numpy(
            np.random.default_rng(config.seed).standard_normal(
                (n_samples, config.latent_dim), np.float32
            )
        )

    @torch.inference_mode()
    def look(self, vae: VAE, pixels: Pixels) -> Snapshot:
        """Return a snapshot of the network, which is left in evaluation mode.

        The codes of an autoencoder are standardised only at the end of a run, so until then its
        samples get the mean and spread that the codes have now.
        """
        begin = time.perf_counter()
        vae.eval()
        z = self._eps
        if vae.spec.has_encoder:
            mu, logvar = vae.encode(pixels.batch(torch.as_tensor(self.rows)))
        else:
            mu, logvar = z, torch.zeros_like(z)
        if self._standardises:
            z = mu.mean(0) + mu.std(0, correction=0) * z
        pictures = vae.decode(torch.cat([mu[: self.n_items], z])).numpy()
        return Snapshot(
            mu=mu.numpy(),
            logvar=logvar.numpy(),
            x_hat=pictures[: self.n_items],
            samples=pictures[self.n_items :],
            took_s=time.perf_counter() - begin,
        )


def _varied_first(images: ImageSet, rows: np.ndarray) -> np.ndarray:
    """Return the rows ordered by turns: the first of each class, then the second, and so on."""
    if images.labels is None:
        return rows
    labels = images.labels[rows]
    turn = np.empty(len(rows), np.int64)  # how many of its class come before each
    for label in np.unique(labels):
        turn[labels == label] = np.arange(np.count_nonzero(labels == label))
    return np.asarray(rows[np.lexsort((labels, turn))])
