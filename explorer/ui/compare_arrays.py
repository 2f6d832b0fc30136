"""What Compare needs of a model besides its codes: how they cover the prior, as named arrays."""

from functools import lru_cache

import numpy as np

from explorer.latent.holes import Cover, PriorSamples, cover, judge_samples
from explorer.packing.arrays import pack_arrays
from explorer.ui.opened import OpenedModel

_N_SAMPLES = 400
_SEED = 0
_WORSE = 0.8  # quantile of the error that the first item has


@lru_cache(maxsize=4)  # a second of work each; browsers keep what they have fetched
def holes_of(opened: OpenedModel) -> tuple[Cover, PriorSamples]:
    """Return how a model's codes cover the prior: on the plane of its map, and sample by sample."""
    codes = opened.bundle.codes
    mu = codes.mu[codes.of_images]
    variance = np.exp(codes.logvar[codes.of_images]) if opened.bundle.model.has_posterior else None
    assert codes.pca_mean is not None  # `open_model` refuses bundles without a map
    assert codes.pca_components is not None
    return (
        cover(mu, variance, codes.pca_mean, codes.pca_components[:2]),
        judge_samples(mu, variance, n_samples=_N_SAMPLES, seed=_SEED, active=opened.active),
    )


def telling_item(opened: OpenedModel) -> int:
    """Return the number of the item to begin with: a common one that is not easy to reconstruct.

    Among the items with close neighbours, a fifth are reconstructed worse than this one.
    """
    codes, spacing = opened.bundle.codes, opened.bundle.codes.spacing
    assert spacing is not None
    common = codes.held_out & (spacing <= np.median(spacing[codes.held_out]))
    error = np.where(common, codes.error, np.nan)
    return int(codes.ids[np.nanargmin(np.abs(error - np.nanquantile(error, _WORSE)))])


def comparison_buffer(opened: OpenedModel) -> bytes:
    """Return cover of the prior and samples from it, for `compare/data.js`."""
    plane, samples = holes_of(opened)
    return pack_arrays(
        {
            "ratio": plane.ratio,
            "centre": plane.centre,
            "samples": samples.z,
            "sample_ratio": samples.ratio,
        }
    )
