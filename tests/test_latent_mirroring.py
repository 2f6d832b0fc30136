"""A coordinate turned round: encoder, decoder and codes together, and nothing else changes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.bundle import DataFacts, ModelBundle, read_bundle, write_bundle
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.errors import ShapeError
from explorer.latent.encode import decode, encode
from explorer.latent.mirroring import mirror
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from explorer.training import train
from tests.conftest import fresh_bundle

SHAPE = (1, 8, 8)
SMALL: dict[str, Any] = {"data": "digits", "latent_dim": 3, "hidden": (8,), "width": 2, "epochs": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "mlp": {"arch": "mlp"},
    "mlp without hidden layers": {"arch": "mlp", "hidden": ()},
    "two heads that read the code": {
        "arch": "mlp",
        "hidden": (),
        "likelihood": "gaussian-learned",
        "sigma_scope": "pixel",
    },
    "conv": {"arch": "conv"},
    "conv without hidden layers": {"arch": "conv", "hidden": ()},
    "resnet": {"arch": "resnet", "norm": "group"},
    "resmlp": {"arch": "resmlp", "hidden": (8, 8, 8), "norm": "batch"},
    "tied mlp": {"arch": "mlp", "hidden": (8, 6), "tied": True},
    "tied conv": {"arch": "conv", "tied": True},
    "autoencoder": {"arch": "mlp", "kind": "ae"},
    "generator": {"arch": "conv", "kind": "wgan-gp"},
    "half": {"arch": "conv", "precision": "half"},
}


@pytest.fixture(params=SETTINGS)
def bundle(request) -> ModelBundle:
    config = TrainConfig(**{**SMALL, **SETTINGS[request.param]})
    model = spec_of(config, SHAPE)
    rng = np.random.default_rng(0)
    kept_as = np.float16 if config.precision == "half" else np.float32
    weights = {
        name: np.abs(rng.normal(0, 0.3, at)).astype(kept_as).astype(np.float32)
        if name.endswith("running_var")
        else rng.normal(0, 0.3, at).astype(kept_as).astype(np.float32)
        for name, at in expected_weights(model).items()
    }
    codes = replace(
        fresh_bundle().codes,
        mu=rng.normal(size=(32, 3)).astype(np.float32),
        logvar=np.zeros((32, 3), np.float32),
        labels=None,
    )
    facts = DataFacts(name="digits", image_shape=SHAPE, n_train=288, n_test=32)
    return ModelBundle(
        name="small",
        model=model,
        config=config,
        data=facts,
        scores={},
        weights=weights,
        codes=codes,
    )


def test_a_mirrored_code_gives_the_very_same_picture(bundle):
    turned = mirror(bundle, [0, 2])
    z = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    sign = np.array([-1, 1, -1], np.float32)
    np.testing.assert_array_equal(decode(turned, z * sign), decode(bundle, z))
    assert not np.allclose(decode(turned, z), decode(bundle, z))  # it does read the code
    np.testing.assert_array_equal(turned.codes.mu, bundle.codes.mu * sign)


def test_the_encoder_follows_and_says_how_sure_it_is_as_before(bundle):
    if not bundle.config.has_encoder:
        pytest.skip("there is no encoder")
    turned = mirror(bundle, [1])
    x = np.random.default_rng(2).uniform(size=(4, *SHAPE)).astype(np.float32)
    before, after = encode(bundle, x), encode(turned, x)
    np.testing.assert_array_equal(after.mu, before.mu * np.array([1, -1, 1], np.float32))
    np.testing.assert_array_equal(after.logvar, before.logvar)


def test_mirroring_twice_gives_back_the_same(bundle):
    twice = mirror(mirror(bundle, [0, 1]), [1, 0])
    assert twice.weights.keys() == bundle.weights.keys()
    for name, array in bundle.weights.items():
        np.testing.assert_array_equal(twice.weights[name], array)
    np.testing.assert_array_equal(twice.codes.mu, bundle.codes.mu)
    assert mirror(bundle, []) is bundle


def test_a_mirrored_bundle_can_be_kept(bundle, tmp_path):
    turned = mirror(bundle, [0])
    write_bundle(turned, tmp_path / "turned")
    read = read_bundle(tmp_path / "turned")
    for name, array in turned.weights.items():
        np.testing.assert_array_equal(read.weights[name], array)


def test_places_on_the_map_stay(tiny):
    turned = mirror(tiny, [1])
    codes = turned.codes
    assert codes.pca_components is not None
    placed = (codes.mu - codes.pca_mean) @ codes.pca_components.T
    np.testing.assert_allclose(placed, tiny.codes.pca, atol=1e-5)
    np.testing.assert_array_equal(codes.pca, tiny.codes.pca)
    assert tiny.pack is not None
    assert turned.pack is None  # it would draw other pictures


def test_a_coordinate_that_does_not_exist_is_named(tiny):
    with pytest.raises(ShapeError, match="flip of coordinates 2 was"):
        mirror(tiny, [2])


def test_a_trained_network_with_tied_weights_stays_tied_and_reconstructs_as_before():
    config = TrainConfig(**{**SMALL, "arch": "mlp", "tied": True})
    *_, last = train(digits(), config, name="tied")
    assert last.bundle is not None
    turned = mirror(last.bundle, [0])
    weights = turned.weights
    np.testing.assert_array_equal(
        weights["decoder.trunk.0.weight"].T, weights["encoder.mu.0.weight"]
    )
    x = digits().images(slice(20))
    np.testing.assert_array_equal(
        decode(turned, encode(turned, x).mu), decode(last.bundle, encode(last.bundle, x).mu)
    )
