"""Removes runs, models and uploads from the home, and can put them back for a while.

What is cleared is moved aside within the home, each folder by one rename. Nothing that came with
the program is ever moved, nor anything outside the home: a model there is only taken off the list.
"""

import contextlib
import json
import shutil
import time
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from explorer import jobs, store
from explorer.disk import machine_error, replace_file
from explorer.errors import ExplorerError, TrainingError
from explorer.foreign import parse_json
from explorer.leftovers import used_uploads
from explorer.renaming import note_name

_ASIDE = ".cleared"  # in the home: a folder for each time that something was cleared
_FORGOTTEN = "elsewhere.json"  # in such a folder: models that were taken off the list
_KEPT_S = 86_400.0  # then it is deleted for good, since a closed page does not tell us so
_AT_ONCE = 8  # runs that are asked to end at the same time


@dataclass(frozen=True, kw_only=True)
class Work:
    """What can be cleared.

    Attributes:
        runs: Training runs.
        models: Names of models in the home.
        uploads: Folders of uploaded images.
        elsewhere: Folders of listed models outside the home.
    """

    runs: tuple[jobs.RunFolder, ...] = ()
    models: tuple[str, ...] = ()
    uploads: tuple[Path, ...] = ()
    elsewhere: tuple[Path, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return any((self.runs, self.models, self.uploads, self.elsewhere))


@dataclass(frozen=True, kw_only=True)
class Cleared:
    """What was cleared at one time.

    Attributes:
        id: Where it waits, for `put_back`.
        n_runs: How many runs.
        n_models: How many models in the home.
        n_uploads: How many uploads.
        n_elsewhere: How many models elsewhere were taken off the list.
        left_out: Why others were not cleared, one sentence each.
        names: What the runs and models are called.
    """

    id: str
    n_runs: int
    n_models: int
    n_uploads: int
    n_elsewhere: int
    left_out: tuple[str, ...]
    names: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was cleared."""
        return bool(self.n_runs or self.n_models or self.n_uploads or self.n_elsewhere)


# ---- what there is


def models_of(runs: Iterable[jobs.RunFolder]) -> tuple[str, ...]:
    """Return the names of the models in the home that runs have made."""
    own = store.bundles_folder()
    found: dict[str, None] = {}  # in their order, each once
    for run in runs:
        with contextlib.suppress(ExplorerError):
            folder = jobs.folder_made_by(run)
            if folder and folder.parent == own:
                found[folder.name] = None
    return tuple(found)


def work_since(since_s: float = 0.0) -> Work:
    """Return all runs, models and uploads that did not come with the program.

    Args:
        since_s: Only what was made from then on, in seconds of the Unix clock. An upload that
            something older uses is left out.
    """
    runs = [run for run in jobs.runs() if _begun_s(run) >= since_s]
    own = [folder for folder in store.own_folders() if _made_s(folder) >= since_s]
    elsewhere = [folder for folder in store.elsewhere_folders() if _made_s(folder) >= since_s]
    used = used_uploads(runs=[run.id for run in runs], models=[folder.name for folder in own])
    uploads = [
        folder
        for folder in _entries(store.uploads_folder())
        if folder not in used and folder.stat().st_mtime >= since_s
    ]
    return Work(
        runs=tuple(runs),
        models=tuple(folder.name for folder in own),
        uploads=tuple(uploads),
        elsewhere=tuple(elsewhere),
    )


# ---- clearing


def clear(work: Work) -> Cleared:
    """Move things aside. Runs still at work are ended first; those that cannot be are left out.

    Things that are not in the home are skipped, for example because somebody else has cleared them.

    Raises:
        MachineError: The home may not be written to.
    """
    _sweep_older_than(_KEPT_S)
    aside = _aside() / uuid.uuid4().hex
    left_out: list[str] = []
    ended = _ended(
        [run for run in work.runs if run.path in _entries(store.runs_folder())], left_out
    )
    models = [folder for folder in store.own_folders() if folder.name in work.models]
    uploads = [path for path in work.uploads if path in _entries(store.uploads_folder())]
    names = [*map(_name_of, ended), *(folder.name for folder in models)]
    cleared = Cleared(
        id=aside.name,
        n_runs=_move([run.path for run in ended], aside / "runs", left_out),
        n_models=_move(models, aside / "bundles", left_out),
        n_uploads=_move(uploads, aside / "uploads", left_out),
        n_elsewhere=_forget(work.elsewhere, aside),
        left_out=tuple(left_out),
        names=tuple(names),
    )
    _drop_empty(aside)
    return cleared


def put_back(cleared: str) -> tuple[str, ...]:
    """Put back what was cleared at one time.

    Returns:
        The new names of things whose own names were taken in the meantime.

    Raises:
        TrainingError: It is deleted for good, or somebody else has put it back.
        MachineError: The home may not be written to.
    """
    aside = _aside() / cleared
    if not aside.is_dir():
        raise TrainingError("clearing.cannot_undo")
    renamed: list[str] = []
    models: dict[str, Path] = {}  # by their old names, those that have other ones now
    places = {
        "uploads": store.uploads_folder(),
        "bundles": store.bundles_folder(),
        "runs": store.runs_folder(),
    }
    for kind, place in places.items():
        for path in _entries(aside / kind):
            target = store.free_folder(place / path.name)
            if kind == "uploads" and target.name != path.name:
                continue  # the same images were uploaded again
            if _renamed(path, target) and target.name != path.name:
                renamed.append(target.name)
                if kind == "bundles":
                    models[path.name] = target
    for old, model in models.items():
        note_name(model, old)
    with contextlib.suppress(OSError, ValueError, TypeError):
        for folder in cast(list[str], parse_json((aside / _FORGOTTEN).read_bytes())):
            store.remember(Path(folder))
    sweep(cleared)
    return tuple(renamed)


def sweep(cleared: str) -> None:
    """Delete for good what was cleared at one time."""
    shutil.rmtree(_aside() / cleared, ignore_errors=True)
    _drop_empty(_aside())


def sweep_all() -> None:
    """Delete for good whatever was cleared at any time."""
    shutil.rmtree(_aside(), ignore_errors=True)


# ---- parts


def _aside() -> Path:
    return store.home() / _ASIDE


def _ended(runs: Sequence[jobs.RunFolder], left_out: list[str]) -> list[jobs.RunFolder]:
    """End runs at work, and return those that no process works on any more."""

    def end(run: jobs.RunFolder) -> ExplorerError | None:
        try:
            if run.status().state not in jobs.ENDED:
                jobs.end(run)
                jobs.keep_paused(run)  # so that it does not resume by itself once it is put back
        except ExplorerError as error:
            return error if run.path.exists() else None
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        errors = list(pool.map(end, runs))
    left_out += [str(error) for error in errors if error]
    return [run for run, error in zip(runs, errors, strict=True) if not error]


def _move(paths: Sequence[Path], aside: Path, left_out: list[str]) -> int:
    """Move folders aside, and return how many were still there."""
    n_moved = 0
    for path in paths:
        try:
            aside.mkdir(parents=True, exist_ok=True)
            n_moved += _renamed(path, aside / path.name)
        except OSError as error:
            left_out.append(str(machine_error(error, path)))
    return n_moved


def _renamed(path: Path, target: Path) -> bool:
    """Rename a folder, and return whether it was still there.

    Raises:
        MachineError: It could not be renamed.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise machine_error(error, path) from error
    return True


def _forget(folders: Sequence[Path], aside: Path) -> int:
    if folders:
        text = json.dumps([str(folder) for folder in folders], ensure_ascii=False)
        replace_file(aside / _FORGOTTEN, text.encode())
        store.forget(folders)
    return len(folders)


def _name_of(run: jobs.RunFolder) -> str:
    try:
        return run.record().name
    except ExplorerError:  # damaged
        return run.id


def _begun_s(run: jobs.RunFolder) -> float:
    try:
        return run.record().created_s
    except ExplorerError:  # damaged
        return _made_s(run.path)


def _made_s(folder: Path) -> float:
    """Return when a folder was made, or last changed, in seconds of the Unix clock."""
    try:
        return folder.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def _entries(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.is_dir() else []


def _drop_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _sweep_older_than(age_s: float) -> None:
    for aside in _entries(_aside()):
        if time.time() - _made_s(aside) > age_s:
            shutil.rmtree(aside, ignore_errors=True)
