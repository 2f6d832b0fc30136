"""What the page works out from a bundle's weights, without torch.

That is the encoder as the browser runs it, and how the pictures that the model draws are framed.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from explorer.bundle import ModelBundle, read_bundle
from explorer.data.framing import Habit, habit_of
from explorer.packing.networks import decode
from explorer.packing.pack import pack_encoder, runs_in_browser
from explorer.ui.opened import OpenedModel

_N_PICTURES = 32  # decoded to see what the data looks like

_lock = Lock()  # concurrent requests for the same thing compute it once


def encodes_live(bundle: ModelBundle) -> bool:
    """Whether the browser can decode and encode: both networks are there and small enough."""
    small = runs_in_browser(bundle.model.to_mu, bundle.model.image_shape)
    return bundle.pack is not None and small


def with_weights(opened: OpenedModel) -> ModelBundle:
    """Return a bundle with its weights.

    Raises:
        BundleError: They cannot be read.
    """
    return _read(_folder(opened), opened.version)


def encoder_pack(opened: OpenedModel) -> bytes:
    """Return the encoder as the browser runs it; only for those that `encodes_live`.

    Raises:
        UnpackableError: It takes more bytes than its layers need.
        BundleError: The bundle's weights cannot be read.
    """
    with _lock:
        bundle = _read(_folder(opened), opened.version)
    return pack_encoder(
        bundle.model.to_mu,
        bundle.weights,
        image_shape=bundle.model.image_shape,
        latent_dim=bundle.model.latent_dim,
        images=_pictures(bundle),
    )


def habit(opened: OpenedModel) -> Habit:
    """Return how the images that a model was trained on are framed, judged by its pictures."""
    with _lock:
        return _habit(_folder(opened), opened.version)


# `version` makes a replaced bundle a new cache entry.


@lru_cache(maxsize=2)
def _read(folder: Path, version: str) -> ModelBundle:
    return read_bundle(folder)


@lru_cache(maxsize=64)
def _habit(folder: Path, version: str) -> Habit:
    return habit_of(np.rint(_pictures(_read(folder, version)) * 255).astype(np.uint8))


def _pictures(bundle: ModelBundle) -> np.ndarray:
    """Return reconstructions of some items, evenly spread, (m, c, h, w) in [0, 1]."""
    mu = bundle.codes.mu[bundle.codes.of_images]
    rows = np.linspace(0, len(mu) - 1, min(_N_PICTURES, len(mu))).astype(int)
    return decode(bundle, mu[rows])


def _folder(opened: OpenedModel) -> Path:
    assert opened.bundle.folder is not None  # it was read from there
    return opened.bundle.folder
