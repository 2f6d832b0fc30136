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
from pathlib import Path

import explorer
from explorer.cli.terminal import note, say
from explorer.errors import MachineError

_PACKAGE = Path(explorer.__file__).parent
_START_S = 60.0  # seconds until the first answer, on a machine that is busy
_END_S = 5.0  # seconds to close in before it is closed


def app(args: argparse.Namespace) -> int:
    """Serve the app until Ctrl-C, or a polite kill, which is the same."""
    refuse_busy_port(args.host, args.port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # glibc keeps a heap for each of many threads; two hold an eighth less after many visits.
    environment = {"MALLOC_ARENA_MAX": "2"} | os.environ
    server = subprocess.Popen(command(args.host, args.port), env=environment)
    try:
        _wait_until_it_answers(server, args.host, args.port)
        at = address(args.host, args.port)
        say(f"Latent Explorer is at {at} (Ctrl-C stops it)")
        sys.stdout.flush()
        if not args.no_browser:
            webbrowser.open(at)  # Streamlit opens one for its own kind of app only
        return 0 if server.wait() == 0 else 1
    except KeyboardInterrupt:
        note("Stopped.")
        return 0
    finally:
        _end(server)


def command(host: str, port: int) -> list[str]:
    """Return the command that runs the app; its other settings lie in `ui/.streamlit`."""
    flags = [
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
            raise MachineError(
                f'"{host}" is not an address this machine can listen on: {error}.',
                "127.0.0.1 serves this machine alone, 0.0.0.0 its whole network.",
                "Choose one of them with --host.",
            ) from error
        raise MachineError(
            f"Port {port} cannot be used: {error}.",
            "The app needs a port that no other program uses.",
            f"Port {free} is free: latent-explorer app --port {free}",
        ) from error


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


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", host: str, port: int) -> None:
    """Wait until the server has loaded the app, which is some time after it listens."""
    give_up_s = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < give_up_s:
        asked = http.client.HTTPConnection(_reachable(host), port, timeout=5)
        try:
            asked.request("GET", "/_stcore/health")
            if asked.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            asked.close()
        time.sleep(0.05)
    raise MachineError(
        f"The app did not start on port {port}.",
        "Streamlit must be able to run, and to listen on that port.",
        "See above for the reason; another port may help: latent-explorer app --port 8600",
    )


def _end(server: "subprocess.Popen[bytes]") -> None:
    """Let the server close; where it takes too long, or Ctrl-C comes again, make it."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(_END_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()
