"""What a run came to: which weights are kept, the others, and how a person changes that."""

import shutil

import numpy as np
import pytest

from explorer import jobs, store
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.errors import TrainingError
from explorer.jobs.ends import place_of
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.worker import work

BY_HEART = {"epochs": 40, "n_images": 100, "learning_rate": 0.01, "hidden": (64,), "latent_dim": 8}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    return tmp_path


def worked(name: str = "mine", **changes) -> RunFolder:
    """A run that is over."""
    run = RunFolder(store.runs_folder() / name)
    plain = {"data": "digits", "arch": "mlp", "batch_size": 16, **BY_HEART}
    config = TrainConfig(**(plain | changes))  # type: ignore[arg-type]
    run.create(Record(name=name, out=store.bundles_folder() / name, config=config))
    assert work(run.path)
    return run


def weights(name: str = "mine") -> np.ndarray:
    found = read_bundle(store.bundles_folder() / name).weights
    return np.concatenate([array.ravel() for array in found.values()])


@pytest.mark.slow
def test_a_run_that_stops_early_keeps_its_best_weights_and_says_so():
    run = worked(patience=4)
    ends = jobs.read_ends(run)
    assert ends is not None
    assert ends.best is not None
    assert run.status().state == "finished", "nobody stopped it"
    assert (ends.kept, ends.best.step < ends.last.step) == ("best", True)
    assert f"step {ends.best.step}" in ends.says()
    assert "lowest" in ends.says()
    best, last = run.snapshot("best"), run.snapshot(None)
    assert best is not None
    assert last is not None
    assert (int(best["step"][0]), int(last["step"][0])) == (ends.best.step, ends.last.step)
    assert best["xy"].shape == last["xy"].shape
    assert (best["x_hat"] != last["x_hat"]).any()


@pytest.mark.slow
def test_the_other_weights_can_be_kept_instead_and_back_again():
    run = worked(patience=4)
    best = weights()
    assert jobs.can_keep_other(run) == "last"
    assert jobs.keep_other(run) == "last"
    last = weights()
    ends = jobs.read_ends(run)
    assert ends is not None
    assert (ends.kept, ends.is_chosen) == ("last", True)
    assert "as you chose" in ends.says()
    assert (best != last).any()
    assert read_bundle(store.bundles_folder() / "mine").name == "mine"
    assert jobs.keep_other(RunFolder(run.path)) == "best"  # as after a restart
    np.testing.assert_array_equal(weights(), best)
    assert [path.name for path in (run.path / "ends").iterdir()] == ["last"]


@pytest.mark.slow
def test_changes_by_a_person_come_back_with_the_model():
    run = worked(patience=4)
    card = store.bundles_folder() / "mine" / "README.md"
    card.write_text(card.read_text() + "\nMine.\n")
    jobs.keep_other(run)
    assert "Mine." not in card.read_text()
    jobs.keep_other(run)
    assert "Mine." in card.read_text()


@pytest.mark.slow
def test_a_change_that_broke_off_halfway_loses_neither(monkeypatch):
    run = worked(patience=4)
    best = weights()

    def full(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("explorer.jobs.ends.write_ends", full)
    with pytest.raises(KeyboardInterrupt):
        jobs.keep_other(run)
    monkeypatch.undo()
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(run.path.parents[1]))
    jobs.keep_other(run)
    last = weights()
    assert (last != best).any()
    jobs.keep_other(run)
    np.testing.assert_array_equal(weights(), best)


@pytest.mark.slow
def test_both_ends_go_with_the_run():
    run = worked(patience=4)
    assert place_of(run, "last").is_dir()
    jobs.delete(run)
    assert not run.path.exists()
    assert store.is_known("mine")


def test_without_the_model_or_the_other_end_there_is_nothing_to_choose():
    run = worked(epochs=1)
    assert jobs.can_keep_other(run) is None
    with pytest.raises(TrainingError, match="Only one set of weights"):
        jobs.keep_other(run)
    ends = jobs.read_ends(run)
    assert ends is not None
    assert ends.best is None
    assert "also the best" in ends.says()


def test_adversarial_training_keeps_its_last_weights_and_has_no_best_ones():
    run = worked(kind="gan", epochs=1)
    ends = jobs.read_ends(run)
    assert ends is not None
    assert (ends.kept, ends.best) == ("last", None)
    assert "no measure ranks" in ends.says()
    assert not (run.path / "ends").exists()


def test_a_damaged_record_is_no_record(home):
    run = worked(epochs=1)
    (run.path / "ends.json").write_text('{"kept": "both"}')
    assert jobs.read_ends(run) is None
    (run.path / "ends.json").write_text('{"kept": "best", "verdict": [{"about": 3}]}')
    assert jobs.read_ends(run) is None


@pytest.mark.slow
def test_the_verdict_is_kept_with_the_run():
    run = worked()
    ends = jobs.read_ends(run)
    assert ends is not None
    assert {finding.about for finding in ends.end.findings} >= {"overfitting", "reconstruction"}
    assert all(finding.says() for finding in ends.end.findings)


@pytest.mark.slow
def test_a_deleted_model_comes_back_with_the_weights_that_are_left():
    run = worked(patience=4)
    assert not jobs.is_lost(run)
    shutil.rmtree(store.bundles_folder() / "mine")
    assert jobs.is_lost(run)
    assert jobs.bring_back(run) == "last"
    assert not jobs.is_lost(run)
    assert jobs.left_behind(run) is None
    ends = jobs.read_ends(run)
    assert ends is not None
    assert "as you chose: the last weights" in ends.says()
    with pytest.raises(TrainingError, match="no model to bring back"):
        jobs.bring_back(run)
