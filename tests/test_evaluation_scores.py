"""Scoring a bundle from end to end, on small sets and networks with random weights."""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.bundle import Codes, DataFacts, ModelBundle
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.data.faces import faces
from explorer.data.imageset import ImageSet, draw_rows
from explorer.data.shapes import shapes
from explorer.errors import ConfigError, DataError, ShapeError
from explorer.evaluation import MEASURES, Scores, score
from explorer.evaluation.reading import binarized
from explorer.models.architecture import spec_of
from explorer.models.vae import VAE
from tests.languages import unmarked

OF_A_POSTERIOR = {
    "elbo_nats",
    "elbo_bits_per_dim",
    "log_likelihood_nats",
    "kl_nats",
    "nll_nats",
    "nll_stderr",
    "nll_samples",
    "nll_n_images",
    "aggregate_kl_nats",
}
OF_FACTORS = {"mig", "dci", "dci_completeness", "dci_informativeness"}


def bundle_for(images: ImageSet, **changes: Any) -> ModelBundle:
    """A bundle that was never trained."""
    settings: dict[str, Any] = {"arch": "mlp", "hidden": (8,), "latent_dim": 3}
    config = TrainConfig(data=images.name, **(settings | changes))
    d = config.latent_dim
    return ModelBundle(
        name="untrained",
        model=spec_of(config, images.image_shape),
        config=config,
        data=DataFacts(name=images.name, image_shape=images.image_shape, n_train=1, n_test=1),
        scores={},
        weights=VAE.untrained(config, images.image_shape).weights(),
        codes=Codes(
            mu=np.zeros((1, d)), logvar=np.zeros((1, d)), ids=np.arange(1), error=np.zeros(1)
        ),
    )


def few_digits(n: int = 120) -> ImageSet:
    whole = digits()
    return whole.subset(draw_rows(whole.is_test, n))


def few_shapes(n: int = 200) -> ImageSet:
    """Shapes with a third of them for testing, so that known factors can be looked for."""
    images = shapes(n, size=8)
    return replace(images, is_test=np.arange(n) % 3 == 0)


def scores_of(images: ImageSet, **changes: Any) -> Scores:
    return score(bundle_for(images, **changes), images, nll_samples=5)


def everything_is_accounted_for(scores: Scores) -> bool:
    told = (
        set(scores.values) | set(scores.left_out) | ({"factor_r2"} if scores.factor_r2 else set())
    )
    return (
        set(MEASURES) <= told
        and not set(scores.values) & set(scores.left_out)
        and all(math.isfinite(value) for value in scores.values.values())
    )


@pytest.fixture(scope="module")
def of_digits() -> Scores:
    return scores_of(few_digits(), likelihood="gaussian-learned")


@pytest.fixture(scope="module")
def of_shapes() -> Scores:
    return scores_of(few_shapes(), likelihood="gaussian")


def test_digits_have_all_but_what_needs_factors(of_digits):
    assert everything_is_accounted_for(of_digits)
    assert set(of_digits.left_out) == OF_FACTORS | {"factor_r2"}
    assert of_digits.left_out["mig"] == 'The factors behind the images of "digits" are not known.'
    assert of_digits.n_images == 12
    assert len(of_digits.kl_per_coordinate_nats) == len(of_digits.activity_per_coordinate) == 3
    assert sum(of_digits.kl_per_coordinate_nats) == pytest.approx(of_digits.values["kl_nats"])


def test_shapes_have_factors_too(of_shapes):
    assert everything_is_accounted_for(of_shapes)
    assert not of_shapes.left_out
    assert list(of_shapes.factor_r2) == list(few_shapes().factor_names)


def test_colour_faces_can_be_scored():
    images = replace(faces(60), is_test=np.arange(60) % 3 == 0)
    scores = scores_of(
        images, arch="conv", width=2, likelihood="gaussian-learned", sigma_scope="pixel"
    )
    assert everything_is_accounted_for(scores)
    assert set(scores.left_out) == {"knn_accuracy"}
    assert scores.left_out["knn_accuracy"] == 'The images of "faces" have no labels.'


def test_measures_agree_with_each_other(of_digits):
    values = of_digits.values
    assert values["psnr_db"] == pytest.approx(-10 * math.log10(values["mse"]))
    assert values["elbo_nats"] == pytest.approx(values["log_likelihood_nats"] - values["kl_nats"])
    assert values["elbo_bits_per_dim"] == pytest.approx(-values["elbo_nats"] / (64 * math.log(2)))
    assert values["nll_n_images"] == 12


