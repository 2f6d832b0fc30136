"""Starting the app from the command line: its address, its port, its settings."""

import re
import signal
import socket
import subprocess
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from explorer.cli import serve
from explorer.errors import MachineError
from tests.commands import latent_explorer, refused
from tests.tools import started


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_busy_port_is_refused_and_a_free_one_suggested(capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        told = refused(capsys, "app", "--port", port)
    assert f"Port {port}" in told
    found = re.search(r"--port (\d+)", told)
    assert found
    serve.refuse_busy_port("127.0.0.1", int(found[1]))


def test_an_address_of_another_machine_is_refused_in_words():
    with pytest.raises(MachineError, match="not an address this machine"):
        serve.refuse_busy_port("192.0.2.1", 8501)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://127.0.0.1:8501"),
        ("::1", "http://[::1]:8501"),
        ("::", "http://[::1]:8501"),
        ("localhost", "http://localhost:8501"),
    ],
)
def test_the_address_is_one_to_type_into_a_browser(host, address):
    assert serve.address(host, 8501) == address


def test_the_app_is_started_with_flags_that_streamlit_knows():
    from streamlit import config

    command = serve.command("127.0.0.1", 8600)
    flags = dict(flag.removeprefix("--").split("=", 1) for flag in command if "=" in flag)
    assert flags["server.port"] == "8600"
    assert set(flags) <= set(config._config_options_template)
    assert Path(command[4]).is_file()


def test_the_settings_beside_the_app_are_those_of_the_checkout():
    beside = Path(command_script()).parent / ".streamlit" / "config.toml"
    checkout = Path(explorer.__file__).parents[1] / ".streamlit" / "config.toml"
    assert beside.read_text("utf-8") == checkout.read_text("utf-8")


def test_streamlit_knows_every_setting_beside_the_app():
    from streamlit import config

    beside = Path(command_script()).parent / ".streamlit" / "config.toml"
    known = set(config._config_options_template)

    def keys(table: dict[str, object], under: str) -> Iterator[str]:
        for key, value in table.items():
            yield from keys(value, f"{under}{key}.") if isinstance(value, dict) else [under + key]

    assert set(keys(tomllib.loads(beside.read_text("utf-8")), "")) <= known


def command_script() -> str:
    return serve.command("127.0.0.1", 8600)[4]


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_app_says_where_it_is_and_ends_cleanly(tmp_path, stop):
    port = free_port()
    with started(
        latent_explorer("app", "--port", port, "--no-browser"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as running:
        assert running.stdout is not None
        told = running.stdout.readline()
        address = f"http://127.0.0.1:{port}"
        assert address in told
        with urllib.request.urlopen(address, timeout=10) as page:
            assert page.status == 200
        running.send_signal(stop)
        out, err = running.communicate(timeout=30)
    assert running.returncode == 0
    assert out == ""
    assert "Traceback" not in err
    serve.refuse_busy_port("127.0.0.1", port)  # it has let the port go
