"""`latent-explorer app` as a process: where it is served, for whom, and how it ends."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from explorer.cli import serve
from explorer.cli.arguments import parser
from explorer.ui import guard, serving
from tests.tools import started

PATIENCE_S = 30.0


@contextlib.contextmanager
def app(tmp_path: Path, *flags: str, **variables: str) -> Iterator[tuple[subprocess.Popen, str]]:
    """The app as its command starts it, and the address it prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "explorer", "app", "--no-browser", "--port", str(port), *flags]
    environment = os.environ | {"LATENT_EXPLORER_HOME": str(tmp_path)} | variables
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with started(command, env=environment, cwd=tmp_path, text=True, **pipes) as running:
        assert running.stdout is not None
        told = running.stdout.readline()
        assert "Latent Explorer is at " in told
        try:
            yield running, told.split()[4]
        finally:
            running.terminate()
            running.wait(PATIENCE_S)


def asked(address: str, host: str | None = None) -> tuple[int, str]:
    """Ask the app for a page, as a browser that believes to be at a host; status and text."""
    place, _, path = address.removeprefix("http://").partition("/")
    with contextlib.closing(http.client.HTTPConnection(place, timeout=10)) as connection:
        connection.request("GET", f"/{path}", headers={"Host": host or place})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")


def server_of(launcher: subprocess.Popen) -> int:
    children = Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children")
    if not children.exists():
        pytest.skip("processes are found in /proc, from Linux only")
    return int(children.read_text().split()[0])


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_names_of_hosts_are_checked_when_they_are_given(capsys):
    given = ["--allowed-host", "Lab.example.org", "--allowed-host", "*.example.org:8080"]
    args = parser().parse_args(["app", *given, "--base-path", "/class/lab/"])
    assert args.allowed_host == ["lab.example.org", "*.example.org:8080"]
    assert args.base_path == "class/lab"
    assert parser().parse_args([]).allowed_host == ()
    for wrong in ("http://lab.example.org", "lab example", "", "lab/x"):
        with pytest.raises(SystemExit):
            parser().parse_args(["app", "--allowed-host", wrong])
        assert "not a host name" in capsys.readouterr().err
    for wrong in ("http://x/lab", "a b", "..//"):
        with pytest.raises(SystemExit):
            parser().parse_args(["app", "--base-path", wrong])


def test_the_server_hears_of_allowed_hosts_by_the_names_it_knows(monkeypatch):
    monkeypatch.setenv(guard.ALLOWED_HOSTS, "one.example")
    environment = serve.environment(["two.example"])
    assert environment[guard.ALLOWED_HOSTS] == "one.example,two.example"
    assert environment[serving.LAUNCHED]
    monkeypatch.setenv(guard.ALLOWED_HOSTS, environment[guard.ALLOWED_HOSTS])
    assert guard.hosts("127.0.0.1").answers_to("two.example")
    assert serving.routes()[0].path == serve._BASE


def test_streamlit_protects_itself_and_collects_no_garbage_after_each_answer():
    settings = Path(serving.__file__).with_name(".streamlit") / "config.toml"
    values = tomllib.loads(settings.read_text("utf-8"))
    assert values["server"]["enableCORS"] is True
    assert values["server"]["enableXsrfProtection"] is True
    assert values["runner"]["postScriptGC"] is False


@pytest.mark.slow
def test_the_app_starts_under_a_base_path_that_streamlit_was_given(tmp_path):
    with app(tmp_path, STREAMLIT_SERVER_BASE_URL_PATH="lab") as (_, address):
        assert address.endswith("/lab")
        assert asked(address + "/")[0] == 200
        assert asked(address + "/latent/nothing")[0] == 404
        assert asked(address.removesuffix("/lab") + "/latent/nothing")[0] == 404


@pytest.mark.slow
def test_foreign_hosts_are_refused_by_the_whole_server(tmp_path):
    with app(tmp_path, "--allowed-host", "lab.example.org") as (_, address):
        assert asked(address + "/")[0] == 200
        assert asked(address + "/", "lab.example.org")[0] == 200
        for path in ("/", "/_stcore/health", "/latent/base", "/static/x.js", "/nothing"):
            code, told = asked(address + path, "evil.example")
            assert code == 403
            assert "--allowed-host evil.example" in told


@pytest.mark.slow
def test_a_launcher_that_is_killed_takes_the_server_with_it(tmp_path):
    with app(tmp_path) as (launcher, address):
        server = server_of(launcher)
        launcher.send_signal(signal.SIGKILL)
        launcher.wait(PATIENCE_S)
        give_up_s = time.monotonic() + PATIENCE_S
        while not is_gone(server):
            assert time.monotonic() < give_up_s, "the server is still there"
            time.sleep(0.1)
        serve.refuse_busy_port("127.0.0.1", int(address.rpartition(":")[2]))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_is_ended_makes_the_launcher_say_so_and_exit_1(tmp_path, how):
    with app(tmp_path) as (launcher, _):
        os.kill(server_of(launcher), how)
        _, err = launcher.communicate(timeout=PATIENCE_S)
    assert launcher.returncode == 1
    assert "The app's server has ended" in err
    assert "latent-explorer app" in err
    assert "Traceback" not in err
