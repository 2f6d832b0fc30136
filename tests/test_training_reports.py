"""What training reports, and the bundle that it yields."""

import numpy as np
import pytest
import torch

from explorer.data.imageset import ImageSet
from explorer.errors import TrainingError
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from explorer.training import train
from explorer.training.pixels import Pixels
from tests.training_runs import bundle_of, drawn, same_weights, settings

pytestmark = pytest.mark.usefixtures("one_thread")


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


def test_both_parts_of_many_own_images_are_evenly_chosen():
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
