"""A run on disk: everything needed to resume exactly where it stopped.

Knows nothing of training steps. The file is a checksum followed by tensors and plain values as
torch writes them; reading one executes nothing.
"""

import errno
import hashlib
import io
import zlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet
from explorer.disk import replacing
from explorer.errors import ConfigError, MachineError, TrainingError
from explorer.foreign import door
from explorer.words import say

_MAGIC = b"latentX3"
_DIGEST_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The state of a run between two steps.

    Attributes:
        config: `TrainConfig.to_json` of the run.
        fingerprint: `fingerprint` of its images.
        step: Updates of the weights so far.
        elapsed_s: Seconds of work so far.
        finished: Whether all epochs are done, or the run has stopped early.
        stopped_early: Whether it stopped early.
        networks: State of all networks.
        optimizers: State of each optimiser, by its name in `Objective.players`.
        noise: State of the generator of eps.
        recent: Decaying sums of each measure, and of the images it was taken from, shape (2, m).
        best: Weights with the smallest loss on held-out images so far.
        held_out: Course of that loss: the fields of `HeldOut`.
    """

    config: dict[str, object]
    fingerprint: str
    step: int
    elapsed_s: float
    finished: bool
    stopped_early: bool
    networks: dict[str, Tensor]
    optimizers: dict[str, object]
    noise: Tensor
    recent: Tensor
    best: dict[str, Tensor] | None
    held_out: dict[str, Any]


def fingerprint(images: ImageSet) -> str:
    """Return a digest of the pixels, their shape and the split."""
    crc = zlib.crc32(np.ascontiguousarray(images.pixels).data)
    crc = zlib.crc32(np.packbits(images.is_test).data, crc)
    return f"{images.pixels.shape}-{crc:08x}"


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint; until that is done, the old one stays.

    Raises:
        MachineError: It cannot be written.
    """
    buffer = io.BytesIO()
    torch.save({f.name: getattr(checkpoint, f.name) for f in fields(checkpoint)}, buffer)
    content = buffer.getbuffer()
    try:
        with replacing(path) as file:
            file.write(_MAGIC + hashlib.sha256(content).digest())
            file.write(content)
    except OSError as error:
        is_full = error.errno == errno.ENOSPC
        raise MachineError(
            "training.checkpoint_disk_full" if is_full else "training.checkpoint_not_written",
            path=path,
            error=error.strerror,
            megabytes=round(content.nbytes / 1e6),
        ) from error


def load(path: Path, config: TrainConfig, images: ImageSet) -> Checkpoint:
    """Read a checkpoint of the same settings and images.

    Raises:
        TrainingError: There is none, it is damaged, or it is that of another run.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TrainingError("training.no_checkpoint", path=path, strerror=error.strerror) from error
    checkpoint = _decode(content, path)
    if not _is_of(checkpoint, config):
        raise _other_settings(checkpoint.config, config, path)
    if checkpoint.fingerprint != fingerprint(images):
        raise TrainingError("training.other_images", path=path, name=images.name)
    return checkpoint


def _is_of(checkpoint: Checkpoint, config: TrainConfig) -> bool:
    """Whether these are its settings; an older version may have used other names."""
    try:
        return TrainConfig.from_json(checkpoint.config) == config
    except ConfigError:
        return False


def _decode(content: bytes, path: Path) -> Checkpoint:
    start = len(_MAGIC) + _DIGEST_BYTES
    body = memoryview(content)[start:]
    header = _MAGIC + hashlib.sha256(body).digest()
    if content[:start] != header:
        raise damaged(path)
    with door(lambda why: damaged(path)):
        return Checkpoint(**torch.load(io.BytesIO(body), weights_only=True))


def damaged(path: Path) -> TrainingError:
    """Return the error of a checkpoint that is damaged or incomplete."""
    return TrainingError("training.checkpoint_damaged", path=path)


def _other_settings(kept: dict[str, object], config: TrainConfig, path: Path) -> TrainingError:
    asked = config.to_json()
    names = sorted(name for name in kept.keys() | asked if kept.get(name) != asked.get(name))
    values = ({"name": n, "kept": str(kept.get(n)), "asked": str(asked.get(n))} for n in names)
    differences = ", ".join(say("training.difference", **value) for value in values)
    return TrainingError("training.other_settings", path=path, differences=differences)
