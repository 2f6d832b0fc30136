"""The wheel that an installation unpacks: everything the running app reads is in it."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from explorer import store
from explorer.bundle import bundles_in

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> set[str]:
    """The files in a wheel built from this checkout, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("latent_space_explorer-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.slow
def test_the_wheel_has_every_module_and_data_file(names):
    package = ROOT / "explorer"
    kinds = {".py", ".js", ".wasm", ".css", ".json", ".png", ".toml"}
    files = [path for path in package.rglob("*") if path.suffix in kinds]
    for path in files:
        assert path.relative_to(ROOT).as_posix() in names
    assert {".py", ".js", ".wasm", ".css", ".json"} <= {path.suffix for path in files}


@pytest.mark.slow
def test_the_wheel_carries_the_shipped_models_and_the_settings(names):
    shipped = bundles_in(store.pretrained_folder())
    assert shipped
    for folder in shipped:
        for path in folder.iterdir():
            assert f"explorer/pretrained/{folder.name}/{path.name}" in names
    for path in store.originals_folder().iterdir():
        assert f"explorer/pretrained/originals/{path.name}" in names
    assert "explorer/ui/.streamlit/config.toml" in names


@pytest.mark.slow
def test_the_wheel_has_nothing_else(names):
    homes = ("explorer/", "latent_space_explorer-")
    assert [name for name in names if not name.startswith(homes)] == []
    assert [name for name in names if "__pycache__" in name or "/tests/" in name] == []
