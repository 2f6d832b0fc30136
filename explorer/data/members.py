"""What a folder or a zip holds, listed in natural order and read one file at a time, in memory.

Nothing is ever unpacked to disk. Links in a folder are followed, as the person who named it owns
it; those in an archive are not. Knows nothing of pictures.
"""

import lzma
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from explorer.data.imageset import Skipped
from explorer.errors import DataError
from explorer.words import rounded, say

MAX_MEMBERS = 100_000
MAX_UNPACKED_BYTES = 4 * 2**30
MAX_RATIO = 200  # pictures hardly shrink in a zip; blank bitmaps do, hence the next line
RATIO_COUNTS_FROM_BYTES = 100 * 2**20

_LONGEST_NAME = 255
# Left by systems and programs; hidden files likewise.
_LITTER = {
    *("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "@eadir", "#recycle", "$recycle.bin"),
    *("system volume information", "lost+found", "__pycache__"),
}
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_METHOD_NAMES = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_AES = 99  # in place of the method of a member that is encrypted
_UTF8_FLAG = 0x800  # set where names of an archive are said to be UTF-8
# What zipfile and its decompressors have been seen to raise on damaged or hostile archives.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
    OverflowError,
    EOFError,
    OSError,
)


@dataclass(frozen=True)
class Member:
    """One file of a folder or a zip, not read yet.

    Attributes:
        parts: Its path inside, cleaned for the screen, one text per folder and the file's name.
        read: Returns its bytes, or why it cannot be read.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes | Skipped]

    @property
    def name(self) -> str:
        """Its path inside, with forward slashes."""
        return "/".join(self.parts)


@dataclass(frozen=True)
class Listing:
    """The files that may be pictures, and those that cannot be, in natural order of name."""

    members: tuple[Member, ...]
    skipped: tuple[Skipped, ...]


def plain_name(name: str) -> str:
    """Make a name fit to print, in any script: no control characters, no broken bytes, not long."""
    whole = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "\u2026"
    whole = whole.encode("utf-8", "replace").decode()
    shown = "".join("\ufffd" if unicodedata.category(sign) == "Cc" else sign for sign in whole)
    return unicodedata.normalize("NFC", shown)


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Order names as people do: `2.png` before `10.png`, case ignored."""
    pieces = re.split("([0-9]+)", name.casefold())
    numbers = (piece.lstrip("0") if at % 2 else piece for at, piece in enumerate(pieces))
    return [(len(p) if at % 2 else 0, p) for at, p in enumerate(numbers)], name


def list_folder(folder: Path, *, max_bytes: Callable[[str], int]) -> Listing:
    """List a folder and its sub-folders.

    Args:
        folder: Where to look.
        max_bytes: How large a file of a name may be; larger ones are skipped.

    Raises:
        DataError: There are too many files.
    """
    members: list[Member] = []
    skipped: list[Skipped] = []
    been: set[tuple[int, int]] = set()  # folders, so that links in a circle end
    note = _note_closed(folder, skipped)
    for place, folders, files in os.walk(folder, onerror=note, followlinks=True):
        if not _is_new(place, been):
            folders.clear()
            continue
        folders[:] = [name for name in folders if not _is_litter(name)]
        for name in filter(lambda name: not _is_litter(name), files):
            path = Path(place, name)
            parts = tuple(plain_name(part) for part in path.relative_to(folder).parts)
            reason = _why_not_file(path, max_bytes(name))
            if reason:
                skipped.append(Skipped("/".join(parts), reason))
            else:
                members.append(Member(parts, _file_reader(path, parts)))
        _check_count(len(members) + len(skipped), plain_name(folder.name))
    return _in_order(members, skipped)


@contextmanager
def open_archive(source: Path | bytes, name: str = "") -> Iterator[zipfile.ZipFile]:
    """Open a zip after checking how many files and bytes it would become.

    Args:
        source: Where it lies, or all of its bytes.
        name: What to call bytes in an error; a file has a name of its own.

    Raises:
        DataError: It is no zip, is damaged, or is over a limit.
    """
    shown = plain_name(source.name if isinstance(source, Path) else name)
    try:
        archive = zipfile.ZipFile(source if isinstance(source, Path) else BytesIO(source))
    except DAMAGE as error:
        raise DataError("data.not_a_zip", shown=shown) from error
    with archive:
        infos = archive.infolist()
        _check_count(len(infos), shown)
        unpacked = sum(info.file_size for info in infos)
        size_bytes = source.stat().st_size if isinstance(source, Path) else len(source)
        packed = max(size_bytes, 1)
        swells = unpacked > RATIO_COUNTS_FROM_BYTES and unpacked > MAX_RATIO * packed
        if unpacked > MAX_UNPACKED_BYTES or swells:
            raise DataError(
                "data.zip_bomb",
                shown=shown,
                packed=size_in_words(packed),
                unpacked=size_in_words(unpacked),
                max_unpacked_bytes=size_in_words(MAX_UNPACKED_BYTES),
                max_ratio=MAX_RATIO,
            )
        yield archive


