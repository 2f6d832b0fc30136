"""`latent-explorer app`: start Streamlit with our settings, print its address, stop it cleanly."""

import argparse
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path

import explorer
from explorer.cli.terminal import note, write
from explorer.errors import MachineError
from explorer.words import say

_PACKAGE = Path(explorer.__file__).parent
_START_S = 60.0  # seconds until the first answer, on a machine that is busy
_END_S = 5.0  # seconds to close in before it is closed

# What the server knows by these names: see `ui/guard.py` and `ui/serving.py`.
_ALLOWED_HOSTS, _LAUNCHED = "LATENT_EXPLORER_ALLOWED_HOSTS", "LATENT_EXPLORER_LAUNCHED"
_BASE = "/latent/base"


def app(args: argparse.Namespace) -> int:
    """Serve the app until Ctrl-C, or a polite kill, which is the same."""
    refuse_busy_port(args.host, args.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(
        command(args.host, args.port, args.base_path),
        env=environment(args.allowed_host),
        stdin=subprocess.PIPE,  # its end tells the server that we are gone, however we were ended
    )
    try:
        base = _wait_until_it_answers(server, args.host, args.port)
        at = address(args.host, args.port) + base
        write(say("cli.app.address", address=at))
        sys.stdout.flush()
        if not args.no_browser:
            webbrowser.open(at)  # Streamlit opens one for its own kind of app only
        raise _ended_by_itself(server.wait())
    except KeyboardInterrupt:
        note(say("cli.stopped"))
        return 0
    finally:
        _end(server)


def environment(allowed_hosts: Sequence[str] = ()) -> dict[str, str]:
    """Return the environment of the server, with the host names that a person allows besides."""
    allowed = [*filter(None, [os.environ.get(_ALLOWED_HOSTS)]), *allowed_hosts]
    return {
        # glibc keeps a heap for each of many threads; two hold an eighth less after many visits.
        "MALLOC_ARENA_MAX": "2",
        # It learns to keep large arrays for the next one; with a fixed size it gives them back.
        "MALLOC_MMAP_THRESHOLD_": "262144",
        **os.environ,
        _ALLOWED_HOSTS: ",".join(allowed),
        _LAUNCHED: "1",
    }


def command(host: str, port: int, base_path: str | None = None) -> list[str]:
    """Return the command that runs the app; its other settings lie in `ui/.streamlit`."""
    base = [] if base_path is None else [f"--server.baseUrlPath={base_path}"]
    flags = [
        *base,
        f"--server.address={host}",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.showEmailPrompt=false",
        "--logger.hideWelcomeMessage=true",
    ]
    return [sys.executable, "-m", "streamlit", "run", str(_PACKAGE / "ui" / "app.py"), *flags]


def refuse_busy_port(host: str, port: int) -> None:
    """Refuse a port that someone listens on, and offer one that is free.

    Raises:
        MachineError: The port is taken, or the host is no address of this machine.
    """
    try:
        _bind(host, port)
    except (OSError, UnicodeError) as error:
        try:
            free = _bind(host, 0)
        except (OSError, UnicodeError):
            raise MachineError("cli.wrong_host", host=host, error=error) from error
        raise MachineError("cli.port_taken", port=str(port), error=error, free=str(free)) from error


def address(host: str, port: int) -> str:
    """Return what to type into a browser on this machine."""
    name = _reachable(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _reachable(host: str) -> str:
    """Return where this machine reaches a server that listens on all its addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def _bind(host: str, port: int) -> int:
    """Bind a port for a moment and return its number."""
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name != "nt":  # there it would let us share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
        return int(probe.getsockname()[1])


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", host: str, port: int) -> str:
    """Wait until the server has loaded the app, which is some time after it listens.

    Returns:
        The path that its pages are under, whoever has set it: an empty string, or such as `/lab`.
    """
    give_up_s = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < give_up_s:
        asked = http.client.HTTPConnection(_reachable(host), port, timeout=5)
        try:
            asked.request("GET", _BASE)
            answer = asked.getresponse()
            if answer.status == http.HTTPStatus.OK:
                return answer.read().decode()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            asked.close()
        time.sleep(0.05)
    raise MachineError("cli.app_did_not_start", port=str(port))


def _ended_by_itself(code: int) -> MachineError:
    """Say that the server is gone though nobody has stopped it here.

    Args:
        code: Its exit code, or less than zero for the signal that ended it.
    """
    by_signal = say("cli.app.signal", number=str(-code))
    how = by_signal if code < 0 else say("cli.app.exit_code", code=str(code))
    return MachineError("cli.server_ended", how=how)


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Let the server close; where it takes too long, or Ctrl-C comes again, make it."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(_END_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()
    if server.stdin is not None:
        server.stdin.close()
