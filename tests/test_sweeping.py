"""Which size of the code to choose, decided on trials made by hand."""

import dataclasses

import pytest

from explorer.bundle import read_summary, write_bundle
from explorer.config import TrainConfig
from explorer.errors import ConfigError
from explorer.sweeping import (
    Trial,
    comparable,
    grid,
    reasons,
    recommend,
    sensible_dims,
    trial_name,
    usual_dims,
    varied,
)

BASE = TrainConfig(data="digits")


def trials(*points: tuple[int, float, int]) -> list[Trial]:
    """Trials by size, ELBO and active units."""
    return [
        Trial(latent_dim=d, bundle=f"x-d{d}", elbo_nats=elbo, mse=0.1 / d, active_units=active)
        for d, elbo, active in points
    ]


def chosen(*points: tuple[int, float, int]) -> int:
    found = recommend(trials(*points))
    assert found is not None
    return found.trial.latent_dim


# The grid.


def test_the_grid_has_a_run_for_each_size_and_each_beta_small_codes_first():
    configs = grid(BASE, [8, 2, 8], [4.0, 1.0])
    assert [(c.latent_dim, c.beta, c.kind) for c in configs] == [
        (2, 1.0, "vae"),
        (2, 4.0, "beta-vae"),
        (8, 1.0, "vae"),
        (8, 4.0, "beta-vae"),
    ]


def test_without_betas_the_grid_keeps_that_of_the_settings():
    config = dataclasses.replace(BASE, kind="beta-tcvae", beta=6.0, seed=3)
    (only,) = grid(config, [5])
    assert only == dataclasses.replace(config, latent_dim=5)


def test_total_correlation_with_a_beta_of_one_is_a_plain_vae():
    config = dataclasses.replace(BASE, kind="beta-tcvae", beta=6.0)
    assert [c.kind for c in grid(config, [5], [1.0, 6.0])] == ["vae", "beta-tcvae"]


def test_an_autoencoder_has_no_beta_to_try():
    config = dataclasses.replace(BASE, kind="ae")
    assert [c.kind for c in grid(config, [2, 4])] == ["ae", "ae"]
    with pytest.raises(ConfigError, match="beta is 4"):
        grid(config, [2, 4], [4.0])


@pytest.mark.parametrize("kind", ["gan", "wgan-gp"])
def test_a_kind_without_an_encoder_cannot_be_swept(kind):
    with pytest.raises(ConfigError, match=f"kind is {kind}, which has no encoder"):
        grid(dataclasses.replace(BASE, kind=kind), [2, 4])


@pytest.mark.parametrize("kind", ["vae-gan", "vae-critic", "soft-intro-vae", "aae"])
def test_an_adversarial_kind_with_an_encoder_keeps_its_kind_in_a_sweep(kind):
    config = dataclasses.replace(BASE, kind=kind)
    assert [(c.kind, c.latent_dim) for c in grid(config, [2, 4])] == [(kind, 2), (kind, 4)]


def test_beta_weighs_the_kl_of_a_vae_gan_without_making_it_another_kind():
    config = dataclasses.replace(BASE, kind="vae-gan")
    assert [(c.kind, c.beta) for c in grid(config, [2], [1.0, 4.0])] == [
        ("vae-gan", 1.0),
        ("vae-gan", 4.0),
    ]


@pytest.mark.parametrize(("dims", "betas"), [((), ()), (range(1, 62), ()), (range(1, 32), (1, 2))])
def test_a_grid_of_no_or_too_many_trials_is_refused(dims, betas):
    with pytest.raises(ConfigError, match="It takes 1 to 60"):
        grid(BASE, dims, betas)


def test_a_size_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="latent_dim is 0"):
        grid(BASE, [0, 2])


@pytest.mark.parametrize(
    ("shape", "most"), [((1, 2, 2), 2), ((1, 8, 8), 32), ((1, 28, 28), 128), ((3, 64, 64), 128)]
)
def test_sizes_worth_trying_are_far_fewer_than_pixel_values(shape, most):
    assert sensible_dims(shape)[-1] == most
    assert set(usual_dims(shape)) <= {2, 4, 8, 16, 32}


