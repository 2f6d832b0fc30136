"""Whether a process holds a lock file; looking creates and changes nothing.

`filelock` locks a file exclusively. Looking asks for a shared lock and releases it at once, so any
number of people can look at the same time. A process that takes the lock just then waits for an
instant.
"""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    _FAIL_IMMEDIATELY = 1  # and shared, as LOCKFILE_EXCLUSIVE_LOCK is not set

    class _Overlapped(ctypes.Structure):
        _fields_ = (
            ("Internal", ctypes.c_void_p),
            ("InternalHigh", ctypes.c_void_p),
            ("Offset", wintypes.DWORD),
            ("OffsetHigh", wintypes.DWORD),
            ("hEvent", wintypes.HANDLE),
        )

    def _is_refused(fd: int) -> bool:
        kernel, at = ctypes.WinDLL("kernel32"), _Overlapped()
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(fd))
        return not kernel.LockFileEx(handle, _FAIL_IMMEDIATELY, 0, 1, 0, ctypes.byref(at))

else:
    import fcntl

    def _is_refused(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def is_held(path: Path) -> bool:
    """Whether a process holds the lock; False where the file cannot be opened."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:  # it is gone, or may not be read
        return False
    try:
        return _is_refused(fd)
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(fd)
