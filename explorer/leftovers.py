"""Deletes what nothing uses: uploads without a run, maps without a model, halves of killed writes.

Knows nothing of pages.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from explorer import jobs, mapping, store
from explorer.bundle import read_summary
from explorer.disk import is_abandoned
from explorer.errors import ExplorerError

_UPLOADS_KEPT_S = 7 * 86_400.0  # that nothing uses
_AT_HAND_S = 600.0  # in which somebody may still have them in a form
_BEGUN = ".*.new-*"  # how `disk` calls what it has begun to write


@dataclass(frozen=True)
class UploadSizes:
    """How much uploaded images take on the disk, in bytes, and what of it can be deleted."""

    n_bytes: int
    unused_bytes: int


def used_uploads(*, runs: Iterable[str] = (), models: Iterable[str] = ()) -> set[Path]:
    """Return the folders of uploads that runs and models use.

    Args:
        runs: Ids of runs that do not count.
        models: Names of models that do not count.
    """
    gone_runs, gone_models = set(runs), set(models)
    sources = []
    for run in jobs.runs():
        with contextlib.suppress(ExplorerError):
            if run.id not in gone_runs:
                sources.append(run.record().config.data)
    for folder in (*store.own_folders(), *store.elsewhere_folders()):
        with contextlib.suppress(ExplorerError):
            if folder.name not in gone_models:
                sources.append(read_summary(folder).images_of)
    return {Path(os.path.abspath(source)).parent for source in sources if store.is_upload(source)}


def upload_sizes() -> UploadSizes:
    """Measure the uploads in the home."""
    used = used_uploads()
    sizes = {folder: _n_bytes(folder) for folder in _entries(store.uploads_folder())}
    unused = (folder for folder in sizes.keys() - used if _age_s(folder) >= _AT_HAND_S)
    return UploadSizes(sum(sizes.values()), sum(sizes[folder] for folder in unused))


def drop_unused_uploads(*, older_than_s: float = _AT_HAND_S) -> None:
    """Delete uploads that no run and no model uses, if they are that old."""
    used = used_uploads()
    for folder in _entries(store.uploads_folder()):
        if folder not in used and _age_s(folder) >= older_than_s:
            shutil.rmtree(folder, ignore_errors=True)


def drop_upload(path: Path) -> None:
    """Delete one upload, which another one replaces, unless something uses it."""
    folder = Path(os.path.abspath(path)).parent
    if store.is_upload(str(path)) and folder not in used_uploads():
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Delete uploads unused for a week, maps of codes that no model has, and halves of writes."""
    for place in (store.uploads_folder(), store.bundles_folder(), store.runs_folder()):
        for depth in ("", "*/", "*/*/"):
            for left in place.glob(f"{depth}{_BEGUN}"):
                if is_abandoned(left):
                    _delete(left)
    for folder in _entries(store.uploads_folder()):
        with contextlib.suppress(OSError):
            folder.rmdir()  # only where its one file was never finished
    for run in jobs.runs():
        if run.said().out and run.checkpoint.exists() and not run.is_worked_on():
            _delete(run.checkpoint)  # its model is saved: nothing goes on from there
    drop_unused_uploads(older_than_s=_UPLOADS_KEPT_S)
    mapping.drop_unused()


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _entries(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() else []


def _n_bytes(folder: Path) -> int:
    with contextlib.suppress(OSError):
        return sum(file.stat().st_size for file in folder.iterdir())
    return 0  # gone meanwhile


def _age_s(path: Path) -> float:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime
    return 0.0
