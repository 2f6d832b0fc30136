"""Another kind of model is a record and an objective, in a module that nothing else knows."""

import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import data
from explorer.bundle import read_bundle, write_bundle
from explorer.bundle.card import card_text
from explorer.cli.arguments import parser
from explorer.completing import complete
from explorer.config import TrainConfig, choices_of
from explorer.errors import BundleError, ConfigError
from explorer.kinds import KINDS, register
from explorer.latent.encode import decode, encode
from explorer.training import train

MODULE = """
    import torch

    from explorer.kinds import KindSpec
    from explorer.training.likelihood import Elbo


    class L1(Elbo):
        def loss(self, x, terms, noise, *, epoch):
            kl_weight, _ = self.weights_at(epoch)
            errors = (self.vae.decode(terms.z) - x).abs().flatten(1).sum(1)
            return errors.mean() + kl_weight * terms.kl.sum(1).mean()


    KIND = KindSpec(
        name="l1-vae",
        objective="toy_kind:L1",
        settings=frozenset(["beta", "kl_warmup_epochs", "patience"]),
        defaults={"beta": 0.5},
    )
"""
PAGE = """
from explorer.config import TrainConfig
from explorer.ui.views.train.settings import draw_settings
draw_settings(TrainConfig(data="digits", kind="l1-vae"), of="x")
"""
SETTINGS: dict[str, Any] = {"arch": "mlp", "hidden": (32,), "latent_dim": 3, "epochs": 2}


@pytest.fixture
def l1_vae(tmp_path: Path, monkeypatch) -> Iterator[str]:
    (tmp_path / "toy_kind.py").write_text(textwrap.dedent(MODULE))
    monkeypatch.syspath_prepend(str(tmp_path))
    toy = importlib.import_module("toy_kind")
    register(toy.KIND)
    yield toy.KIND.name
    del KINDS[toy.KIND.name], sys.modules["toy_kind"]


@pytest.mark.slow
def test_a_kind_in_a_module_of_its_own_trains_and_its_bundle_decodes(l1_vae, tmp_path):
    images = data.load("digits", n_images=300)
    config = TrainConfig(data="digits", kind=l1_vae, **{**SETTINGS, **KINDS[l1_vae].defaults})
    *_, last = train(images, config, name="toy")
    assert last.end is not None
    write_bundle(complete(last.end.bundle), tmp_path / "toy")
    bundle = read_bundle(tmp_path / "toy")
    assert bundle.settings().kind == "l1-vae"
    assert bundle.card == card_text(bundle)
    assert bundle.card.startswith("# toy\n\nA l1-vae that encodes a grey image of 8 x 8 pixels")
    x = images.images(images.test_index[:5])
    x_hat = decode(bundle, encode(bundle, x).mu)
    assert x_hat.shape == x.shape
    assert np.isfinite(x_hat).all()


@pytest.mark.slow
def test_its_loss_is_its_own(l1_vae):
    """Nothing but the objective differs from a VAE, and the weights do."""
    images = data.load("digits", n_images=300)
    ends: list[np.ndarray] = []
    for kind in ("vae", l1_vae):
        *_, last = train(images, TrainConfig(data="digits", kind=kind, **SETTINGS), name="x")
        assert last.end is not None
        ends.append(last.end.bundle.weights["decoder.mean.0.weight"])
    assert not np.allclose(ends[0], ends[1])


def test_it_is_known_to_commands_and_settings(l1_vae):
    args = parser().parse_args(["train", "--data", "digits", "--kind", l1_vae, "--out", "x"])
    assert args.kind == l1_vae
    with pytest.raises(ConfigError, match=r"margin is 3\.0 with kind l1-vae"):
        TrainConfig(data="digits", kind=l1_vae, margin=3.0)
    assert choices_of("kind")[-1] == l1_vae


def test_the_page_offers_it_with_the_settings_it_uses(l1_vae, own_home):
    page = AppTest.from_string(PAGE, default_timeout=60).run()
    assert not page.exception
    assert [box.label for box in page.number_input if box.label == "KL weight β"]
    assert not [box for box in page.number_input if box.label.startswith("Margin")]


def test_a_bundle_of_a_kind_that_is_not_registered_is_refused_by_its_name(tiny_bundle):
    path = tiny_bundle / "config.json"
    path.write_text(path.read_text().replace('"kind": "vae"', '"kind": "l1-vae"'))
    with pytest.raises(BundleError, match="kind is 'l1-vae'"):
        read_bundle(tiny_bundle)
