"""Room for large arrays: on disk, in files that vanish with them, so that memory stays free.

The system keeps in memory what is in use and takes it back when something else needs it.
"""

import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np

from explorer.errors import MachineError

_IN_MEMORY_BYTES = 64 * 2**20  # up to which an array is in memory like any other


def empty(shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    """Return an array to be filled; a large one lies on disk.

    Raises:
        MachineError: The disk has no room for it.
    """
    size_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    if size_bytes <= _IN_MEMORY_BYTES:
        return np.empty(shape, dtype)
    with _file() as file:
        if hasattr(os, "posix_fallocate"):  # or a full disk would kill us while we write
            os.posix_fallocate(file.fileno(), 0, size_bytes)
        return np.memmap(file, dtype, "w+", shape=shape)


def read_all(stream: IO[bytes], size_bytes: int) -> bytes | np.ndarray:
    """Return the rest of a stream: as bytes, or where it is large as uint8 on disk, shape (n,).

    Args:
        stream: It may raise what its reader raises.
        size_bytes: How long it claims to be.

    Raises:
        MachineError: The disk has no room for it.
    """
    if size_bytes <= _IN_MEMORY_BYTES:
        return stream.read()
    with _file() as file:
        shutil.copyfileobj(stream, file, 2**20)
        file.flush()
        return np.memmap(file, np.uint8, "r")


@contextmanager
def _file() -> Iterator[IO[bytes]]:
    """Give a file without a name; what is mapped of it stays when it is closed."""
    try:
        with tempfile.TemporaryFile(prefix="latent-explorer-") as file:
            yield file
    except OSError as error:
        folder, cause = tempfile.gettempdir(), error.strerror or error
        raise MachineError("data.no_room", folder=folder, error=cause) from error
