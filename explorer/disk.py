"""Replaces files whole, and words what a disk refuses.

What is begun bears its writer's name, so that a later start can tell what a killed one left.
"""

import contextlib
import errno
import functools
import hashlib
import os
import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from explorer.errors import MachineError

_LONGEST_WRITING_S = 3_600.0  # beyond which nobody writes any more on what was begun
_LONGEST_IN_NAME_BYTES = 160


@contextlib.contextmanager
def replacing(path: Path, *, synced: bool = True) -> Iterator[BinaryIO]:
    """Write what a file is to hold within this; until it ends, the old file stays whole.

    Args:
        path: The file, in a folder that exists.
        synced: Whether to wait until the disk has it, so that not even a power cut harms it.

    Raises:
        OSError: The disk is full or may not be written to; the old file is still there.
    """
    new = begun(path)
    try:
        with new.open("xb") as stream:
            yield stream
            _settle(stream, synced=synced)
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise


def replace_file(path: Path, content: bytes) -> None:
    """Make a file hold the given bytes, as `replacing` does; its folder is made if need be.

    Raises:
        MachineError: The disk is full or may not be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as stream:
            stream.write(content)
    except OSError as error:
        raise machine_error(error, path) from error


def write_through(path: Path, content: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as stream:
        stream.write(content)
        _settle(stream)


def begun(path: Path) -> Path:
    """Return where to write what will take the place of a path; the name says who writes."""
    mark = uuid.uuid4().hex[:8]
    return path.with_name(f".{_short(path.name)}.new-{_host()}-{os.getpid()}-{mark}")


def begun_beside(path: Path) -> list[Path]:
    """Return what any process has begun to write in the place of a path."""
    return list(path.parent.glob(f".{_literal(_short(path.name))}.new-*"))


def is_abandoned(path: Path) -> bool:
    """Whether something that `begun` named has no writer any more, as far as can be told here."""
    writer = re.search(r"\.new-([0-9a-f]{6})-([0-9]{1,9})-[0-9a-f]{8}$", path.name)
    if writer is not None and writer[1] == _host() and os.name != "nt":
        try:
            os.kill(int(writer[2]), 0)
        except ProcessLookupError:
            return True
        except OSError:  # somebody else's process
            pass
    try:
        return time.time() - path.stat().st_mtime > _LONGEST_WRITING_S
    except OSError:  # gone meanwhile
        return False


def machine_error(error: OSError, path: Path) -> MachineError:
    """Put an operating system's refusal to write into words."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return MachineError("disk.full", path=path)
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return MachineError("disk.not_allowed", path=path)
        case _:
            return MachineError("disk.failed", path=path, error=error.strerror or error)


def _short(name: str) -> str:
    """Return a name, or what stands for it where no room would be left for more."""
    long = len(os.fsencode(name)) > _LONGEST_IN_NAME_BYTES
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:16] if long else name


def _literal(name: str) -> str:
    """Escape what a glob pattern would take for a wildcard."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _settle(stream: BinaryIO, *, synced: bool = True) -> None:
    stream.flush()
    if synced:
        os.fsync(stream.fileno())


@functools.cache
def _host() -> str:
    """Return what this machine is called among those that may write to one disk."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
