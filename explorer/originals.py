"""The images behind a bundle's codes, where they are on this machine: no network, no torch.

Those of shipped models come with the program; those of built-in data sets are generated or read
again; others are read from the folder or file on this machine that a model was trained on. Knows
nothing of pages.
"""

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np

from explorer import data, store
from explorer.bundle import ModelBundle
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.data.npz import read_npz
from explorer.data.pictures import bring_to
from explorer.disk import replace_file
from explorer.errors import ExplorerError
from explorer.foreign import if_readable

_SHELF_CAP_BYTES = 64 << 20


def at_hand(bundle: ModelBundle) -> bool:
    """Whether the images are on this machine.

    A folder or file is not opened, which may take long; if it has changed, `load` finds no images
    in it. Without the settings of the training, nothing says how to read the images.
    """
    if _place(bundle) is not None:
        return True
    return load(bundle, bundle.codes.ids[bundle.codes.of_images][:1]) is not None


def load(bundle: ModelBundle, ids: np.ndarray) -> np.ndarray | None:
    """Return the images of some rows of the set that a bundle was trained on.

    Args:
        bundle: Its weights are not needed.
        ids: Rows of the set, shape (m,).

    Returns:
        Shape (m, c, h, w), uint8; None if they are not at hand or no longer the same.
    """
    config = bundle.config
    if config is None:
        return None
    images = _shipped(bundle, config, ids)
    if images is None:
        place = _place(bundle)
        images = (
            data.load_items(
                config.data,
                ids,
                image_size=config.image_size,
                n_images=config.n_images,
                grey=config.grey,
            )
            if place is None
            else _of_place(bundle, config, place, ids)
        )
    fits = images is not None and images.shape[1:] == bundle.data.image_shape
    return images if fits else None


def names(bundle: ModelBundle, ids: np.ndarray) -> tuple[str, ...] | None:
    """Return the file names of some rows of the set; None if there are none or `load` finds none.

    Only images from a folder or file on this machine have names; those of sets are numbers.
    """
    place = _place(bundle)
    if place is None or bundle.config is None:
        return None
    images = _set_of(bundle, bundle.config, place, ids)
    return tuple(images.item_names[row] for row in ids) if images and images.item_names else None


def remember_place(bundle: ModelBundle, place: str = "") -> None:
    """Save the location of the folder or file that a bundle was just trained on.

    It is saved in the home, so that a bundle that is passed on does not reveal the folders of this
    machine, and one from elsewhere cannot name a folder to be read here.

    Args:
        bundle: Just trained.
        place: Where its images are now; empty if that is where its settings say.

    Raises:
        MachineError: The home cannot be written to.
    """
    source, fingerprint = Path(place or bundle.images_of).expanduser(), bundle.data.fingerprint
    if fingerprint and not data.is_name(bundle.images_of) and source.exists():
        replace_file(_note(fingerprint), str(source.absolute()).encode())


def _note(fingerprint: str) -> Path:
    return store.home() / "images" / f"{fingerprint}.txt"


def _place(bundle: ModelBundle) -> Path | None:
    """Return the folder or file of the images, if it is known and still there."""
    if store.is_upload(bundle.images_of):
        return Path(bundle.images_of)
    if not bundle.data.fingerprint:
        return None
    try:
        place = Path(_note(bundle.data.fingerprint).read_text(encoding="utf-8"))
        return place if place.exists() else None
    except (OSError, ValueError):  # never noted, or not by us
        return None


def _of_place(
    bundle: ModelBundle, config: TrainConfig, place: Path, ids: np.ndarray
) -> np.ndarray | None:
    images = _set_of(bundle, config, place, ids)
    return None if images is None else images.pixels[ids]


def _set_of(
    bundle: ModelBundle, config: TrainConfig, place: Path, ids: np.ndarray
) -> ImageSet | None:
    """Read a folder or file as for the run; None if it is damaged or has other images."""
    fingerprint = bundle.data.fingerprint
    try:
        images = data.load_for(dataclasses.replace(config, data=str(place)))
    except ExplorerError:
        return None
    is_same = images.fingerprint() == fingerprint if fingerprint else store.is_upload(config.data)
    in_range = ids.max(initial=-1) < len(images.pixels)
    return images if is_same and in_range else None


def _shipped(bundle: ModelBundle, config: TrainConfig, ids: np.ndarray) -> np.ndarray | None:
    """Return images that came with the program; None if some did not.

    A set with a name is the same everywhere. A path is not: only a model that came along itself was
    trained on the file that its originals come from.
    """
    came_along = bundle.folder is not None and bundle.folder.parent == store.pretrained_folder()
    is_whole = data.is_name(config.data) and not config.n_images
    if not (came_along or is_whole) or ":" in config.data:
        return None
    shelf = _shelf(store.originals_folder() / f"{Path(config.data).stem}.npz")
    if shelf is None:
        return None
    known, images = shelf
    rows = np.searchsorted(known, ids).clip(max=len(known) - 1)
    if not np.array_equal(known[rows], ids):
        return None
    return bring_to(images[rows], image_size=config.image_size, grey=config.grey)


@cache  # a few megabytes for each of three sets
def _shelf(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Read ids (n,), ascending, and images (n, c, h, w), uint8; None if there are none."""
    with if_readable():
        arrays = read_npz(path, cap_bytes=_SHELF_CAP_BYTES)
        return arrays["ids"], arrays["images"]
    return None
