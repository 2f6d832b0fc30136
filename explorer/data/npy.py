"""One array from the bytes of an .npy file, which may come from anyone.

Nothing is ever unpickled, and memory is taken for bytes that are there, whatever a header claims.
Knows nothing of what the numbers mean.

Source:
    The .npy format. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

import math
import sys
import warnings
from dataclasses import dataclass
from io import BytesIO

import numpy as np

from explorer.words import say

_MOST_AXES = 16


@dataclass(frozen=True)
class Header:
    """What an .npy file says of its array.

    Attributes:
        shape: Sides, none negative.
        dtype: Type of the values.
        is_fortran: Whether the first axis changes fastest.
        starts_at: Where the values begin, in bytes.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    is_fortran: bool
    starts_at: int


def read_header(content: bytes) -> Header:
    """Read the header of an .npy file.

    Raises:
        Exception: It is damaged; NumPy's reader raises several kinds, so read within a `door`.
    """
    stream = BytesIO(content)
    with warnings.catch_warnings(action="ignore"):  # of files that Python 2 wrote
        if np.lib.format.read_magic(stream) == (1, 0):
            shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, is_fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    if len(shape) > _MOST_AXES or any(type(side) is not int or side < 0 for side in shape):
        raise ValueError(say("damage.no_shape", shape=shape))
    return Header(shape, dtype, is_fortran, stream.tell())


def check_length(header: Header, n_bytes: int) -> None:
    """Refuse a file of another length than its header asks for, or of values without any.

    Raises:
        ValueError: It is.
    """
    n_values, size = math.prod(header.shape), header.dtype.itemsize
    holds = n_values * size == n_bytes - header.starts_at and bool(size or not n_values)
    if header.dtype.hasobject or not holds:
        raise ValueError(say("damage.other_length", shape=header.shape))


def read_values(content: bytes | np.ndarray, header: Header) -> np.ndarray:
    """Return the array of an .npy file, as a view of its bytes.

    Args:
        content: The whole file, as bytes or as uint8, shape (n,).
        header: As `read_header` returned it; of numbers or texts.

    Raises:
        ValueError: There are more or fewer bytes than the header says, or texts are broken.
    """
    dtype = header.dtype
    check_length(header, len(content))
    if 0 in header.shape:
        return np.zeros(header.shape, dtype)
    flat = np.frombuffer(content, dtype, offset=header.starts_at)
    if dtype.kind == "U" and flat.view(dtype.str[0] + "u4").max() > sys.maxunicode:
        raise ValueError(say("damage.no_character"))
    return flat.reshape(header.shape, order="F" if header.is_fortran else "C")
