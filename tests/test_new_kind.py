"""Another kind of model is a record and an objective, in a module that nothing else knows."""

import dataclasses
import importlib
import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import cli, data, store, sweeping
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.card import card_text
from explorer.cli.arguments import parser
from explorer.completing import complete, train_command
from explorer.config import TrainConfig, choices_of
from explorer.errors import BundleError, ConfigError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.kinds import KINDS, register
from explorer.latent.encode import decode, encode
from explorer.remedies import Remedy, more_pressure
from explorer.training import train

MODULE = """
    import torch

    from explorer.kinds import KindSpec
    from explorer.settings import Option
    from explorer.training.likelihood import Elbo


    class Lp(Elbo):
        def loss(self, x, terms, noise, *, epoch):
            kl_weight, _ = self.weights_at(epoch)
            power = self.config.value("power")
            errors = (self.vae.decode(terms.z) - x).abs().pow(power).flatten(1).sum(1)
            return errors.mean() + kl_weight * terms.kl.sum(1).mean()


    KIND = KindSpec(
        name="lp-vae",
        objective="toy_kind:Lp",
        settings=frozenset(["beta", "kl_warmup_epochs", "patience"]),
        options={
            "power": Option(
                default=1.0, least=0.5, most=4, label="Power p", help="Of the error of a pixel."
            ),
            "edges": Option(default="soft", choices=("soft", "hard")),
            "n_looks": Option(default=1, least=1, most=9, group="learning"),
        },
        defaults={"beta": 0.5},
        closer="vae",
    )
"""
PAGE = """
from explorer.config import TrainConfig
from explorer.ui.views.train.settings import render_settings
render_settings(TrainConfig(data="digits", kind="lp-vae"), of="x")
"""
SETTINGS: dict[str, Any] = {"arch": "mlp", "hidden": (32,), "latent_dim": 3, "epochs": 2}


@pytest.fixture
def lp_vae(tmp_path: Path, monkeypatch) -> Iterator[str]:
    (tmp_path / "toy_kind.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(str(tmp_path))
    toy = importlib.import_module("toy_kind")
    register(toy.KIND)
    yield toy.KIND.name
    del KINDS[toy.KIND.name], sys.modules["toy_kind"]


@pytest.mark.slow
def test_a_kind_in_a_module_of_its_own_trains_and_its_bundle_decodes(lp_vae, tmp_path):
    images = data.load("digits", n_images=300)
    config = TrainConfig(data="digits", kind=lp_vae, **{**SETTINGS, **KINDS[lp_vae].defaults})
    *_, last = train(images, config, name="toy")
    assert last.end is not None
    write_bundle(complete(last.end.bundle), tmp_path / "toy")
    bundle = read_bundle(tmp_path / "toy")
    assert bundle.settings().kind == "lp-vae"
    assert bundle.card == card_text(bundle)
    assert bundle.card.startswith(
        "# toy\n\nA model of the kind lp-vae that encodes a grey image of 8 x 8 pixels"
    )
    x = images.images(images.test_index[:5])
    x_hat = decode(bundle, encode(bundle, x).mu)
    assert x_hat.shape == x.shape
    assert np.isfinite(x_hat).all()


@pytest.mark.slow
def test_its_loss_is_its_own(lp_vae):
    """Nothing but the objective differs from a VAE, and the weights do."""
    images = data.load("digits", n_images=300)
    ends: list[np.ndarray] = []
    for kind in ("vae", lp_vae):
        *_, last = train(images, TrainConfig(data="digits", kind=kind, **SETTINGS), name="x")
        assert last.end is not None
        ends.append(last.end.bundle.weights["decoder.mean.0.weight"])
    assert not np.allclose(ends[0], ends[1])


def test_it_is_known_to_commands_and_settings(lp_vae):
    args = parser().parse_args(["train", "--data", "digits", "--kind", lp_vae, "--out", "x"])
    assert args.kind == lp_vae
    assert not hasattr(args, "power")
    with pytest.raises(ConfigError, match=r"margin is 3\.0 with kind lp-vae"):
        TrainConfig(data="digits", kind=lp_vae, margin=3.0)
    assert choices_of("kind")[-1] == lp_vae


def test_the_page_offers_it_with_the_settings_it_uses(lp_vae, own_home):
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not page.exception
    assert [box.label for box in page.number_input if box.label == "KL weight β"]
    assert not [box for box in page.number_input if box.label.startswith("Margin")]


def test_the_page_offers_the_options_that_the_kind_alone_has(lp_vae, own_home):
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not page.exception
    numbers = {box.label: box for box in page.number_input}
    assert numbers["Power p"].value == 1.0
    assert numbers["Power p"].help == "Of the error of a pixel."
    assert numbers["n_looks"].value == 1, "without words, its name has to do"
    edges = next(box for box in page.selectbox if box.label == "edges")
    assert edges.options == ["soft", "hard"]
    numbers["Power p"].set_value(9.0).run()
    assert "power is 9" in page.error[0].value
    other = AppTest.from_string(PAGE.replace(lp_vae, "vae"), default_timeout=60).run()
    assert "Power p" not in [box.label for box in other.number_input]


def test_options_are_settings_like_all_others(lp_vae):
    config = TrainConfig.of(data="digits", kind=lp_vae, power=2.0)
    assert (config.value("power"), config.value("edges")) == (2.0, "soft")
    assert config == TrainConfig.of(data="digits", kind=lp_vae, power=2.0, n_looks=1)
    assert hash(config) != hash(config.changed(edges="hard"))
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    assert "--power 2.0" in train_command(config, "x")
    assert "n-looks" not in train_command(config, "x")
    assert dataclasses.replace(config, epochs=3).value("power") == 2.0
    plain = config.changed(kind="vae")
    assert plain == TrainConfig(data="digits")
    assert "power" not in plain.to_json()
    (trial,) = sweeping.grid(config, [2])
    assert (trial.value("power"), trial.latent_dim) == (2.0, 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"power": 9.0}, r"power is 9\.0\. It must lie between 0\.5 and 4"),
        ({"power": "much"}, "power is 'much'. It must be a number"),
        ({"edges": "none"}, "edges is 'none'. It must be one of soft, hard"),
        ({"n_looks": 1.5}, "n_looks is 1.5. It must be a whole number"),
        ({"kind": "vae", "power": 2.0}, r"power is 2\.0 with kind vae.* only to kind lp-vae"),
        ({"colour": 1}, "colour is 1 with kind lp-vae"),
    ],
)
def test_an_option_out_of_its_bounds_or_of_another_kind_is_refused(lp_vae, values, message):
    with pytest.raises(ConfigError, match=message):
        TrainConfig.of(**({"data": "digits", "kind": lp_vae} | values))


