"""Files as people drop them, brought together as one file that `files.load_path` reads.

Browsers give plain names, often without folders, so files are told apart by their contents and
their folder, never by name alone. Knows nothing of where files are kept.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from explorer.data.array_files import SUFFIXES as ARRAYS
from explorer.data.array_files import is_array_name
from explorer.data.files import most_bytes, shared_depth
from explorer.data.imageset import Skipped
from explorer.data.members import list_archive, open_archive, plain_name
from explorer.errors import DataError

_SHRINK = (".bmp", ".tif", ".tiff", ".ppm")  # in an archive; other formats are compressed already


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Several files as one.

    Attributes:
        name: What the file is called, with its ending.
        content: Its bytes; the same files in any order give the same bytes.
        n_repeated: Pictures left out because the same one is in the same folder already.
        n_renamed: Different pictures that share a name and a folder with another; all are kept.
        skipped: Members of archives that were not taken along.
    """

    name: str
    content: bytes
    n_repeated: int = 0
    n_renamed: int = 0
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True)
class _Picture:
    """A file that is taken for a picture: where it lies, and how to get at its bytes."""

    parts: tuple[str, ...]  # its folders, and its name last
    read: Callable[[], bytes]
    digest: str


def brought_together(files: Sequence[tuple[str, bytes]]) -> Upload:
    """Make one file of those that were dropped.

    A single archive or array stays as it is. Pictures become one archive, in which folders are
    classes. The pictures of several archives are put together; an archive without classes of its
    own becomes one class, named after it. Several arrays, such as `images.npy` and `labels.npy`,
    become one archive too.

    Args:
        files: Name of each file, with its folders where they are known, and its contents; at least
            one. Names may repeat.

    Raises:
        DataError: The kinds of files do not go together, or an archive is damaged or over a limit.
    """
    named = [(_parts(name), content) for name, content in files]
    archives = [(parts, content) for parts, content in named if _ends(parts, ".zip")]
    arrays = sorted({(parts, content) for parts, content in named if _is_array(parts)})
    singles = [(p, content) for p, content in named if not _ends(p, ".zip") and not _is_array(p)]
    if arrays:
        if archives or singles:
            raise DataError("data.array_among_files", arrays=arrays[0][0][-1])
        return _one_array(arrays)
    if len(archives) == 1 and not singles:
        ((parts, content),) = archives
        return Upload(name=parts[-1], content=content)
    with ExitStack() as opened:
        pictures = [_Picture(parts, partial(bytes, c), _digest(c)) for parts, c in singles]
        skipped: list[Skipped] = []
        for parts, content in archives:
            archive = opened.enter_context(open_archive(content, parts[-1]))
            pictures += _members(archive, _stem(parts[-1]), skipped)
        return _one_archive(pictures, skipped)


def _one_array(arrays: Sequence[tuple[tuple[str, ...], bytes]]) -> Upload:
    """Take a single array as it is, or several that belong together as an archive."""
    if len(arrays) == 1:
        ((parts, content),) = arrays
        return Upload(name=parts[-1], content=content)
    names = [parts[-1] for parts, _ in arrays]
    if not all(map(is_array_name, names)) or len(set(names)) < len(names):
        raise DataError("data.several_arrays", count=len(arrays), names=", ".join(names))
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, (_, content) in zip(names, arrays, strict=True):
            archive.writestr(zipfile.ZipInfo(name), content)
    folder = arrays[0][0][-2:-1] or ("images",)
    return Upload(name=f"{folder[0]}.zip", content=stream.getvalue())


def _members(archive: zipfile.ZipFile, name: str, skipped: list[Skipped]) -> Iterator[_Picture]:
    """Yield the pictures of an archive: in its own classes, or all in one called `name`."""
    listing = list_archive(archive, max_bytes=most_bytes)
    skipped += [Skipped(f"{name}.zip/{left.name}", left.reason) for left in listing.skipped]
    folders = [member.parts[:-1] for member in listing.members]
    depth = shared_depth(folders)
    has_classes = any(len(folder) > depth for folder in folders)
    for member in listing.members:
        content = member.read()
        if isinstance(content, Skipped):
            skipped.append(Skipped(f"{name}.zip/{content.name}", content.reason))
            continue
        parts = member.parts[depth:] if has_classes else (name, member.parts[-1])
        yield _Picture(parts, partial(_bytes_of, member.read), _digest(content))


def _one_archive(pictures: Iterable[_Picture], skipped: Sequence[Skipped]) -> Upload:
    """Put pictures into one archive: each once, and none in the place of another."""
    distinct: dict[tuple[tuple[str, ...], str], _Picture] = {}
    n_repeated = n_renamed = 0
    # In order of name and content, so that the order in which files came does not matter.
    for picture in sorted(pictures, key=lambda picture: (picture.parts, picture.digest)):
        key = (picture.parts[:-1], picture.digest)
        n_repeated += key in distinct
        distinct.setdefault(key, picture)
    stream, taken = BytesIO(), {"/".join(picture.parts) for picture in distinct.values()}
    used: set[str] = set()
    with zipfile.ZipFile(stream, "w") as archive:
        for picture in distinct.values():
            name = "/".join(picture.parts)
            if name in used:
                n_renamed += 1
                name = _free(name, taken)
                taken.add(name)
            used.add(name)
            shrinks = _ends(picture.parts, *_SHRINK)
            packing = zipfile.ZIP_DEFLATED if shrinks else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), picture.read(), packing)
    return Upload(
        name=f"{_common_name(distinct.values())}.zip",
        content=stream.getvalue(),
        n_repeated=n_repeated,
        n_renamed=n_renamed,
        skipped=tuple(skipped),
    )


def _common_name(pictures: Iterable[_Picture]) -> str:
    """Name a set after its folders, or plainly where there are none."""
    tops = {picture.parts[0]: None for picture in pictures if len(picture.parts) > 1}
    return "-".join(tops) or "pictures"


def _free(name: str, taken: set[str]) -> str:
    """Return a name with a number behind it that no other picture has."""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if dot else (name, "")
    number = 2
    while f"{stem} ({number}){ending}" in taken:
        number += 1
    return f"{stem} ({number}){ending}"


def _parts(name: str) -> tuple[str, ...]:
    """Split a name into folders and file, without whatever would lead to another place."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    inside = [plain_name(part) for part in parts if not re.fullmatch("[A-Za-z]:", part)]
    return tuple(inside) or ("upload",)


def _is_array(parts: tuple[str, ...]) -> bool:
    return _ends(parts, *ARRAYS) or is_array_name(parts[-1])


def _ends(parts: tuple[str, ...], *endings: str) -> bool:
    return parts[-1].lower().endswith(endings)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or "upload"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _bytes_of(read: Callable[[], bytes | Skipped]) -> bytes:
    """Read once more what could be read before."""
    content = read()
    return content if isinstance(content, bytes) else b""
