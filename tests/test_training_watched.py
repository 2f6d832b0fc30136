"""What can be watched and changed while a run works: snapshots, gradients, pace, an early end."""

from typing import Any

import numpy as np
import pytest
import torch

from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.latent.encode import network
from explorer.training import Control, Watch, train
from explorer.training.gradients import health_of
from explorer.training.pixels import Pixels
from tests.training_runs import drawn, settings


def reports(control: Control, config: TrainConfig, images=None):
    return train(images or drawn(), config, name="bars", control=control)


def test_a_pace_of_zero_reports_each_step():
    told = list(reports(Control(report_every_s=0), settings()))
    assert [report.step for report in told[:-1]] == list(range(1, told[-1].step + 1))


def test_snapshots_come_only_when_asked_for():
    control = Control(report_every_s=0)
    run = reports(control, settings())
    assert next(run).snapshot is None
    control.with_snapshot = True
    assert next(run).snapshot is not None
    control.with_snapshot = False
    assert next(run).snapshot is None


def test_a_snapshot_shows_watched_images_as_the_network_sees_them():
    images, config = drawn(), settings()
    control = Control(report_every_s=0, with_snapshot=True)
    *_, last, end = reports(control, config, images)
    assert last.snapshot
    watch = Watch(images, config)
    vae = network(end.bundle)
    seen = watch.look(vae, Pixels(images))
    np.testing.assert_allclose(last.snapshot.mu, seen.mu, atol=1e-6)
    np.testing.assert_allclose(last.snapshot.x_hat, seen.x_hat, atol=1e-6)
    np.testing.assert_allclose(last.snapshot.samples, seen.samples, atol=1e-6)
    assert sorted(watch.rows) == list(range(len(images.pixels))), "so few are all watched"
    np.testing.assert_array_equal(watch.held_out, images.is_test[watch.rows])
    assert watch.held_out[: watch.n_items].all(), "pictures are of images held out"
    assert seen.x_hat.shape == (watch.n_items, *images.image_shape)
    assert 0 <= seen.samples.min() <= seen.samples.max() <= 1


def test_the_first_watched_images_are_of_different_classes():
    images = digits()
    assert images.labels is not None
    watch = Watch(images, TrainConfig(data="digits", latent_dim=2))
    assert len(set(images.labels[watch.rows[: watch.n_items]])) == watch.n_items


def test_the_loss_falls_off_no_cliff_where_the_second_epoch_begins():
    config = settings(data="digits", epochs=2, learning_rate=2e-3)
    told = [r for r in reports(Control(report_every_s=0), config, digits()) if r.train]
    end = told[-1].steps // 2
    changes = np.abs(np.diff([r.train.loss for r in told]))[end - 10 : end + 10]
    assert changes.max() < 5 * np.median(changes)


def test_looking_and_pace_change_no_weight():
    plain = list(reports(Control(), settings()))[-1].bundle
    watched = list(reports(Control(report_every_s=0, with_snapshot=True), settings()))[-1].bundle
    for name, array in plain.weights.items():
        np.testing.assert_array_equal(array, watched.weights[name])


def test_a_run_asked_to_finish_hands_over_the_best_weights_so_far():
    control = Control(report_every_s=0)
    run = reports(control, settings(epochs=1_000, learning_rate=0.01))
    best = -np.inf
    for report in run:
        if report.validation:
            best = max(best, report.validation.elbo)
        if report.step == 12:
            control.finish = True
        if report.bundle:
            break
    assert report.step == 13
    assert report.stopped_early
    assert report.bundle.scores["elbo_nats"] == pytest.approx(best, rel=0.05)


def test_gradients_have_one_norm_for_each_named_layer():
    report = next(reports(Control(report_every_s=0), settings()))
    assert len(report.gradients) == len(report.layers) > 3
    assert report.layers[0].startswith("encoder.trunk")
    assert report.layers[-1].startswith("decoder.mean")
    assert all(norm > 0 for norm in report.gradients)


def test_health_distinguishes_vanishing_from_exploding():
    assert health_of((1.0, 2.0, 1.5), (100, 100, 100)) == "healthy"
    assert health_of((1e-6, 2.0, 1.5), (100, 100, 100)) == "vanishing"
    assert health_of((1.0, 1e9, 1.5), (100, 100, 100)) == "exploding"
    assert health_of((1.0, float("nan")), (100, 100)) == "exploding"
    assert health_of((0.0, 0.0), (100, 100)) == "healthy", "before the first step nothing is known"


def deep(**changes) -> TrainConfig:
    plain: dict[str, Any] = {"arch": "mlp", "hidden": (64,) * 8, "activation": "sigmoid"}
    return TrainConfig(data="digits", latent_dim=4, epochs=3, **(plain | changes))


def test_gradients_of_a_deep_sigmoid_network_vanish_and_with_norms_do_not():
    torch.manual_seed(0)
    verdicts = {}
    for norm in ("none", "batch"):
        told = [r for r in reports(Control(), deep(norm=norm), digits()) if r.train]
        verdicts[norm] = told[-1].health
    assert verdicts == {"none": "vanishing", "batch": "healthy"}
