"""How close reconstructions come."""

import numpy as np
import pytest
import torch

from explorer.evaluation.reconstruction import psnr_db, ssim

C1 = 0.01**2


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def test_psnr_of_a_constant_error_is_its_size_in_decibels():
    assert psnr_db(0.1**2) == pytest.approx(20)
    assert psnr_db(1.0) == pytest.approx(0)


def test_psnr_of_no_error_is_a_number():
    assert psnr_db(0.0) == pytest.approx(100)


@pytest.mark.parametrize("shape", [(3, 1, 8, 8), (2, 3, 32, 32), (1, 1, 11, 16)])
def test_ssim_of_an_image_with_itself_is_1(shape):
    x = noise(*shape)
    np.testing.assert_allclose(ssim(x, x), np.ones(shape[0]), atol=1e-6)


def test_ssim_of_flat_images_compares_their_brightness_alone():
    dark, light = torch.full((1, 1, 16, 16), 0.2), torch.full((1, 1, 16, 16), 0.6)
    expected = (2 * 0.2 * 0.6 + C1) / (0.2**2 + 0.6**2 + C1)
    assert ssim(dark, light).item() == pytest.approx(expected, abs=1e-4)


def test_ssim_of_a_negative_is_below_0_and_of_more_noise_lower():
    x = noise(1, 1, 28, 28)
    assert ssim(x, 1 - x).item() < -0.5
    little, much = (
        ssim(x, (x + strength * (noise(1, 1, 28, 28, seed=1) - 0.5)).clamp(0, 1)).item()
        for strength in (0.1, 0.5)
    )
    assert 1 > little > much > 0


def test_ssim_is_that_of_the_common_implementation():
    y, x = np.mgrid[:16, :16] / 15
    a = 0.5 + 0.5 * np.sin(6 * x + 3 * y * y)
    b = 0.5 + 0.4 * np.sin(6 * x + 3 * y * y + 0.6)
    planes = (torch.tensor(plane, dtype=torch.float32)[None, None] for plane in (a, b))
    # scikit-image's structural_similarity, with gaussian_weights=True, sigma=1.5, data_range=1 and
    # use_sample_covariance=False, as the paper has it
    assert ssim(*planes).item() == pytest.approx(0.6348239, abs=1e-5)


def test_ssim_judges_each_image_by_itself_and_is_the_mean_over_channels():
    x, x_hat = noise(2, 3, 16, 16), noise(2, 3, 16, 16, seed=1)
    whole = ssim(x, x_hat)
    np.testing.assert_allclose(whole[:1], ssim(x[:1], x_hat[:1]), atol=1e-6)
    channels = [ssim(x[:, i : i + 1], x_hat[:, i : i + 1]) for i in range(3)]
    np.testing.assert_allclose(whole, torch.stack(channels).mean(0), atol=1e-6)