def test_names_differ_by_size_and_beta():
    names = [trial_name("x", c, with_beta=True) for c in grid(BASE, [2, 8], [0.5, 1.0])]
    assert names == ["x-d2-beta0.5", "x-d2-beta1", "x-d8-beta0.5", "x-d8-beta1"]
    assert trial_name("x", BASE, with_beta=False) == "x-d16"


# Scores.


def test_a_trial_is_read_from_the_scores_of_a_bundle(tiny, tmp_path):
    scores = {"elbo_nats": -20.0, "log_likelihood_nats": -15.0, "kl_nats": 5.0, "active_units": 1.0}
    write_bundle(dataclasses.replace(tiny, scores=scores), tmp_path / "mine")
    trial = Trial.of(read_summary(tmp_path / "mine"))
    assert trial.bundle == "mine"
    assert trial.latent_dim == 2
    assert trial.distortion_nats == 15.0
    assert (trial.kl_nats, trial.elbo_nats) == (5.0, -20.0)
    assert trial.mse is None
    assert trial.has_silent


# The choice.


def test_the_smallest_code_about_as_good_as_the_best_is_chosen():
    assert chosen((2, -140, 2), (4, -120, 4), (8, -100.4, 8), (16, -100, 11), (32, -101, 11)) == 8


def test_a_code_that_gains_more_than_the_tolerance_is_worth_its_size():
    assert chosen((2, -140, 2), (8, -102, 8), (16, -100, 16)) == 16


def test_the_tolerance_is_a_share_of_the_gain_and_at_least_half_a_nat():
    wide, narrow = recommend(trials((2, 0, 2), (4, 1000, 4))), recommend(trials((2, 0, 2)))
    assert wide is not None
    assert narrow is not None
    assert (wide.tolerance, narrow.tolerance) == (20.0, 0.5)


@pytest.mark.parametrize("order", [1, -1])
def test_of_equals_the_smallest_is_chosen_in_any_order(order):
    equal = trials((4, -10, 4), (8, -10, 4), (2, -10, 2))[::order]
    found = recommend(equal)
    assert found is not None
    assert found.trial.latent_dim == found.best.latent_dim == 2


def test_a_single_trial_is_chosen_for_want_of_others():
    found = recommend(trials((8, -10, 8)))
    assert found is not None
    assert reasons(found) == ["It is the only model scored so far."]


def test_nothing_is_chosen_without_trials_or_without_scores():
    assert recommend([]) is None
    assert recommend([Trial(latent_dim=2)]) is None


def test_a_trial_without_a_score_is_passed_over():
    found = recommend([Trial(latent_dim=2, bundle="x"), *trials((4, -10, 4), (8, -5, 8))])
    assert found is not None
    assert (found.trial.latent_dim, found.n_trials) == (8, 2)


def test_autoencoders_are_compared_by_their_error_and_that_is_said():
    found = recommend(
        [Trial(latent_dim=d, mse=mse) for d, mse in [(2, 0.05), (8, 0.0104), (16, 0.01)]]
    )
    assert found is not None
    assert (found.trial.latent_dim, found.measure) == (8, "mse")
    first, note = reasons(found)
    assert "0.01040" in first
    assert "no ELBO" in note


def test_of_several_betas_at_the_chosen_size_the_best_is_chosen():
    both = [
        dataclasses.replace(trial, beta=beta, elbo_nats=elbo)
        for trial, beta, elbo in zip(
            trials((4, 0, 4), (4, 0, 4), (8, 0, 8), (8, 0, 8)),
            [1.0, 4.0, 1.0, 4.0],
            [-100.4, -130, -100.0, -131],
            strict=True,
        )
    ]
    found = recommend(both)
    assert found is not None
    assert (found.trial.latent_dim, found.trial.beta) == (4, 1.0)


def of_beta(*points: tuple[float, float, int]) -> list[Trial]:
    """Trials of one size by beta, ELBO and active units."""
    return [
        Trial(latent_dim=8, beta=beta, bundle=f"x-beta{beta:g}", elbo_nats=elbo, active_units=n)
        for beta, elbo, n in points
    ]


