"""Runs in which two players learn against each other: told, paused, stopped, gone on with."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from explorer import jobs, store
from explorer.bundle import ModelBundle, read_bundle
from explorer.config import TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.worker import work
from explorer.kinds import KINDS, Kind
from tests.conftest import ADVERSARIAL
from tests.test_jobs import until, until_state

pytestmark = pytest.mark.slow

WITHOUT_ENCODER: tuple[Kind, ...] = ("gan", "wgan-gp")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    yield tmp_path
    for run in jobs.runs():
        jobs.delete(run)


def settings(kind: Kind, **changes: object) -> TrainConfig:
    plain = TrainConfig(data="digits", arch="mlp", hidden=(16,), latent_dim=3, epochs=2)
    small = dataclasses.replace(plain, kind=kind, n_images=300, batch_size=32)
    return dataclasses.replace(small, **(dict(KINDS[kind].defaults) | changes))  # type: ignore[arg-type]


def created(name: str, config: TrainConfig) -> RunFolder:
    """A run that is to be worked on in this process."""
    run = RunFolder(store.runs_folder() / name)
    run.create(Record(name=name, out=store.bundles_folder() / name, config=config))
    return run


def worked(kind: Kind, **changes: object) -> RunFolder:
    run = created(kind, settings(kind, **changes))
    assert work(run.path), run.status().error
    return run


def made_by(run: RunFolder) -> ModelBundle:
    return read_bundle(store.bundles_folder() / run.status().out)


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_training_is_written_as_json_with_null_for_missing_losses(kind):
    run = worked(kind)
    assert run.status().state == "finished"
    assert run.status().health in ("even", "mode-collapse", "discriminator-won")
    lines: list[Any] = [
        json.loads(line, parse_constant=lambda word: pytest.fail(word))
        for line in (run.path / "progress.jsonl").read_text().splitlines()
    ]
    has_encoder, has_posterior = kind not in WITHOUT_ENCODER, settings(kind).has_posterior
    for line in lines:
        assert set(line["adversarial"]) == {"discriminator", "real", "made", "diversity", "verdict"}
        assert (line["kl"] is not None) == (line["elbo"] is not None) == has_posterior
        assert (line["log_likelihood"] is not None) == has_encoder
    assert lines[-1]["loss"] is not None
    assert any(line["validation"] for line in lines) == has_encoder
    assert made_by(run).settings().kind == kind


@pytest.mark.parametrize("kind", WITHOUT_ENCODER)
def test_what_there_is_to_see_of_a_run_without_an_encoder_is_draws_alone(kind):
    run = worked(kind)
    watched, latest = run.watched(), run.snapshot(None)
    assert watched is not None
    assert latest is not None
    assert latest["samples"].shape == (48, 1, 8, 8)
    assert latest["x_hat"].shape == watched["x"].shape == (0, 1, 8, 8)
    assert "labels" not in watched, "no image has a place on a map"


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_training_that_is_paused_again_and_again_ends_like_an_unbroken_one(
    kind, monkeypatch
):
    unbroken = worked(kind, epochs=4)
    monkeypatch.setattr("explorer.jobs.worker._STAYS_S", -1.0)
    run = created(f"{kind}-paused", settings(kind, epochs=4))
    n_pauses = 0
    while run.status().state != "finished":
        run.ask(jobs.Asked(pause=n_pauses < 3))
        assert work(run.path), run.status().error
        n_pauses += run.status().state == "paused"
    assert n_pauses == 3
    for name, array in made_by(unbroken).weights.items():
        np.testing.assert_array_equal(made_by(run).weights[name], array, err_msg=name)


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_training_that_is_stopped_keeps_the_model_as_it_is(kind, monkeypatch):
    monkeypatch.setattr(RunFolder, "asked", lambda run: jobs.Asked(finish=run.said().step > 0))
    run = worked(kind, epochs=500)
    status = run.status()
    assert status.state == "stopped"
    assert 0 < status.step < status.steps
    assert made_by(run).settings().kind == kind


def test_adversarial_training_that_diverges_says_so_in_words():
    run = created("lost", settings("wgan-gp", optimizer="sgd", learning_rate=10.0, epochs=50))
    assert not work(run.path)
    assert "no longer a finite number" in run.status().error[0]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_adversarial_training_in_its_own_process_resumes_exactly_after_a_pause(kind):
    run = jobs.begin(settings(kind, epochs=40), "paused")
    until(run, lambda status: status.step > 0)
    jobs.pause(run)
    stopped = until_state(run, "paused")
    assert stopped.step < stopped.steps
    jobs.resume(run)
    until_state(run, "finished")
    unbroken = made_by(worked(kind, epochs=40))
    for name, array in unbroken.weights.items():
        np.testing.assert_array_equal(made_by(run).weights[name], array, err_msg=name)
