"""Where bundles are: the included ones and the user's own.

The one module that knows these places. It lists what is there and finds a bundle by its name; a
name is only ever compared with what is listed, so it cannot lead to another place.
"""

import contextlib
import difflib
import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import platformdirs
from filelock import FileLock, Timeout

import explorer
from explorer.bundle import BundleSummary, bundles_in, looks_like_bundle, read_summary
from explorer.data.imageset import Skipped
from explorer.disk import machine_error, replace_file
from explorer.errors import BundleError, MachineError
from explorer.foreign import parse_json

_ELSEWHERE = "bundles-elsewhere.json"  # in the home: folders of bundles that lie outside it
_LOCK = "lock"  # in the home
_LOCK_WAIT_S = 10.0
_RENAMED = "bundles-renamed.json"  # in the home: old names to new ones


@dataclass(frozen=True)
class Listing:
    """What was found when looking for bundles.

    Attributes:
        models: The bundles that can be opened, those that came along first, then by name.
        problems: Why other folders could not be read, one error each.
    """

    models: tuple[BundleSummary, ...]
    problems: tuple[BundleError, ...]


def home() -> Path:
    """Return the folder of the user's bundles, runs and data: LATENT_EXPLORER_HOME if set."""
    chosen = os.environ.get("LATENT_EXPLORER_HOME")
    if chosen:
        return Path(os.path.abspath(Path(chosen).expanduser()))
    return platformdirs.user_data_path("latent-explorer", appauthor=False)


def bundles_folder() -> Path:
    """Return where the user's own bundles lie; it may not exist yet."""
    return home() / "bundles"


def runs_folder() -> Path:
    """Return where the app's training runs lie; it may not exist yet."""
    return home() / "runs"


def uploads_folder() -> Path:
    """Return where `keep_upload` keeps files, each in a folder of its own; it may not exist yet."""
    return home() / "uploads"


@dataclass(frozen=True, kw_only=True)
class KeptUpload:
    """Uploaded files, kept as one; the counts are those of `data.uploads.Upload`."""

    path: Path
    n_repeated: int = 0
    n_renamed: int = 0
    skipped: tuple[Skipped, ...] = ()


def keep_upload(files: Sequence[tuple[str, bytes]]) -> KeptUpload:
    """Keep uploaded files where runs find them again, as one file.

    The same files give the same path.

    Args:
        files: Name of each file and its contents, at least one (see `data.uploads`).

    Raises:
        DataError: The files do not go together, or an archive is damaged or over a limit.
        MachineError: The disk is full or may not be written to.
    """
    from explorer.data.uploads import brought_together

    upload = brought_together(files)
    stem, suffix = Path(upload.name).stem, Path(upload.name).suffix.lower()
    digest = hashlib.sha256(upload.content).hexdigest()[:12]
    safe = re.sub(r"[^\w -]+", "-", stem).strip(" -")[:40] or "upload"
    path = uploads_folder() / digest / f"{safe}{suffix}"
    if path.is_file():
        os.utime(path.parent)  # it is as good as new
    else:
        replace_file(path, upload.content)
    return KeptUpload(
        path=path,
        n_repeated=upload.n_repeated,
        n_renamed=upload.n_renamed,
        skipped=upload.skipped,
    )


def is_upload(source: str) -> bool:
    """Whether a source of images is a file that `keep_upload` has kept, and so the same as then."""
    try:
        path = Path(os.path.abspath(source))  # a bundle from elsewhere may name anything at all
        return path.is_relative_to(os.path.abspath(uploads_folder())) and path.is_file()
    except (OSError, ValueError):  # too long for a path, or a NUL within
        return False


@contextlib.contextmanager
def changing() -> Iterator[None]:
    """Within it, no other process or thread takes a name in the home or changes a list there.

    It cannot be nested.

    Raises:
        MachineError: The home cannot be written to, or somebody else changes it for long.
    """
    lock = FileLock(home() / _LOCK)
    try:
        lock.acquire(timeout=_LOCK_WAIT_S)
    except Timeout:
        seconds = round(_LOCK_WAIT_S)
        raise MachineError("store.locked", lock=home() / _LOCK, seconds=seconds) from None
    except OSError as error:
        raise machine_error(error, home()) from error
    try:
        yield
    finally:
        lock.release()


def is_known(name: str) -> bool:
    """Whether a bundle of that name is listed."""
    return _same(name) in _all_folders()


def remember(folder: Path) -> None:
    """Note that a bundle lies elsewhere, so that it is listed and found like the others.

    Raises:
        MachineError: The home cannot be written to.
    """
    if folder.parent != bundles_folder():
        with changing():
            known = [str(other) for other in _elsewhere().values() if other != folder]
            text = json.dumps([*known, str(folder)], ensure_ascii=False, indent=1)
            replace_file(home() / _ELSEWHERE, text.encode())


