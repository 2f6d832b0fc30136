"""Presets fit the images; estimates are of the right size."""

import dataclasses

import pytest

from explorer.kinds import KINDS
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from explorer.presets import PRESETS, estimated_s, preset
from tests.conftest import ADVERSARIAL

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 64), (3, 128, 128)]


@pytest.mark.parametrize("which", PRESETS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_images", [2, 300, 70_000])
def test_a_preset_builds_a_network_for_images_of_any_shape(which, shape, n_images):
    config = preset(which, "mine.zip", shape, n_images)
    assert config.data == "mine.zip"
    assert expected_weights(spec_of(config, shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_more_thorough_takes_longer(shape):
    seconds = {}
    for which in PRESETS:
        config = preset(which, "x", shape, 10_000)
        seconds[which] = estimated_s(config, shape, 10_000)
    assert seconds["quick"] < seconds["good"] < seconds["best"]


def test_two_coordinates_are_two():
    assert preset("two", "x", (1, 28, 28), 1000).latent_dim == 2


def test_an_estimate_grows_as_epochs_and_images_do():
    config = preset("quick", "x", (1, 28, 28), 1000)
    once = estimated_s(config, (1, 28, 28), 1000)
    twice = dataclasses.replace(config, epochs=2 * config.epochs)
    assert estimated_s(twice, (1, 28, 28), 1000) == pytest.approx(2 * once, rel=0.5)
    assert estimated_s(config, (1, 28, 28), 2000) == pytest.approx(2 * once, rel=0.5)


@pytest.mark.parametrize("which", PRESETS)
@pytest.mark.parametrize("kind", KINDS)
def test_defaults_of_a_kind_apply_to_every_preset(which, kind):
    for shape in SHAPES:
        config = preset(which, "x", shape, 1000, kind)
        assert config.kind == kind
        assert all(config.uses(name) for name in KINDS[kind].defaults)
        assert {name: getattr(config, name) for name in KINDS[kind].defaults} == KINDS[
            kind
        ].defaults


def test_the_kl_of_colour_pictures_weighs_as_much_in_all_sizes_and_kinds():
    def pull(side, kind):
        config = preset("quick", "x", (3, side, side), 1000, kind)
        assert config.likelihood == "gaussian"
        return config.beta * config.sigma**2 / side**2

    once = pull(64, "vae")
    assert pull(32, "vae") == pytest.approx(once, rel=0.02)
    assert pull(64, "beta-vae") == pytest.approx(once, rel=0.02)
    assert preset("quick", "x", (1, 64, 64), 1000).likelihood == "bernoulli"  # which may be fitted


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_an_adversarial_kind_takes_longer_than_a_plain_model(kind):
    plain = preset("good", "x", (1, 28, 28), 10_000)
    adversarial = preset("good", "x", (1, 28, 28), 10_000, kind)
    once = estimated_s(plain, (1, 28, 28), 10_000)
    assert once < estimated_s(adversarial, (1, 28, 28), 10_000) < 12 * once


@pytest.mark.parametrize("n_images", [12, 60, 120, 400])
def test_few_images_are_not_presented_a_thousand_times(n_images):
    quick = preset("quick", "x", (1, 64, 64), n_images)
    assert quick.epochs <= 120
    assert 8 <= quick.patience < quick.epochs / 2


@pytest.mark.parametrize("which", PRESETS)
def test_presets_stop_early_where_there_is_a_held_out_loss_to_stop_by(which):
    for kind in KINDS:
        config = preset(which, "x", (1, 28, 28), 1000, kind)
        assert (config.patience > 0) == (kind not in ADVERSARIAL)
