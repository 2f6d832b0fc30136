"""Runs as processes of their own: seen, paused, finished early, killed, gone on with, deleted."""

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer import jobs, store
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.errors import BundleError, MachineError, TrainingError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import ENDED, JobStatus, Record
from explorer.jobs.worker import work

pytestmark = pytest.mark.slow

PATIENCE_S = 120.0


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    yield tmp_path
    for run in jobs.runs():
        jobs.delete(run)


def settings(**changes) -> TrainConfig:
    plain = {"data": "digits", "arch": "mlp", "hidden": (32,), "latent_dim": 4, "epochs": 4}
    return TrainConfig(**(plain | changes))  # type: ignore[arg-type]


LONG = {"epochs": 3_000, "hidden": (256, 256)}


def until(run: RunFolder, good: Callable[[JobStatus], bool]) -> JobStatus:
    """Wait until a run stands as wanted."""
    give_up = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up:
        status = run.status()
        if good(status):
            return status
        time.sleep(0.02)
    pytest.fail(f"waited in vain: {run.status()} {run.log.read_text()[-2000:]}")


def until_state(run: RunFolder, *states: str) -> JobStatus:
    return until(run, lambda status: status.state in states)


def created(name: str = "mine", **changes) -> RunFolder:
    """A run whose work is done here, in this process, when `work` is called."""
    run = RunFolder(store.runs_folder() / name)
    run.create(Record(name=name, out=store.bundles_folder() / name, config=settings(**changes)))
    return run


def validations(run: RunFolder) -> dict[int, dict[str, float]]:
    """Step to losses on held-out images, at the ends of epochs."""
    lines: list[Any] = run.reports()
    return {line["step"]: line["validation"] for line in lines if line["validation"]}


# ---- a run by itself


def test_a_run_ends_in_a_bundle_and_leaves_its_snapshots():
    run = created()
    assert run.status().state == "queued"
    assert work(run.path)
    status = run.status()
    assert (status.state, status.epoch, status.error) == ("finished", 4, ())
    bundle = read_bundle(store.bundles_folder() / status.out)
    assert bundle.name == "mine"
    assert "tsne" in bundle.codes.maps
    assert len(validations(run)) == 4
    assert not run.checkpoint.exists()
    watched, first, latest = run.watched(), run.snapshot(0), run.snapshot(None)
    assert watched is not None
    assert first is not None
    assert latest is not None
    assert first["step"] == 1
    assert latest["step"] == status.step == status.steps
    assert run.snapshots()[-1]["step"] == status.steps
    assert watched["x"].shape == latest["x_hat"].shape == (8, 1, 8, 8)
    assert latest["xy"].shape == (len(watched["labels"]), 2)
    line: Any = run.reports()[0]
    assert len(status.layers) == len(line["gradients"])


def test_each_of_the_first_steps_of_a_run_is_kept():
    run = created(batch_size=8)
    assert work(run.path)
    lines: list[Any] = run.reports()
    assert [line["step"] for line in lines[:20]] == list(range(1, 21))


def test_settings_left_open_are_chosen_to_fit_the_images():
    run = RunFolder(store.runs_folder() / "x")
    out = store.bundles_folder() / "x"
    run.create(Record(name="x", out=out, config=settings(), fitted=("batch_size", "likelihood")))
    assert work(run.path)
    config = read_bundle(out).settings()
    assert (config.batch_size, config.likelihood) == (32, "gaussian-learned")


def test_errors_that_a_person_can_fix_have_three_sentences():
    run = created(data="no-such-set")
    assert not work(run.path)
    status = run.status()
    assert status.state == "failed"
    assert len(status.error) == 3
    assert "no-such-set" in status.error[0]


def test_a_loss_that_is_no_number_ends_the_run_with_a_remedy():
    run = created(learning_rate=10.0, likelihood="gaussian", sigma=0.001, optimizer="sgd")
    assert not work(run.path)
    status = run.status()
    assert "no longer a finite number" in status.error[0]
    assert "lower learning rate" in status.error[2]
    assert not store.bundles_folder().exists()


def test_a_bug_is_shown_without_a_traceback_and_logged_with_one(monkeypatch, capsys):
    run = created()
    monkeypatch.setattr("explorer.training.train", lambda *a, **k: 1 / 0)
    assert not work(run.path)
    status = run.status()
    assert "division by zero" in status.error[0]
    assert "Traceback" not in " ".join(status.error)
    assert "Traceback" in capsys.readouterr().err


def test_a_run_that_is_worked_on_is_not_worked_on_twice():
    run = created()
    with run.lock():
        assert work(run.path)
        assert run.said().state == "queued"
    assert run.reports() == []


def test_a_name_that_somebody_takes_first_gets_a_number():
    (store.bundles_folder() / "mine").mkdir(parents=True)
    run = created()
    assert work(run.path)
    assert run.status().out == "mine-2"
    assert read_bundle(store.bundles_folder() / "mine-2").name == "mine-2"


# ---- disk


