"""Training learns, reports, stops, and goes on exactly where it stood."""

import errno
import os
import re
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explorer.bundle import ModelBundle, read_bundle, write_bundle
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.data.imageset import ImageSet, fixed_split
from explorer.errors import MachineError, TrainingError
from explorer.latent.encode import encode
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from explorer.models.vae import VAE
from explorer.training import Control, Progress, loop, train
from explorer.training.objective import objective_of
from explorer.training.optimizers import kl_weight_at, learning_rate_share
from explorer.training.pixels import Pixels, binarized

N = 60


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def every_step(monkeypatch):
    """Report after each step, so that a test can stop at any."""
    monkeypatch.setattr(loop, "Control", partial(Control, report_every_s=0.0))


def drawn(n: int = N, *, seed: int = 0, size: int = 8) -> ImageSet:
    """Grey images of one bright bar each, whose column is its label and factor."""
    rng = np.random.default_rng(seed)
    columns = rng.integers(0, size, n)
    pixels = rng.integers(0, 60, (n, 1, size, size)).astype(np.uint8)
    pixels[np.arange(n), 0, :, columns] += 180
    return ImageSet(
        name="bars",
        pixels=pixels,
        is_test=fixed_split(n, test_share=0.25),
        labels=columns.astype(np.int64),
        class_names=tuple(str(i) for i in range(size)),
        factors=columns[:, None].astype(np.float32),
        factor_names=("column",),
        source="drawn for a test",
        licence="MIT",
    )


def settings(**changes) -> TrainConfig:
    base: dict[str, Any] = {
        "data": "bars",
        "arch": "mlp",
        "hidden": (16,),
        "latent_dim": 2,
        "width": 2,
        "epochs": 3,
        "batch_size": 16,
    }
    return TrainConfig(**(base | changes))


def bundle_of(reports: list[Progress]) -> ModelBundle:
    bundle = reports[-1].bundle
    assert bundle is not None
    return bundle


def number(value: float | None) -> float:
    """A loss that this kind has."""
    assert value is not None
    return value


def validation_elbos(reports: list[Progress]) -> list[float]:
    return [number(r.validation.elbo) for r in reports if r.validation]


def same_weights(a: ModelBundle, b: ModelBundle) -> bool:
    return all(np.array_equal(array, b.weights[name]) for name, array in a.weights.items())


# Learning


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


def test_beta_lowers_the_kl_and_free_bits_keep_it():
    def kl(**changes) -> float:
        return bundle_of(
            list(train(drawn(100), settings(epochs=60, learning_rate=5e-3, **changes), name="b"))
        ).scores["kl_nats"]

    collapsed = kl(beta=50.0)
    assert collapsed < 0.05
    assert kl(beta=50.0, free_bits=0.5) == pytest.approx(1.0, abs=0.5)  # two coordinates
    assert kl() > 1


# Reports and the bundle


def test_reports_count_epochs_steps_and_seconds(every_step):
    images, config = drawn(), settings()  # 45 training images: 3 steps an epoch
    reports = list(train(images, config, name="bars"))
    assert [r.step for r in reports] == [*range(1, 10), 9]
    assert [r.epoch for r in reports] == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]
    assert {(r.epochs, r.steps) for r in reports} == {(3, 9)}
    assert [r.step for r in reports if r.validation] == [3, 6, 9]
    assert all(r.bundle is None and r.images_per_s > 0 for r in reports[:-1])
    seconds = [r.elapsed_s for r in reports]
    assert seconds == sorted(seconds)


def test_the_bundle_describes_the_run_and_the_images():
    images, config = drawn(), settings(epochs=1)
    bundle = bundle_of(list(train(images, config, name="bars")))
    assert (bundle.name, bundle.settings(), bundle.folder) == ("bars", config, None)
    assert (bundle.data.n_train, bundle.data.n_test) == (45, 15)
    assert bundle.data.image_shape == (1, 8, 8)
    assert bundle.data.factor_names == ("column",)
    shapes = {name: array.shape for name, array in bundle.weights.items()}
    assert shapes == expected_weights(spec_of(config, images.image_shape))
    assert {array.dtype for array in bundle.weights.values()} == {np.dtype(np.float32)}
    codes = bundle.codes
    assert np.array_equal(codes.ids, np.arange(60)), "those learnt from are on the map, too"
    assert np.array_equal(codes.held_out, images.is_test)
    assert codes.mu.shape == codes.logvar.shape == (60, 2)
    assert codes.labels is not None
    assert codes.factors is not None
    assert images.labels is not None
    assert np.array_equal(codes.labels, images.labels[codes.ids])
    assert np.array_equal(codes.factors[:, 0], codes.labels)
    scores = bundle.scores
    assert scores["mse"] == pytest.approx(codes.error[codes.held_out].mean(), rel=1e-5)
    assert scores["psnr_db"] == pytest.approx(-10 * np.log10(scores["mse"]))
    assert scores["elbo_nats"] == pytest.approx(scores["log_likelihood_nats"] - scores["kl_nats"])
    assert scores["active_units"] == (codes.mu[codes.held_out].var(axis=0) > 0.01).sum()


