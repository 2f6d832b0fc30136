from dataclasses import replace

import pytest

from explorer import store
from explorer.bundle import BundleSummary, read_summary
from explorer.comparing import (
    MOST,
    Standing,
    compare_scores,
    first_choice,
    of_one_shape,
    standings,
)
from explorer.config import TrainConfig
from explorer.models.architecture import spec_of
from tests.conftest import fresh_bundle


def model(name: str, *, scores=None, shape=(1, 28, 28), **settings) -> BundleSummary:
    bundle = fresh_bundle(name)
    config = TrainConfig(**({"data": "mnist"} | settings))
    return BundleSummary(
        name=name,
        model=spec_of(config, shape),
        config=config,
        data=replace(bundle.data, image_shape=shape),
        scores=scores or {},
        factor_r2={},
        slider_names={},
        command="",
        folder=None,  # type: ignore[arg-type]
    )


def compared(key: str, *models):
    return next(row for row in compare_scores(models) if row.key == key)


def names(models) -> list[str]:
    return [model.name for model in models]


def test_lower_errors_and_higher_qualities_are_the_better():
    one = model("a", scores={"mse": 0.01, "psnr_db": 20.0})
    other = model("b", scores={"mse": 0.02, "psnr_db": 17.0})
    assert compared("mse", one, other).best == (0,)
    assert compared("psnr_db", other, one).best == (1,)


@pytest.mark.parametrize("key", ["density", "diversity", "sharpness", "sharpness_x_hat"])
def test_where_closeness_to_real_images_decides_no_model_is_marked(key):
    """A density of 1.5 is crowding, and torn edges count as sharp."""
    rows = [model(n, scores={key: v}) for n, v in (("a", 0.6), ("b", 0.994), ("c", 1.524))]
    assert compared(key, *rows).best == ()
    assert compared(key, *rows).caution == "real"


def test_values_that_are_shown_alike_are_marked_alike():
    rows = [model(n, scores={"ssim": v}) for n, v in (("a", 0.8801), ("b", 0.8803), ("c", 0.5))]
    assert compared("ssim", *rows).best == (0, 1)
    assert compared("ssim", *rows[:2]).best == ()


def test_a_value_that_nobody_else_has_is_not_better():
    row = compared("ssim", model("a", scores={"ssim": 0.9}), model("b"))
    assert row.values == (0.9, None)
    assert row.best == ()
    assert row.caution is None


@pytest.mark.parametrize(
    ("key", "changed", "caution"),
    [
        ("mse", {"data": "fashion-mnist"}, "data"),
        ("mse", {"n_images": 500}, "data"),
        ("elbo_nats", {"likelihood": "gaussian"}, "likelihood"),
        ("nll_nats", {"binarize": "random"}, "binarize"),
        ("mse", {"binarize": "random"}, "binarize"),
        ("sharpness_x_hat", {"binarize": "random"}, "binarize"),
        ("knn_accuracy", {"binarize": "random"}, "binarize"),
        ("mig", {"binarize": "random"}, "binarize"),
        ("prior_share", {"latent_dim": 4}, "latent_dim"),
        ("mse", {"kind": "gan"}, "encoder"),
        ("sharpness_x_hat", {"kind": "gan"}, "encoder"),
        ("kl_nats", {}, "neither"),
        ("active_units", {}, "neither"),
    ],
)
def test_what_does_not_compare_says_why_and_marks_nothing(key, changed, caution):
    row = compared(key, model("a", scores={key: 1.0}), model("b", scores={key: 2.0}, **changed))
    assert row.caution == caution
    assert row.best == ()


def test_samples_compare_whether_or_not_a_model_reads_binarised_images():
    scores = ({"coverage": 0.9, "density": 0.9}, {"coverage": 0.5, "density": 0.5})
    models = model("a", scores=scores[0]), model("b", scores=scores[1], binarize="random")
    assert compared("coverage", *models).caution is None
    assert compared("coverage", *models).best == (0,)
    assert compared("density", *models).caution == "real"


def test_among_models_with_an_encoder_one_is_better_whatever_a_generator_does():
    models = [
        model("a", scores={"mse": 0.02}),
        model("b", scores={"mse": 0.03}, kind="ae"),
        model("g", scores={"mse": 0.01}, kind="gan"),
    ]
    row = compared("mse", *models)
    assert row.caution == "encoder"
    assert row.best == (0,)


def test_densities_of_greys_compare_whatever_their_spread():
    one = model("a", scores={"elbo_nats": 5.0}, likelihood="gaussian", sigma=0.2)
    other = model("b", scores={"elbo_nats": 9.0}, likelihood="gaussian-learned")
    assert compared("elbo_nats", one, other).best == (1,)


def test_likelihoods_within_their_error_are_too_close_to_call():
    one = model("a", scores={"nll_nats": 90.0, "nll_stderr": 1.0})
    near = model("b", scores={"nll_nats": 91.0, "nll_stderr": 1.0})
    far = model("c", scores={"nll_nats": 99.0, "nll_stderr": 1.0})
    assert compared("nll_nats", one, near).caution == "close"
    assert compared("nll_nats", one, far).best == (0,)


def test_unknown_measures_and_errors_of_others_have_no_line():
    scores = {"nll_nats": 9.0, "nll_stderr": 1.0, "sparkle": 3.0}
    assert [row.key for row in compare_scores([model("a", scores=scores)])] == ["nll_nats"]


def test_models_go_together_by_the_shape_of_their_pictures():
    groups = of_one_shape([model("a"), model("b", shape=(3, 64, 64)), model("c")])
    assert names(groups[1, 28, 28]) == ["a", "c"]
    assert names(groups[3, 64, 64]) == ["b"]


def test_the_first_choice_has_many_kinds_of_the_same_pictures():
    listed = [
        model("f", data="fashion-mnist"),
        model("v1"),
        model("v2"),
        model("v3"),
        model("g", kind="gan"),
        model("a", kind="ae"),
        model("e", data="elsewhere"),
    ]
    assert names(first_choice(listed)) == ["v1", "v2", "g", "a"]
    assert len(first_choice(listed)) == MOST


def test_without_common_pictures_one_shape_is_enough():
    listed = [model("a"), model("b", data="fashion-mnist"), model("c", shape=(3, 64, 64))]
    assert names(first_choice(listed)) == ["a", "b"]
    assert names(first_choice(listed[1:])) == ["b"]
    assert first_choice([]) == []


def test_models_of_one_kind_differ_by_scores_that_compare_and_else_by_the_size_of_their_code():
    small, large = (
        read_summary(store.pretrained_folder() / name) for name in ("mnist-2d", "mnist-50")
    )
    shares = small.scores["coverage"], large.scores["coverage"]
    # Their errors do not compare: one reads images made black and white at random.
    covers, size = Standing("coverage", *shares), Standing("smaller", 2.0, 50.0)
    assert standings([small, large], 0) == (covers, size)
    covers, size = Standing("coverage", *shares[::-1]), Standing("larger", 50.0, 2.0)
    assert standings([small, large], 1) == (size, covers)


def test_a_model_beside_itself_is_neither_better_nor_worse():
    model = read_summary(store.pretrained_folder() / "mnist-2d")
    assert standings([model, model], 0) == (None, None)