def list_archive(archive: zipfile.ZipFile, *, max_bytes: Callable[[str], int]) -> Listing:
    """List a zip's files, as `list_folder` does."""
    members: list[Member] = []
    skipped: list[Skipped] = []
    for info in archive.infolist():
        name = _name_of(info)
        raw = tuple(part for part in name.replace("\\", "/").split("/") if part)
        if not raw or info.is_dir() or any(_is_litter(part) for part in raw if part != ".."):
            continue
        parts = tuple(plain_name(part) for part in raw)
        reason = _why_not_member(info, raw, max_bytes(parts[-1]))
        if reason:
            skipped.append(Skipped("/".join(parts), reason))
        else:
            members.append(Member(parts, _member_reader(archive, info, parts)))
    return _in_order(members, skipped)


def read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, *, most_bytes: int = -1
) -> bytes | None:
    """Unpack one file of a zip in memory, or its first bytes; None if it is damaged."""
    try:
        with archive.open(info) as stream:
            return stream.read(most_bytes)
    except DAMAGE:
        return None


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's path; some systems write UTF-8 without the flag that says so.

    A name in the old code page 437 is hardly ever valid UTF-8 by chance.
    """
    if info.flag_bits & _UTF8_FLAG:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_new(place: str, been: set[tuple[int, int]]) -> bool:
    """Note a folder; False if it was walked before, under this name or another."""
    try:
        found = os.stat(place)
    except OSError:
        return False
    key = (found.st_dev, found.st_ino)
    is_new = key not in been
    been.add(key)
    return is_new


def _why_not_file(path: Path, max_bytes: int) -> str | None:
    """Say why a file of a folder cannot be read, or None if it can."""
    try:
        found = path.stat()
    except OSError:
        return _why("broken_link" if path.is_symlink() else "closed")
    if not stat.S_ISREG(found.st_mode):
        return _why("no_file")
    return _too_large(found.st_size, max_bytes)


def _why_not_member(info: zipfile.ZipInfo, parts: tuple[str, ...], max_bytes: int) -> str | None:
    """Say why a member of a zip is not read, or None if it may be."""
    if info.filename.startswith(("/", "\\")) or ".." in parts or re.match("[A-Za-z]:", parts[0]):
        return _why("leads_out")
    if stat.S_ISLNK(info.external_attr >> 16):
        return _why("link")
    if info.flag_bits & 1:
        return _why("locked")
    if info.compress_type not in _METHODS:
        return _why("packing", method=_method(info.compress_type))
    if parts[-1].lower().endswith(".zip"):
        return _why("nested")
    return _too_large(info.file_size, max_bytes)


def _too_large(size_bytes: int, max_bytes: int) -> str | None:
    if size_bytes <= max_bytes:
        return None
    return _why("over_size", size=size_in_words(size_bytes), most=size_in_words(max_bytes))


def _method(number: int) -> str:
    """Return what a way to pack is called."""
    if number == _AES:
        return say("data.aes")
    return _METHOD_NAMES.get(number) or say("data.method", number=str(number))


def _why(reason: str, **values: object) -> str:
    return say(f"data.skipped.{reason}", **values)


def _file_reader(path: Path, parts: tuple[str, ...]) -> Callable[[], bytes | Skipped]:
    def read() -> bytes | Skipped:
        try:
            return path.read_bytes()
        except OSError:
            return Skipped("/".join(parts), _why("closed"))

    return read


def _member_reader(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, parts: tuple[str, ...]
) -> Callable[[], bytes | Skipped]:
    def read() -> bytes | Skipped:
        data = read_member(archive, info)
        return Skipped("/".join(parts), _why("damaged_in_archive")) if data is None else data

    return read


def _note_closed(folder: Path, skipped: list[Skipped]) -> Callable[[OSError], None]:
    """Note sub-folders that may not be listed; called by os.walk."""

    def note(error: OSError) -> None:
        inside = os.path.relpath(error.filename, folder)
        skipped.append(Skipped(plain_name(inside), _why("closed_folder")))

    return note


def _check_count(n_members: int, name: str) -> None:
    if n_members > MAX_MEMBERS:
        raise DataError("data.too_many_files", name=name, max_members=MAX_MEMBERS)


def _is_litter(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _LITTER


def _in_order(members: list[Member], skipped: list[Skipped]) -> Listing:
    members.sort(key=lambda member: natural_key(member.name))
    skipped.sort(key=lambda entry: natural_key(entry.name))
    return Listing(tuple(members), tuple(skipped))


def size_in_words(size_bytes: int) -> str:
    """A size in words: 300 bytes, 12 MB, 3.5 GB."""
    for unit, size in (("gb", 2**30), ("mb", 2**20), ("kb", 2**10)):
        if size_bytes >= size:
            return say(f"units.{unit}", value=rounded(size_bytes / size, 3))
    return say("units.bytes", count=size_bytes)