def test_codes_of_many_test_images_are_evenly_chosen():
    images = drawn(5_200)
    images = images.subset(np.arange(5_200))
    images.is_test[:] = True
    images.is_test[0] = False
    asked = settings(epochs=1, data="digits")
    codes = bundle_of(list(train(images, asked, name="bars"))).codes
    assert len(codes.ids) == 5_000
    assert codes.split is None, "of large sets with a name, all on the map were held out"
    assert (codes.ids[0], codes.ids[-1]) == (1, 5_199)
    assert set(np.diff(codes.ids)) == {1, 2}


def test_of_many_images_of_ones_own_both_parts_are_evenly_chosen():
    images = drawn(6_000)
    codes = bundle_of(list(train(images, settings(epochs=1), name="bars"))).codes
    assert len(codes.ids) == len(set(codes.ids)) == 5_000
    assert codes.held_out.sum() == images.is_test.sum() == 1_500, "few are held out: all of them"
    assert np.array_equal(codes.held_out, images.is_test[codes.ids])
    assert np.diff(codes.ids).max() <= 3


def test_images_without_labels_train_too():
    images = ImageSet(name="bare", pixels=drawn().pixels, is_test=drawn().is_test)
    codes = bundle_of(list(train(images, settings(epochs=1), name="bare"))).codes
    assert codes.labels is None
    assert codes.factors is None


@pytest.mark.parametrize("n_train", [1, 2, 16, 17, 18])
def test_every_training_image_is_seen_once_an_epoch(n_train, monkeypatch):
    images = drawn(n_train + 1)
    images.is_test[:] = False
    images.is_test[0] = True
    seen: list[int] = []
    real = Pixels.batch

    def watched(self, index):
        if torch.is_grad_enabled():
            assert len(index) > 1 or n_train == 1, "batch normalisation needs two images"
            seen.extend(index.tolist())
        return real(self, index)

    monkeypatch.setattr(Pixels, "batch", watched)
    list(train(images, settings(epochs=2), name="bars"))
    for epoch in (seen[:n_train], seen[n_train:]):
        assert sorted(epoch) == list(range(1, n_train + 1))
    assert n_train < 16 or seen[:n_train] != seen[n_train:]


def test_images_too_many_for_floats_train_to_the_same_weights(monkeypatch):
    plain = bundle_of(list(train(drawn(), settings(), name="bars")))
    monkeypatch.setattr("explorer.training.pixels._MOST_FLOAT_BYTES", 0)
    assert same_weights(plain, bundle_of(list(train(drawn(), settings(), name="bars"))))


def test_read_only_pixels_are_left_alone():
    images = drawn()
    before = images.pixels.copy()
    images.pixels.flags.writeable = False
    list(train(images, settings(epochs=1), name="bars"))
    assert np.array_equal(images.pixels, before)


def test_batch_norm_on_one_image_is_refused_in_words():
    with pytest.raises(TrainingError, match=r"one image to learn from.*norm=group"):
        list(train(drawn(2), settings(norm="batch"), name="bars"))


# Randomness, early stop, trouble


def test_the_same_seed_gives_the_same_bundle_and_another_seed_another():
    first, again = (bundle_of(list(train(drawn(), settings(), name="bars"))) for _ in "ab")
    other = bundle_of(list(train(drawn(), settings(seed=1), name="bars")))
    assert same_weights(first, again)
    assert first.scores == again.scores
    assert np.array_equal(first.codes.mu, again.codes.mu)
    assert not same_weights(first, other)


def test_training_leaves_torchs_random_state_alone():
    before = torch.get_rng_state()
    list(train(drawn(), settings(epochs=1), name="bars"))
    assert torch.equal(before, torch.get_rng_state())


