"""Runs of the command line, written down so that the Train page shows them like all others."""

import contextlib
import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer import cli, jobs, store
from explorer.bundle import read_bundle, write_bundle
from explorer.config import TrainConfig
from explorer.errors import TrainingError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus, Record
from tests.commands import QUICK, latent_explorer
from tests.tools import started
from tests.train_page import drawn, links

pytestmark = pytest.mark.slow


def train(out: Path, *flags: str) -> int:
    return cli.main(["train", *QUICK, *flags, "--out", str(out)])


def only_run() -> RunFolder:
    (run,) = jobs.runs()
    return run


def labels(page) -> list[str]:
    return [b.label for b in page.button]


def says(page) -> str:
    told = [*page.markdown, *page.caption, *page.code]
    return "\n".join(element.value for element in told).replace("\\", "")


# ---- the record


def test_a_run_of_the_command_line_is_listed_with_its_curves_and_pictures(tmp_path, capsys):
    assert train(tmp_path / "mine", "--epochs", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["epochs"] == 3
    run = only_run()
    record, status = run.record(), run.status()
    assert (record.name, record.out, record.in_terminal) == ("mine", tmp_path / "mine", True)
    assert (status.state, status.out, status.epoch) == ("finished", "mine", 3)
    assert any(report["validation"] for report in run.reports())
    assert run.watched() is not None
    assert jobs.reconstructions(run) is not None
    assert not (tmp_path / "mine.part").exists()


def test_a_run_and_its_bundle_know_each_other(tmp_path):
    assert train(tmp_path / "mine", "--epochs", "1") == 0
    old = only_run()
    assert read_bundle(tmp_path / "mine").origin == old.record().origin != ""
    assert jobs.model_of(old) == "mine"
    assert train(tmp_path / "mine", "--epochs", "1") == 0  # in place of the first
    new = next(run for run in jobs.runs() if run.id != old.id)
    assert (jobs.model_of(new), jobs.model_of(old)) == ("mine", "")


def test_being_recorded_changes_no_weight(tmp_path, monkeypatch):
    assert train(tmp_path / "recorded", "--epochs", "2") == 0
    monkeypatch.setattr("explorer.jobs.Recording.loaded", lambda *args: None)
    assert train(tmp_path / "alone", "--epochs", "2") == 0
    assert len(jobs.runs()) == 1
    one, other = read_bundle(tmp_path / "recorded"), read_bundle(tmp_path / "alone")
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


def test_a_home_that_cannot_be_written_to_does_not_stop_a_run(tmp_path, own_home, capsys):
    (own_home / "runs").write_text("no folder")
    assert train(tmp_path / "mine", "--epochs", "1", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["name"] == "mine"
    assert err.count("the Train page does not show this run") == 1
    assert "could not be written" in err
    assert "Traceback" not in err


def test_a_home_that_is_full_half_way_does_not_stop_a_run(tmp_path, monkeypatch, capsys):
    append, n_left = RunFolder.append, iter(range(3))

    def full(self, file, line):
        if next(n_left, None) is None:
            raise OSError(28, "No space left on device")
        append(self, file, line)

    monkeypatch.setattr(RunFolder, "append", full)
    assert train(tmp_path / "mine", "--epochs", "2") == 0
    assert read_bundle(tmp_path / "mine")
    assert capsys.readouterr().err.count("the Train page does not show") == 1
    assert not only_run().is_worked_on()


def test_a_run_that_a_page_deletes_goes_on_unrecorded(tmp_path, monkeypatch, capsys):
    import shutil

    append = RunFolder.append

    def deleted(self, file, line):
        append(self, file, line)
        shutil.rmtree(self.path, ignore_errors=True)

    monkeypatch.setattr(RunFolder, "append", deleted)
    assert train(tmp_path / "mine", "--epochs", "1") == 0
    assert read_bundle(tmp_path / "mine")
    assert jobs.runs() == []


def test_a_run_that_diverges_is_shown_as_failed_with_its_reason(tmp_path, capsys):
    flags = ["--optimizer", "sgd", "--learning-rate", "10", "--likelihood", "gaussian"]
    assert train(tmp_path / "wild", *flags, "--epochs", "30") == 1
    status = only_run().status()
    assert status.state == "failed"
    assert "no longer a finite number" in status.error[0]
    assert status.health == "exploding"


def test_a_path_of_images_is_noted_so_that_it_leads_there_from_anywhere(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    np.save(tmp_path / "drawn.npy", pixels)
    monkeypatch.chdir(tmp_path)
    flags = ["--data", "drawn.npy", "--arch", "mlp", "--hidden", "8", "--epochs", "1"]
    assert cli.main(["train", *flags, "--out", "mine"]) == 0
    assert only_run().record().config.data == str(tmp_path / "drawn.npy")
    assert read_bundle("mine").settings().data == "drawn.npy"


# ---- steered from a page


class Watching:
    """Does something to the run at work, from within its reports."""

    def __init__(self, monkeypatch, act) -> None:
        note = jobs.Recording.note
        self.states: list[str] = []

        def noted(recording, progress):
            run = only_run()
            act(run)
            note(recording, progress)
            self.states.append(run.status().state)

        monkeypatch.setattr(jobs.Recording, "note", noted)


def test_stop_on_a_page_ends_a_run_of_the_command_line_with_its_model(
    tmp_path, monkeypatch, capsys
):
    Watching(monkeypatch, lambda run: jobs.finish(run))
    assert train(tmp_path / "mine", "--epochs", "5000", "--json") == 0
    assert json.loads(capsys.readouterr().out)["stopped_early"]
    assert only_run().status().state == "stopped"
    assert read_bundle(tmp_path / "mine")


def test_pause_on_a_page_holds_a_run_of_the_command_line_until_resume(
    tmp_path, monkeypatch, capsys
):
    seen: list[str] = []

    def patient(seconds: float) -> None:
        run = only_run()
        seen.append(run.status().state)
        if len(seen) == 3:
            jobs.resume(run)

    monkeypatch.setattr("explorer.jobs.recording.time.sleep", patient)
    asked: list[RunFolder] = []

    def pause_once(run: RunFolder) -> None:
        if not asked:
            jobs.pause(run)
            asked.append(run)

    Watching(monkeypatch, pause_once)
    assert train(tmp_path / "mine", "--epochs", "2") == 0
    assert seen == ["paused"] * 3
    assert "Paused on the Train page" in capsys.readouterr().err
    assert only_run().status().state == "finished"


def test_a_run_at_work_in_a_terminal_is_neither_deleted_nor_killed(tmp_path, monkeypatch):
    refusals: list[str] = []

    def delete(run: RunFolder) -> None:
        with pytest.raises(TrainingError, match="running in a terminal") as refusal:
            jobs.delete(run)
        refusals.append(str(refusal.value))

    Watching(monkeypatch, delete)
    assert train(tmp_path / "mine", "--epochs", "1") == 0
    assert refusals
    jobs.delete(only_run())
    assert jobs.runs() == []


@pytest.mark.slow
def test_ctrl_c_pauses_and_the_command_line_resumes_the_same_record(tmp_path, capsys):
    out = tmp_path / "mine"
    flags = [*QUICK, "--epochs", "400", "--out", str(out)]
    command = latent_explorer("train", *flags)
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        give_up = time.monotonic() + 120
        while time.monotonic() < give_up:
            with contextlib.suppress(ValueError):
                run = only_run()
                if run.status().state == "running" and run.snapshots():
                    break
            time.sleep(0.1)
        assert run.is_worked_on()
        page = drawn(run=run.id)
        assert {"Pause", "Stop"} <= set(labels(page))
        assert "You can control it from here" in says(page)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert f"latent-explorer train --resume {out}" in err
    assert run.status().state == "paused"
    page = drawn(run=run.id)
    assert not page.exception
    assert not {"Pause", "Resume", "Stop"} & set(labels(page))
    assert f"latent-explorer train --resume {out}" in says(page)
    with pytest.raises(TrainingError, match="Resume it in a terminal"):
        jobs.resume(run)
    n_before = len(run.reports())
    assert cli.main(["train", "--resume", str(out)]) == 0
    assert only_run().id == run.id
    assert run.status().state == "finished"
    assert len(run.reports()) > n_before
    reports: list[Any] = run.reports()
    steps = [report["step"] for report in reports]
    assert steps == sorted(steps)


# ---- on the page


def test_a_finished_run_of_the_command_line_opens_in_explore(tmp_path):
    assert train(tmp_path / "mine", "--epochs", "1") == 0
    run = only_run()
    page = drawn(run=run.id)
    assert not page.exception
    assert "Open in Explore" in links(page)
    assert any(b.label.startswith("mine") for b in page.sidebar.button)


def test_a_model_hidden_by_another_of_its_name_is_not_opened_in_its_place(tmp_path, tiny):
    assert train(tmp_path / "mine", "--epochs", "1") == 0
    write_bundle(tiny, store.bundles_folder() / "mine")
    page = drawn(run=only_run().id)
    assert not page.exception
    assert "Open in Explore" not in links(page)
    assert str(tmp_path / "mine") in says(page)


def test_a_run_whose_terminal_was_closed_at_once_says_that_it_cannot_resume(tmp_path):
    run = RunFolder(store.runs_folder() / "gone")
    config = TrainConfig(data="digits")
    run.create(Record(name="gone", out=tmp_path / "gone", config=config, in_terminal=True))
    run.say(JobStatus(state="running", step=3, steps=10, updated_s=1.0, pid=1))
    page = drawn(run=run.id)
    assert not page.exception
    assert "left no checkpoint" in says(page)
    assert "Resume" not in labels(page)
    assert "started in a terminal" in run.status().error[1]
