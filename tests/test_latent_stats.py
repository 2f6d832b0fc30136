import numpy as np
import pytest

from explorer.errors import DataError, ShapeError
from explorer.latent.stats import (
    active_dimensions,
    falling_dimensions,
    kl_per_dimension,
    kl_per_item,
    most_typical,
    name_dimensions,
    share_explained,
    spacing,
)


def posterior(n=50, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), rng.normal(-1, 1, size=(n, d))


def test_kl_is_zero_for_the_prior_and_positive_elsewhere():
    mu, logvar = posterior()
    assert kl_per_dimension(np.zeros((3, 2)), np.zeros((3, 2))) == pytest.approx([0, 0])
    assert (kl_per_dimension(mu, logvar) > 0).all()


def test_kl_agrees_with_sampling():
    mu, logvar = np.array([[0.7]]), np.array([[-1.2]])
    eps = np.random.default_rng(0).normal(size=400_000)
    z = mu[0, 0] + np.exp(logvar[0, 0] / 2) * eps
    log_ratio = 0.5 * (z**2 - eps**2 - logvar[0, 0])  # log q(z|x) - log p(z)
    error = log_ratio.std() / np.sqrt(len(eps))
    assert kl_per_dimension(mu, logvar)[0] == pytest.approx(log_ratio.mean(), abs=4 * error)


def test_kl_of_a_silent_float32_coordinate_does_not_turn_negative():
    mu = np.zeros((100, 1), dtype=np.float32)
    logvar = np.full((100, 1), 1e-5, dtype=np.float32)
    assert 0 <= kl_per_dimension(mu, logvar)[0] < 1e-9


def test_kl_adds_up_the_same_over_items_and_over_coordinates():
    mu, logvar = posterior()
    assert kl_per_item(mu, logvar).shape == (50,)
    assert kl_per_item(mu, logvar).mean() == pytest.approx(kl_per_dimension(mu, logvar).sum())


def test_active_dimensions_are_ordered_by_falling_kl():
    mu = np.array([[0.1, 0.0, 2.0], [-0.1, 0.0, -2.0]])
    logvar = np.array([[-1.0, 0.01, -4.0], [-1.0, 0.01, -4.0]])
    kl = kl_per_dimension(mu, logvar)
    assert kl[1] < 0.01
    assert active_dimensions(mu, logvar).tolist() == [2, 0]


def test_collapsed_posterior_has_no_active_coordinates():
    assert len(active_dimensions(np.zeros((5, 3)), np.zeros((5, 3)))) == 0


@pytest.mark.parametrize("n", [11, 200])
def test_spacing_is_the_distance_to_the_kth_nearest_other_code(n):
    mu, _ = posterior(n)
    pairs = np.linalg.norm(mu[:, None] - mu[None], axis=2)
    expected = np.sort(pairs, axis=1)[:, 10]  # the first is the distance to itself
    assert spacing(mu, k=10) == pytest.approx(expected, rel=1e-6)


def test_spacing_does_not_depend_on_how_the_work_is_split(monkeypatch):
    mu, _ = posterior(157)
    whole = spacing(mu)
    monkeypatch.setattr("explorer.latent.stats._CHUNK_BYTES", 157 * 8 * 10)
    assert spacing(mu) == pytest.approx(whole, rel=1e-6)


def test_spacing_ignores_silent_coordinates_and_a_shift_of_all_codes():
    mu, _ = posterior(60)
    noisy = np.column_stack([mu, 100 * posterior(60, 1, seed=1)[0]])
    assert spacing(noisy, active=np.arange(4)) == pytest.approx(spacing(mu))
    assert spacing(mu + 1e5) == pytest.approx(spacing(mu), rel=1e-4)


def test_spacing_with_few_codes_measures_to_the_farthest():
    assert spacing(np.array([[0.0], [1.0], [5.0]]), k=10).tolist() == [5, 4, 5]


@pytest.mark.parametrize(
    ("mu", "active"),
    [(np.ones((1, 3)), None), (np.ones((20, 3)), None), (posterior()[0], np.array([], dtype=int))],
    ids=["one code", "duplicates", "collapsed"],
)
def test_spacing_is_zero_where_nothing_is_apart(mu, active):
    assert not spacing(mu, active=active).any()


def test_each_kind_of_unusable_code_has_its_own_error():
    good = np.zeros((3, 2))
    with pytest.raises(ShapeError, match=r"shape \(3,\)"):
        spacing(np.zeros(3))
    with pytest.raises(ShapeError, match="n rows, one per item"):
        spacing(np.zeros((0, 2)))
    with pytest.raises(ShapeError, match="same items and coordinates"):
        kl_per_dimension(good, np.zeros((3, 1)))
    with pytest.raises(DataError, match="1 of 3 codes hold a value that is not finite, first in "):
        kl_per_dimension(np.array([[0, 0], [np.nan, 0], [0, 0]]), good)
    with pytest.raises(ShapeError, match="Neighbours count from 1"):
        spacing(good, k=0)
    with pytest.raises(ShapeError, match="Dimension 2 was asked for"):
        spacing(good, active=np.array([0, 2]))


def test_most_typical_is_low_in_all_measures_rather_than_lowest_in_one():
    assert most_typical(np.array([0, 1, 9, 5.0]), np.array([9, 2, 0, 5.0])) == 1
    assert most_typical(np.array([3.0])) == 0


def test_share_explained_is_the_squared_correlation_for_one_coordinate():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 1))
    y = np.column_stack([x[:, 0] + rng.normal(size=500), rng.normal(size=500), np.ones(500)])
    shares = share_explained(x, y)
    assert shares[0] == pytest.approx(np.corrcoef(x[:, 0], y[:, 0])[0, 1] ** 2)
    assert shares[1] < 0.02
    assert shares[2] == 0


def test_share_explained_is_whole_for_what_is_linear_in_the_points():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(50, 3))
    np.testing.assert_allclose(share_explained(x, x @ rng.normal(size=(3, 2)) + 4), 1)


def test_falling_coordinates_are_those_that_run_against_their_factor():
    rng = np.random.default_rng(3)
    factors = rng.uniform(size=(200, 2))
    mu = np.stack([5 - factors[:, 1], factors[:, 0]], axis=1) + rng.normal(size=(200, 2)) * 0.1
    assert falling_dimensions(mu, factors, {0: 1, 1: 0}) == [0]
    assert falling_dimensions(-mu, factors, {0: 1, 1: 0}) == [1]
    assert falling_dimensions(mu, factors, {}) == []


def test_coordinates_are_named_after_what_they_alone_tell():
    rng = np.random.default_rng(2)
    factors = rng.uniform(size=(400, 3))
    noise = rng.normal(size=(400, 4)) * 0.05
    mu = np.column_stack([-factors[:, 1], factors[:, 0], factors[:, 0], factors[:, 2] * 0]) + noise
    mu[:, 2] += rng.normal(size=400) * 0.2  # tells the same, but worse
    assert name_dimensions(mu, factors, ("smile", "gaze", "hair")) == {0: "gaze", 1: "smile"}