def test_a_full_disk_is_reported_and_the_last_checkpoint_stays_whole(monkeypatch):
    run = created(epochs=30)
    n_writes = 0
    write = RunFolder._write

    def full_after_a_while(self, file, content):
        nonlocal n_writes
        n_writes += 1
        if n_writes > 6 and self._reserve.exists():
            raise _full(self.path / file)
        write(self, file, content)

    monkeypatch.setattr(RunFolder, "_write", full_after_a_while)
    assert not work(run.path)
    assert "disk is full" in run.status().error[0]
    monkeypatch.undo()
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(run.path.parents[1]))
    assert work(run.path), "with room again, it goes on"
    assert run.status().state == "finished"
    assert validations(run) == validations(_unbroken(epochs=30))


@pytest.fixture
def small_disk(home) -> Iterator[Path]:
    """A file system of 8 MB where runs lie."""
    place = store.runs_folder()
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)]
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run(command, capture_output=True).returncode == 0:
            yield place
            for run in jobs.runs():
                jobs.delete(run)
            subprocess.run(["umount", "--lazy", str(place)], check=True)
            return
    pytest.skip("a file system can be mounted by root on Linux only")


def test_a_run_on_a_full_disk_ends_in_words_and_resumes_with_room(small_disk):
    run = jobs.begin(settings(epochs=30), "mine")
    jobs.pause(run)
    until_state(run, "paused")
    kept = run.checkpoint.read_bytes()
    ballast = _fill(small_disk, but=8_192)  # room to ask for something
    jobs.resume(run)
    status = until_state(run, "failed")
    assert "disk" in " ".join(status.error)
    assert "Free some space" in status.error[2]
    assert run.checkpoint.read_bytes() == kept
    ballast.unlink()
    jobs.resume(run)
    until_state(run, "finished")
    assert validations(run) == validations(_unbroken(epochs=30))