def test_scores_become_json_without_those_that_do_not_apply(of_digits, of_shapes):
    plain = json.loads(json.dumps(of_digits.to_json(), allow_nan=False))
    assert plain["n_images"] == 12
    assert "mig" not in plain["scores"]
    assert "factor_r2" not in plain["scores"]
    assert plain["scores"]["mse"] == of_digits.values["mse"]
    plain = json.loads(json.dumps(of_shapes.to_json(), allow_nan=False))
    assert plain["scores"]["factor_r2"] == of_shapes.factor_r2


def test_same_seed_same_scores_and_another_seed_other_draws(of_digits):
    again = scores_of(few_digits(), likelihood="gaussian-learned")
    other = score(
        bundle_for(few_digits(), likelihood="gaussian-learned"), few_digits(), nll_samples=5, seed=1
    )
    assert again == of_digits
    assert other.values["mse"] == of_digits.values["mse"]
    assert other.values["elbo_nats"] != of_digits.values["elbo_nats"]


def test_grey_pixels_have_a_pseudo_likelihood_and_no_nll():
    scores = scores_of(few_digits(), likelihood="bernoulli")
    assert everything_is_accounted_for(scores)
    assert "elbo_nats" in scores.values
    assert "only a pseudo-likelihood" in scores.left_out["nll_nats"]


def test_a_model_of_binarised_images_is_scored_on_such():
    scores = scores_of(few_digits(), likelihood="bernoulli", binarize="random")
    grey = scores_of(few_digits(), likelihood="bernoulli")
    assert scores.values["nll_nats"] > 0
    assert scores.values["mse"] > grey.values["mse"]  # nothing foretells each single draw


def test_binarised_pixels_are_black_or_white_as_often_as_they_are_bright():
    pixels = np.full((3000, 1, 8, 8), 64, dtype=np.uint8)
    pixels[:, 0, 0, :2] = (0, 255)
    images = ImageSet(name="grey", pixels=pixels, is_test=np.arange(3000) < 10)
    drawn = binarized(images, seed=0).pixels
    assert set(np.unique(drawn)) == {0, 255}
    assert not drawn[:, 0, 0, 0].any()
    assert (drawn[:, 0, 0, 1] == 255).all()
    assert (drawn[:, 0, 1:] == 255).mean() == pytest.approx(64 / 255, abs=0.005)
    np.testing.assert_array_equal(drawn, binarized(images, seed=0).pixels)


def test_an_autoencoder_has_no_measure_that_needs_a_posterior():
    scores = scores_of(few_shapes(), kind="ae", likelihood="gaussian")
    assert everything_is_accounted_for(scores)
    assert set(scores.left_out) == OF_A_POSTERIOR
    assert "a point of its latent space, not a posterior" in scores.left_out["elbo_nats"]
    assert scores.kl_per_coordinate_nats == ()
    assert len(scores.activity_per_coordinate) == 3


def test_an_adversarial_autoencoder_lacks_the_same():
    scores = scores_of(few_digits(), kind="aae", likelihood="gaussian")
    assert everything_is_accounted_for(scores)
    assert set(scores.left_out) == OF_A_POSTERIOR | OF_FACTORS | {"factor_r2"}
    assert "prior_share" in scores.values


def test_a_model_without_an_encoder_is_scored_by_samples_and_found_codes():
    images = few_shapes()
    scores = scores_of(images, kind="gan")
    assert everything_is_accounted_for(scores)
    assert set(scores.values) == {
        *("mse", "psnr_db", "ssim", "sharpness_x_hat", "n_searched"),
        *("density", "coverage", "sharpness", "diversity"),
    }
    assert scores.left_out["knn_accuracy"] == (
        "This model has no encoder, so images have no codes of their own."
    )
    assert scores.values["n_searched"] == scores.n_images == len(images.test_index)
    assert scores.activity_per_coordinate == scores.kl_per_coordinate_nats == ()


def test_reasons_why_scores_are_missing_are_in_the_language_in_use(marks):
    images = few_digits(20)
    for kind, n_test in (("gan", 4), ("ae", 4), ("vae", 1)):
        scores = scores_of(replace(images, is_test=np.arange(20) < n_test), kind=kind)
        assert scores.left_out
        assert not any(map(unmarked, scores.left_out.values())), scores.left_out


def test_one_test_image_is_searched_for_too():
    images = few_digits(20)
    scores = scores_of(replace(images, is_test=np.arange(20) == 3), kind="wgan-gp")
    assert everything_is_accounted_for(scores)
    assert scores.values["n_searched"] == 1
    assert "at least 2 test images" in scores.left_out["diversity"]


