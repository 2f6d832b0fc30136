"""One step of each kind: which networks learn from which loss, and that it comes to something."""

import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch

from explorer.bundle import ModelBundle
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.evaluation.samples import density_and_coverage, pixel_features
from explorer.kinds import KINDS, Kind
from explorer.models.losses import gaussian_log_likelihood
from explorer.models.vae import VAE
from explorer.training import Control, train
from explorer.training.collapse import CollapseMonitor
from explorer.training.likelihood import prior_likelihood_loss
from explorer.training.objective import Objective, objective_of
from tests.conftest import ADVERSARIAL
from tests.training_runs import drawn

pytestmark = pytest.mark.slow

SHAPE = (1, 8, 8)

# Which networks each player may change; a place in the networks of the objective, or several.
PLAYERS = {
    "gan": {"discriminator": ["discriminator"], "generator": ["vae.decoder"]},
    "wgan-gp": {"discriminator": ["discriminator"], "generator": ["vae.decoder"]},
    "vae-gan": {
        "discriminator": ["discriminator"],
        "encoder": ["vae.encoder"],
        "decoder": ["vae.decoder"],
    },
    "vae-critic": {
        "critic": ["critic", "vae.encoder"],
        "generator": ["vae.decoder"],
    },
    "soft-intro-vae": {"encoder": ["vae.encoder"], "decoder": ["vae.decoder"]},
    "aae": {
        "discriminator": ["discriminator"],
        "autoencoder": ["vae.encoder", "vae.decoder"],
    },
}


def settings(kind: Kind, **changes) -> TrainConfig:
    base: dict[str, Any] = {
        "data": "bars",
        "arch": "mlp",
        "hidden": (16,),
        "latent_dim": 2,
        "batch_size": 15,
    }
    likelihood = "gaussian" if kind == "soft-intro-vae" else "bernoulli"
    return TrainConfig(**(base | {"kind": kind, "likelihood": likelihood, "epochs": 2} | changes))


def objective(kind: Kind, **changes) -> Objective:
    return objective_of(settings(kind, **changes), SHAPE, n_data=45)


def arrays(made: Objective) -> dict[str, torch.Tensor]:
    return {name: array.clone() for name, array in made.networks.state_dict().items()}


def step(made: Objective, index: int = 0) -> torch.Tensor:
    noise = torch.Generator().manual_seed(1)
    x = torch.rand(6, *SHAPE, generator=noise)
    made.networks.train()
    return made.step(x, noise, index=index, epoch=0.0)


def test_every_adversarial_kind_has_its_players():
    assert set(PLAYERS) == set(ADVERSARIAL)
    for kind in ADVERSARIAL:
        assert set(objective(kind).players) == set(PLAYERS[kind])


@pytest.mark.parametrize(
    ("kind", "player"), [(k, p) for k, players in PLAYERS.items() for p in players]
)
def test_a_step_of_one_player_changes_that_players_weights_alone(kind, player):
    lonely = objective(kind)
    for name, other in lonely.players.items():
        if name != player:
            other.step = lambda: None  # type: ignore[method-assign]
    before = arrays(lonely)
    step(lonely, lonely.config.steps_of_critic - 1)
    changed = {n for n, array in arrays(lonely).items() if not torch.equal(array, before[n])}
    changed -= {"vae.log_sigma", "critic.log_sigma"}
    own = tuple(f"{place}." for place in PLAYERS[kind][player])
    learns = {name for name, _ in lonely.networks.named_parameters() if name.startswith(own)}
    # The critic's encoder is the model's own, so it stands under both names, or one is left out.
    shared = {name.replace("vae.encoder", "critic.encoder") for name in learns}
    assert changed <= learns | shared, "it has changed what is another's"
    assert learns <= changed, "some of its weights learn nothing"


@pytest.mark.parametrize("kind", ["gan", "wgan-gp", "vae-critic"])
def test_the_generator_waits_for_its_turn(kind):
    made = objective(kind, n_critic=3)
    for index, is_turn in ((0, False), (1, False), (2, True), (3, False)):
        before = arrays(made)
        measures = step(made, index)
        moved = any(
            not torch.equal(array, before[name])
            for name, array in arrays(made).items()
            if name.startswith("vae.decoder")
        )
        assert moved == is_turn
        assert math.isnan(measures[0].item()) != is_turn


