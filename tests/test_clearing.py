"""What is cleared out of the home, what never is, and how it comes back."""

import json
import os
import shutil
import time
from dataclasses import replace

import pytest

from explorer import clearing, jobs, renaming, store
from explorer.bundle import read_bundle, write_bundle
from explorer.clearing import Work
from explorer.config import TrainConfig
from explorer.errors import BundleError, MachineError, TrainingError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus, Record

CONFIG = TrainConfig(data="digits", arch="mlp", hidden=(8,), epochs=1)


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    monkeypatch.setattr("explorer.jobs.processes._spawn", lambda run: None)


def made(name: str, tiny, *, state: str = "finished", data: str = "digits") -> RunFolder:
    """A run that has ended in a model of its own name."""
    config = TrainConfig(data=data, arch="mlp", hidden=(8,), epochs=1)
    run = jobs.begin(config, name)
    write_bundle(replace(tiny, origin=run.record().origin), store.bundles_folder() / name)
    run.say(JobStatus(state=state, out=name, updated_s=time.time()))  # type: ignore[arg-type]
    return run


def names() -> set[str]:
    return {model.name for model in store.models().models}


# ---- clearing, and back


def test_runs_and_their_models_go_and_come_back_as_they_were(tiny):
    one, other = made("one", tiny), made("other", tiny)
    cleared = clearing.clear(Work(runs=(one,), models=clearing.models_of([one])))
    assert (cleared.n_runs, cleared.n_models, cleared.left_out) == (1, 1, ())
    assert [run.id for run in jobs.runs()] == [other.id]
    assert "one" not in names()
    assert clearing.put_back(cleared.id) == ()
    assert {run.id for run in jobs.runs()} == {one.id, other.id}
    assert one.status().state == "finished"
    assert read_bundle(store.find_name("one")).scores == tiny.scores
    assert not (store.home() / ".cleared").exists()


def test_everything_made_here_can_be_cleared_and_included_models_stay(tiny, tmp_path):
    shipped = names()
    made("one", tiny)
    upload = store.keep_upload([("drawn.zip", archive())]).path
    write_bundle(tiny, tmp_path / "outside")
    store.remember(tmp_path / "outside")
    work = clearing.work_since()
    assert (len(work.runs), work.models, len(work.uploads)) == (1, ("one",), 1)
    cleared = clearing.clear(work)
    assert (cleared.n_runs, cleared.n_models, cleared.n_uploads, cleared.n_elsewhere) == (
        1,
        1,
        1,
        1,
    )
    assert names() == shipped
    assert read_bundle(tmp_path / "outside"), "it is only off the list"
    assert not upload.exists()
    clearing.put_back(cleared.id)
    assert names() == shipped | {"one", "outside"}
    assert upload.is_file()
    assert not clearing.work_since(time.time() + 60)


def archive() -> bytes:
    from tests.train_page import archive

    return archive()


def test_only_what_was_made_since_goes_and_an_upload_that_others_use_stays(tiny):
    path = str(store.keep_upload([("drawn.zip", archive())]).path)
    old = made("old", tiny, data=path)
    values = json.loads((old.path / "run.json").read_text()) | {"created_s": 1e9}
    (old.path / "run.json").write_text(json.dumps(values))
    os.utime(store.bundles_folder() / "old", (1e9, 1e9))
    new = made("new", tiny, data=path)
    work = clearing.work_since(time.time() - 3600)
    assert ([run.id for run in work.runs], work.models, work.uploads) == ([new.id], ("new",), ())
    assert len(clearing.work_since().uploads) == 1


def test_included_models_and_those_outside_the_home_cannot_be_cleared(tiny, tmp_path):
    write_bundle(tiny, tmp_path / "outside")
    store.remember(tmp_path / "outside")
    run = RunFolder(tmp_path / "run")
    run.create(Record(name="run", out=tmp_path / "x", config=CONFIG))
    before = names()
    work = Work(runs=(run,), models=("faces", "outside", "../outside"), uploads=(tmp_path,))
    assert not clearing.clear(work)
    assert names() == before
    assert run.path.is_dir()
    for model in ("faces", "outside"):
        with pytest.raises(BundleError, match="not one of those made here"):
            renaming.rename(model, "mine")
    assert renaming.place_of("faces") == "shipped"
    assert renaming.place_of("outside") == "elsewhere"


def test_a_model_that_hid_a_shipped_one_reveals_it_again(tiny):
    write_bundle(tiny, store.bundles_folder() / "faces")
    assert renaming.place_of("faces") == "own"
    assert clearing.clear(Work(models=("faces",))).n_models == 1
    assert renaming.place_of("faces") == "shipped"


def test_what_is_swept_is_gone_for_good_and_says_so(tiny):
    made("one", tiny)
    cleared = clearing.clear(clearing.work_since())
    clearing.sweep(cleared.id)
    with pytest.raises(TrainingError, match="no longer be undone"):
        clearing.put_back(cleared.id)
    assert not clearing.work_since()


def test_two_pages_that_clear_and_undo_at_once_do_not_get_in_each_others_way(tiny):
    made("one", tiny)
    seen_by_both = clearing.work_since()
    first, second = clearing.clear(seen_by_both), clearing.clear(seen_by_both)
    assert first
    assert not second
    assert second.left_out == ()
    clearing.put_back(first.id)
    for late in (first, second):
        with pytest.raises(TrainingError, match="no longer be undone"):
            clearing.put_back(late.id)
    assert "one" in names()


