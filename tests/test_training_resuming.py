"""Runs that were cancelled resume exactly where they stood."""

import errno
import os
from itertools import islice
from pathlib import Path

import pytest

from explorer.data.imageset import ImageSet
from explorer.errors import MachineError, TrainingError
from explorer.training import train
from tests.training_runs import bundle_of, drawn, same_weights, settings

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adamw", "schedule": "cosine"},
        {"optimizer": "rmsprop", "clip_norm": 5.0, "kl_warmup_epochs": 2},
        {"optimizer": "sgd", "norm": "batch", "likelihood": "gaussian-learned"},
        {"arch": "conv", "patience": 2, "learning_rate": 0.01},
    ],
    ids=str,
)
@pytest.mark.parametrize("stops", [(1,), (3,), (2, 5, 9)])
def test_a_resumed_run_ends_with_the_very_weights_of_an_unbroken_one(
    changes, stops, tmp_path, every_step
):
    config, path = settings(**changes), tmp_path / "run.checkpoint"
    unbroken = list(train(drawn(), config, name="bars"))
    reached = 0
    for stop in stops:
        run = train(drawn(), config, name="bars", checkpoint=path, resume=reached > 0)
        for report in islice(run, stop - reached):
            last = report
        run.close()
        assert last.step == stop
        reached = stop
    rest = list(train(drawn(), config, name="bars", checkpoint=path, resume=True))
    assert rest[0].step == min(reached + 1, unbroken[-1].step)
    assert same_weights(bundle_of(rest), bundle_of(unbroken))
    assert bundle_of(rest).scores == bundle_of(unbroken).scores
    assert rest[-1].held_out == unbroken[-1].held_out
    told = {r.step: (r.train, r.validation) for r in unbroken[:-1]}
    assert all(told[r.step] == (r.train, r.validation) for r in rest[:-1])


def test_a_finished_run_resumes_to_its_bundle(tmp_path):
    path = tmp_path / "run.checkpoint"
    whole = list(train(drawn(), settings(), name="bars", checkpoint=path))
    (only,) = train(drawn(), settings(), name="bars", checkpoint=path, resume=True)
    assert only.epoch == 3
    assert only.bundle is not None
    assert same_weights(only.bundle, bundle_of(whole))


def stopped(path: Path, **changes) -> bytes:
    """Leave a checkpoint after one epoch, and return its content."""
    run = train(drawn(), settings(**changes), name="bars", checkpoint=path)
    next(run)
    run.close()
    return path.read_bytes()


def test_cancelling_leaves_one_whole_checkpoint_and_nothing_else(tmp_path):
    stopped(tmp_path / "run.checkpoint")
    assert [p.name for p in tmp_path.iterdir()] == ["run.checkpoint"]


def test_a_run_without_a_checkpoint_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = train(drawn(), settings(), name="bars")
    next(run)
    run.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    kept = stopped(path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    run = train(drawn(), settings(), name="bars", checkpoint=path, resume=True)
    next(run)
    with pytest.raises(MachineError, match=r"No space left.*MB of disk.*Free some space"):
        run.close()
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_in_a_missing_folder_is_refused_in_words(tmp_path):
    with pytest.raises(MachineError, match="cannot be written"):
        stopped(tmp_path / "missing" / "run.checkpoint")


def resume(path: Path, images: ImageSet | None = None, **changes) -> None:
    list(train(images or drawn(), settings(**changes), name="bars", checkpoint=path, resume=True))


@pytest.mark.parametrize("at", [0, 4, 20, 200, -50])
def test_a_damaged_checkpoint_is_refused_in_words(at, tmp_path):
    path = tmp_path / "run.checkpoint"
    content = bytearray(stopped(path))
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"run\.checkpoint is damaged"):
        resume(path)


@pytest.mark.parametrize("n_bytes", [0, 5, 40, 1_000])
def test_a_cut_checkpoint_is_refused_in_words(n_bytes, tmp_path):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(stopped(path)[:n_bytes])
    with pytest.raises(TrainingError, match="is damaged"):
        resume(path)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"There is no checkpoint at .*gone"):
        resume(tmp_path / "gone")


def test_a_checkpoint_of_other_settings_says_which(tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped(path, beta=2.0)
    with pytest.raises(
        TrainingError, match=r"settings: beta 2\.0 \(now 1\.0\), epochs 3 \(now 4\)"
    ):
        resume(path, epochs=4)


def test_a_checkpoint_of_other_images_is_refused(tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped(path)
    with pytest.raises(TrainingError, match='made on other images than "bars" now holds'):
        resume(path, drawn(seed=1))
    other_split = drawn()
    other_split.is_test[:] = ~other_split.is_test
    with pytest.raises(TrainingError, match="made on other images"):
        resume(path, other_split)


def test_resuming_without_a_checkpoint_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="name the checkpoint"):
        next(train(drawn(), settings(), name="bars", resume=True))
