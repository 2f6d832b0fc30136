"""Reads a bundle's files without trusting them, and replaces its folder as a whole.

A bundle may come from anyone, so a file is not opened if it is too large, not a plain file, or
outside the folder. Knows nothing of what the files mean.
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from explorer.disk import begun, begun_beside, machine_error, write_through
from explorer.errors import BundleError
from explorer.foreign import door, printable
from explorer.words import has, say

# File of a bundle -> largest size read, in bytes.
CAPS: Mapping[str, int] = {
    "config.json": 1 << 20,
    "weights.safetensors": 512 << 20,
    "codes.npz": 256 << 20,
    "decoder.pack": 32 << 20,
    "preview.png": 4 << 20,
    "README.md": 1 << 20,
}
# End of the name under which a training run writes; such a folder is not taken for a bundle.
UNFINISHED_SUFFIX = ".part"
_ASIDE = ".old"  # end of the name, begun with a dot, under which an old bundle waits to be replaced

_LONGEST_QUOTE = 400  # characters of a damaged file


def refusal(folder: Path, file: str, key: str, **values: object) -> BundleError:
    """Word the refusal of one file of a bundle.

    Args:
        folder: The bundle.
        file: Its file.
        key: Where the words are, below `bundle_files`. Those that do not say what to do have that
            in common.
        **values: What goes into their gaps, beside `file` and `bundle`.
    """
    quoted = {name: _quoted(value) for name, value in values.items()}
    place = f"bundle_files.{key}"
    do = f"{place}.do" if has(f"{place}.do") else "bundle_files.do"
    beats = (f"{place}.so", f"{place}.needed", do)
    said = (say(beat, file=file, bundle=folder.name, **quoted) for beat in beats)
    return BundleError.worded(*map(printable, said))


def _quoted(value: object) -> object:
    """Return what a refusal says of a value, which may be of any length."""
    text = str(value)
    return value if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}\u2026"


def bundle_door(
    folder: Path, file: str, key: str, **values: object
) -> AbstractContextManager[None]:
    """Read one file of a bundle within this; whatever goes wrong refuses the bundle.

    Args:
        folder: The bundle.
        file: Its file.
        key: As in `refusal`.
        **values: Likewise, beside `why`.
    """
    return door(lambda why: refusal(folder, file, key, why=why, **values))


def file_in(folder: Path, file: str) -> Path:
    """Return the path of a bundle's file after checking what can be checked from outside.

    Raises:
        BundleError: It is missing, no plain file, empty, too large, or a link out of the folder.
    """
    path = folder / file
    with bundle_door(folder, file, "closed"):
        try:
            inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
            size = path.stat().st_size
            is_file = path.is_file()
        except FileNotFoundError:
            raise refusal(folder, file, "missing") from None
    if not inside:
        raise refusal(folder, file, "leads_out")
    if not is_file:
        raise refusal(folder, file, "no_file")
    check_size(folder, file, size)
    return path


def check_size(folder: Path, file: str, size_bytes: int) -> None:
    """Refuse a file that holds nothing, or more than is read.

    Raises:
        BundleError: It does.
    """
    if not 0 < size_bytes <= CAPS[file]:
        raise refusal(folder, file, "size", n_bytes=size_bytes, cap=CAPS[file])


def read_file(folder: Path, file: str) -> bytes:
    """Return the bytes of a bundle's file, never more than its cap.

    Raises:
        BundleError: As in `file_in`, or the file cannot be read.
    """
    path = file_in(folder, file)
    with bundle_door(folder, file, "closed"), path.open("rb") as stream:
        return stream.read(CAPS[file])


def restore(folder: Path) -> None:
    """Put back an old bundle that a killed process had set aside.

    There is one only if the process ended between the two renames of `replace_folder`, which copes
    with this function running in between.
    """
    if not folder.exists() and _aside(folder).is_dir():
        with contextlib.suppress(OSError):
            _aside(folder).rename(folder)


def looks_like_bundle(folder: Path) -> bool:
    """Whether a folder holds or was meant to hold a bundle; an unreadable one counts."""
    try:
        restore(folder)
        return any((folder / file).is_file() for file in ("config.json", "weights.safetensors"))
    except PermissionError:
        return True
    except (OSError, ValueError):  # too long for a path, or with a NUL in it
        return False


def bundles_in(place: Path) -> list[Path]:
    """List the folders in a place that look like bundles, without unfinished and hidden ones."""
    try:
        names = {entry.name for entry in place.iterdir()}
    except OSError:  # there is none, or it is closed
        return []
    asides = {name[1 : -len(_ASIDE)] for name in names if name[0] == "." and name.endswith(_ASIDE)}
    shown = {name for name in names if name[0] != "." and not name.endswith(UNFINISHED_SUFFIX)}
    return [place / name for name in sorted(shown | asides) if looks_like_bundle(place / name)]


def refuse_other_contents(folder: Path) -> None:
    """Refuse a place where writing a bundle would destroy something that is not one.

    Raises:
        BundleError: The folder is a file, or holds anything besides a bundle's own files.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise BundleError("bundle.folder_is_file", folder=folder)
    other = sorted(entry.name for entry in folder.iterdir() if entry.name not in CAPS)
    if other:
        raise BundleError("bundle.folder_holds", folder=folder, name=other[0])
    if any(folder.iterdir()) and not looks_like_bundle(folder):
        raise BundleError("bundle.folder_holds_some", folder=folder)


def replace_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Replace `folder` by one with exactly the given files; until then, the old one stays whole.

    The files go to a new sibling folder and to the disk itself; then the old folder is renamed
    aside and the new one into its place.

    Args:
        folder: Where to write.
        contents: File name -> its bytes.

    Raises:
        BundleError: As in `refuse_other_contents`.
        MachineError: The disk is full, or writing is not allowed.
    """
    folder = folder.resolve() if folder.is_symlink() else folder
    refuse_other_contents(folder)
    new = begun(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        new.mkdir()
        for file, content in contents.items():
            write_through(new / file, content)
        _sync_folder(new)
        _swap(folder, new)
        _sync_folder(folder.parent)
    except OSError as error:
        raise machine_error(error, folder) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _aside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}{_ASIDE}")


def _sweep(folder: Path) -> None:
    """Clean up after killed writers of this bundle: put back the old one, delete halves."""
    restore(folder)
    shutil.rmtree(_aside(folder), ignore_errors=True)
    for left in begun_beside(folder):
        shutil.rmtree(left, ignore_errors=True)


def _swap(folder: Path, new: Path) -> None:
    """Put `new` in the place of `folder`, which may not exist yet."""
    while True:
        if folder.exists():
            shutil.rmtree(_aside(folder), ignore_errors=True)
            folder.rename(_aside(folder))
        try:
            new.rename(folder)
            break
        except OSError as error:
            restore(folder)
            # Somebody may have put the old one back, or a new one there, since we looked.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not new.is_dir():
                raise
    shutil.rmtree(_aside(folder), ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    """Wait until a folder's entries are on the disk; Windows has no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
