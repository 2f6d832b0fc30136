"""What the page works out from a bundle's weights, without torch.

That is the encoder as the browser runs it, and how the pictures that the model draws are framed.
"""

from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np

from explorer.bundle import ModelBundle, read_bundle
from explorer.data.framing import Habit, habit_of
from explorer.live.ops import prepare, run
from explorer.live.pack import pack_encoder, runs_in_browser
from explorer.models.architecture import Stacks, decoder_layers, encoder_layers
from explorer.ui.exhibits import Exhibit

_N_PICTURES = 32  # redrawn to see how the data looks

_lock = Lock()  # what is asked for twice at once is worked out once


def encodes_live(bundle: ModelBundle) -> bool:
    """Whether the browser can decode and encode: both networks are there and small enough."""
    encoder = _encoder(bundle)
    return bundle.pack is not None and runs_in_browser(encoder, bundle.data.image_shape)


def encoder_pack(exhibit: Exhibit) -> bytes:
    """Return the encoder as the browser runs it; only for those that `encodes_live`.

    Raises:
        UnpackableError: It takes more bytes than its layers told.
        BundleError: The bundle's weights cannot be read.
    """
    assert exhibit.bundle.folder is not None  # it was read from there
    with _lock:
        return _packed(exhibit.bundle.folder, exhibit.version)


def habit(exhibit: Exhibit) -> Habit:
    """Return how the pictures that a model draws are framed, as its data was."""
    assert exhibit.bundle.folder is not None
    with _lock:
        return _habit(exhibit.bundle.folder, exhibit.version)


# `version` makes a bundle that was replaced count anew.


@lru_cache(maxsize=8)  # at most 16 MB each
def _packed(folder: Path, version: str) -> bytes:
    bundle = read_bundle(folder)
    return pack_encoder(
        _encoder(bundle),
        bundle.weights,
        image_shape=bundle.data.image_shape,
        latent_dim=bundle.config.latent_dim,
        images=_pictures(bundle),
    )


@lru_cache(maxsize=64)
def _habit(folder: Path, version: str) -> Habit:
    return habit_of(np.rint(_pictures(read_bundle(folder)) * 255).astype(np.uint8))


def _encoder(bundle: ModelBundle) -> Stacks:
    """Return the stacks that give mu; the last head, for logvar, is left out."""
    return encoder_layers(bundle.config, bundle.data.image_shape)[:2]


def _pictures(bundle: ModelBundle) -> np.ndarray:
    """Return what the model draws of some items, evenly spread, (m, c, h, w) in [0, 1]."""
    mu = bundle.codes.mu[bundle.codes.placed]
    rows = np.linspace(0, len(mu) - 1, min(_N_PICTURES, len(mu))).astype(int)
    stacks = decoder_layers(bundle.config, bundle.data.image_shape)
    logits = run(prepare(stacks, bundle.weights), mu[rows].astype(np.float32))
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)))