def test_an_early_stop_keeps_the_best_weights():
    config = settings(epochs=2_000, patience=5, learning_rate=0.01, hidden=(64,), latent_dim=8)
    reports = list(train(drawn(40), config, name="bars"))
    elbos = validation_elbos(reports)
    assert reports[-1].stopped_early
    assert reports[-1].epoch == len(elbos) == int(np.argmax(elbos)) + 1 + 5
    kept = bundle_of(reports)
    shorter = settings(**{**config.to_json(), "hidden": (64,), "epochs": len(elbos) - 5})
    best = bundle_of(list(train(drawn(40), shorter, name="bars")))
    assert same_weights(kept, best)


def test_both_ends_of_a_run_are_handed_over_where_that_is_asked_for():
    config = settings(epochs=60, learning_rate=0.01, hidden=(64,), latent_dim=8)
    last = list(train(drawn(40), config, name="bars", control=Control(with_other=True)))[-1]
    assert last.end is not None
    assert last.other is not None
    assert (last.end.which, last.end.step) == ("last", last.step)
    assert (last.other.which, last.other.step) == ("best", last.held_out.best_step)
    assert last.other.step < last.step
    shorter = list(train(drawn(40), config, name="bars", control=Control(finish=True)))
    assert shorter[-1].other is None, "the first step is the best and the last"
    stopped = settings(**{**config.to_json(), "hidden": (64,), "patience": 100})
    early = list(train(drawn(40), stopped, name="bars", control=Control(with_other=True)))[-1]
    assert early.end is not None
    assert early.other is not None
    assert (early.end.which, early.other.which) == ("best", "last")
    assert same_weights(early.end.bundle, last.other.bundle)
    assert not same_weights(early.end.bundle, early.other.bundle)


def test_a_run_that_learns_its_images_by_heart_is_not_called_healthy():
    few = digits().subset(np.arange(100))
    learner = {
        "likelihood": "gaussian-learned",
        "hidden": (128,),
        "latent_dim": 8,
        "batch_size": 32,
    }
    config = settings(data="digits", epochs=120, learning_rate=2e-3, **learner)
    reports = [r for r in train(few, config, name="digits") if r.train]
    assert reports[0].health == "healthy"
    assert reports[-1].health == "overfitting"
    assert reports[-1].held_out.is_overfitting


def test_a_run_that_can_still_get_better_is_healthy_to_its_end():
    reports = [r for r in train(drawn(), settings(epochs=3), name="bars") if r.train]
    assert {r.health for r in reports} == {"healthy"}


def test_the_best_weights_of_a_beta_vae_are_the_best_by_its_own_loss():
    config = settings(kind="beta-vae", beta=20.0, epochs=12, learning_rate=0.01)
    reports = list(train(drawn(), config, name="bars"))
    losses = {r.step: r.validation.loss for r in reports if r.validation and r.validation.loss}
    best = min(losses, key=lambda step: losses[step])
    assert reports[-1].held_out.best_step == best


def test_a_loss_that_is_not_finite_stops_with_what_to_try(tmp_path):
    config = settings(optimizer="sgd", learning_rate=10.0, likelihood="gaussian", sigma=0.001)
    path = tmp_path / "run.checkpoint"
    with pytest.raises(TrainingError) as caught:
        list(train(drawn(), config, name="bars", checkpoint=path))
    message = str(caught.value)
    told = r"no longer a finite number, in epoch \d \(step \d\), with learning rate 10\."
    assert re.search(told, message)
    assert "learning rate, such as 1," in message
    assert "clip_norm" in message
    assert "bernoulli" in message
    assert not path.exists()


