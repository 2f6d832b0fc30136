"""What the prior draws."""

import numpy as np
import pytest

from explorer.evaluation.samples import (
    density_and_coverage,
    pixel_features,
    prior_share,
    sharpness,
)

BOTH = np.arange(2)


def normal(n: int, d: int = 2, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def test_draws_from_the_data_s_own_distribution_are_typical_as_often_as_the_data():
    assert prior_share(normal(2000), normal(5000, seed=1), BOTH) == pytest.approx(0.95, abs=0.015)


def test_draws_far_from_all_data_are_not_typical():
    mu = normal(300)
    assert prior_share(mu + 20, normal(500, seed=1), BOTH) == 0
    # Data on a thin ring leaves the middle of the prior, and all beyond, uncovered.
    ring = mu / np.linalg.norm(mu, axis=1, keepdims=True)
    assert 0 < prior_share(ring, normal(500, seed=1), BOTH) < 0.2


def test_coordinates_that_are_not_active_do_not_count():
    mu, z = normal(300, 3), normal(500, 3, seed=1)
    mu[:, 2] *= 1e-3
    z[:, 2] *= 10
    assert prior_share(mu, z, BOTH) > 0.9 > 0.1 > prior_share(mu, z, np.arange(3))
    assert prior_share(mu, z, np.array([], dtype=int)) == 1


def test_the_rule_is_that_of_the_honesty_meter():
    mu = np.arange(21.0)[:, None]  # 10 units to the tenth neighbour at either end, 5 in the middle
    z = np.array([[10.0], [0.0], [-0.5], [-1.5], [30.0]])
    # To the tenth nearest: 5, 9, 9.5, 10.5 and 19. Two of 21 items, the ends, are at 10.
    assert prior_share(mu, z, np.array([0])) == pytest.approx(3 / 5)


def test_few_codes_are_enough():
    assert prior_share(normal(2), normal(50, seed=1), BOTH) <= 1


def test_density_and_coverage_of_a_set_with_itself_are_1():
    support = density_and_coverage(normal(300, 5), normal(300, 5))
    assert (support.density, support.coverage) == (1, 1)


def test_draws_from_the_same_distribution_have_the_values_to_be_expected():
    support = density_and_coverage(normal(2000, 4), normal(2000, 4, seed=1))
    assert support.density == pytest.approx(1, abs=0.05)
    assert support.coverage == pytest.approx(1 - 1 / 2**5, abs=0.02)


def test_sets_far_apart_share_nothing():
    support = density_and_coverage(normal(100), normal(100, seed=1) + 50)
    assert (support.density, support.coverage) == (0, 0)


def test_draws_of_half_the_data_cover_half_of_it():
    real = np.concatenate([normal(500), normal(500, seed=1) + 50])
    support = density_and_coverage(real, normal(1000, seed=2))
    assert support.density == pytest.approx(1, abs=0.1)
    assert support.coverage == pytest.approx(0.5, abs=0.02)


def test_draws_that_crowd_into_the_middle_are_dense_but_cover_little():
    support = density_and_coverage(normal(500, 4), 0.2 * normal(500, 4, seed=1))
    assert support.density > 1.3
    assert support.coverage < 0.7


def test_two_real_images_are_enough():
    assert density_and_coverage(normal(2), normal(10, seed=1)).coverage <= 1


def test_features_keep_distances_between_pictures_of_few_directions():
    rng = np.random.default_rng(0)
    basis = rng.normal(size=(3, 64))
    real, drawn = ((rng.normal(size=(n, 3)) @ basis).reshape(n, 1, 8, 8) for n in (40, 30))
    features, drawn_features = pixel_features(real, drawn, seed=0)
    assert features.shape == (40, 40)  # as many as there are images
    assert np.linalg.norm(features[0] - drawn_features[0]) == pytest.approx(
        np.linalg.norm(real[0] - drawn[0])
    )
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-9)


def test_features_of_large_pictures_are_64_and_the_same_for_the_same_seed():
    real = np.random.default_rng(0).random((200, 3, 16, 16), dtype=np.float32)
    first, again = (pixel_features(real, real[:5], seed=0) for _ in range(2))
    assert first[0].shape == (200, 64)
    np.testing.assert_array_equal(first[1], again[1])
    np.testing.assert_allclose(first[0][:5], first[1], atol=1e-4)


def test_equal_pictures_are_no_trouble():
    same = np.full((20, 1, 8, 8), 0.5, dtype=np.float32)
    assert density_and_coverage(*pixel_features(same, same, seed=0)).coverage == 0


def test_sharpness_of_pictures_that_can_be_worked_out_by_hand():
    dot = np.zeros((1, 1, 5, 5))
    dot[..., 2, 2] = 1  # Laplacian of the 9 inner pixels: -4, four times 1, four times 0
    assert sharpness(dot) == pytest.approx((16 + 4) / 9)
    slope = np.broadcast_to(np.linspace(0, 1, 8), (2, 3, 8, 8))
    assert sharpness(slope) == pytest.approx(0)  # even shading has no detail


def test_blur_makes_pictures_less_sharp_and_noise_sharper():
    pictures = np.random.default_rng(0).random((20, 1, 12, 12))
    moved = [np.roll(pictures, shift, axis) for shift in (-1, 0, 1) for axis in (2, 3)]
    blurred = np.mean(moved, axis=0)
    assert sharpness(blurred) < 0.5 * sharpness(pictures)
    assert sharpness(0.5 * pictures) == pytest.approx(0.25 * sharpness(pictures))
