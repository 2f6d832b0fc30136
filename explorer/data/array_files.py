"""Files of arrays, `.npy`, `.npz`, idx and `.csv`: what each holds, read when it is asked for.

Headers are judged before anything is read, and nothing is ever unpickled. Knows nothing of images.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.data import npy, scratch
from explorer.data.idx import is_idx_name, key_of, read_idx
from explorer.data.keys import role_of
from explorer.data.members import (
    DAMAGE,
    MAX_UNPACKED_BYTES,
    Member,
    open_archive,
    plain_name,
    read_member,
)
from explorer.data.reading import Reading
from explorer.data.tables import read_table
from explorer.errors import DataError
from explorer.foreign import door
from explorer.words import rounded, say

SUFFIXES = (".npy", ".npz", ".csv")

_HEADER_BYTES = 10_000  # of an .npy; NumPy writes some 100


@dataclass(frozen=True)
class Array:
    """One array of a file, not read yet.

    Attributes:
        shape: What its header says; empty where it has none that can be read.
        read: Returns its values.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


def is_array_name(name: str) -> bool:
    """Whether a file among others is called as an array is: an `.npy` or an idx file."""
    return name.casefold().endswith(".npy") or is_idx_name(name)


@contextmanager
def arrays_in(path: Path, reading: Reading) -> Iterator[Mapping[str, Array]]:
    """Give the arrays of one file by name; they can be read within this.

    Args:
        path: The file.
        reading: Its `labels_key` names the column of labels in a table.

    Raises:
        DataError: It is damaged or over a limit.
    """
    name, suffix = plain_name(path.name), path.suffix.casefold()
    if suffix == ".npz":
        with open_archive(path) as archive:
            yield {
                info.filename.removesuffix(".npy"): _member_array(archive, info, name)
                for info in archive.infolist()
            }
        return
    size_bytes = path.stat().st_size
    if size_bytes > MAX_UNPACKED_BYTES:
        raise DataError(
            "data.too_large",
            name=name,
            size_bytes=rounded(size_bytes / 2**30, 3),
            max_unpacked_bytes=rounded(MAX_UNPACKED_BYTES / 2**30, 3),
        )
    if suffix == ".npy":
        yield {"images": _at_hand(_mapped(path, f'"{name}"'))}
    elif suffix == ".csv":
        table = read_table(path.read_bytes(), name, reading)
        yield {key: _at_hand(array) for key, array in table.items()}
    else:
        yield {"images": _at_hand(_parse_any(path.read_bytes(), name))}


def arrays_of(members: Iterable[Member]) -> dict[str, Array]:
    """Return the arrays of a folder or a zip by name, one in each file.

    Args:
        members: Files whose names `is_array_name` knows; one that cannot be read is left out.

    Raises:
        DataError: One is damaged.
    """
    found = {}
    for member in members:
        name, data = member.parts[-1], member.read()
        if isinstance(data, bytes):
            found[_key_of(name)] = _at_hand(_parse_any(data, name))
    return found


def _at_hand(array: np.ndarray) -> Array:
    return Array(array.shape, lambda: array)


def _member_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Array:
    key = info.filename.removesuffix(".npy")
    what = say("data.array_of", array=plain_name(key), name=name)

    def read() -> np.ndarray:
        return _parse(_unpacked(archive, info, what), what, key)

    start = read_member(archive, info, most_bytes=_HEADER_BYTES)
    try:
        shape = _header(start or b"", what).shape
    except DataError:
        shape = ()  # it may never be asked for
    return Array(shape, read)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, what: str) -> bytes | np.ndarray:
    """Return the bytes of one array; a large one is unpacked on disk."""
    try:
        with archive.open(info) as stream:
            return scratch.read_all(stream, info.file_size)
    except DAMAGE as error:
        raise _damaged(what) from error


def _parse_any(data: bytes, name: str) -> np.ndarray:
    if is_idx_name(name):
        return read_idx(data, name, most_bytes=MAX_UNPACKED_BYTES)
    return _parse(data, f'"{name}"', _key_of(name))


def _key_of(name: str) -> str:
    return key_of(name) if is_idx_name(name) else name.rpartition(".")[0]


def _mapped(path: Path, what: str) -> np.ndarray:
    """Return the array of an .npy file, judged by its header; its values are read when used."""
    with path.open("rb") as file:
        header = _header(file.read(_HEADER_BYTES), what)
    _check_type(header.dtype, what, "images")
    with door(lambda why: _damaged(what)):
        npy.check_length(header, path.stat().st_size)
        if 0 in header.shape:
            return np.zeros(header.shape, header.dtype)
        flat = np.memmap(path, header.dtype, "r", offset=header.starts_at)
        return flat.reshape(header.shape, order="F" if header.is_fortran else "C")


def _check_type(dtype: np.dtype, what: str, key: str) -> None:
    if dtype.hasobject:
        raise DataError("data.python_objects", what=what, example=_plain_example(key))
    if dtype.kind not in "buifUS":
        raise DataError("data.value_type", what=what, dtype=dtype, example=_plain_example(key))


def _parse(data: bytes | np.ndarray, what: str, key: str) -> np.ndarray:
    """Take one array from the bytes of an .npy file, without unpickling anything."""
    header = _header(bytes(data[:_HEADER_BYTES]), what)
    _check_type(header.dtype, what, key)
    with door(lambda why: _damaged(what)):
        return npy.read_values(data, header)


def _header(start: bytes, what: str) -> npy.Header:
    with door(lambda why: _damaged(what)):
        return npy.read_header(start)


def _plain_example(key: str) -> str:
    role = role_of(key)
    return f"{key}.astype(str)" if role and role[0] != "images" else "images.astype(numpy.uint8)"


def _damaged(what: str) -> DataError:
    return DataError("data.damaged_array", what=what)