# Cancel and resume


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "adamw", "schedule": "cosine"},
        {"optimizer": "rmsprop", "clip_norm": 5.0, "kl_warmup_epochs": 2},
        {"optimizer": "sgd", "norm": "batch", "likelihood": "gaussian-learned"},
        {"arch": "conv", "patience": 2, "learning_rate": 0.01},
    ],
    ids=str,
)
@pytest.mark.parametrize("stops", [(1,), (3,), (2, 5, 9)])
def test_a_resumed_run_ends_with_the_very_weights_of_an_unbroken_one(
    changes, stops, tmp_path, every_step
):
    config, path = settings(**changes), tmp_path / "run.checkpoint"
    unbroken = list(train(drawn(), config, name="bars"))
    reached = 0
    for stop in stops:
        run = train(drawn(), config, name="bars", checkpoint=path, resume=reached > 0)
        for report in islice(run, stop - reached):
            last = report
        run.close()
        assert last.step == stop
        reached = stop
    rest = list(train(drawn(), config, name="bars", checkpoint=path, resume=True))
    assert rest[0].step == min(reached + 1, unbroken[-1].step)
    assert same_weights(bundle_of(rest), bundle_of(unbroken))
    assert bundle_of(rest).scores == bundle_of(unbroken).scores
    assert rest[-1].held_out == unbroken[-1].held_out
    told = {r.step: (r.train, r.validation) for r in unbroken[:-1]}
    assert all(told[r.step] == (r.train, r.validation) for r in rest[:-1])


def test_a_finished_run_resumes_to_its_bundle(tmp_path):
    path = tmp_path / "run.checkpoint"
    whole = list(train(drawn(), settings(), name="bars", checkpoint=path))
    (only,) = train(drawn(), settings(), name="bars", checkpoint=path, resume=True)
    assert only.epoch == 3
    assert only.bundle is not None
    assert same_weights(only.bundle, bundle_of(whole))


def stopped(path: Path, **changes) -> bytes:
    """Leave a checkpoint after one epoch, and return its content."""
    run = train(drawn(), settings(**changes), name="bars", checkpoint=path)
    next(run)
    run.close()
    return path.read_bytes()


def test_cancelling_leaves_one_whole_checkpoint_and_nothing_else(tmp_path):
    stopped(tmp_path / "run.checkpoint")
    assert [p.name for p in tmp_path.iterdir()] == ["run.checkpoint"]


def test_a_run_without_a_checkpoint_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = train(drawn(), settings(), name="bars")
    next(run)
    run.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_checkpoint_whole(tmp_path, monkeypatch):
    path = tmp_path / "run.checkpoint"
    kept = stopped(path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    run = train(drawn(), settings(), name="bars", checkpoint=path, resume=True)
    next(run)
    with pytest.raises(MachineError, match=r"No space left.*MB of disk.*Free some space"):
        run.close()
    assert path.read_bytes() == kept
    assert list(tmp_path.iterdir()) == [path]


def test_a_checkpoint_in_a_missing_folder_is_refused_in_words(tmp_path):
    with pytest.raises(MachineError, match="cannot be written"):
        stopped(tmp_path / "missing" / "run.checkpoint")


def resume(path: Path, images: ImageSet | None = None, **changes) -> None:
    list(train(images or drawn(), settings(**changes), name="bars", checkpoint=path, resume=True))


@pytest.mark.parametrize("at", [0, 4, 20, 200, -50])
def test_a_damaged_checkpoint_is_refused_in_words(at, tmp_path):
    path = tmp_path / "run.checkpoint"
    content = bytearray(stopped(path))
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(TrainingError, match=r"run\.checkpoint is damaged"):
        resume(path)


@pytest.mark.parametrize("n_bytes", [0, 5, 40, 1_000])
def test_a_cut_checkpoint_is_refused_in_words(n_bytes, tmp_path):
    path = tmp_path / "run.checkpoint"
    path.write_bytes(stopped(path)[:n_bytes])
    with pytest.raises(TrainingError, match="is damaged"):
        resume(path)


def test_a_missing_checkpoint_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"There is no checkpoint at .*gone"):
        resume(tmp_path / "gone")


def test_a_checkpoint_of_other_settings_says_which(tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped(path, beta=2.0)
    with pytest.raises(
        TrainingError, match=r"settings: beta 2\.0 \(now 1\.0\), epochs 3 \(now 4\)"
    ):
        resume(path, epochs=4)


def test_a_checkpoint_of_other_images_is_refused(tmp_path):
    path = tmp_path / "run.checkpoint"
    stopped(path)
    with pytest.raises(TrainingError, match='made on other images than "bars" now holds'):
        resume(path, drawn(seed=1))
    other_split = drawn()
    other_split.is_test[:] = ~other_split.is_test
    with pytest.raises(TrainingError, match="made on other images"):
        resume(path, other_split)


def test_resuming_without_a_checkpoint_is_a_fault_of_the_caller():
    with pytest.raises(ValueError, match="name the checkpoint"):
        next(train(drawn(), settings(), name="bars", resume=True))
