"""The `model` entry of config.json: what a model is, apart from how it was trained."""

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.model import model_entry, model_of
from explorer.config import TrainConfig
from explorer.errors import BundleError
from explorer.latent.encode import decode, encode
from explorer.models.architecture import spec_of
from explorer.models.layers import Activate, Linear, Reshape
from explorer.models.spec import ModelSpec, expected_weights
from tests.conftest import fresh_bundle

SETTINGS: dict[str, dict[str, Any]] = {
    "dense": {"arch": "mlp", "hidden": (8, 4)},
    "no hidden layer": {"arch": "mlp", "hidden": ()},
    "dense with residuals": {"arch": "resmlp", "hidden": (8, 8, 8), "norm": "group"},
    "convolutions": {"arch": "conv", "width": 4, "norm": "batch"},
    "convolutions with residuals": {"arch": "resnet", "width": 4, "norm": "group"},
    "sigma per pixel": {"arch": "conv", "likelihood": "gaussian-learned", "sigma_scope": "pixel"},
    "one sigma": {"arch": "mlp", "likelihood": "gaussian-learned", "precision": "half"},
    "fixed sigma": {"arch": "mlp", "likelihood": "gaussian", "sigma": 0.25},
    "binarised": {"arch": "mlp", "binarize": "random"},
    "autoencoder": {"arch": "mlp", "kind": "ae"},
    "generator": {"arch": "conv", "kind": "gan", "width": 4},
}
SHAPE = (3, 30, 30)


def through_json(spec: ModelSpec) -> ModelSpec:
    entry = json.loads(json.dumps(model_entry(spec)))
    return model_of(entry, latent_dim=spec.latent_dim, image_shape=spec.image_shape)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_spec_comes_back_from_json(settings):
    spec = spec_of(TrainConfig(data="x", latent_dim=3, **settings), SHAPE)
    assert through_json(spec) == spec


@pytest.mark.parametrize(
    ("kind", "has_encoder", "has_posterior"),
    [("vae", True, True), ("ae", True, False), ("gan", False, False), ("aae", True, False)],
)
def test_layers_alone_say_what_a_model_can_do(kind, has_encoder, has_posterior):
    spec = through_json(spec_of(TrainConfig(data="x", kind=kind), (1, 8, 8)))
    assert (spec.has_encoder, spec.has_posterior) == (has_encoder, has_posterior)


def test_a_bundle_written_before_the_entry_says_the_same_by_its_settings(tiny_bundle):
    path = tiny_bundle / "config.json"
    values = json.loads(path.read_text())
    whole = read_bundle(tiny_bundle)
    del values["model"]
    path.write_text(json.dumps(values))
    assert read_bundle(tiny_bundle).model == whole.model


def test_a_model_that_no_settings_describe_is_kept_and_runs(tmp_path):
    """Its decoder has a width for each layer, which an encoder of ours does not mirror."""
    bundle = fresh_bundle()
    decoder = (
        ("decoder.trunk", (Linear(2, 5), Activate("tanh"), Linear(5, 7), Activate("elu"))),
        ("decoder.mean", (Linear(7, 64), Reshape((1, 8, 8)))),
    )
    model = replace(bundle.model, decoder=decoder)
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(size=shape).astype(np.float32)
        for name, shape in expected_weights(model).items()
    }
    write_bundle(replace(bundle, model=model, weights=weights), tmp_path / "own")
    read = read_bundle(tmp_path / "own")
    assert read.model == model
    x_hat = decode(read, encode(read, rng.uniform(size=(3, 1, 8, 8)).astype(np.float32)).mu)
    assert x_hat.shape == (3, 1, 8, 8)


ENTRY: dict[str, Any] = json.loads(json.dumps(model_entry(fresh_bundle().model)))
TRUNK = ENTRY["decoder"]["trunk"]


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (("sigma",), True, "sigma is not from"),
        (("sigma",), 1e9, "sigma is not from"),
        (("likelihood",), "poisson", "likelihood is not one of"),
        (("decoder",), {}, "a network has the parts decoder.trunk"),
        (("decoder",), [], "an object of lists"),
        (("encoder",), {"trunk": []}, "a network has the parts encoder.trunk"),
        (("decoder", "trunk"), TRUNK * 1_000, "up to 1,000 layers"),
        (("decoder", "trunk", 0), {"layer": "attention"}, "a layer is not one of"),
        (("decoder", "trunk", 0), {"layer": []}, "a layer is not one of"),
        (("decoder", "trunk", 0, "n_out"), 2**40, "not from 1 to 1,048,576"),
        (("decoder", "trunk", 0, "n_out"), True, "not from 1 to 1,048,576"),
        (
            ("decoder", "trunk", 0, "bias"),
            1,
            "the settings of a layer linear are not those it takes",
        ),
        (("decoder", "trunk", 1, "fn"), "eval", "a non-linearity is not one of"),
        (("decoder", "mean", 1, "shape"), [8, 8], "one number or three"),
        (("decoder", "mean", 1, "shape"), [1, 4, 16], r"values of shape \(1, 4, 16\)"),
    ],
)
def test_an_entry_that_no_model_has_is_refused(at, value, words):
    entry: Any = copy.deepcopy(ENTRY)
    *way, last = at
    place = entry
    for key in way:
        place = place[key]
    place[last] = value
    with pytest.raises(ValueError, match=words):
        model_of(entry, latent_dim=2, image_shape=(1, 8, 8))


def test_layers_that_make_too_many_values_are_refused():
    entry: Any = copy.deepcopy(ENTRY)
    big = {"layer": "upsample", "scale": 2**20}
    conv = {"layer": "conv", "n_in": 1, "n_out": 1, "kernel": 3, "stride": 1, "padding": 1}
    entry["decoder"]["mean"] += [big, conv, {"layer": "crop", "size": 8}]
    with pytest.raises(ValueError, match="multiply-adds"):
        model_of(entry, latent_dim=2, image_shape=(1, 8, 8))


def test_layers_that_do_not_fit_one_another_are_refused():
    entry: Any = copy.deepcopy(ENTRY)
    entry["decoder"]["trunk"][0]["n_in"] = 3
    with pytest.raises(ValueError, match=r"decoder\.trunk\.0 is given values of shape"):
        model_of(entry, latent_dim=2, image_shape=(1, 8, 8))


def test_a_damaged_entry_is_refused_in_three_beats(tiny_bundle):
    path = tiny_bundle / "config.json"
    values = json.loads(path.read_text())
    values["model"]["decoder"]["mean"] = [[[]]]
    path.write_text(json.dumps(values))
    with pytest.raises(BundleError) as refused:
        read_bundle(tiny_bundle)
    assert "config.json" in refused.value.so
    assert refused.value.needed == 'Its "model" must be as latent-explorer train writes it.'
    assert refused.value.do