def test_one_picture_drawn_again_and_again_has_no_diversity():
    images = few_digits()
    bundle = bundle_for(images, likelihood="gaussian")
    flat = {
        name: array * 0 if name.startswith("decoder") else array
        for name, array in bundle.weights.items()
    }
    scores = score(replace(bundle, weights=flat), images, nll_samples=2)
    assert scores.values["diversity"] == scores.values["sharpness"] == 0
    assert scores.values["sharpness_x_hat"] == 0


def test_draws_that_are_the_test_images_are_as_sharp_and_as_diverse(monkeypatch):
    images = few_digits()
    x = images.images(images.test_index)
    decoded = "explorer.evaluation.groups.decode"
    monkeypatch.setattr(decoded, lambda vae, z, report=None: x[: len(z)])
    scores = scores_of(images, likelihood="gaussian")
    assert scores.values["sharpness"] == scores.values["diversity"] == 1
    assert scores.values["sharpness_x_hat"] == 1


def test_nll_can_be_of_fewer_images_or_of_all():
    images = few_digits()
    bundle = bundle_for(images, likelihood="gaussian")
    few, every = (
        score(bundle, images, nll_samples=2, nll_images=n).values["nll_n_images"] for n in (5, 0)
    )
    assert (few, every) == (5, 12)


def test_a_single_test_image_is_scored_as_far_as_it_goes():
    images = few_digits(20)
    images = replace(images, is_test=np.arange(20) == 3)
    scores = scores_of(images, likelihood="gaussian")
    assert everything_is_accounted_for(scores)
    assert {"nll_stderr", "prior_share", "coverage"} <= set(scores.left_out)


def test_one_known_factor_that_varies_has_mig_but_no_dci():
    images = few_shapes()
    factors = images.factors
    assert factors is not None
    factors = factors.copy()
    factors[:, 1:] = 0.5
    scores = scores_of(replace(images, factors=factors))
    assert everything_is_accounted_for(scores)
    assert list(scores.factor_r2) == ["shape"]
    assert "mig" in scores.values
    assert "Only one factor varies" in scores.left_out["dci"]
    assert scores.left_out["factor_r2: scale"] == 'The factor "scale" has one value throughout.'


def test_too_few_test_images_say_nothing_about_factors():
    scores = scores_of(few_shapes(30))
    assert everything_is_accounted_for(scores)
    assert scores.left_out["mig"] == "It takes at least 20 test images, and there are 10."


def test_progress_only_rises_and_ends_at_the_whole():
    told: list[tuple[float, str]] = []
    images = few_digits()
    score(
        bundle_for(images, likelihood="gaussian"),
        images,
        nll_samples=2,
        report=lambda share, words: told.append((share, words)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1] == (1.0, "scored")
    assert "weighing test images, 0 of 12" in [words for _, words in told]


def test_calls_that_cannot_work_say_what_would_work():
    images = few_digits(20)
    bundle = bundle_for(images)
    with pytest.raises(ShapeError) as refused:
        score(bundle, few_shapes_of_16())
    assert refused.value.so == (
        'The bundle "untrained" reads 8×8 grey images, but "shapes" holds 16×16 grey ones.'
    )
    assert refused.value.do == (
        "Bring the images to that shape, or choose a bundle made for 16×16 grey."
    )
    with pytest.raises(
        ConfigError, match=r"nll_samples is 0\. .* at least 1 sample of z\. Choose 1"
    ):
        score(bundle, images, nll_samples=0)
    with pytest.raises(ConfigError, match=r"nll_images is -1\..*or 0 to use all"):
        score(bundle, images, nll_images=-1)
    with pytest.raises(ConfigError, match="The seed is -3"):
        score(bundle, images, seed=-3)
    with pytest.raises(
        DataError, match='None of the 20 images of "digits" is held out for testing'
    ):
        score(bundle, replace(images, is_test=np.zeros(20, dtype=bool)))


def few_shapes_of_16() -> ImageSet:
    return shapes(4, size=16)


def test_a_network_whose_training_went_astray_is_refused():
    images = few_digits(20)
    bundle = bundle_for(images, likelihood="gaussian")
    for part in ("encoder", "decoder"):
        astray = {
            name: array * np.nan if name.startswith(part) else array
            for name, array in bundle.weights.items()
        }
        with pytest.raises(DataError, match=r"answers 2 of 2 images with values .* not finite\."):
            score(replace(bundle, weights=astray), images, nll_samples=2)
