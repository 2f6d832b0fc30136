"""Makes further maps of a bundle's codes, and saves them in the home.

`latent-explorer project` does the work in a process of its own, because methods may need hundreds
of megabytes. Knows nothing of pages.
"""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from explorer import store
from explorer.bundle import Codes, LatentMap
from explorer.bundle.arrays import read_mu
from explorer.data.npz import npz_bytes, read_npz
from explorer.disk import replace_file
from explorer.errors import MachineError
from explorer.foreign import if_readable
from explorer.jobs.commands import OURS, run_command
from explorer.projection import METHODS, MapMethod

_MOST_BYTES = 1 << 20  # of a file with the positions of 20,000 codes
_at_a_time = threading.BoundedSemaphore(1)


def can_make(codes: Codes, method: MapMethod) -> bool:
    """Whether a method makes sense for codes; it does not for prior samples."""
    return len(codes.mu) >= method.fewest and bool(codes.of_images.all())


def make(codes: Codes, method: MapMethod, report: Callable[[float], object]) -> LatentMap:
    """Make a map of codes, and save it for next time.

    Args:
        codes: The codes of a bundle.
        method: The method.
        report: Called with the share done; an exception in it stops the work.

    Raises:
        MachineError: The method is not installed, its process failed, or the home cannot be
            written to.
    """
    method.check_installed()
    with _at_a_time, tempfile.TemporaryDirectory(prefix="latent-explorer-") as place:
        given, made = Path(place) / "codes.npz", Path(place) / "xy.npz"
        given.write_bytes(npz_bytes({"mu": codes.mu}))
        command = [*OURS, "project", str(given), "--method", method.name]
        command += ["--out", str(made), "--often"]
        run_command(command, report, failed=lambda why: _failed(method, why))
        xy = read_npz(made, cap_bytes=_MOST_BYTES)["xy"].astype(np.float32)
    replace_file(_folder(codes) / f"{method.name}.npz", npz_bytes({"xy": xy}))
    return _map(method, xy)


def kept(codes: Codes) -> dict[str, LatentMap]:
    """Return the saved maps of codes, by name."""
    maps = {}
    for path in sorted(_folder(codes).glob("*.npz")):
        method = METHODS.named(path.stem)
        with if_readable():
            xy = read_npz(path, cap_bytes=_MOST_BYTES)["xy"]
            fits = xy.shape == (len(codes.mu), 2) and xy.dtype == np.float32
            if method is not None and fits and np.isfinite(xy).all():
                maps[method.name] = _map(method, xy)
    return maps


def drop_unused() -> None:
    """Delete the maps of codes that no bundle has any more."""
    folders = {path.name: path for path in _maps_folder().glob("*") if path.is_dir()}
    if not folders:
        return
    for model in store.models().models:
        with if_readable():
            folders.pop(_digest(read_mu(model.folder)), None)
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)


def _map(method: MapMethod, xy: np.ndarray) -> LatentMap:
    return LatentMap(xy=xy, method=method.name, settings=method.settings, is_exact=method.is_exact)


def _folder(codes: Codes) -> Path:
    """Return the folder of the maps of codes, whichever bundle they belong to."""
    return _maps_folder() / _digest(codes.mu)


def _maps_folder() -> Path:
    return store.home() / "maps"


def _digest(mu: np.ndarray) -> str:
    return hashlib.sha256(mu.tobytes()).hexdigest()[:16]


def _failed(method: MapMethod, reason: str) -> MachineError:
    return MachineError("mapping.failed", title=method.title, reason=reason.rstrip("."))
