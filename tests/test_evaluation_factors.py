"""Whether coordinates tell known factors, on codes for which the answer is known."""

import numpy as np
import pytest

from explorer.evaluation.factors import (
    completeness,
    dci,
    disentanglement,
    factor_r2,
    mutual_information_gap,
    varying,
)

N = 1500


@pytest.fixture(scope="module")
def factors() -> np.ndarray:
    """Two even factors and one of four steps, shape (N, 3)."""
    rng = np.random.default_rng(0)
    return np.column_stack([rng.random(N), rng.random(N), rng.integers(0, 4, N)])


def one_each(factors: np.ndarray) -> np.ndarray:
    """Codes of which each of three tells one factor, and a fourth tells none."""
    silent = 0.01 * np.random.default_rng(1).normal(size=(len(factors), 1))
    return np.hstack([-2 * (factors - factors.mean(0)) / factors.std(0), silent])


def rotated(mu: np.ndarray) -> np.ndarray:
    return mu @ np.linalg.qr(np.random.default_rng(2).normal(size=(mu.shape[1], mu.shape[1])))[0]


def noise() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(N, 4))


def r2(mu: np.ndarray, factors: np.ndarray) -> np.ndarray:
    return factor_r2(mu, factors, is_angle=np.zeros(factors.shape[1], dtype=bool), seed=0)


def test_mig_is_high_for_one_coordinate_each_and_low_when_rotated_or_noise(factors):
    mu = one_each(factors)
    assert (mutual_information_gap(mu, factors) > 0.9).all()
    assert mutual_information_gap(rotated(mu), factors).mean() < 0.4
    assert (mutual_information_gap(noise(), factors) < 0.05).all()


def test_mig_is_0_for_two_equal_dimensions(factors):
    mu = np.repeat(factors[:, :1], 2, axis=1)
    assert mutual_information_gap(mu, factors[:, :1]) == pytest.approx(0)


def test_mig_of_a_single_dimension_is_its_information(factors):
    assert mutual_information_gap(factors[:, 2:], factors)[2] == pytest.approx(1)


def test_mig_does_not_mind_scale_or_direction(factors):
    mu = one_each(factors)
    np.testing.assert_allclose(
        mutual_information_gap(mu, factors), mutual_information_gap(-7 * mu, factors), atol=0.02
    )


def test_dci_is_high_for_one_coordinate_each_and_low_when_rotated_or_noise(factors):
    mu = one_each(factors)
    best, mixed, none = (dci(codes, factors, seed=0) for codes in (mu, rotated(mu), noise()))
    assert min(best.disentanglement, best.completeness, best.informativeness) > 0.95
    assert max(mixed.disentanglement, mixed.completeness) < 0.6
    assert mixed.informativeness > 0.8
    assert max(none.disentanglement, none.completeness, none.informativeness) < 0.05


def test_disentanglement_and_completeness_by_hand():
    assert disentanglement(np.eye(3)) == completeness(np.eye(3)) == pytest.approx(1)
    assert disentanglement(np.ones((3, 3))) == completeness(np.ones((3, 3))) == pytest.approx(0)
    # Two coordinates share one of two factors: each tells one factor only, but neither all of it.
    shared = np.array([[0.5, 0.0], [0.5, 0.0], [0.0, 1.0]])
    assert disentanglement(shared) == pytest.approx(1)
    assert completeness(shared) == pytest.approx((1 - np.log(2) / np.log(3) + 1) / 2)
    assert disentanglement(np.zeros((2, 2))) == 0
    assert completeness(np.array([[0.3, 0.7]])) == 1  # there is but one coordinate to tell


def test_r2_is_high_for_informative_codes_even_when_rotated_or_bent(factors):
    mu = one_each(factors)
    assert (r2(mu, factors) > 0.95).all()
    assert (r2(rotated(mu), factors) > 0.95).all()
    assert r2(np.tanh(mu[:, :1]) ** 3, factors[:, :1])[0] > 0.9


def test_r2_of_noise_is_near_0(factors):
    assert (np.abs(r2(noise(), factors)) < 0.05).all()


def test_r2_is_measured_for_each_factor(factors):
    told = r2(one_each(factors)[:, :1], factors)
    assert told[0] > 0.95
    assert (np.abs(told[1:]) < 0.1).all()


def test_an_angle_is_predicted_across_360_degrees():
    degrees = np.random.default_rng(0).uniform(0, 360, N)
    mu = np.column_stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    as_angle, as_number = (
        factor_r2(mu, degrees[:, None], is_angle=np.array([is_angle]), seed=0)[0]
        for is_angle in (True, False)
    )
    assert as_angle > 0.999 > 0.99 > as_number


def test_r2_has_no_number_where_the_items_held_out_are_all_alike():
    factor = np.zeros((20, 1))
    mu = np.random.default_rng(0).normal(size=(20, 2))
    assert np.isnan(r2(mu, factor)).all()


def test_same_seed_same_numbers(factors):
    mu = rotated(one_each(factors))[:300]
    assert dci(mu, factors[:300], seed=0) == dci(mu, factors[:300], seed=0)
    np.testing.assert_array_equal(r2(mu, factors[:300]), r2(mu, factors[:300]))


def test_a_factor_that_never_changes_does_not_vary():
    assert varying(np.array([[1.0, 2.0, 0.0], [1.0, 3.0, 0.0]])).tolist() == [False, True, False]