def test_a_wasserstein_critic_makes_five_steps_to_one():
    assert settings("wgan-gp").steps_of_critic == 5
    assert settings("gan").steps_of_critic == 1
    assert settings("wgan-gp", n_critic=2).steps_of_critic == 2


def test_the_two_sides_may_have_step_sizes_of_their_own():
    players = objective("gan", learning_rate=1e-3, discriminator_learning_rate=4e-3).players
    rates = {name: player.optimizer.param_groups[0]["lr"] for name, player in players.items()}
    assert rates == {"generator": 1e-3, "discriminator": 4e-3}


def test_the_moving_average_is_that_of_the_decoders_weights():
    kept = objective("gan", ema_decay=0.5)
    place = "decoder.mean.0.weight"
    expected = kept.shown.state_dict()[place].clone()
    for index in range(20, 23):  # past the first steps, in which it follows more closely
        step(kept, index)
        expected = 0.5 * expected + 0.5 * kept.vae.state_dict()[place]
    torch.testing.assert_close(kept.shown.state_dict()[place], expected)
    assert not torch.equal(expected, kept.vae.state_dict()[place])


def test_without_an_average_the_last_weights_are_shown():
    plain = objective("vae-gan")
    assert plain.shown is plain.vae


def test_the_prior_likelihood_loss_is_that_of_two_expectations():
    config = settings("vae", objective="prior-likelihood", likelihood="gaussian", sigma=0.5)
    vae = VAE.untrained(config, SHAPE)
    x = torch.rand(6, *SHAPE)
    z = torch.empty(6, 2).normal_(generator=torch.Generator().manual_seed(3))
    own = vae.log_likelihood(x, torch.zeros(6, 2))
    log_sigma = torch.tensor(math.log(0.5))
    drawn_from_prior = gaussian_log_likelihood(vae.decode(z), x, log_sigma)
    expected = -own.mean() - drawn_from_prior.mean()
    loss = prior_likelihood_loss(vae, x, own, torch.Generator().manual_seed(3))
    torch.testing.assert_close(loss, expected)


def test_under_the_prior_likelihood_loss_samples_become_the_mean_image():
    images = drawn(120)
    kept: dict[str, ModelBundle] = {}
    for name in ("elbo", "prior-likelihood"):
        config = settings("vae", objective=name, epochs=150, learning_rate=3e-3)
        *_, last = train(images, config, name="x")
        assert last.bundle is not None
        kept[name] = last.bundle
    spread = {}
    for name, bundle in kept.items():
        vae = VAE.from_weights(bundle.model, bundle.weights)
        z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
        spread[name] = vae.decode(z).std(0).mean().item()
    assert spread["prior-likelihood"] < 0.5 * spread["elbo"]
    assert kept["prior-likelihood"].scores["kl_nats"] > kept["elbo"].scores["kl_nats"]


# ---- whole runs


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_run_of_each_kind_ends_in_the_very_weights(kind, tmp_path):
    images = drawn()
    extra = {"beta": 4.0} if kind.startswith("beta") else {}
    if kind in ("gan", "vae-gan"):
        extra |= {"spectral_norm": True, "ema_decay": 0.9}
    config = settings(kind, **extra)
    *_, unbroken = train(images, config, name="x")
    control = Control(report_every_s=0.0)
    checkpoint = tmp_path / "checkpoint"
    broken = train(images, config, name="x", checkpoint=checkpoint, control=control)
    list(islice(broken, 3))
    broken.close()
    *_, resumed = train(images, config, name="x", checkpoint=checkpoint, resume=True)
    assert unbroken.bundle is not None
    assert resumed.bundle is not None
    for name, array in unbroken.bundle.weights.items():
        np.testing.assert_array_equal(resumed.bundle.weights[name], array)


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_an_adversarial_run_reports_both_sides(kind):
    reports = list(train(drawn(), settings(kind), name="x"))
    found = [report.adversarial for report in reports if report.train is not None]
    assert all(status and math.isfinite(status.discriminator) for status in found)
    assert all(status and status.diversity >= 0 for status in found)
    has_encoder = settings(kind).has_encoder
    assert any(report.validation for report in reports) == has_encoder


