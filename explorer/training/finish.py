"""The end of a run: scores on the test split, codes of the images on the map, and the bundle.

Knows nothing of optimisers or epochs.
"""

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from explorer.bundle import Codes, DataFacts, ModelBundle
from explorer.bundle.arrays import LARGEST_LOGVAR, LARGEST_VALUE
from explorer.bundle.settings import kept_scores
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.models.inversion import find_codes
from explorer.models.losses import sample_prior
from explorer.models.vae import VAE
from explorer.training.objective import Objective
from explorer.training.pixels import Pixels, evenly
from explorer.training.shown import MOST_CODES, rows_on_the_map, split_of
from explorer.training.validation import elbo_means

_MOST_FOUND, _N_SAMPLES = 256, 1_744  # for a network without an encoder
_ACTIVE_VARIANCE = 0.01
_BATCH_SIZE = 500
_LEAST_STD = 1e-6  # below it, a dimension counts as the same for all images


def make_bundle(
    vae: VAE, images: ImageSet, pixels: Pixels, objective: Objective, name: str
) -> ModelBundle:
    """Score a trained network on the whole test split, and gather all that exploring it needs.

    The scores are `mse` (mean squared error per pixel of decode(mu)), `psnr_db` (of that mse, white
    being 1), `active_units` (dimensions whose mu varies by more than 0.01 over the test images),
    and with a posterior `elbo_nats`, `log_likelihood_nats`, `kl_nats` (per image, one sample of z).
    The codes of an autoencoder are standardised first. A network without an encoder has no scores
    yet; its codes are those of some images, found by search, followed by samples from the prior,
    whose row is -1. Codes of training images are for the map alone; scores are of test images.

    Source:
        Burda, Grosse and Salakhutdinov, "Importance Weighted Autoencoders", 2016 (active units).
        https://arxiv.org/abs/1509.00519
    """
    config, vae = objective.config, VAE.from_weights(vae.spec, vae.weights())
    if vae.spec.has_encoder and config.of_kind.standardises:
        _standardise(vae, pixels, torch.as_tensor(images.train_index))
    if config.precision == "half":
        vae.round_to_half()
    if vae.spec.has_encoder:
        scores = kept_scores(_test_scores(vae, images, pixels, objective))
        codes = _encoded_codes(vae, images, pixels, config)
    else:
        scores, codes = {}, _generator_codes(vae, images, pixels, config)
    return ModelBundle(
        name=name,
        model=vae.spec,
        config=config,
        data=replace(facts_of(images), fingerprint=images.fingerprint()),
        scores=scores,
        weights=vae.weights(),
        codes=codes,
    )


def _test_scores(
    vae: VAE, images: ImageSet, pixels: Pixels, objective: Objective
) -> dict[str, float]:
    """Score a network with an encoder on the test images."""
    test = evenly(images.test_index, len(images.test_index))
    mu, _, error = _posteriors(vae, pixels, test)
    mse = float(error.mean(dtype=np.float64))
    return {
        "mse": mse,
        "psnr_db": -10 * math.log10(max(mse, 1e-10)),
        **(_elbo_scores(vae, pixels, test, objective) if vae.spec.has_posterior else {}),
        "active_units": float((mu.var(axis=0) > _ACTIVE_VARIANCE).sum()),
    }


def _encoded_codes(vae: VAE, images: ImageSet, pixels: Pixels, config: TrainConfig) -> Codes:
    """Return the codes of the images on the map."""
    ids = rows_on_the_map(images, config.data, MOST_CODES).astype(np.int64)
    mu, logvar, error = _posteriors(vae, pixels, torch.from_numpy(ids))
    return Codes(
        mu=mu.clip(-LARGEST_VALUE, LARGEST_VALUE),
        logvar=logvar.clip(-LARGEST_VALUE, LARGEST_LOGVAR),
        ids=ids,
        error=error,
        split=split_of(images, ids),
        labels=None if images.labels is None else images.labels[ids],
        factors=None if images.factors is None else images.factors[ids],
    )


def _elbo_scores(vae: VAE, pixels: Pixels, index: Tensor, objective: Objective) -> dict[str, float]:
    generator = torch.Generator().manual_seed(objective.config.seed)
    means = elbo_means(vae, pixels, index, objective, generator)
    return {
        "elbo_nats": means.elbo,
        "log_likelihood_nats": means.log_likelihood,
        "kl_nats": means.kl,
    }


def _standardise(vae: VAE, pixels: Pixels, index: Tensor) -> None:
    """Give the codes of these images mean 0 and spread 1 in each dimension that varies."""
    mu = torch.from_numpy(_posteriors(vae, pixels, index)[0])
    std = mu.std(0, correction=0)
    vae.standardise(mu.mean(0), torch.where(std > _LEAST_STD, std, 1.0))


@torch.inference_mode()
def _posteriors(
    vae: VAE, pixels: Pixels, index: Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mu (n, d), logvar (n, d) and the mean squared error (n,) of decode(mu)."""
    vae.eval()
    parts = []
    for rows in torch.split(index, _BATCH_SIZE):
        x = pixels.batch(rows)
        mu, logvar = vae.encode(x)
        parts.append((mu, logvar, (vae.decode(mu) - x).square().flatten(1).mean(1)))
    means, logvars, errors = (torch.cat(column).numpy() for column in zip(*parts, strict=True))
    return means, logvars, errors


def _generator_codes(vae: VAE, images: ImageSet, pixels: Pixels, config: TrainConfig) -> Codes:
    """Return codes of images, found by search, and then prior samples."""
    generator = torch.Generator().manual_seed(config.seed)
    d = vae.spec.latent_dim
    ids = rows_on_the_map(images, config.data, _MOST_FOUND).astype(np.int64)
    x = pixels.batch(torch.from_numpy(ids))
    z = find_codes(vae.decode, x, latent_dim=d, generator=generator)
    with torch.inference_mode():
        error = (vae.decode(z) - x).square().flatten(1).mean(1)
    samples = sample_prior(_N_SAMPLES, d, generator)
    mu = torch.cat([z, samples]).numpy()
    none = np.full(_N_SAMPLES, -1, np.int64)
    labels = None if images.labels is None else images.labels[ids]
    split = split_of(images, ids)
    return Codes(
        mu=mu,
        logvar=np.zeros_like(mu),
        ids=np.concatenate([ids, none]),
        error=np.concatenate([error.numpy(), np.zeros(_N_SAMPLES, np.float32)]),
        split=None if split is None else np.concatenate([split, none]),
        labels=None if labels is None else np.concatenate([labels, none]),
    )


def facts_of(images: ImageSet) -> DataFacts:
    """Return what a bundle records of its images, except their fingerprint, which takes long."""
    return DataFacts(
        name=images.name,
        image_shape=images.image_shape,
        n_train=len(images.train_index),
        n_test=len(images.test_index),
        class_names=images.class_names,
        factor_names=images.factor_names,
        source=images.source,
        licence=images.licence,
    )
