"""Training learns: every optimiser, architecture and term of the loss."""

import numpy as np
import pytest
import torch

from explorer.bundle import read_bundle, write_bundle
from explorer.data.digits import digits
from explorer.latent.encode import encode
from explorer.models.vae import VAE
from explorer.training import train
from explorer.training.objective import objective_of
from explorer.training.optimizers import kl_weight_at, learning_rate_share
from explorer.training.pixels import binarized
from tests.training_runs import bundle_of, drawn, number, settings, validation_elbos

pytestmark = pytest.mark.usefixtures("one_thread")


def test_training_on_digits_reaches_20_db_in_seconds():
    config = settings(
        hidden=(128,),
        latent_dim=16,
        likelihood="gaussian-learned",
        learning_rate=4e-3,
        batch_size=64,
        epochs=15,
    )
    reports = list(train(digits(), config, name="digits"))
    losses = [number(r.train.loss) for r in reports if r.train]
    assert losses[-1] < losses[0]
    validation = validation_elbos(reports)
    assert len(validation) == 15
    scores = bundle_of(reports).scores
    assert scores["psnr_db"] > 20
    assert scores["active_units"] >= 8
    assert scores["elbo_nats"] == pytest.approx(validation[-1], abs=1)


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
def test_every_optimizer_lowers_the_loss(optimizer, schedule):
    config = settings(optimizer=optimizer, schedule=schedule, epochs=8, clip_norm=50.0)
    losses = [number(r.train.loss) for r in train(drawn(), config, name="bars") if r.train]
    assert losses[-1] < losses[0]


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["none", "batch", "group"])
@pytest.mark.parametrize("arch", ["mlp", "resmlp", "conv", "resnet"])
@pytest.mark.parametrize("scope", ["shared", "pixel"])
def test_every_architecture_learns_a_sigma(arch, norm, scope):
    config = settings(
        arch=arch, norm=norm, likelihood="gaussian-learned", sigma_scope=scope, epochs=30, width=4
    )
    elbos = validation_elbos(list(train(drawn(), config, name="bars")))
    assert elbos[-1] > elbos[0] + 10


def test_sgd_steps_are_shortened_to_the_clip_norm():
    config = settings(optimizer="sgd", clip_norm=1e-3, learning_rate=1.0, epochs=1, batch_size=64)
    before = VAE.untrained(config, (1, 8, 8)).weights()
    after = bundle_of(list(train(drawn(), config, name="bars"))).weights
    moved = sum(float(np.square(after[name] - before[name]).sum()) for name in before) ** 0.5
    assert moved == pytest.approx(1e-3, rel=1e-3)


def test_a_cosine_falls_from_the_full_rate_to_nothing():
    config = settings(schedule="cosine", learning_rate=0.5)
    assert learning_rate_share(config, 0, 100) == 1
    assert learning_rate_share(config, 50, 100) == pytest.approx(0.5)
    assert learning_rate_share(config, 100, 100) == pytest.approx(0)
    assert learning_rate_share(settings(learning_rate=0.5), 99, 100) == 1


def test_the_weight_of_the_kl_warms_up_to_beta():
    config = settings(beta=4.0, kl_warmup_epochs=10)
    assert [kl_weight_at(config, epoch) for epoch in (0, 2.5, 10, 11)] == [0, 1, 4, 4]
    assert kl_weight_at(settings(beta=4.0), 0) == 4


def test_beta_tcvae_weighs_the_total_correlation_alone():
    config = settings(kind="beta-tcvae", beta=4.0, kl_warmup_epochs=10)
    objective = objective_of(config, (1, 8, 8), n_data=10)
    assert [objective.weights_at(epoch) for epoch in (0, 5, 10)] == [(0, 0), (0.5, 1.5), (1, 3)]


def test_beta_goes_by_equal_factors_over_the_first_half_of_the_run():
    config = settings(beta=16.0, beta_end=1.0, epochs=8)
    assert [kl_weight_at(config, epoch) for epoch in (0, 1, 2, 4, 6, 8)] == [16, 8, 4, 1, 1, 1]


