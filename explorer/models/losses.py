"""The terms of the ELBO, in nats per image.

Knows nothing of networks: tensors in, tensors out.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

# A learned sigma stays above exp(-5), 1.7 of the 255 grey levels. Without a floor, it shrinks to 0
# wherever a pixel never changes, and the density there grows without bound. With a floor of -6, the
# likelihood of held-out digits under a sigma per pixel was 74 nats worse than at -5.
LOG_SIGMA_MIN = -5.0


def reparameterize(mu: Tensor, logvar: Tensor, generator: torch.Generator) -> Tensor:
    """Return mu + exp(logvar / 2) · eps, so that gradients reach mu and logvar.

    Args:
        mu: Posterior means, shape (n, d).
        logvar: Natural-log posterior variances, shape (n, d).
        generator: Source of eps.

    Returns:
        Latent codes, shape (n, d).

    Source:
        Kingma and Welling, "Auto-Encoding Variational Bayes", 2014. https://arxiv.org/abs/1312.6114
    """
    eps = torch.empty_like(mu).normal_(generator=generator)
    return torch.addcmul(mu, torch.exp(0.5 * logvar), eps)


def sample_prior(n: int, latent_dim: int, generator: torch.Generator) -> Tensor:
    """Return n samples of N(0, I), shape (n, d), on the device of the generator."""
    z = torch.empty(n, latent_dim, device=generator.device)
    return z.normal_(generator=generator)


def kl_per_dimension(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(N(mu, exp(logvar)) ‖ N(0, 1)) of each dimension, in nats, shape (n, d)."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar)


def total_correlation(z: Tensor, mu: Tensor, logvar: Tensor, *, n_data: int) -> Tensor:
    """Estimate KL(q(z) ‖ prod_j q(z_j)), which is 0 if the dimensions are independent.

    q(z) is the aggregate posterior over all n_data images; a batch has m of them. Minibatch
    stratified sampling weights the posteriors of the batch so that the estimate of each density is
    unbiased; its logarithm is slightly biased.

    Args:
        z: One sample from the posterior of each image of the batch, shape (m, d), m >= 2.
        mu: Posterior means, shape (m, d).
        logvar: Natural-log posterior variances, shape (m, d).
        n_data: Number of images that the batch was taken from.

    Returns:
        Nats, shape (); the mean over the batch, which may fall below 0 by chance.

    Source:
        Chen et al., "Isolating Sources of Disentanglement in VAEs", 2018, equation 4 and appendix
        C.2. https://arxiv.org/abs/1802.04942
    """
    log_weights = _stratified_log_weights(len(z), n_data).to(z)[:, :, None]  # (m, m, 1)
    squared = (z[:, None] - mu).square() * torch.exp(-logvar)  # (m, m, d): sample i, posterior k
    log_density = -0.5 * (squared + logvar + math.log(2 * math.pi))
    joint = torch.logsumexp(log_weights[..., 0] + log_density.sum(2), dim=1)
    marginals = torch.logsumexp(log_weights + log_density, dim=1).sum(1)
    return (joint - marginals).mean()


def _stratified_log_weights(m: int, n_data: int) -> Tensor:
    """Return the log weight of posterior k at sample i, shape (m, m); weights of a row sum to 1.

    The image of a sample has weight 1 / n_data, one other balances the sum, and the rest represent
    all other images.
    """
    others = m - 1
    weights = torch.full((m, m), 1 / others)
    own = torch.arange(m)
    weights[own, own] = 1 / n_data
    weights[own, (own + 1) % m] = max(n_data - others, 1) / (n_data * others)
    return weights.log()


def bernoulli_log_likelihood(logits: Tensor, x: Tensor) -> Tensor:
    """Return sum over pixels of x log p + (1 - x) log(1 - p), p = sigmoid(logits).

    For black-and-white pixels, this is the log-probability of the image. For grey values, it is the
    usual pseudo-likelihood: the best p is still the expected value of the pixel, but it is not a
    density (it lacks the normaliser of the continuous Bernoulli), so values compare only with each
    other.

    Args:
        logits: Shape (n, c, h, w).
        x: Images in [0, 1], the same shape.

    Returns:
        Nats per image, shape (n,).
    """
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def gaussian_log_likelihood(x_hat: Tensor, x: Tensor, log_sigma: Tensor) -> Tensor:
    """Return log N(x; x_hat, sigma²), summed over pixels.

    Args:
        x_hat: Means, shape (n, c, h, w).
        x: Images in [0, 1], the same shape.
        log_sigma: Natural log of the standard deviation, shape () or that of x.

    Returns:
        Nats per image, shape (n,); a log-density, so it can be positive.
    """
    squared = (x - x_hat).square()
    if log_sigma.ndim == 0:
        n_pixels = x[0].numel()
        density = -0.5 * squared.flatten(1).sum(1) * torch.exp(-2 * log_sigma)
        return density - n_pixels * (log_sigma + 0.5 * math.log(2 * math.pi))
    per_pixel = -0.5 * squared * torch.exp(-2 * log_sigma) - log_sigma
    return per_pixel.flatten(1).sum(1) - x[0].numel() * 0.5 * math.log(2 * math.pi)


def relative_error(log_likelihood: Tensor, n_pixels: int, sigma: float | None) -> Tensor:
    """Return -log p(x|z) without the constant of a Gaussian, so that it is at least 0.

    Args:
        log_likelihood: Nats per image, shape (n,).
        n_pixels: Pixel values of an image.
        sigma: Standard deviation of the Gaussian; None for a Bernoulli, which has no constant.
    """
    if sigma is None:
        return -log_likelihood
    return -log_likelihood - n_pixels * (math.log(sigma) + 0.5 * math.log(2 * math.pi))


def optimal_log_sigma(x_hat: Tensor, x: Tensor) -> Tensor:
    """Return the log of the sigma that maximises the likelihood of these images, shape ().

    It is the root of the mean squared error. No gradient flows through it, because the derivative
    with respect to sigma is 0 at the optimum.

    Source:
        Rybkin, Daniilidis and Levine, "Simple and Effective VAE Training with Calibrated
        Decoders", 2021. https://arxiv.org/abs/2006.13202
    """
    mse = (x - x_hat.detach()).square().mean()
    return (0.5 * mse.log()).clamp(min=LOG_SIGMA_MIN)


def floor_log_sigma(raw: Tensor) -> Tensor:
    """Keep log sigma above `LOG_SIGMA_MIN` smoothly, so that its gradient never vanishes."""
    return LOG_SIGMA_MIN + F.softplus(raw - LOG_SIGMA_MIN)


def loss_of(log_likelihood: Tensor, kl: Tensor, *, beta: float, free_bits: float) -> Tensor:
    """Return the loss of a VAE: -E[log p(x|z)] + beta · KL, a mean over images.

    With beta 1 and no free bits it is -ELBO.

    Args:
        log_likelihood: Nats per image, shape (n,).
        kl: Nats per image and dimension, shape (n, d).
        beta: Weight of the KL term.
        free_bits: A dimension with a lower mean KL counts as this many nats, so that nothing pushes
            it further down.

    Returns:
        Scalar.

    Source:
        Higgins et al., "beta-VAE", 2017. https://openreview.net/forum?id=Sy2fzU9gl
        Kingma et al., "Improving Variational Inference with Inverse Autoregressive Flow", 2016,
        appendix C.8 (free bits). https://arxiv.org/abs/1606.04934
    """
    per_coordinate = kl.mean(0)
    if free_bits > 0:
        per_coordinate = per_coordinate.clamp(min=free_bits)
    return beta * per_coordinate.sum() - log_likelihood.mean()
