"""What several processes do at the same instant: each name goes to one, and no note is lost."""

import subprocess
import sys

import pytest

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.config import TrainConfig

N = 6
# Each process imports all it needs, says so, and begins when a line comes.
BEGIN = """
import sys
from explorer import jobs, renaming, store
from explorer.config import TrainConfig
from explorer.errors import BundleError
from pathlib import Path

jobs.processes._spawn = lambda run: None
config = TrainConfig(data="digits", arch="mlp", hidden=(8,), epochs=1)
print("ready", flush=True)
sys.stdin.readline()
try:
    {act}
    print("done")
except BundleError as error:
    print(error.so)
"""


def all_at_once(act: str) -> list[str]:
    """Have each of several processes do something, and return what each of them says."""
    script = BEGIN.format(act=act)
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(i)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for i in range(N)
    ]
    for process in begun:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in begun:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in begun]


@pytest.mark.slow
def test_one_of_several_equal_names_is_accepted():
    said = all_at_once('jobs.begin(config, "mine")')
    assert said.count("done") == 1
    assert said.count('A model or a run is already called "mine".') == N - 1
    assert [run.record().name for run in jobs.runs()] == ["mine"]


@pytest.mark.slow
def test_several_equal_names_that_may_be_numbered_are_all_begun():
    assert all_at_once('jobs.begin(config, "mine", numbered=True)') == ["done"] * N
    names = {run.record().name for run in jobs.runs()}
    assert names == {"mine", *(f"mine-{i}" for i in range(2, N + 1))}


@pytest.mark.slow
def test_every_model_elsewhere_is_remembered(tiny, tmp_path):
    for i in range(N):
        write_bundle(tiny, tmp_path / f"model-{i}")
    assert all_at_once(f"store.remember(Path({str(tmp_path)!r}) / ('model-' + sys.argv[1]))")
    assert {f"model-{i}" for i in range(N)} <= {found.name for found in store.models().models}


@pytest.mark.slow
def test_one_of_several_models_gets_a_new_name(tiny):
    for i in range(N):
        write_bundle(tiny, store.bundles_folder() / f"model-{i}")
    said = all_at_once("renaming.rename('model-' + sys.argv[1], 'ours')")
    assert said.count("done") == 1
    assert len(store.own_folders()) == N


def test_a_run_that_finds_no_room_leaves_no_folder(monkeypatch):
    from explorer.errors import MachineError
    from explorer.jobs import folder

    def full(path, content):
        raise MachineError.worded("The disk is full.", "needed", "do")

    monkeypatch.setattr(folder, "replace_file", full)
    with pytest.raises(MachineError, match="disk is full"):
        jobs.begin(TrainConfig(data="digits"), "mine")
    assert list(store.runs_folder().iterdir()) == []