def test_the_varied_settings_are_found_by_comparing():
    assert varied(grid(BASE, [8])) == "size"
    assert varied(grid(BASE, [2, 8])) == "size"
    assert varied(grid(BASE, [8], [1.0, 4.0])) == "beta"
    assert varied(grid(BASE, [2, 8], [1.0, 4.0])) == "both"


def test_where_only_beta_was_varied_the_largest_about_as_good_is_chosen():
    found = recommend(of_beta((0.5, -110, 8), (1, -100, 8), (2, -100.3, 7), (4, -130, 3)))
    assert found is not None
    assert (found.varied, found.trial.beta, found.best.beta) == ("beta", 2, 1)
    first, note = reasons(found)
    assert "largest β whose ELBO" in first
    assert "-100.0 nats with β = 1" in first
    assert "favours β near 1" in note
    assert "code" not in first


def test_a_sweep_over_beta_is_one_while_trials_of_it_are_missing():
    found = recommend(of_beta((4, -130, 3)), "beta")
    assert found is not None
    assert found.varied == "beta"
    assert not any("code" in sentence for sentence in reasons(found))


@pytest.mark.parametrize(
    ("elbos", "words"), [((-90, -100, -120), "smallest β tried"), ((-120, -100, -90), "largest β")]
)
def test_a_best_beta_at_the_end_of_the_range_suggests_trying_more(elbos, words):
    found = recommend(of_beta(*zip((0.5, 1, 2), elbos, (8, 8, 8), strict=True)))
    assert found is not None
    assert words in reasons(found)[1]


def test_where_both_were_varied_the_reason_names_the_size_and_the_beta_of_the_best():
    points = {(4, 1.0): -100.4, (4, 4.0): -130.0, (8, 1.0): -101.0, (8, 4.0): -100.0}
    found = recommend([Trial(latent_dim=d, beta=b, elbo_nats=e) for (d, b), e in points.items()])
    assert found is not None
    assert (found.varied, found.trial.latent_dim, found.trial.beta) == ("both", 4, 1.0)
    assert "8 dimensions and β = 4" in reasons(found)[0]


def test_at_most_four_are_compared_the_chosen_one_and_its_neighbours():
    line = trials(*((d, -d, d) for d in (2, 4, 8, 16, 32, 64)))
    assert [t.latent_dim for t in comparable(line, line[0])] == [2, 4, 8, 16]
    assert [t.latent_dim for t in comparable(line, line[5])] == [8, 16, 32, 64]
    assert line[2] in comparable(line, line[2])
    assert comparable(line[:2], line[1]) == line[:2]
    square = [Trial(latent_dim=d, beta=b) for d in (2, 4, 8) for b in (1.0, 2.0, 4.0)]
    found = [(t.latent_dim, t.beta) for t in comparable(square, square[0])]
    assert found[0] == (2, 1.0)
    assert {(2, 2.0), (4, 1.0)} <= set(found)


# The reason.


def test_silent_coordinates_are_pointed_out_from_where_they_begin():
    found = recommend(trials((2, -140, 2), (8, -100, 8), (16, -100.2, 9), (32, -100.3, 9)))
    assert found is not None
    first, note = reasons(found)
    assert "no smaller code comes within 0.8 nats" in first
    assert note.startswith("From 16 dimensions on, some are inactive (9 of 16 are active)")


def test_silent_coordinates_of_smaller_codes_say_nothing_against_a_larger_one():
    found = recommend(trials((4, -140, 3), (8, -120, 8), (16, -100, 16)))
    assert found is not None
    assert found.silent_from is None
    assert found.could_grow
    assert "larger one may do better" in reasons(found)[1]


def test_larger_codes_that_fall_behind_are_not_ruled_out():
    found = recommend(trials((2, -140, 2), (8, -100, 8), (16, -100.5, 11), (32, -110, 11)))
    assert found is not None
    assert found.larger_worse
    assert "trained too briefly" in reasons(found)[1]


def test_a_collapsed_model_is_not_recommended_without_a_warning():
    found = recommend(trials((2, -100, 0), (8, -100.1, 0)))
    assert found is not None
    assert "none of its dimensions carries anything" in reasons(found)[1]
    assert len(reasons(found)) == 2