def _fill(place: Path, *, but: int) -> Path:
    """Fill a file system except for some bytes."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(4_096)) == 4_096:
                pass
        file.truncate(file.tell() - but)
    return ballast


def _full(path: Path):
    from explorer.disk import machine_error

    return machine_error(OSError(28, "No space left on device"), path)


def _unbroken(**changes) -> RunFolder:
    run = created("unbroken", **changes)
    assert work(run.path)
    return run


# ---- what is read may be damaged


@pytest.mark.parametrize("file", ["state.json", "asked.json", "progress.jsonl", "snapshots.jsonl"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b'{"state": "odd"}\n{"st'])
def test_damaged_files_are_read_as_nothing_known(file, content):
    run = created()
    (run.path / file).write_bytes(content)
    run.status(), run.asked(), run.reports(), run.snapshots()
    assert work(run.path)
    assert run.status().state == "finished"


def test_a_damaged_record_is_named():
    run = created()
    (run.path / "run.json").write_text("{}")
    with pytest.raises(BundleError, match=r"run\.json must hold"):
        run.record()
    assert jobs.runs() == [run], "it can still be deleted"
    jobs.delete(run)
    assert jobs.runs() == []


# ---- names


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", ".hidden", "a\\b", "x" * 81, "a\nb", "c:"])
def test_a_name_that_cannot_be_a_folder_is_refused(name):
    with pytest.raises(BundleError, match="cannot be the name"):
        jobs.begin(settings(), name)
    assert jobs.runs() == []


def test_a_taken_name_is_refused_with_one_that_is_free():
    with pytest.raises(BundleError, match='"digits-2"'):
        jobs.begin(settings(), "digits")


def test_an_unknown_run_is_refused_in_words():
    with pytest.raises(TrainingError, match="no run"):
        jobs.find_run("../x")


# ---- processes


def test_a_paused_and_resumed_run_equals_an_unbroken_one():
    changes = {"epochs": 40}
    run = jobs.begin(settings(**changes), "paused")
    until(run, lambda status: status.step > 0)
    jobs.pause(run)
    stopped = until_state(run, "paused")
    time.sleep(0.5)
    assert run.status().step == stopped.step < stopped.steps
    assert run.is_worked_on(), "it waits"
    jobs.resume(run)
    until_state(run, "finished")
    unbroken = _unbroken(**changes)
    assert validations(run) == validations(unbroken)
    ours = read_bundle(store.bundles_folder() / "paused")
    theirs = read_bundle(store.bundles_folder() / "unbroken")
    for name, array in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)
    steps: list[Any] = [line["step"] for line in run.reports()]
    assert steps == sorted(set(steps))


def test_a_run_asked_to_finish_keeps_its_best_bundle():
    run = jobs.begin(settings(**LONG), "early")
    until(run, lambda status: status.epoch > 1)
    jobs.finish(run)
    status = until_state(run, *ENDED)
    assert status.state == "stopped"
    assert status.step < status.steps
    assert read_bundle(store.bundles_folder() / "early").scores["elbo_nats"] < 0


def test_slow_motion_reports_every_batch():
    run = jobs.begin(settings(**LONG), "slow")
    jobs.slow_down(run, True)
    until(run, lambda status: status.step >= 3)
    jobs.pause(run)
    until_state(run, "paused")
    steps = [moment["step"] for moment in run.snapshots()]
    assert steps[:3] == [1, 2, 3]


def test_one_run_works_and_the_others_wait_in_the_order_they_came(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    first = jobs.begin(settings(**LONG), "first")
    until_state(first, "running")
    second = jobs.begin(settings(), "second")
    until(second, lambda status: status.pid > 0)
    third = jobs.begin(settings(), "third")
    until(third, lambda status: status.pid > 0)
    assert [run.status().state for run in (first, second, third)] == ["running", "queued", "queued"]
    assert [run.record().name for run in jobs.runs()] == ["third", "second", "first"]
    jobs.pause(first)
    until_state(second, "finished")
    until_state(third, "finished")
    bundles = store.bundles_folder()
    ended = [(bundles / name / "config.json").stat().st_mtime_ns for name in ("second", "third")]
    assert ended == sorted(ended)
    assert first.status().state == "paused"


def test_a_waiting_run_that_is_asked_to_finish_leaves_nothing():
    first = jobs.begin(settings(**LONG), "first")
    until_state(first, "running")
    second = jobs.begin(settings(), "second")
    until(second, lambda status: status.pid > 0)
    jobs.finish(second)
    assert until_state(second, *ENDED).state == "stopped"
    assert not (store.bundles_folder() / "second").exists()


def test_a_waiting_run_pauses_at_once_and_takes_no_turn_until_it_resumes(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    first = jobs.begin(settings(**LONG), "first")
    until_state(first, "running")
    second = jobs.begin(settings(), "second")
    until(second, lambda status: status.pid > 0)
    jobs.pause(second)
    assert until_state(second, "paused").step == 0
    assert first.status().state == "running"
    jobs.resume(second)
    until_state(second, "queued")
    jobs.finish(first)
    until_state(first, "stopped")
    assert until_state(second, *ENDED).state == "finished"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="shares by process here")
def test_a_run_gives_way_to_all_other_programs():
    run = jobs.begin(settings(**LONG), "mine")
    pid = until(run, lambda status: status.step > 0).pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == 0, "first pictures are to come soon"
    until(run, lambda status: status.elapsed_s > 6)
    assert os.getpriority(os.PRIO_PROCESS, pid) == 19
    assert Path(f"/proc/{pid}/autogroup").read_text().endswith("nice 19\n")


def test_a_deleted_run_is_gone_with_its_process():
    run = jobs.begin(settings(**LONG), "gone")
    pid = until_state(run, "running").pid
    jobs.delete(run)
    assert jobs.runs() == []
    give_up = time.monotonic() + PATIENCE_S
    while _is_alive(pid) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_killed_run_is_reported_and_resumes_from_its_checkpoint(monkeypatch):
    monkeypatch.setattr("explorer.jobs.folder._HEARTBEAT_S", 0.0)
    run = jobs.begin(settings(**LONG), "killed")
    pid = until(run, lambda status: status.step > 0).pid
    os.kill(pid, signal.SIGKILL)
    status = until_state(run, "failed")
    assert "without a message" in status.error[0]
    assert "Resume" in status.error[2]
    jobs.resume(run)
    until(run, lambda again: again.state == "running" and again.pid != pid)
    jobs.finish(run)
    assert until_state(run, *ENDED).state == "stopped"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_run_killed_twenty_times_at_random_moments_ends_like_an_unbroken_one(monkeypatch):
    monkeypatch.setattr("explorer.jobs.folder._HEARTBEAT_S", 0.0)
    changes = {"epochs": 400, "hidden": (128,)}
    rng = random.Random(0)
    run = jobs.begin(settings(**changes), "killed")
    n_killed = 0
    while n_killed < 20:
        time.sleep(rng.uniform(0, 3))
        status = run.said()
        if status.state in ENDED:
            break
        if status.pid and _is_alive(status.pid):
            os.kill(status.pid, signal.SIGKILL)
            n_killed += 1
            until_state(run, "failed")
            jobs.resume(run)
    assert n_killed == 20
    assert until_state(run, *ENDED).state == "finished"
    ours = read_bundle(store.bundles_folder() / "killed")
    theirs = read_bundle(store.bundles_folder() / _unbroken(**changes).record().name)
    for name, array in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)
    assert validations(run) == validations(RunFolder(store.runs_folder() / "unbroken"))
    assert {path.name for path in store.bundles_folder().iterdir()} == {"killed", "unbroken"}


def test_a_model_that_was_saved_is_no_failure_for_want_of_room_for_its_path(monkeypatch):
    def full(_bundle) -> None:
        raise MachineError.worded("The disk is full.", "It needs a few bytes.", "Make room.")

    monkeypatch.setattr("explorer.originals.remember_place", full)
    run = created()
    assert work(run.path)
    assert run.status().state == "finished"
    assert store.is_known(run.status().out)
