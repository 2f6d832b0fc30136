"""Measures the app as a process: how soon it answers, what it loads, how much memory it takes.

Knows nothing of browsers. Memory and loaded libraries are read from /proc, so on Linux only.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.errors import MachineError

if TYPE_CHECKING:
    from websockets.sync.client import ClientConnection

_PROC = Path("/proc")
_START_S = 60.0  # seconds after which no answer is expected any more
_TALK_S = 60.0  # seconds that a session may take to draw its page
_SETTLE_S = 3.0  # seconds from the last message until memory is read

# Streamlit's BackMsg with an empty `rerun_script` (field 11): what a browser sends first.
RUN_THE_SCRIPT = b"\x5a\x00"
# The name of the component, which the script sends when it has drawn the page.
_STAGE = b"latent_explorer_stage"


@dataclass(frozen=True)
class RunningApp:
    """The app, once it answers.

    Attributes:
        port: Where it listens on this machine.
        first_answer_s: Seconds from its command to its first answer.
        pid: Process of the command; the server is a child of it.
        home: Its folder of bundles and runs.
    """

    port: int
    first_answer_s: float
    pid: int
    home: Path

    @property
    def address(self) -> str:
        """What a browser opens."""
        return f"http://127.0.0.1:{self.port}"

    def processes(self) -> list[int]:
        """Return the process of the command and all processes below it."""
        found = [self.pid]
        for pid in found:  # it grows during the walk
            children = _read(_PROC / str(pid) / "task" / str(pid) / "children")
            found += [int(child) for child in children.split()]
        return found

    def resident_mb(self) -> float:
        """Return the resident memory of all its processes, in MB (10**6 bytes).

        Raises:
            MachineError: This system has no /proc.
        """
        return self._memory_mb("VmRSS:")

    def own_mb(self) -> float:
        """Return the part of it that is no copy of a file, which the system cannot reclaim.

        Raises:
            MachineError: This system has no /proc.
        """
        return self._memory_mb("RssAnon:", "RssShmem:")

    def _memory_mb(self, *kinds: str) -> float:
        total_kb = 0
        for pid in self.processes():
            lines = _read(_PROC / str(pid) / "status").splitlines()
            total_kb += sum(int(line.split()[1]) for line in lines if line.startswith(kinds))
        return total_kb * 1024 / 1e6

    def torch_libraries(self) -> set[str]:
        """Return the names of torch's compiled libraries that any of its processes has mapped.

        `import torch` always maps them, whoever imports it.

        Raises:
            MachineError: This system has no /proc.
        """
        maps = "\n".join(_read(_PROC / str(pid) / "maps") for pid in self.processes())
        paths = {line.split(maxsplit=5)[5] for line in maps.splitlines() if line.count("/") > 1}
        return {Path(path).name for path in paths if "libtorch" in path or "/torch/" in path}


@contextlib.contextmanager
def running_app() -> Iterator[RunningApp]:
    """Start the app as its command does, with an empty home, and stop it afterwards.

    Raises:
        MachineError: It ended at its start or did not answer.
    """
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryFile() as said,
    ):
        port = _free_port()
        command = [sys.executable, "-m", "explorer", "app", "--no-browser", "--port", str(port)]
        environment = os.environ | {"LATENT_EXPLORER_HOME": home}
        begin = time.perf_counter()
        app = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=said)
        try:
            if not _answers(port, app):
                said.seek(0)
                words = said.read().decode(errors="replace").strip().splitlines()[-1:]
                why = " ".join(words) or f"exit code {app.returncode}"
                raise MachineError("bench.app_did_not_start", why=why)
            yield RunningApp(port, time.perf_counter() - begin, app.pid, Path(home))
        finally:
            app.terminate()
            app.wait(30)


def session_mb(app: RunningApp, n_sessions: int) -> float:
    """Return what each of many idle sessions adds to the app's memory, in MB.

    A session is what a page is to the server: a websocket over which the script runs once, to its
    end, and which then stays open. One is opened first, so that what all share is not counted.

    Raises:
        MachineError: A session drew no stage, or this system has no /proc.

    Args:
        app: The app.
        n_sessions: How many more to open.
    """
    with contextlib.ExitStack() as stack:
        _open_session(app, stack)
        time.sleep(_SETTLE_S)
        before = app.resident_mb()
        sessions = [_open_session(app, stack) for _ in range(n_sessions)]
        time.sleep(_SETTLE_S)
        added = (app.resident_mb() - before) / n_sessions
        for session in sessions:
            session.ping().wait(_TALK_S)  # raises if it is closed
        return added


def _open_session(app: RunningApp, stack: contextlib.ExitStack) -> "ClientConnection":
    """Open a session, have its page drawn, and leave it open until the stack closes."""
    from websockets.sync.client import connect
    from websockets.typing import Subprotocol

    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    # No limits: messages of the server may be large, and an unread one would stop pongs.
    session = connect(
        address, subprotocols=[Subprotocol("streamlit")], max_size=None, max_queue=None
    )
    stack.enter_context(session)
    session.send(RUN_THE_SCRIPT)
    give_up_s = time.monotonic() + _TALK_S
    while time.monotonic() < give_up_s:
        message = session.recv(timeout=_TALK_S)
        if isinstance(message, bytes) and _STAGE in message:
            return session
    raise MachineError("bench.no_stage")


def _answers(port: int, app: "subprocess.Popen[bytes]") -> bool:
    """Wait for the first answer to a request for the page."""
    give_up_s = time.monotonic() + _START_S
    while app.poll() is None and time.monotonic() < give_up_s:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
        except OSError:
            time.sleep(0.01)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _read(path: Path) -> str:
    if not _PROC.is_dir():
        raise MachineError("bench.no_proc")
    return path.read_text()