@pytest.mark.slow
def test_the_command_line_takes_its_options_and_the_bundle_keeps_them(lp_vae, tmp_path, capsys):
    flags = ["--data", "digits", "--kind", lp_vae, "--arch", "mlp", "--hidden", "8"]
    flags += ["--epochs", "1", "--n-images", "100", "--power", "2", "--edges", "hard"]
    assert cli.main(["train", *flags, "--out", str(tmp_path / "toy")]) == 0
    bundle = read_bundle(tmp_path / "toy")
    assert bundle.settings().value("power") == 2.0
    assert json.loads((tmp_path / "toy" / "config.json").read_text())["config"]["edges"] == "hard"
    assert "--power 2.0" in bundle.card
    capsys.readouterr()
    with pytest.raises(SystemExit):
        cli.main(["train", "--help"])
    assert "Of the error of a pixel." in capsys.readouterr().out


def test_another_kind_that_its_record_names_is_suggested_in_its_place(lp_vae):
    config = TrainConfig.of(data="digits", kind=lp_vae, power=2.0, epochs=7)
    remedy = more_pressure(config)
    assert remedy is not None
    assert remedy.words() == "a VAE instead"
    assert remedy.applied(config) == TrainConfig(data="digits", epochs=7)
    assert Remedy.from_json(remedy.to_json()) == remedy


def test_a_run_keeps_its_options(lp_vae):
    config = TrainConfig.of(data="digits", kind=lp_vae, power=2.0)
    run = RunFolder(store.runs_folder() / "x")
    run.create(Record(name="x", out=store.bundles_folder() / "x", config=config))
    assert run.record().config == config


def test_a_bundle_of_a_kind_that_is_not_registered_is_refused_by_its_name(tiny_bundle):
    path = tiny_bundle / "config.json"
    path.write_text(path.read_text().replace('"kind": "vae"', '"kind": "lp-vae"'))
    with pytest.raises(BundleError, match="kind is 'lp-vae'"):
        read_bundle(tiny_bundle)
