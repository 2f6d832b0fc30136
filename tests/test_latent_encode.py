"""Images to posteriors and codes to pictures."""

import numpy as np
import pytest

from explorer.bundle import ModelBundle
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.errors import ShapeError
from explorer.latent.encode import decode, encode
from explorer.training import train


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    config = TrainConfig(data="digits", arch="conv", width=2, hidden=(8,), latent_dim=3, epochs=1)
    *_, last = train(digits(), config, name="small")
    assert last.bundle is not None
    return last.bundle


def test_encode_gives_the_codes_that_training_kept(bundle):
    codes = bundle.codes
    found = encode(bundle, digits().images(codes.ids))
    np.testing.assert_allclose(found.mu, codes.mu, atol=1e-5)
    np.testing.assert_allclose(found.logvar, codes.logvar, atol=1e-5)


def test_decode_gives_the_reconstructions_that_training_scored(bundle):
    x = digits().images(bundle.codes.ids)
    error = np.square(decode(bundle, bundle.codes.mu) - x).mean((1, 2, 3))
    np.testing.assert_allclose(error, bundle.codes.error, atol=1e-5)


def test_the_batch_size_changes_nothing(bundle):
    x = digits().images(slice(10))
    whole, parts = encode(bundle, x), encode(bundle, x, batch_size=3)
    np.testing.assert_allclose(whole.mu, parts.mu, atol=1e-5)
    z = whole.mu
    np.testing.assert_allclose(decode(bundle, z), decode(bundle, z, batch_size=3), atol=1e-5)


def test_no_images_give_no_codes_and_no_codes_no_pictures(bundle):
    found = encode(bundle, np.empty((0, 1, 8, 8), np.float32))
    assert found.mu.shape == found.logvar.shape == (0, 3)
    assert decode(bundle, found.mu).shape == (0, 1, 8, 8)


def test_pictures_are_float32_in_unit_range(bundle):
    x_hat = decode(bundle, np.random.default_rng(0).normal(size=(5, 3)))
    assert x_hat.dtype == np.float32
    assert x_hat.shape == (5, 1, 8, 8)
    assert ((x_hat >= 0) & (x_hat <= 1)).all()


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((2, 3, 64, 64), "these are 64×64 colour ones"),
        ((2, 1, 28, 28), "these are 28×28 grey ones"),
        ((2, 8, 8), r"this is an array of shape \(2, 8, 8\)"),
    ],
)
def test_images_of_another_shape_are_named(bundle, shape, words):
    with pytest.raises(ShapeError, match=f'"small" reads 8×8 grey images, but {words}'):
        encode(bundle, np.zeros(shape, np.float32))


def test_images_counted_to_255_are_refused(bundle):
    with pytest.raises(ShapeError, match=r"from 0 to 255.*Divide"):
        encode(bundle, np.linspace(0, 255, 64).reshape(1, 1, 8, 8))


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 1, 3)])
def test_codes_of_another_length_are_named(bundle, shape):
    with pytest.raises(ShapeError, match="latent codes of 3 dimensions, but these have shape"):
        decode(bundle, np.zeros(shape))


def test_without_an_encoder_codes_are_found_by_search_from_the_seed(tiny_gan):
    z = np.random.default_rng(1).normal(size=(5, 2)).astype(np.float32)
    x = decode(tiny_gan, z)
    told: list[float] = []
    found = encode(tiny_gan, x, batch_size=3, seed=4, report=told.append)
    assert np.square(decode(tiny_gan, found.mu) - x).mean() < 1e-3
    assert found.n_steps == 200
    assert not found.logvar.any()
    assert told == sorted(told)
    assert told[-1] == 1
    np.testing.assert_array_equal(found.mu, encode(tiny_gan, x, batch_size=3, seed=4).mu)


def test_an_encoder_takes_no_steps(bundle):
    assert encode(bundle, digits().images(slice(2))).n_steps == 0
