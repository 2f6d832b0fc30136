"""Processes that are really killed in the last instants of a run, an upload and a rename.

After the next start there is one model, one upload, and nothing half done.
"""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer import jobs, leftovers, renaming, store
from explorer.bundle import read_bundle, write_bundle
from explorer.config import TrainConfig
from explorer.disk import begun, is_abandoned
from explorer.errors import BundleError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.worker import work
from tests.inputs import png

pytestmark = pytest.mark.slow

DIGITS = TrainConfig(data="digits", arch="mlp", hidden=(4,), latent_dim=2, epochs=2, n_images=60)
# Carries out code, and kills its own process before or after a call of some function.
CHILD = """
import importlib, os, signal, sys
place, name, when, told, code = sys.argv[1:]
module, _, inner = place.partition(":")
holder = importlib.import_module(module)
holder = getattr(holder, inner) if inner else holder
real = getattr(holder, name)

def dying(*args, **options):
    is_it = not told or told in args
    if is_it and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = real(*args, **options)
    if is_it:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

setattr(holder, name, dying)
exec(code)
"""


def killed(place: str, name: str, when: str, code: str, *, told: str = "") -> None:
    """Carry out code in a process that is killed at a call of a function, if it is told that."""
    command = [sys.executable, "-c", CHILD, place, name, when, told, code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr


def hidden(place: Path) -> list[str]:
    """Name what lies there that nobody sees, and that nobody should have left."""
    return [path.name for path in place.rglob(".*") if path.name != ".turns"]


def own_models() -> list[str]:
    own = store.bundles_folder()
    return [model.name for model in store.models().models if model.folder.parent == own]


# ---- a run


@pytest.mark.parametrize(
    ("place", "name", "when", "told"),
    [
        ("explorer.bundle.files", "write_through", "after", ""),
        ("explorer.bundle.files", "_swap", "before", ""),
        ("explorer.bundle.files", "_swap", "after", ""),
        ("explorer.jobs.pipeline", "write_bundle", "after", ""),
        ("explorer.jobs.worker", "write_ends", "before", ""),
        ("explorer.jobs.worker", "write_ends", "after", ""),
        ("explorer.jobs.status_writer:StatusWriter", "say", "before", "finished"),
        ("explorer.jobs.status_writer:StatusWriter", "say", "after", "finished"),
    ],
)
def test_a_run_killed_in_its_last_instants_leaves_one_model(place, name, when, told):
    run = RunFolder(store.runs_folder() / "1-mine")
    run.create(Record(name="mine", out=store.bundles_folder() / "mine", config=DIGITS))
    code = "from pathlib import Path; from explorer.jobs.worker import work; "
    killed(place, name, when, f"{code}work(Path({str(run.path)!r}))", told=told)
    leftovers.sweep()
    if run.said().state != "finished":
        assert work(run.path), "what resuming does"
    status = run.status()
    assert (status.state, status.out, jobs.model_of(run)) == ("finished", "mine", "mine")
    assert own_models() == ["mine"]
    assert read_bundle(store.bundles_folder() / "mine").name == "mine"
    assert hidden(store.bundles_folder()) == []
    assert hidden(run.path) == []
    assert not run.checkpoint.exists()


def test_a_resumed_run_keeps_the_new_name_of_the_model_it_had_saved(tmp_path):
    run = RunFolder(store.runs_folder() / "1-mine")
    run.create(Record(name="mine", out=store.bundles_folder() / "mine", config=DIGITS))
    code = "from pathlib import Path; from explorer.jobs.worker import work; "
    killed(
        "explorer.jobs.pipeline", "write_bundle", "after", f"{code}work(Path({str(run.path)!r}))"
    )
    renaming.rename("mine", "better")
    assert work(run.path)
    assert own_models() == ["better"]
    assert run.said().out == "better"


def test_a_run_does_not_write_over_a_model_of_another_run_by_its_name(tiny):
    write_bundle(tiny, store.bundles_folder() / "mine")
    run = RunFolder(store.runs_folder() / "1-mine")
    run.create(Record(name="mine", out=store.bundles_folder() / "mine", config=DIGITS))
    assert work(run.path)
    assert own_models() == ["mine", "mine-2"]


def test_of_equal_names_at_once_one_is_taken(monkeypatch):
    monkeypatch.setattr("explorer.jobs.processes._spawn", lambda run: None)

    def begin(_: int) -> bool:
        try:
            jobs.begin(DIGITS, "same")
        except BundleError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(begin, range(6))) == 1
    assert len(jobs.runs()) == 1


# ---- an upload


@pytest.mark.parametrize(
    ("place", "name", "when"),
    [
        ("os", "fsync", "before"),
        ("pathlib:Path", "replace", "before"),
        ("pathlib:Path", "replace", "after"),
    ],
)
def test_an_upload_killed_while_it_is_kept_leaves_one_or_none(place, name, when):
    files = [("a.png", png(0)), ("b.png", png(1))]
    killed(place, name, when, f"from explorer import store; store.keep_upload({files!r})")
    leftovers.sweep()
    assert hidden(store.uploads_folder()) == []
    before = list(store.uploads_folder().iterdir())
    assert len(before) == (when == "after")
    kept = store.keep_upload(files)
    assert [path.name for path in store.uploads_folder().rglob("*.*")] == [kept.path.name]


# ---- a rename


@pytest.mark.parametrize(
    ("place", "name", "when"),
    [
        ("explorer.store", "note_renamed", "before"),
        ("explorer.store", "note_renamed", "after"),
        ("pathlib:Path", "rename", "before"),
        ("pathlib:Path", "rename", "after"),
        ("explorer.renaming", "note_name", "before"),
    ],
)
def test_a_rename_killed_half_way_leaves_one_model_that_old_addresses_lead_to(
    tiny, place, name, when
):
    write_bundle(tiny, store.bundles_folder() / "old")
    killed(place, name, when, "from explorer import renaming; renaming.rename('old', 'new')")
    leftovers.sweep()
    (model,) = own_models()
    assert model == ("new" if (name, when) in RENAMED else "old")
    assert store.current_name("old") == model
    assert store.find_name("old") == store.bundles_folder() / model
    assert hidden(store.bundles_folder()) == []
    assert renaming.rename(model, "last") == "last"
    assert own_models() == ["last"]


RENAMED = {("rename", "after"), ("note_name", "before")}


# ---- what is abandoned


def test_files_that_somebody_still_writes_are_left_alone(tmp_path):
    mine = begun(tmp_path / "x")
    mine.write_text("")
    assert not is_abandoned(mine), "this process may be writing it"
    other = mine.with_name(mine.name.replace(f"-{os.getpid()}-", "-999999999-"))
    other.write_text("")
    assert is_abandoned(other)
    elsewhere = other.with_name(".x.new-000000-999999999-00000000")
    elsewhere.write_text("")
    assert not is_abandoned(elsewhere), "of another machine nothing is known but its age"
    long_ago = time.time() - 7_200
    os.utime(elsewhere, (long_ago, long_ago))
    assert is_abandoned(elsewhere)


def test_names_as_long_as_a_disk_takes_can_be_written(tiny, tmp_path):
    for name in ("x" * 250, "手" * 80):
        write_bundle(tiny, tmp_path / name)
        write_bundle(tiny, tmp_path / name)
        assert read_bundle(tmp_path / name).name == name
    assert hidden(tmp_path) == []
