import numpy as np
import pytest

from explorer.errors import DataError, ShapeError
from explorer.latent.holes import HOLE_BELOW, cover, judge_samples

RNG = np.random.default_rng(0)
PLANE = np.eye(2)
ORIGIN = np.zeros(2)
STEPS = np.linspace(-3, 3, 61)
RADIUS = np.hypot(*np.meshgrid(STEPS, STEPS))
CENTRES = RNG.standard_normal((10, 16))


def test_codes_drawn_from_the_prior_cover_the_plane_evenly():
    found = cover(RNG.standard_normal((2_000, 2)), None, ORIGIN, PLANE)
    np.testing.assert_allclose(found.ratio[RADIUS < 1.5], 1, atol=0.35)
    assert (found.ratio[RADIUS < 2] > HOLE_BELOW).all()


def test_posteriors_that_are_the_prior_cover_it_exactly():
    found = cover(np.zeros((5, 2)), np.ones((5, 2)), ORIGIN, PLANE)
    np.testing.assert_allclose(found.ratio, 1)


def test_a_hole_that_was_cut_is_found_where_it_was_cut():
    mu = RNG.standard_normal((40_000, 2))
    cut = np.array([0.8, -0.6])
    found = cover(mu[np.linalg.norm(mu - cut, axis=1) > 1], None, ORIGIN, PLANE)
    assert found.ratio[30 - 6, 30 + 8] < HOLE_BELOW  # row by height: 0.8 to the right, 0.6 down
    assert found.ratio[30 + 6, 30 - 8] > 0.7


def test_a_plane_has_its_own_origin():
    mean, axes = np.array([2.0, 0, 1.0]), np.array([[1.0, 0, 0], [0, 0, 1.0]])
    found = cover(RNG.standard_normal((2_000, 3)), None, mean, axes)
    np.testing.assert_allclose(found.centre, [-2, -1])
    np.testing.assert_allclose(found.ratio[RADIUS < 1], 1, atol=0.4)


def test_narrow_posteriors_turn_with_the_plane():
    turned = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    found = cover(np.zeros((50, 2)), np.tile([1.0, 0.0], (50, 1)), ORIGIN, turned)
    # Wide along the first coordinate, which runs from upper left to lower right on this plane.
    assert found.ratio[15, 45] > 10 * found.ratio[45, 45]
    assert found.ratio[15, 45] == pytest.approx(found.ratio[45, 15])


def test_a_single_coordinate_is_a_line_on_the_plane():
    found = cover(RNG.standard_normal((2_000, 1)), None, np.zeros(1), np.eye(1))
    np.testing.assert_allclose(found.ratio[30, 20:41], 1, atol=0.35)


def test_many_codes_are_thinned():
    found = cover(RNG.standard_normal((5_000, 2)), None, ORIGIN, PLANE)
    assert found.blur == pytest.approx(2_000 ** (-1 / 6))


@pytest.mark.parametrize("d", [1, 2, 8, 30])
def test_draws_fall_into_no_holes_where_codes_follow_the_prior(d):
    found = judge_samples(RNG.standard_normal((2_000, d)), None, n_samples=400, seed=0)
    assert found.hole_share < 0.02
    assert np.median(found.ratio) == pytest.approx(1, abs=0.3)


def test_draws_between_tight_clusters_fell_into_holes():
    near = CENTRES[RNG.integers(0, 10, 2_000)]
    clustered = near + 0.3 * RNG.standard_normal(near.shape)
    found = judge_samples(clustered, None, n_samples=400, seed=0)
    assert found.hole_share > 0.3
    assert found.ratio[found.deepest] == found.ratio.min() < 0.05
    # The same clusters, but each code spread as wide as the prior: nothing is left bare.
    spread = judge_samples(0.1 * near, np.full(near.shape, 0.98), n_samples=400, seed=0)
    assert spread.hole_share < 0.02


def test_the_ratio_of_a_narrow_normal_is_what_the_formula_says():
    found = judge_samples(0.5 * RNG.standard_normal((2_000, 2)), None, n_samples=400, seed=1)
    exact = 4 * np.exp(-1.5 * np.square(found.z).sum(axis=1))  # N(0, 1/4) over N(0, 1)
    clear = exact > 0.05
    np.testing.assert_allclose(np.log(found.ratio / exact)[clear].mean(), 0, atol=0.25)
    assert np.corrcoef(np.log(found.ratio)[clear], np.log(exact)[clear])[0, 1] > 0.8


def test_the_same_seed_gives_all_models_the_same_draws():
    one, other = (
        judge_samples(RNG.normal(size=(50, 3)), None, n_samples=9, seed=4) for _ in range(2)
    )
    np.testing.assert_array_equal(one.z, other.z)


def test_silent_coordinates_do_not_count():
    mu = RNG.standard_normal((500, 3))
    mu[:, 2] = 0
    whole = judge_samples(mu, None, n_samples=200, seed=0)
    active = judge_samples(mu, None, n_samples=200, seed=0, active=np.array([0, 1]))
    assert whole.hole_share > active.hole_share


def test_a_handful_of_codes_is_enough_to_say_something():
    found = judge_samples(np.zeros((1, 2)), None, n_samples=5, seed=0)
    assert np.isfinite(found.ratio).all()


@pytest.mark.parametrize(
    ("mean", "axes"), [(np.zeros(3), np.eye(2)), (ORIGIN, np.eye(3)), (ORIGIN, np.eye(2)[:, :1])]
)
def test_a_plane_that_does_not_fit_is_refused_in_words(mean, axes):
    with pytest.raises(ShapeError, match="a plane in d dimensions"):
        cover(np.zeros((4, 2)), None, mean, axes)


def test_codes_and_variances_must_fit():
    with pytest.raises(ShapeError, match="Codes and variances"):
        judge_samples(np.zeros((4, 2)), np.ones((4, 3)), n_samples=5, seed=0)
    with pytest.raises(DataError):
        cover(np.full((3, 2), np.nan), None, ORIGIN, PLANE)
