"""How runs end: the same for the same seed, early, at the best weights, or in trouble."""

import re

import numpy as np
import pytest
import torch

from explorer.data.digits import digits
from explorer.errors import TrainingError
from explorer.training import Control, train
from tests.training_runs import bundle_of, drawn, same_weights, settings, validation_elbos

pytestmark = pytest.mark.usefixtures("one_thread")


def test_the_same_seed_gives_the_same_bundle_and_another_seed_another():
    first, again = (bundle_of(list(train(drawn(), settings(), name="bars"))) for _ in "ab")
    other = bundle_of(list(train(drawn(), settings(seed=1), name="bars")))
    assert same_weights(first, again)
    assert first.scores == again.scores
    assert np.array_equal(first.codes.mu, again.codes.mu)
    assert not same_weights(first, other)


def test_training_leaves_torchs_random_state_alone():
    before = torch.get_rng_state()
    list(train(drawn(), settings(epochs=1), name="bars"))
    assert torch.equal(before, torch.get_rng_state())


def test_an_early_stop_keeps_the_best_weights():
    config = settings(epochs=2_000, patience=5, learning_rate=0.01, hidden=(64,), latent_dim=8)
    reports = list(train(drawn(40), config, name="bars"))
    elbos = validation_elbos(reports)
    assert reports[-1].stopped_early
    assert reports[-1].epoch == len(elbos) == int(np.argmax(elbos)) + 1 + 5
    kept = bundle_of(reports)
    shorter = settings(**{**config.to_json(), "hidden": (64,), "epochs": len(elbos) - 5})
    best = bundle_of(list(train(drawn(40), shorter, name="bars")))
    assert same_weights(kept, best)


def test_both_ends_of_a_run_are_handed_over_where_that_is_asked_for():
    config = settings(epochs=60, learning_rate=0.01, hidden=(64,), latent_dim=8)
    last = list(train(drawn(40), config, name="bars", control=Control(with_other=True)))[-1]
    assert last.end is not None
    assert last.other is not None
    assert (last.end.which, last.end.step) == ("last", last.step)
    assert (last.other.which, last.other.step) == ("best", last.held_out.best_step)
    assert last.other.step < last.step
    shorter = list(train(drawn(40), config, name="bars", control=Control(finish=True)))
    assert shorter[-1].other is None, "the first step is the best and the last"
    stopped = settings(**{**config.to_json(), "hidden": (64,), "patience": 100})
    early = list(train(drawn(40), stopped, name="bars", control=Control(with_other=True)))[-1]
    assert early.end is not None
    assert early.other is not None
    assert (early.end.which, early.other.which) == ("best", "last")
    assert same_weights(early.end.bundle, last.other.bundle)
    assert not same_weights(early.end.bundle, early.other.bundle)


def test_a_run_that_learns_its_images_by_heart_is_not_called_healthy():
    few = digits().subset(np.arange(100))
    learner = {
        "likelihood": "gaussian-learned",
        "hidden": (128,),
        "latent_dim": 8,
        "batch_size": 32,
    }
    config = settings(data="digits", epochs=120, learning_rate=2e-3, **learner)
    reports = [r for r in train(few, config, name="digits") if r.train]
    assert reports[0].health == "healthy"
    assert reports[-1].health == "overfitting"
    assert reports[-1].held_out.is_overfitting


def test_a_run_that_can_still_get_better_is_healthy_to_its_end():
    reports = [r for r in train(drawn(), settings(epochs=3), name="bars") if r.train]
    assert {r.health for r in reports} == {"healthy"}


def test_the_best_weights_of_a_beta_vae_are_the_best_by_its_own_loss():
    config = settings(kind="beta-vae", beta=20.0, epochs=12, learning_rate=0.01)
    reports = list(train(drawn(), config, name="bars"))
    losses = {r.step: r.validation.loss for r in reports if r.validation and r.validation.loss}
    best = min(losses, key=lambda step: losses[step])
    assert reports[-1].held_out.best_step == best


def test_a_loss_that_is_not_finite_stops_with_what_to_try(tmp_path):
    config = settings(optimizer="sgd", learning_rate=10.0, likelihood="gaussian", sigma=0.001)
    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingError) as caught:
        list(train(drawn(), config, name="bars", checkpoint=path))
    message = str(caught.value)
    told = r"no longer a finite number, in epoch \d \(step \d\), with learning rate 10\."
    assert re.search(told, message)
    assert "learning rate, such as 1," in message
    assert "clip_norm" in message
    assert "bernoulli" in message
    assert not path.exists()
