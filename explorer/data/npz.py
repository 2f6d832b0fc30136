"""Writes npz archives byte for byte the same each time, and reads them without trusting them.

Reading takes no pickles, and no more memory than the archive holds.

Knows nothing of what the arrays mean.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from explorer.data import npy
from explorer.words import say

NUMBERS = "biuf"  # kinds of values, by NumPy's letters
_MOST_MEMBERS = 64


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return an npz archive of the given arrays; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(member, content.getvalue())
    return buffer.getvalue()


def read_npz(
    path: Path, *, cap_bytes: int, only: str = "", kinds: str = NUMBERS
) -> dict[str, np.ndarray]:
    """Return the arrays of an npz archive.

    Args:
        path: The archive.
        cap_bytes: Largest size of all arrays together, unpacked.
        only: Name of the one array to read; empty reads all.
        kinds: NumPy's letters for the kinds of values it may hold.

    Raises:
        Exception: It cannot be read, is damaged, too large, or holds anything but such arrays.
            Python's readers raise several kinds, so read within a `door`.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        _check_members(members, cap_bytes)
        return {
            member.filename.removesuffix(".npy"): _read_member(archive, member, kinds)
            for member in members
            if not only or member.filename == f"{only}.npy"
        }


def _check_members(members: list[zipfile.ZipInfo], cap_bytes: int) -> None:
    """Refuse names, packings and declared sizes that no npz of ours has."""
    n_bytes = sum(member.file_size for member in members)
    if len(members) > _MOST_MEMBERS:
        raise ValueError(say("damage.many_arrays", count=len(members), most=_MOST_MEMBERS))
    if n_bytes > cap_bytes:
        raise ValueError(say("damage.unpacked_size", n_bytes=n_bytes, most=cap_bytes))
    names = [member.filename for member in members]
    for member in members:
        packings = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if names.count(member.filename) > 1:
            raise ValueError(say("damage.array_twice", name=member.filename))
        if not member.filename.endswith(".npy"):
            raise ValueError(say("damage.no_array", name=member.filename))
        if member.flag_bits & 1 or member.compress_type not in packings:
            raise ValueError(say("damage.compression", name=member.filename))


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, kinds: str) -> np.ndarray:
    """Read one array; memory is taken for bytes that are there, whatever its header claims."""
    content = archive.read(member)
    header = npy.read_header(content)
    if header.dtype.kind not in kinds:
        raise ValueError(say("damage.no_numbers", name=member.filename, dtype=header.dtype))
    return npy.read_values(content, header).copy()