def test_a_name_that_was_taken_meanwhile_comes_back_with_a_number(tiny):
    made("one", tiny)
    cleared = clearing.clear(clearing.work_since())
    made("one", tiny)
    assert "one-2" in clearing.put_back(cleared.id)
    assert {"one", "one-2"} <= names()


def test_what_a_closed_page_left_is_swept_after_a_day_and_at_the_start(tiny):
    made("one", tiny)
    old = clearing.clear(clearing.work_since())
    long_ago = time.time() - 2 * 86_400
    os.utime(store.home() / ".cleared" / old.id, (long_ago, long_ago))
    made("other", tiny)
    clearing.clear(clearing.work_since())
    left = list((store.home() / ".cleared").iterdir())
    assert len(left) == 1
    assert left[0].name != old.id
    clearing.sweep_all()
    assert not (store.home() / ".cleared").exists()


@pytest.mark.slow
def test_a_run_at_work_is_stopped_first_and_comes_back_paused(tmp_path, own_home, monkeypatch):
    monkeypatch.undo()  # with its process
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(own_home))
    long = TrainConfig(data="digits", arch="mlp", hidden=(16,), epochs=100_000)
    run = jobs.begin(long, "long")
    give_up = time.monotonic() + 120
    while run.status().step == 0:
        assert time.monotonic() < give_up, run.status()
        time.sleep(0.05)
    pid = run.said().pid
    cleared = clearing.clear(Work(runs=(run,)))
    assert (cleared.n_runs, cleared.left_out) == (1, ())
    assert not jobs.runs()
    clearing.put_back(cleared.id)
    assert run.status().state == "paused"
    assert run.checkpoint.exists()
    assert not run.is_worked_on()
    assert pid


def test_a_run_at_work_in_a_terminal_is_left_out_with_a_note(tiny, tmp_path):
    run = RunFolder(store.runs_folder() / "theirs")
    run.create(Record(name="theirs", out=tmp_path / "x", config=CONFIG, in_terminal=True))
    run.say(JobStatus(state="running", step=1, steps=9, updated_s=time.time(), pid=os.getpid()))
    made("one", tiny)
    with run.lock():
        cleared = clearing.clear(clearing.work_since())
    assert cleared.n_runs == 1
    (why,) = cleared.left_out
    assert "running in a terminal" in why
    assert [other.id for other in jobs.runs()] == ["theirs"]


def test_a_link_in_the_home_is_cleared_and_its_target_stays(tiny, tmp_path):
    write_bundle(tiny, tmp_path / "real")
    store.bundles_folder().mkdir(parents=True)
    (store.bundles_folder() / "linked").symlink_to(tmp_path / "real")
    cleared = clearing.clear(Work(models=("linked",)))
    assert cleared.n_models == 1
    clearing.sweep(cleared.id)
    assert read_bundle(tmp_path / "real")


def test_a_home_that_cannot_be_written_to_is_reported(tiny, monkeypatch):
    made("one", tiny)
    (store.home() / ".cleared").write_text("in the way")
    cleared = clearing.clear(clearing.work_since())
    assert not cleared
    assert "could not be written" in cleared.left_out[0]
    assert "one" in names()


# ---- renaming


def test_a_model_is_renamed_with_its_folder_card_runs_and_old_addresses(tiny):
    run = made("one", tiny)
    card = store.find_name("one") / "README.md"
    card.write_text(card.read_text().replace("# tiny", "# one", 1))
    assert renaming.rename("one", "  Our drawings ") == "Our drawings"
    assert "one" not in names()
    folder = store.find_name("Our drawings")
    assert (folder / "README.md").read_text().startswith("# Our drawings\n")
    assert read_bundle(folder).name == "Our drawings"
    assert jobs.model_of(run) == "Our drawings"
    assert store.current_name("one") == "Our drawings"
    assert store.find_name("one") == folder, "links with its old name lead to it"
    renaming.rename("Our drawings", "drawings")
    assert store.current_name("one") == "drawings"


def test_a_new_model_under_an_old_name_is_the_one_that_is_meant(tiny):
    made("one", tiny)
    renaming.rename("one", "two")
    write_bundle(tiny, store.bundles_folder() / "one")
    assert store.find_name("one").name == "one"
    renaming.rename("two", "three")
    assert store.current_name("one") == "one"
    shutil.rmtree(store.bundles_folder() / "one")
    assert store.current_name("one") == "three"


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("", "cannot be the name"),
        ("../up", "cannot be the name"),
        ("a/b", "cannot be the name"),
        (".hidden", "cannot be the name"),
        ("faces", "already"),
        ("other", "already"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_as_in_the_form(tiny, new, words):
    made("one", tiny)
    made("other", tiny)
    with pytest.raises(BundleError, match=words):
        renaming.rename("one", new)
    assert "one" in names()


def test_a_rename_that_the_disk_refuses_is_reported(tiny, monkeypatch):
    from pathlib import Path

    made("one", tiny)

    def refuse(self, target):
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(MachineError, match="may not be written to"):
        renaming.rename("one", "two")
    assert "one" in names()
