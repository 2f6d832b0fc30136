"""Summarises, reads and writes bundles.

Bundles are checked once when they are read; what reading would refuse is not written.
"""

import os
from dataclasses import fields
from pathlib import Path

import numpy as np

from explorer.bundle.arrays import (
    check_codes,
    check_unpacked,
    check_weights,
    codes_bytes,
    read_codes,
    read_weights,
    weights_bytes,
)
from explorer.bundle.files import CAPS, check_size, read_file, refusal, replace_folder, restore
from explorer.bundle.record import BundleFacts, BundleSummary, Codes, DataFacts, ModelBundle
from explorer.bundle.settings import check_settings, read_settings, settings_bytes
from explorer.config import TrainConfig
from explorer.errors import BundleError, ConfigError
from explorer.foreign import door, printable
from explorer.models.architecture import spec_of
from explorer.models.spec import count_weights
from explorer.words import decimal

_MOST_TRIES = 5
_ROOM_FOR_SCORES_BYTES = 100_000
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_summary(folder: Path | str) -> BundleSummary:
    """Read what config.json alone says of a bundle.

    Raises:
        BundleError: There is no such folder, or config.json is missing, damaged or of another
            version.
    """
    return read_settings(_find(_absolute(folder)))


def read_bundle(folder: Path | str, *, weights: bool = True) -> ModelBundle:
    """Read a bundle, and refuse it if any part is missing, damaged or does not fit the rest.

    Args:
        folder: Where the bundle lies.
        weights: Whether to read the network's weights too; the browser needs only the pack.

    Raises:
        BundleError: The folder or a file is missing, too large, damaged, a link out of the folder
            or of another version; a key or array is missing, unknown, of another shape or type,
            or not finite. The message names the file and the key.
    """
    folder = _absolute(folder)
    refused: list[BundleError] = []
    for _ in range(_MOST_TRIES):
        seen = _identity(folder)
        try:
            bundle = _read(_find(folder), weights=weights)
        except BundleError as error:
            if seen is not None and _identity(folder) == seen:
                raise
            if seen is None:  # missing, or between the two renames of one that is replaced
                refused.append(error)
        else:
            if _identity(folder) == seen:
                return bundle
    if len(refused) == _MOST_TRIES:
        raise refused[-1]
    raise BundleError("bundle.replaced_meanwhile", name=folder.name)


def _read(folder: Path, *, weights: bool) -> ModelBundle:
    """Read all files of a bundle, which may be replaced meanwhile."""
    summary = read_settings(folder)
    codes = read_codes(folder, summary.data, summary.model, summary.maps)
    _check_start(summary, codes, folder)
    known = {f.name: getattr(summary, f.name) for f in fields(BundleFacts)}
    return ModelBundle(
        **known,
        weights=read_weights(folder, summary.model) if weights else {},
        codes=codes,
        pack=_optional(folder, "decoder.pack"),
        preview=_preview(folder),
        card=_card(folder),
        folder=folder,
    )


def _identity(folder: Path) -> tuple[int, int] | None:
    """Return what differs between a bundle and the one that replaces it; None if there is none."""
    try:
        found = (folder / "config.json").stat()
    except OSError:
        return None
    return (found.st_ino, found.st_mtime_ns)


def write_bundle(bundle: ModelBundle, folder: Path | str) -> None:
    """Write a bundle, whole or not at all; an older bundle there is replaced only by success.

    Raises:
        BundleError: The folder holds something else, or the bundle is one that reading would
            refuse.
        MachineError: The disk is full or may not be written to.
    """
    folder = _absolute(folder)
    config = settings_bytes(bundle, folder.name)
    summary = check_settings(config, folder)
    check_weights(bundle.weights, summary.model, folder)
    check_codes(bundle.codes, summary.data, summary.model, folder)
    check_unpacked(bundle.codes, folder)
    _check_start(summary, bundle.codes, folder)
    contents = {
        "config.json": config,
        "weights.safetensors": weights_bytes(bundle.weights, summary.model.precision),
        "codes.npz": codes_bytes(bundle.codes),
        "decoder.pack": bundle.pack or b"",
        "preview.png": bundle.preview,
        "README.md": bundle.card.encode(),
    }
    contents = {file: content for file, content in contents.items() if content}
    for file, content in contents.items():
        check_size(folder, file, len(content))
    replace_folder(folder, contents)


def refuse_unkeepable(config: TrainConfig, data: DataFacts) -> None:
    """Refuse a run whose bundle could not be written at its end, before any work is done.

    Raises:
        ShapeError: Images of this shape are not supported.
        BundleError: A bundle cannot hold the facts of its data.
        ConfigError: Its network has more weights than a bundle can hold.
    """
    folder, none = Path("run"), np.empty((0, config.latent_dim), np.float32)
    codes = Codes(mu=none, logvar=none, ids=np.empty(0, np.int64), error=np.empty(0, np.float32))
    model = spec_of(config, data.image_shape)
    empty = ModelBundle(
        name=folder.name,
        model=model,
        config=config,
        data=data,
        scores={},
        weights={},
        codes=codes,
    )
    settings = settings_bytes(empty, folder.name)
    check_settings(settings, folder)
    check_size(folder, "config.json", len(settings) + _ROOM_FOR_SCORES_BYTES)
    n_weights = count_weights(model)
    n_bytes = n_weights * (2 if model.precision == "half" else 4)
    if n_bytes > CAPS["weights.safetensors"]:
        raise ConfigError(
            "bundle.too_many_weights",
            n_weights=decimal(n_weights / 1e6, 0),
            n_bytes=decimal(n_bytes / 2**20, 0),
            caps=decimal(CAPS["weights.safetensors"] / 2**20, 0),
        )


def _check_start(summary: BundleSummary, codes: Codes, folder: Path) -> None:
    """Refuse a first item that has no code."""
    if summary.start_item is not None and summary.start_item not in codes.ids:
        said = str(summary.start_item)
        raise refusal(folder, "config.json", "start_item_without_code", said=said)


def _absolute(folder: Path | str) -> Path:
    """Return the folder as a path that ends in its name, which "." does not."""
    return Path(os.path.abspath(folder))


def _find(folder: Path) -> Path:
    """Return a bundle's folder, which must exist or have been set aside."""
    name = printable(folder.name)
    with door(lambda why: BundleError("bundle.cannot_open", name=name, why=why)):
        folder.name.encode()  # a name that is not text could not be shown
        restore(folder)
        is_there = folder.is_dir()
    if not is_there:
        raise BundleError("bundle.none_there", folder=printable(str(folder)))
    return folder


def _optional(folder: Path, file: str) -> bytes | None:
    """Read a file that a bundle need not have; None if it has none."""
    return read_file(folder, file) if os.path.lexists(folder / file) else None


def _preview(folder: Path) -> bytes:
    content = _optional(folder, "preview.png") or b""
    if content and not content.startswith(_PNG_SIGNATURE):
        raise refusal(folder, "preview.png", "no_png")
    return content


def _card(folder: Path) -> str:
    try:
        return (_optional(folder, "README.md") or b"").decode()
    except UnicodeDecodeError as error:
        raise refusal(folder, "README.md", "no_utf8", why=error) from error
