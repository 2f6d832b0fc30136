"""How close reconstructions come to images.

Knows nothing of networks: pictures in, numbers out.
"""

import math

import torch
from torch import Tensor

LEAST_MSE = 1e-10  # a perfect reconstruction counts as this one, since its PSNR has no number

_WINDOW = 11  # pixels on each side
_WINDOW_SIGMA = 1.5
_C1, _C2 = 0.01**2, 0.03**2  # K1 and K2 of the paper, for pixels from 0 to 1


def psnr_db(mse: float) -> float:
    """Return the peak signal-to-noise ratio of a mean squared error, white being 1.

    Args:
        mse: Mean squared error per pixel. Of many images it is the mean over all of them, which
            gives less than the mean of their single ratios.

    Returns:
        10 log10(1 / mse), in dB; 100 from an error of 1e-10 downwards.

    Source:
        Wang and Bovik, "Mean Squared Error: Love It or Leave It?", 2009.
        https://doi.org/10.1109/MSP.2008.930649
    """
    return -10 * math.log10(max(mse, LEAST_MSE))


def ssim(x: Tensor, x_hat: Tensor) -> Tensor:
    """Return the structural similarity of each image and its reconstruction.

    It compares brightness, contrast and pattern in a small window around each pixel, and so
    punishes blur more than a shift in brightness, as people do.

    Args:
        x: Images in [0, 1], shape (n, c, h, w), float32.
        x_hat: Their reconstructions, the same shape.

    Returns:
        Mean over windows and channels, shape (n,), from -1 to 1; 1 only for equal images. The
        window is Gaussian with sigma 1.5 and 11 pixels wide, or the largest odd number of pixels
        that fits; only windows that lie wholly inside the image count.

    Source:
        Wang, Bovik, Sheikh and Simoncelli, "Image Quality Assessment: From Error Visibility to
        Structural Similarity", 2004. https://doi.org/10.1109/TIP.2003.819861
    """
    side = min(_WINDOW, *x.shape[2:])
    down, across = (_window_means(length, side) for length in x.shape[2:])

    def smooth(planes: Tensor) -> Tensor:
        return down @ planes @ across.T

    mean, mean_hat = smooth(x), smooth(x_hat)
    variance, variance_hat = (
        smooth(x * x) - mean.square(),
        smooth(x_hat * x_hat) - mean_hat.square(),
    )
    covariance = smooth(x * x_hat) - mean * mean_hat
    brightness = (2 * mean * mean_hat + _C1) / (mean.square() + mean_hat.square() + _C1)
    pattern = (2 * covariance + _C2) / (variance + variance_hat + _C2)
    return (brightness * pattern).flatten(1).mean(1)


def _window_means(length: int, side: int) -> Tensor:
    """Return the matrix that takes `length` pixels to their weighted means in a window.

    A Gaussian window is the product of one across and one down, and two matrix products are ten
    times as fast as two convolutions of a single channel.

    Args:
        length: Pixels in a row.
        side: Width of the window; an even one loses a pixel.

    Returns:
        Shape (m, length), m being the number of places at which the window fits; rows sum to 1.
    """
    half = (side - 1) // 2
    steps = torch.arange(-half, half + 1, dtype=torch.float32)
    window = torch.softmax(-0.5 * (steps / _WINDOW_SIGMA).square(), dim=0)
    means = torch.zeros(length - 2 * half, length)
    for place, row in enumerate(means):
        row[place : place + len(window)] = window
    return means