def forget(folders: Sequence[Path]) -> None:
    """Take bundles that lie elsewhere off the list; they stay where they are.

    Raises:
        MachineError: The home cannot be written to.
    """
    with changing():
        known = [str(folder) for folder in elsewhere_folders() if folder not in folders]
        text = json.dumps(known, ensure_ascii=False, indent=1)
        replace_file(home() / _ELSEWHERE, text.encode())


def own_folders() -> list[Path]:
    """Return the folders of the bundles in the home, those that are damaged too."""
    return bundles_in(bundles_folder())


def elsewhere_folders() -> list[Path]:
    """Return the folders of the remembered bundles that lie elsewhere and are still there."""
    return list(_elsewhere().values())


def note_renamed(name: str, new: str) -> None:
    """Note that a bundle has another name now, so that addresses with its old one still lead to it.

    Call it within `changing`.

    Raises:
        MachineError: The home cannot be written to.
    """
    names = {old: new if now == name else now for old, now in _renamed().items() if old != new}
    text = json.dumps({**names, name: new}, ensure_ascii=False, indent=1)
    replace_file(home() / _RENAMED, text.encode())


def current_name(name: str) -> str:
    """Return the name of a bundle now: another one only where none is listed under the old one."""
    return name if is_known(name) else _renamed().get(_same(name), name)


def pretrained_folder() -> Path:
    """Return where the bundles that came along lie: in the package, or beside it in a checkout."""
    package = Path(explorer.__file__).parent
    installed = package / "pretrained"
    return installed if installed.is_dir() else package.parent / "pretrained"


def originals_folder() -> Path:
    """Return where the images behind the shipped bundles' codes lie, one file for each set."""
    return pretrained_folder() / "originals"


def models() -> Listing:
    """List all bundles, those that came along first.

    One of the user's hides one that came along under the same name; one in the home hides one that
    lies elsewhere.
    """
    found, problems = [], []
    for folder in _all_folders().values():
        try:
            found.append(_summary(folder))
        except BundleError as error:
            problems.append(error)
    return Listing(tuple(found), tuple(problems))


def _summary(folder: Path) -> BundleSummary:
    """Return what a bundle says of itself, read again when its config.json has changed."""
    try:
        now = (folder / "config.json").stat()
    except OSError:
        return read_summary(folder)  # which says what is the matter
    return _read_once(folder, (now.st_mtime_ns, now.st_size, now.st_ino))


@lru_cache(maxsize=256)  # every page of every visitor lists them
def _read_once(folder: Path, changed: tuple[int, int, int]) -> BundleSummary:
    return read_summary(folder)


def find(name_or_folder: str) -> Path:
    """Return the folder of a bundle, given as a path or as a name that `models` lists.

    Raises:
        BundleError: There is none; the message offers names that are close.
    """
    folder = Path(name_or_folder)
    return folder if looks_like_bundle(folder) else find_name(name_or_folder)


def find_name(name: str) -> Path:
    """Return the folder of a bundle by name alone, as a link in the address bar gives it.

    Raises:
        BundleError: No bundle has that name; the message offers names that are close.
    """
    folders = _all_folders()
    for known in (_same(name), _renamed().get(_same(name))):
        if known in folders:
            return folders[known]
    names = [folder.name for folder in folders.values()]
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    listed = ", ".join(f'"{found}"' for found in close or sorted(names)[:8])
    if not names:
        raise BundleError("store.none_yet", name=name)
    raise BundleError(
        "store.unknown_similar" if close else "store.unknown", name=name, names=listed
    )


def free_folder(folder: Path) -> Path:
    """Return the folder, with a number behind its name if something lies there."""
    number, free = 2, folder
    while free.exists():
        free, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return free


def _all_folders() -> dict[str, Path]:
    """Return the folder each name stands for."""
    own = _elsewhere() | _folders(bundles_folder())
    shipped = {name: at for name, at in _folders(pretrained_folder()).items() if name not in own}
    return shipped | own


def _elsewhere() -> dict[str, Path]:
    """Return the remembered bundles that are still there, by name."""
    try:
        known = cast(list[object], parse_json((home() / _ELSEWHERE).read_bytes()))
        folders = [Path(text) for text in known if isinstance(text, str)]
    except (OSError, ValueError, TypeError):  # never written, or damaged: then nothing is known
        return {}
    return {_same(folder.name): folder for folder in folders if looks_like_bundle(folder)}


def _renamed() -> dict[str, str]:
    """Return the names that bundles have now, by the names they had."""
    try:
        names = cast(Mapping[str, str], parse_json((home() / _RENAMED).read_bytes()))
        return {str(old): str(new) for old, new in names.items()}
    except (OSError, ValueError, AttributeError):  # never written, or damaged
        return {}


def _folders(place: Path) -> dict[str, Path]:
    """Bundle folders in a place, by name."""
    return {_same(folder.name): folder for folder in bundles_in(place)}


def _same(name: str) -> str:
    """Return the one spelling of a name that can be typed in several (é as one sign or two)."""
    return unicodedata.normalize("NFC", name)
