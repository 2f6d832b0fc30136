"""Arrays in the idx format, as MNIST is distributed, plain or gzipped.

Source:
    The IDX file format, described beside the MNIST database (LeCun, Cortes, Burges).
    https://yann.lecun.com/exdb/mnist/
"""

import gzip
import math
import re
import struct
import zlib
from io import BytesIO

import numpy as np

from explorer.data.splits import Side, side_of
from explorer.errors import DataError
from explorer.words import rounded

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"
_MOST_AXES = 4


def is_idx_name(name: str) -> bool:
    """Whether a file is called as those of idx arrays are: `train-images-idx3-ubyte`, or `.gz`."""
    return re.search(r"idx[1-4]-ubyte(\.gz)?$|\.idx[1-4]?(\.gz)?$", name.casefold()) is not None


def key_of(name: str) -> str:
    """Return what an array is called in an .npz, such as `train_images`, from its file's name."""
    side: Side | None = next(filter(None, map(side_of, re.split(r"[^a-zA-Z0-9]+", name))), None)
    what = "labels" if "label" in name.casefold() or "idx1" in name.casefold() else "images"
    return f"{side}_{what}" if side else what


def read_idx(data: bytes, name: str, *, most_bytes: int) -> np.ndarray:
    """Return the one array of a file.

    Args:
        data: The whole file.
        name: What to call it in an error.
        most_bytes: Larger arrays are refused.

    Raises:
        DataError: It is damaged or too large.
    """
    if data.startswith(_GZIP):
        data = _unzipped(data, name, most_bytes)
    try:
        zero, kind, n_axes = struct.unpack(">HBB", data[:4])
        shape = struct.unpack(f">{n_axes}I", data[4 : 4 + 4 * n_axes])
        dtype = np.dtype(_TYPES[kind])
    except (struct.error, KeyError) as error:
        raise _damaged(name) from error
    start = 4 + 4 * n_axes
    is_whole = len(data) - start == math.prod(shape) * dtype.itemsize
    if zero or not 1 <= n_axes <= _MOST_AXES or not is_whole:
        raise _damaged(name)
    return np.frombuffer(data, dtype, offset=start).reshape(shape)


def _unzipped(data: bytes, name: str, most_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as stream:
            unpacked = stream.read(most_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _damaged(name) from error
    if len(unpacked) > most_bytes:
        raise DataError(
            "data.unpacks_too_large", name=name, most_bytes=rounded(most_bytes / 2**30, 3)
        )
    return unpacked


def _damaged(name: str) -> DataError:
    return DataError("data.damaged_idx", name=name)
