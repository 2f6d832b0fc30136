"""What the latent space is used for."""

import math

import numpy as np
import pytest

from explorer.errors import DataError, ShapeError
from explorer.evaluation import latent_use
from explorer.evaluation.latent_use import active_units, activity, aggregate_kl, knn_accuracy


def test_activity_is_the_variance_of_mu_and_units_above_a_hundredth_are_active():
    mu = np.random.default_rng(0).normal(size=(5000, 3)) * (1.0, 0.11, 0.05)
    np.testing.assert_allclose(activity(mu), [1, 0.0121, 0.0025], rtol=0.1)
    assert active_units(mu) == 2
    assert active_units(np.zeros((4, 2))) == 0


def test_aggregate_kl_of_posteriors_that_are_the_prior_is_0():
    assert aggregate_kl(np.zeros((50, 4)), np.zeros((50, 4)), seed=0) == pytest.approx(0, abs=1e-9)


def test_aggregate_kl_of_equal_posteriors_is_that_of_one():
    mu, logvar = np.full((20_000, 1), 0.7), np.full((20_000, 1), -1.2)
    of_one = 0.5 * (0.7**2 + math.exp(-1.2) - 1 + 1.2)
    chosen = slice(3000)
    assert aggregate_kl(mu[chosen], logvar[chosen], seed=0) == pytest.approx(of_one, abs=0.06)


def test_aggregate_kl_is_near_0_where_posteriors_tile_the_prior():
    rng = np.random.default_rng(0)
    mu = rng.normal(0, math.sqrt(0.75), (2000, 2))
    logvar = np.full((2000, 2), math.log(0.25))
    assert abs(aggregate_kl(mu, logvar, seed=0)) < 0.05  # a single posterior has 1.4 nats


def test_aggregate_kl_of_posteriors_far_apart_is_theirs_less_log_n():
    mu = np.array([[-50.0], [0.0], [50.0]])
    logvar = np.zeros((3, 1))
    mean_kl = 0.5 * np.square(mu).mean()
    draws = [aggregate_kl(mu, logvar, seed=seed) for seed in range(200)]
    error = float(np.std(draws)) / math.sqrt(len(draws))
    assert np.mean(draws) == pytest.approx(mean_kl - math.log(3), abs=4 * error)


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_aggregate_kl_sees_that_coordinates_hang_together(rho):
    covariance = np.array([[1, rho], [rho, 1]]) - 0.01 * np.eye(2)
    mu = np.random.default_rng(0).multivariate_normal([0, 0], covariance, 3000)
    logvar = np.full((3000, 2), math.log(0.01))  # sharp: one of 3,000 tells 3.6 nats a coordinate
    expected = -0.5 * math.log(1 - rho**2)
    assert aggregate_kl(mu, logvar, seed=0) == pytest.approx(expected, abs=0.05)


@pytest.mark.slow
def test_aggregate_kl_of_many_sharp_posteriors_is_no_larger_than_the_misfit():
    mu = np.random.default_rng(0).normal(size=(2000, 16))
    assert abs(aggregate_kl(mu, np.full(mu.shape, -6.0), seed=0)) < 0.5


def test_aggregate_kl_does_not_depend_on_how_the_work_is_split(monkeypatch):
    rng = np.random.default_rng(1)
    mu, logvar = rng.normal(size=(57, 3)), rng.normal(-2, 1, (57, 3))
    whole = aggregate_kl(mu, logvar, seed=0)
    monkeypatch.setattr(latent_use, "_CHUNK_BYTES", 57 * 8 * 10)
    assert aggregate_kl(mu, logvar, seed=0) == pytest.approx(whole)


def test_unusable_codes_are_refused():
    with pytest.raises(DataError, match="not finite"):
        aggregate_kl(np.array([[np.nan]]), np.zeros((1, 1)), seed=0)
    with pytest.raises(ShapeError, match="n rows, one per item"):
        activity(np.zeros(3))


def test_neighbours_know_the_class_of_clusters_and_guess_that_of_noise():
    rng = np.random.default_rng(0)
    labels = np.arange(400) % 4
    apart, noise = labels[:, None] * 10 + rng.normal(size=(400, 2)), rng.normal(size=(400, 2))
    learn, test = slice(0, 300), slice(300, 400)
    assert knn_accuracy(apart[learn], labels[learn], apart[test], labels[test]) == 1
    assert knn_accuracy(noise[learn], labels[learn], noise[test], labels[test]) < 0.45


def test_fewer_codes_than_neighbours_all_vote():
    codes, labels = np.array([[0.0], [1.0], [9.0]]), np.array([1, 1, 0])
    assert knn_accuracy(codes, labels, np.array([[9.0]]), np.array([1])) == 1
