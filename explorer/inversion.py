"""Finds the code of an image in the latent space of a model (inversion).

An encoder gives it at once. Without one, `latent-explorer encode` searches for it in a process of
its own, because that needs torch, which the app does without; the process ends when the code is
found. Knows nothing of pages.
"""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from explorer.bundle import ModelBundle
from explorer.data.npz import NUMBERS, read_npz
from explorer.data.pictures import as_image
from explorer.errors import MachineError
from explorer.jobs.commands import OURS, run_command
from explorer.packing.networks import decode, encode

_MOST_BYTES = 1 << 20  # of the file with one code
_at_a_time = threading.BoundedSemaphore(2)  # each takes some 300 MB


@dataclass(frozen=True, kw_only=True, eq=False)
class FoundCode:
    """A code for a picture, and how good it is.

    Attributes:
        z: The code, shape (d,), float32.
        x_hat: The picture decoded from it, shape (c, h, w), uint8.
        error: Mean squared difference per pixel between the two, white being 1.
        n_steps: Steps of the search that found the code; 0 with an encoder.
    """

    z: np.ndarray
    x_hat: np.ndarray
    error: float
    n_steps: int


def code_by_encoder(bundle: ModelBundle, pixels: np.ndarray) -> FoundCode:
    """Return the code that a model's encoder gives an image.

    Args:
        bundle: A model with an encoder, and its weights.
        pixels: The image at the bundle's image shape, (c, h, w), uint8.
    """
    z = encode(bundle, (pixels / np.float32(255))[None].astype(np.float32))
    x_hat = np.rint(decode(bundle, z)[0] * 255).astype(np.uint8)
    return FoundCode(z=z[0], x_hat=x_hat, error=_error(x_hat, pixels), n_steps=0)


def find_code(folder: Path, pixels: np.ndarray, report: Callable[[float], None]) -> FoundCode:
    """Find the code of an image.

    Args:
        folder: The bundle.
        pixels: The image at the bundle's image shape, (c, h, w), uint8.
        report: Called with the share done; an exception in it stops the search.

    Raises:
        MachineError: The process ended without a code, or took too long.
    """
    with _at_a_time, tempfile.TemporaryDirectory(prefix="latent-explorer-") as kept:
        given, codes, decoded = (Path(kept) / name for name in ("x.png", "z.npz", "x_hat.png"))
        as_image(pixels).save(given)
        command = [*OURS, "encode", str(folder), str(given)]
        command += ["--out", str(codes), "--reconstructions", str(decoded), "--often"]
        run_command(command, report, failed=_failed)
        arrays = read_npz(codes, cap_bytes=_MOST_BYTES, kinds=NUMBERS + "U")  # with names
        with Image.open(decoded) as image:
            x_hat = _to_pixels(image)
    return FoundCode(
        z=arrays["mu"][0],
        x_hat=x_hat,
        error=_error(x_hat, pixels),
        n_steps=int(arrays["n_steps"][0]) if "n_steps" in arrays else 0,
    )


def _error(x_hat: np.ndarray, pixels: np.ndarray) -> float:
    return float(np.square((x_hat.astype(np.float64) - pixels) / 255).mean())


def _failed(reason: str) -> MachineError:
    return MachineError("inversion.failed", reason=reason.rstrip("."))


def _to_pixels(image: Image.Image) -> np.ndarray:
    values = np.asarray(image)
    return values[None] if values.ndim == 2 else values.transpose(2, 0, 1)