@pytest.mark.slow
def test_beta_tcvae_loses_total_correlation():
    def total_correlation_after(beta: float) -> float:
        config = settings(kind="beta-tcvae", beta=beta, latent_dim=4, epochs=40, hidden=(32,))
        reports = list(train(drawn(), config, name="bars"))
        last = [r.validation for r in reports if r.validation][-1]
        rest = number(last.loss) - number(last.kl) + number(last.log_likelihood)
        return rest / (beta - 1)

    assert total_correlation_after(30.0) < total_correlation_after(0.999)


def test_an_autoencoder_reconstructs_best_and_its_codes_are_standardised():
    images, options = drawn(), {"epochs": 40, "latent_dim": 4, "hidden": (32,)}
    vae = bundle_of(list(train(images, settings(**options), name="bars")))
    ae = bundle_of(list(train(images, settings(kind="ae", **options), name="bars")))
    assert ae.scores["mse"] < vae.scores["mse"]
    assert {"elbo_nats", "kl_nats", "log_likelihood_nats"}.isdisjoint(ae.scores)
    assert not any("logvar" in name for name in ae.weights)
    assert not ae.codes.logvar.any()
    learnt = encode(ae, images.images(images.train_index)).mu
    np.testing.assert_allclose(learnt.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(learnt.std(0), 1, atol=1e-3)


def test_half_precision_rounds_before_scoring_and_halves_the_file(tmp_path):
    single, half = (
        bundle_of(
            list(train(drawn(), settings(precision=p, likelihood="gaussian-learned"), name="bars"))
        )
        for p in ("single", "half")
    )
    for bundle in (single, half):
        write_bundle(bundle, tmp_path / bundle.settings().precision)
    read = read_bundle(tmp_path / "half")
    for name, array in half.weights.items():
        assert np.array_equal(read.weights[name], array)
        assert np.array_equal(array.astype(np.float16), array)
        np.testing.assert_allclose(array, single.weights[name], rtol=1e-3, atol=1e-6)
    x = drawn().images(half.codes.ids)
    np.testing.assert_allclose(encode(read, x).mu, half.codes.mu, atol=1e-5)
    sizes = [(tmp_path / p / "weights.safetensors").stat().st_size for p in ("single", "half")]
    assert sizes[1] < 0.7 * sizes[0]


def test_binarised_images_are_black_and_white_and_as_bright():
    x = torch.rand(20_000, 3, generator=torch.Generator().manual_seed(1))
    shown = binarized(x, torch.Generator().manual_seed(0))
    assert set(shown.unique().tolist()) == {0, 1}
    torch.testing.assert_close(shown.mean(0), x.mean(0), atol=0.02, rtol=0)


def test_training_sees_images_binarised_anew_each_time(monkeypatch):
    seen: list[torch.Tensor] = []
    elbo_terms = VAE.elbo_terms

    def watched(self, x, generator):
        if self.training:
            seen.append(x.clone())
        return elbo_terms(self, x, generator)

    monkeypatch.setattr(VAE, "elbo_terms", watched)
    config = settings(binarize="random", batch_size=64, epochs=2)
    scores = bundle_of(list(train(drawn(), config, name="bars"))).scores
    assert all(set(x.unique().tolist()) == {0, 1} for x in seen)
    assert seen[0].sum() != seen[1].sum()
    assert np.isfinite(scores["elbo_nats"])


def test_during_warm_up_the_loss_leaves_the_kl_out():
    config = settings(kl_warmup_epochs=100_000, epochs=1)
    (report,) = [r.train for r in train(drawn(), config, name="bars") if r.train]
    log_likelihood, kl = number(report.log_likelihood), number(report.kl)
    assert report.loss == pytest.approx(-log_likelihood, rel=1e-4)
    assert kl > 0
    assert report.elbo == pytest.approx(log_likelihood - kl)


@pytest.mark.slow
def test_beta_lowers_the_kl_and_free_bits_keep_it():
    def kl(**changes) -> float:
        return bundle_of(
            list(train(drawn(100), settings(epochs=60, learning_rate=5e-3, **changes), name="b"))
        ).scores["kl_nats"]

    collapsed = kl(beta=50.0)
    assert collapsed < 0.05
    assert kl(beta=50.0, free_bits=0.5) == pytest.approx(1.0, abs=0.5)  # two coordinates
    assert kl() > 1
