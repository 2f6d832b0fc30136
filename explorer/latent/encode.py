"""Encodes images and decodes codes with the network of a bundle.

Without an encoder, codes are found by search. Knows nothing of training. The only module used for
exploring that needs torch.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from explorer.bundle import ModelBundle
from explorer.errors import ShapeError
from explorer.models.inversion import N_STEPS, find_codes
from explorer.models.vae import VAE
from explorer.words import say


@dataclass(frozen=True)
class Encoding:
    """Posteriors of n images.

    Attributes:
        mu: Means, shape (n, d), float32; without an encoder, the codes found.
        logvar: Natural-log variances, shape (n, d), float32; 0 without a posterior.
        n_steps: Steps of the search that found the codes; 0 with an encoder.
    """

    mu: np.ndarray
    logvar: np.ndarray
    n_steps: int = 0


def network(bundle: ModelBundle) -> VAE:
    """Return the bundle's network, ready to encode and decode."""
    return VAE.from_weights(bundle.model, bundle.weights)


def encode(
    bundle: ModelBundle,
    images: np.ndarray,
    *,
    batch_size: int = 256,
    seed: int = 0,
    report: Callable[[float], None] | None = None,
) -> Encoding:
    """Return the posterior of each image or, without an encoder, codes found by search.

    Args:
        bundle: The model.
        images: Shape (n, c, h, w), float32 in [0, 1], of the bundle's image shape.
        batch_size: Images encoded at a time.
        seed: Seed of the prior samples that a search starts with.
        report: Called with the share done.

    Raises:
        ShapeError: The images have another shape, or pixels outside [0, 1].
    """
    _check_images(bundle, images)
    vae = network(bundle)
    batches = torch.split(
        torch.as_tensor(np.ascontiguousarray(images, dtype=np.float32)), batch_size
    )
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for i, batch in enumerate(batches):
        part_done = _part_of(report, i, len(batches))
        parts.append(
            _encoded(vae, batch)
            if bundle.model.has_encoder
            else searched(vae, batch, generator, report=part_done)
        )
        part_done(1.0)
    mu, logvar = (torch.cat(columns).numpy() for columns in zip(*parts, strict=True))
    return Encoding(mu, logvar, n_steps=0 if bundle.model.has_encoder else N_STEPS)


def searched(
    vae: VAE,
    x: Tensor,
    generator: torch.Generator,
    *,
    report: Callable[[float], None] | None = None,
) -> tuple[Tensor, Tensor]:
    """Return codes of images (n, c, h, w), found by search, and zeros for logvar, (n, d) each."""
    z = find_codes(
        vae.decode, x, latent_dim=vae.spec.latent_dim, generator=generator, report=report
    )
    return z, torch.zeros_like(z)


@torch.inference_mode()
def _encoded(vae: VAE, x: Tensor) -> tuple[Tensor, Tensor]:
    return vae.encode(x)


def _part_of(
    report: Callable[[float], None] | None, part: int, n_parts: int
) -> Callable[[float], None]:
    """Return a report that maps the progress of one part to that of the whole."""
    return lambda share: report((part + share) / n_parts) if report else None


@torch.inference_mode()
def decode(bundle: ModelBundle, z: np.ndarray, *, batch_size: int = 256) -> np.ndarray:
    """Return the picture of each latent code.

    Args:
        bundle: The model.
        z: Codes, shape (n, d), in prior standard deviations.
        batch_size: Codes decoded at a time.

    Returns:
        Pictures, shape (n, c, h, w), float32 in [0, 1].

    Raises:
        ShapeError: The codes have another number of dimensions.
    """
    d = bundle.model.latent_dim
    if z.ndim != 2 or z.shape[1] != d:
        raise ShapeError("latent.code_shape", name=bundle.name, d=d, shape=z.shape)
    vae = network(bundle)
    codes = torch.as_tensor(np.ascontiguousarray(z, dtype=np.float32))
    return torch.cat([vae.decode(batch) for batch in torch.split(codes, batch_size)]).numpy()


def _check_images(bundle: ModelBundle, images: np.ndarray) -> None:
    shape = bundle.model.image_shape
    if images.ndim != 4 or images.shape[1:] != shape:
        kinds = {"name": bundle.name, "shape": kind_of_image(shape)}
        if images.ndim == 4 and images.shape[1] in (1, 3):
            given = kind_of_image(images.shape[1:])
            raise ShapeError("latent.other_images", given=given, **kinds)
        raise ShapeError("latent.not_images", given=images.shape, **kinds)
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ShapeError("latent.pixel_range", least=f"{images.min():g}", most=f"{images.max():g}")


def kind_of_image(shape: tuple[int, ...]) -> str:
    """Return what images (c, h, w) are called, such as 28×28 grey."""
    c, h, w = shape
    return say("units.grey_image" if c == 1 else "units.colour_image", height=h, width=w)