@pytest.mark.parametrize("kind", ["gan", "wgan-gp"])
def test_a_generators_bundle_holds_placed_images_and_then_draws(kind):
    images = drawn()
    *_, last = train(images, settings(kind), name="x")
    assert last.bundle is not None
    codes = last.bundle.codes
    n_found = int((codes.ids >= 0).sum())
    assert n_found == len(images.pixels), "so few are all placed"
    np.testing.assert_array_equal(codes.held_out[:n_found], images.is_test[codes.ids[:n_found]])
    assert not codes.held_out[n_found:].any()
    assert (codes.ids[n_found:] == -1).all()
    assert len(codes.ids) > n_found
    assert codes.labels is not None
    assert images.labels is not None
    np.testing.assert_array_equal(codes.labels[:n_found], images.labels[codes.ids[:n_found]])
    assert codes.mu[n_found:].std() == pytest.approx(1, abs=0.1)


def picture_coverage(bundle: ModelBundle) -> float:
    """Coverage by draws of all held-out digits."""
    images = digits()
    vae = VAE.from_weights(bundle.model, bundle.weights)
    real = images.images(images.test_index)
    z = torch.randn(
        len(real), bundle.settings().latent_dim, generator=torch.Generator().manual_seed(0)
    )
    return density_and_coverage(*pixel_features(real, vae.decode(z).numpy(), seed=0)).coverage


@pytest.mark.parametrize("kind", ADVERSARIAL)
def test_each_adversarial_kind_learns_to_draw_digits(kind):
    config = TrainConfig(
        **(
            {"data": "digits", "kind": kind, "arch": "mlp", "hidden": (256, 128), "latent_dim": 8}
            | {"epochs": 25, "batch_size": 32, "activation": "silu"}
            | (
                {"likelihood": "gaussian-learned"}
                if TrainConfig(data="x", kind=kind).has_encoder
                else {}
            )
            | dict(KINDS[kind].defaults)
        )
    )
    images = digits()
    start = objective_of(config, images.image_shape, n_data=len(images.train_index))
    *_, last = train(images, config, name="x")
    assert last.bundle is not None
    untrained = ModelBundle(
        **{
            **{f: getattr(last.bundle, f) for f in ("name", "model", "config", "data", "codes")},
            "scores": {},
            "weights": start.vae.weights(),
        }
    )
    coverage, of_untrained = picture_coverage(last.bundle), picture_coverage(untrained)
    assert coverage > 5 * max(of_untrained, 0.1)


# ---- the collapse monitor


def means(real: float, made: float) -> dict[str, float]:
    return {"discriminator": 1.0, "real": real, "made": made}


def judged(kind: Kind, vae: VAE, real: float, made: float, step: int = 1_000) -> str:
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(40, *SHAPE, generator=generator)
    return CollapseMonitor(objective(kind), pictures).judge(vae, means(real, made), step).verdict


def varied(kind: Kind) -> VAE:
    """A network whose draws differ much."""
    vae = VAE.untrained(settings(kind), SHAPE)
    with torch.no_grad():
        for weight in vae.decoder.parameters():
            weight.mul_(8)
    return vae


def test_one_picture_again_and_again_is_mode_collapse():
    vae = varied("gan")
    with torch.no_grad():
        for weight in vae.decoder.parameters():
            weight.zero_()
    assert judged("gan", vae, 0.5, 0.5) == "mode-collapse"
    assert judged("gan", vae, 0.5, 0.5, step=10) == "even", "too early to tell"


def test_a_discriminator_that_is_never_fooled_has_won():
    assert judged("gan", varied("gan"), 0.99, 0.01) == "discriminator-won"
    assert judged("gan", varied("gan"), 0.6, 0.4) == "even"
    assert judged("wgan-gp", varied("wgan-gp"), 9.0, -9.0) == "even", "a critic knows no chances"


def test_a_critic_beyond_its_margin_has_won():
    margin = settings("vae-critic").margin
    assert judged("vae-critic", varied("vae-critic"), 0.0, -margin - 1) == "discriminator-won"
    assert judged("vae-critic", varied("vae-critic"), 0.0, -margin / 2) == "even"
