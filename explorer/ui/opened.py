"""Bundles opened for exploring, shared by all visitors and cached until they change."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from explorer import mapping, originals, store
from explorer.bundle import LatentMap, ModelBundle, read_bundle
from explorer.errors import BundleError
from explorer.latent.stats import (
    active_dimensions,
    kl_per_dimension,
    kl_per_item,
    most_typical,
    share_explained,
)
from explorer.packing.arrays import pack_arrays

# A slider reaches at least this many prior standard deviations to either side, and at most that.
_LEAST_REACH, _MOST_REACH = 3, 8


@dataclass(frozen=True)
class Coordinate:
    """One slider: which dimension it moves, its name if it has one, and how far it reaches."""

    index: int
    name: str
    limit: int
    active: bool


@dataclass(frozen=True, eq=False)
class OpenedModel:
    """A bundle without its weights, and what the page derives from it once.

    Attributes:
        bundle: The bundle; `weights` is empty.
        version: Hash of what the browser fetches, so that addresses change with contents.
    """

    bundle: ModelBundle
    version: str

    @cached_property
    def active(self) -> np.ndarray:
        """Dimensions that carry information, from 0, most informative first, shape (a,).

        Without an encoder all are taken to, as they come.
        """
        mu, logvar = self.bundle.codes.mu, self.bundle.codes.logvar
        if not self.bundle.model.has_encoder:  # samples from the prior say nothing about dimensions
            return np.arange(mu.shape[1])
        return active_dimensions(mu, logvar)

    @cached_property
    def kl(self) -> np.ndarray:
        """KL of each item, in nats, shape (n,)."""
        return kl_per_item(self.bundle.codes.mu, self.bundle.codes.logvar)

    @cached_property
    def kl_of_dimensions(self) -> np.ndarray:
        """KL of each dimension, mean over the items, in nats, shape (d,)."""
        return kl_per_dimension(self.bundle.codes.mu, self.bundle.codes.logvar)

    @cached_property
    def coordinates(self) -> tuple[Coordinate, ...]:
        """All sliders: the active ones most informative first, then the silent ones."""
        mu = self.bundle.codes.mu
        silent = sorted(set(range(mu.shape[1])) - set(self.active.tolist()))
        reach = np.ceil(np.quantile(np.abs(mu), 0.999, axis=0)).clip(_LEAST_REACH, _MOST_REACH)
        return tuple(
            Coordinate(i, self.bundle.slider_names.get(i, ""), int(reach[i]), i not in silent)
            for i in [*self.active.tolist(), *silent]
        )

    @cached_property
    def clearest_factor(self) -> str | None:
        """Name of the known factor that the map shows best; None where there are none."""
        codes, names = self.bundle.codes, self.bundle.data.factor_names
        if codes.factors is None or codes.pca is None:
            return None
        return names[int(share_explained(codes.pca[:, :2], codes.factors).argmax())]

    @cached_property
    def has_originals(self) -> bool:
        """Whether the images the codes came from are on this machine."""
        return originals.at_hand(self.bundle)

    @cached_property
    def start_item(self) -> int:
        """The item to begin with, by its position: the chosen one, or else a typical one.

        A typical item has close neighbours, a small reconstruction error and a code near the
        middle.
        """
        codes, chosen = self.bundle.codes, self.bundle.start_item
        if chosen is not None:
            return int(np.flatnonzero(codes.ids == chosen)[0])
        rows = np.flatnonzero(codes.of_images)
        mu = codes.mu[rows]
        from_middle = np.linalg.norm((mu - mu.mean(axis=0))[:, self.active], axis=1)
        typical = most_typical(_given(codes.spacing)[rows], codes.error[rows], from_middle)
        return int(rows[typical])

    @cached_property
    def numbers(self) -> np.ndarray:
        """The number of each item in addresses and on the screen, shape (n,), int32.

        It is the row in the set of images, from 0 as in a file of arrays. Samples from the prior,
        which have none, are -1, -2 and so on.
        """
        codes = self.bundle.codes
        return np.where(codes.of_images, codes.ids, -np.cumsum(~codes.of_images)).astype(np.int32)

    @property
    def codes_buffer(self) -> bytes:
        """What the browser needs of the codes, for `latent/latent.js`."""
        codes = self.bundle.codes
        wanted = {
            **{name: one.xy for name, one in codes.maps.items()},
            "mu": codes.mu,
            "ids": self.numbers,
            "active": self.active,
            "spacing": np.sort(_given(codes.spacing)),
            "labels": codes.labels,
            "error": codes.error,
            "pca_mean": codes.pca_mean,
            "pca_components": codes.pca_components,
            "held_out": None if codes.split is None else codes.held_out.astype(np.uint8),
        }
        return pack_arrays({name: array for name, array in wanted.items() if array is not None})

    def share_drawn_better(self, error: float) -> float:
        """Return the share of test images that come back with less than this error, in [0, 1].

        Args:
            error: Mean squared difference per pixel, white being 1.
        """
        codes = self.bundle.codes
        return float((codes.error[codes.held_out] < error).mean())

    def original(self, item: int) -> np.ndarray | None:
        """Return the image an item's code came from, uint8 (c, h, w), if it is at hand.

        A draw from the prior came from none.
        """
        of_images = self.bundle.codes.of_images
        images = _all_originals(self) if self.has_originals and of_images[item] else None
        return None if images is None else np.asarray(images[np.count_nonzero(of_images[:item])])

    @cached_property
    def item_names(self) -> tuple[str, ...] | None:
        """File name of each item, empty for samples from the prior; None where unknown here."""
        of_images = self.bundle.codes.of_images
        named = originals.names(self.bundle, self.bundle.codes.ids[of_images])
        if named is None:
            return None
        rest = iter(named)
        return tuple(next(rest) if is_item else "" for is_item in of_images)


@lru_cache(maxsize=2)  # each may be tens of megabytes
def _all_originals(opened: OpenedModel) -> np.ndarray | None:
    """Load them all at once: some sources are slow to open for each image anew."""
    codes = opened.bundle.codes
    return originals.load(opened.bundle, codes.ids[codes.of_images])


def _given(array: np.ndarray | None) -> np.ndarray:
    """Return an array whose presence `open_model` has checked."""
    assert array is not None
    return array


def open_model(name: str) -> OpenedModel:
    """Open a bundle by name, or return it as opened before.

    Raises:
        BundleError: There is none of that name, or it is damaged.
    """
    folder = store.find_name(name)
    try:
        changed_ns = (folder / "config.json").stat().st_mtime_ns
    except OSError as error:
        raise BundleError("ui.unreadable", name=name, error=error) from error
    return _with_kept_maps(_opened(folder, changed_ns))


@dataclass(frozen=True)
class _MoreMaps:
    """Maps that were made of a bundle here, by name; equal where their digests are."""

    digest: str
    maps: Mapping[str, LatentMap] = field(compare=False)


def _with_kept_maps(opened: OpenedModel) -> OpenedModel:
    """Return a bundle with the maps that were made of it here; its own take precedence."""
    codes = opened.bundle.codes
    more = {name: one for name, one in mapping.kept(codes).items() if name not in codes.maps}
    if not more:
        return opened
    digest = hashlib.sha256(opened.version.encode())
    for name, one in more.items():
        digest.update(name.encode() + one.xy.tobytes())
    return _extended(opened, _MoreMaps(digest.hexdigest()[:16], more))


@lru_cache(maxsize=32)
def _extended(opened: OpenedModel, more: _MoreMaps) -> OpenedModel:
    codes = opened.bundle.codes
    bundle = replace(opened.bundle, codes=replace(codes, maps={**codes.maps, **more.maps}))
    return OpenedModel(bundle, more.digest)


@lru_cache(maxsize=32)  # a few megabytes each; sessions hold on to theirs, so let them share it
def _opened(folder: Path, changed_ns: int) -> OpenedModel:
    """Open a folder; `changed_ns` makes a replaced bundle a new cache entry."""
    bundle = read_bundle(folder, weights=False)
    if bundle.codes.spacing is None or bundle.codes.pca is None:
        raise BundleError("ui.no_map", name=bundle.name)
    digest = hashlib.sha256()
    for file in ("config.json", "codes.npz"):
        digest.update((folder / file).read_bytes())
    digest.update(bundle.pack or b"")
    return OpenedModel(bundle, digest.hexdigest()[:16])
