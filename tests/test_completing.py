"""Completing a freshly trained bundle."""

import dataclasses
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from explorer.bundle import read_bundle, write_bundle
from explorer.completing import complete, train_command
from explorer.config import TrainConfig
from explorer.data.pictures import to_picture
from explorer.latent.encode import decode
from tests.conftest import fresh_bundle


def test_complete_adds_all_that_exploring_needs(tiny):
    codes, n = tiny.codes, len(tiny.codes.mu)
    assert codes.spacing is not None
    assert (codes.spacing > 0).all()
    assert codes.maps["tsne"].xy.shape == (n, 2)
    assert codes.maps["tsne"].settings == {"perplexity": 30}
    assert codes.pca is not None
    assert np.allclose(
        codes.pca, (codes.mu - codes.pca_mean) @ np.transpose(codes.pca_components), atol=1e-5
    )
    assert tiny.pack
    assert tiny.command in tiny.card


@pytest.mark.slow
def test_complete_turns_sliders_round_so_that_to_the_right_is_more_of_their_name():
    bundle = fresh_bundle()
    mu = bundle.codes.mu
    factors = np.stack([-mu[:, 0], 3 + mu[:, 1]], axis=1)
    facts = dataclasses.replace(bundle.data, factor_names=("vertical", "scale"))
    of_shapes = dataclasses.replace(
        bundle,
        config=dataclasses.replace(bundle.settings(), data="shapes"),
        data=facts,
        codes=dataclasses.replace(bundle.codes, factors=factors),
        slider_names={},
    )
    done = complete(of_shapes)
    assert done.slider_names == {0: "vertical: top to bottom", 1: "scale"}
    assert np.array_equal(done.codes.mu, mu * np.array([-1, 1], np.float32))
    assert np.array_equal(decode(done, done.codes.mu), decode(bundle, mu))
    assert done.pack is not None
    named = complete(dataclasses.replace(of_shapes, slider_names={0: "mine"}))
    assert named.slider_names == {0: "mine"}  # what a person named is left as it is
    assert np.array_equal(named.codes.mu, mu)


def test_complete_gives_the_same_bundle_again(tiny):
    again = complete(fresh_bundle(), command=tiny.command)
    assert again.preview == tiny.preview
    assert again.pack == tiny.pack
    assert np.array_equal(again.codes.maps["tsne"].xy, tiny.codes.maps["tsne"].xy)


def test_a_handful_of_items_gets_no_tsne():
    bundle = fresh_bundle()
    some: dict[str, Any] = {
        name: getattr(bundle.codes, name)[:5] for name in ("mu", "logvar", "ids", "error", "labels")
    }
    done = complete(dataclasses.replace(bundle, codes=dataclasses.replace(bundle.codes, **some)))
    assert not done.codes.maps
    assert done.codes.pca is not None


def test_a_decoder_that_cannot_be_packed_leaves_the_pack_out(monkeypatch, tmp_path):
    monkeypatch.setattr("explorer.packing.pack.MAX_SIZE_BYTES", 10)
    done = complete(fresh_bundle())
    assert done.pack is None
    assert "cannot run in the browser" in done.card
    write_bundle(done, tmp_path / "slow")
    assert read_bundle(tmp_path / "slow").pack is None


def test_complete_reports_rising_fractions():
    told: list[float] = []
    complete(fresh_bundle(), report=lambda fraction, words: told.append(fraction))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_preview_is_a_square_picture_of_decoded_items(tiny):
    with Image.open(io.BytesIO(tiny.preview)) as preview:
        assert preview.size == (256, 256)
        cell = np.asarray(preview.convert("L").crop((4, 4, 84, 84)))
    x_hat = decode(tiny, tiny.codes.mu[:1])[0, 0]
    assert np.array_equal(cell[5::10, 5::10], np.rint(x_hat * 255))


def test_draws_from_the_prior_have_a_pca_but_no_t_sne(tiny_gan):
    codes = tiny_gan.codes
    assert not codes.maps
    assert codes.pca is not None
    assert codes.spacing is not None


def test_the_preview_of_a_model_without_an_encoder_shows_draws(tiny_gan):
    draws = tiny_gan.codes.mu[~tiny_gan.codes.of_images][:9]
    first = to_picture(decode(tiny_gan, draws)[0])
    shown = Image.open(io.BytesIO(tiny_gan.preview)).crop((4, 4, 84, 84)).convert("L")
    np.testing.assert_array_equal(shown, first.resize((80, 80), Image.Resampling.NEAREST))


def test_settings_that_are_yes_or_no_become_flags():
    config = TrainConfig(data="digits", arch="mlp", tied=True)
    assert " --tied " in train_command(config, "x")
    assert "tied" not in train_command(TrainConfig(data="digits"), "x")
