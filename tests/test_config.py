"""TrainConfig: checked once, kept as JSON."""

import dataclasses
import json
import math

import pytest

from explorer.config import SETTINGS, TrainConfig
from explorer.errors import ConfigError


def test_json_brings_every_setting_back():
    config = TrainConfig(data="faces", latent_dim=3, hidden=(256, 32), beta=0.5, norm="group")
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_json_without_a_setting_gives_its_default():
    assert TrainConfig.from_json({"data": "digits"}) == TrainConfig(data="digits")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("latent_dim", 0, "between 1 and 512"),
        ("latent_dim", 513, "between 1 and 512"),
        ("latent_dim", True, "a whole number"),
        ("latent_dim", "16", "a whole number"),
        ("epochs", 1.5, "a whole number"),
        ("beta", math.nan, "between 0 and 1,000"),
        ("beta", math.inf, "between 0 and 1,000"),
        ("learning_rate", -1e-3, "between"),
        ("kind", "diffusion", "one of vae"),
        ("tied", "yes", "true or false"),
        ("spectral_norm", 1, "true or false"),
        ("n_critic", 101, "between 0 and 100"),
        ("ema_decay", 1.0, "between 0 and 0.99999"),
        ("arch", "vit", "one of mlp, resmlp, conv, resnet"),
        ("likelihood", ["bernoulli"], "one of bernoulli"),
        ("data", "", "text"),
        ("hidden", (256, 0), "between 1 and 8192"),
        ("hidden", (2.5,), "whole numbers"),
        ("hidden", "256", "whole numbers"),
        ("seed", 2**31, "between"),
    ],
)
def test_a_wrong_value_is_refused_by_name(name, value, words):
    with pytest.raises(ConfigError, match=words) as refused:
        TrainConfig(**({"data": "digits"} | {name: value}))
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"kind": "ae", "beta": 4.0}, "beta is 4.0 with kind ae"),
        ({"kind": "ae", "free_bits": 0.1}, "free_bits is 0.1 with kind ae"),
        ({"kind": "ae", "kl_warmup_epochs": 5}, "It applies only to the kinds vae, beta-vae"),
        ({"spectral_norm": True}, "spectral_norm is True with kind vae"),
        ({"n_critic": 2}, "It applies only to the kinds gan, wgan-gp, vae-critic"),
        ({"kind": "gan", "gradient_penalty": 1.0}, "It applies only to kind wgan-gp"),
        ({"kind": "gan", "beta": 2.0}, "beta is 2.0 with kind gan"),
        ({"kind": "aae", "ema_decay": 0.9}, "ema_decay is 0.9 with kind aae"),
        ({"kind": "wgan-gp", "tied": True}, "tied is True with kind wgan-gp"),
        ({"kind": "vae-gan", "patience": 3}, "patience is 3 with kind vae-gan"),
        (
            {"kind": "beta-vae", "beta": 4.0, "objective": "prior-likelihood"},
            "It applies only to kind vae",
        ),
        ({"objective": "prior-likelihood", "free_bits": 0.1}, "free_bits is 0.1"),
        ({"objective": "prior-likelihood", "beta": 4.0}, "which this objective does not have"),
        ({"tied": True, "arch": "resnet"}, "not in residual blocks"),
        ({"kind": "vae-gan", "tied": True}, "tied is True with kind vae-gan"),
        ({"kind": "vae-critic", "sigma_scope": "pixel"}, "sigma_scope is pixel"),
        ({"kind": "soft-intro-vae", "likelihood": "gaussian-learned"}, "one fixed sigma"),
        ({"kind": "ae", "beta_end": 2.0}, "beta_end is 2.0 with kind ae"),
        ({"beta": 0.0, "beta_end": 2.0}, "Give a beta above 0"),
        ({"kind": "beta-vae"}, "Give another beta, such as 4"),
        ({"kind": "beta-tcvae"}, "With a beta of 1, it is a plain VAE"),
        ({"kind": "beta-tcvae", "beta": 6.0, "free_bits": 0.1}, "free_bits is 0.1"),
        ({"binarize": "random", "likelihood": "gaussian-learned"}, "Choose likelihood bernoulli"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        TrainConfig(data="digits", **settings)


def test_a_bound_is_said_in_full():
    with pytest.raises(ConfigError, match=r"seed is 2147483648.* between 0 and 2,147,483,647\."):
        TrainConfig(data="digits", seed=2**31)


def test_every_number_has_bounds():
    bounded = {name for name, about in SETTINGS.items() if about.most is not None}
    numbers = {f.name for f in dataclasses.fields(TrainConfig) if f.type in (int, float)}
    assert numbers == bounded


def test_unknown_settings_are_named():
    with pytest.raises(ConfigError, match="learnig_rate"):
        TrainConfig.from_json({"data": "digits", "learnig_rate": 1})


def test_settings_without_data_are_refused():
    with pytest.raises(ConfigError, match="lack data"):
        TrainConfig.from_json({"epochs": 1})
