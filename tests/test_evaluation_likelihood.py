"""The importance-weighted estimate against likelihoods that are known otherwise."""

import math

import numpy as np
import pytest
import torch

from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, fixed_split
from explorer.evaluation import likelihood
from explorer.evaluation.likelihood import (
    bits_per_dim,
    importance_weighted_nll,
    is_black_and_white,
    log_mean_exp,
    log_weights,
)
from explorer.models.losses import kl_per_dimension, reparameterize
from explorer.models.vae import VAE

SHAPE = (1, 8, 8)


def black_and_white(n: int = 6) -> ImageSet:
    pixels = 255 * np.random.default_rng(0).integers(0, 2, (n, *SHAPE))
    return ImageSet(name="dots", pixels=pixels.astype(np.uint8), is_test=fixed_split(n))


def small_vae(likelihood: str = "bernoulli") -> VAE:
    config = TrainConfig(
        data="dots",
        arch="mlp",
        hidden=(8,),
        latent_dim=2,
        likelihood=likelihood,  # type: ignore[arg-type]
        sigma=0.5,
        seed=3,
    )
    return VAE.untrained(config, SHAPE).eval().requires_grad_(False)


def nll_by_quadrature(vae: VAE, x: torch.Tensor) -> float:
    """-log of the integral of p(x|z) p(z) over a fine grid of two latent coordinates."""
    steps = torch.linspace(-6, 6, 241)
    z = torch.cartesian_prod(steps, steps)
    log_prior = -0.5 * z.square().sum(1) - math.log(2 * math.pi)
    log_joint = vae.log_likelihood(x.expand(len(z), *SHAPE), z) + log_prior
    cell = float(steps[1] - steps[0]) ** 2
    return -(log_joint.double().logsumexp(0).item() + math.log(cell))


def posteriors(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Shifted from the prior and wider, so that no draw weighs more than all others together."""
    return torch.full((n, 2), 0.3), torch.full((n, 2), 0.4)


def nll_of(vae: VAE, images: ImageSet, *, n_samples: int, seed: int = 0) -> np.ndarray:
    rows = np.arange(len(images.pixels))
    mu, logvar = (part.numpy() for part in posteriors(len(rows)))
    return importance_weighted_nll(vae, images, rows, mu, logvar, n_samples=n_samples, seed=seed)


def test_log_mean_exp_is_the_same_however_it_is_cut_up():
    values = torch.randn(4, 100, generator=torch.Generator().manual_seed(0))
    expected = values.double().exp().mean(1).log()
    for cut in (1, 7, 100):
        np.testing.assert_allclose(log_mean_exp(torch.split(values, cut, dim=1)), expected)


def test_log_mean_exp_neither_overflows_nor_vanishes():
    far = torch.tensor([[30_000.0, 30_000.0], [-30_000.0, -30_000.0]])
    assert log_mean_exp([far, far]).tolist() == pytest.approx([30_000, -30_000])


def test_the_streamed_estimate_finds_the_likelihood_of_a_linear_gaussian_model():
    """With x = w z + noise, x is N(0, w wᵀ + s² I), and a good guess of p(z|x) weighs the draws."""
    rng = np.random.default_rng(0)
    w, spread, x = rng.normal(size=(3, 2)), 0.5, rng.normal(size=3)
    covariance = w @ w.T + spread**2 * np.eye(3)
    exact = -0.5 * (
        x @ np.linalg.solve(covariance, x)
        + np.linalg.slogdet(covariance)[1]
        + 3 * math.log(2 * math.pi)
    )
    precision = np.eye(2) + w.T @ w / spread**2
    centre, std = np.linalg.solve(precision, w.T @ x) / spread**2, 0.6

    def weights(n: int) -> torch.Tensor:
        eps = rng.normal(size=(n, 2))
        z = centre + std * eps
        residual = (x - z @ w.T) / spread
        log_x = -0.5 * np.square(residual).sum(1) - 3 * math.log(spread * math.sqrt(2 * math.pi))
        log_ratio = 0.5 * (np.square(eps) - np.square(z)).sum(1) + 2 * math.log(std)
        return torch.tensor(log_x + log_ratio)[None]

    chunks = [weights(1000) for _ in range(20)]
    ratios = torch.cat(chunks, dim=1).sub(exact).exp()  # their mean is 1
    error = float(ratios.std()) / math.sqrt(ratios.numel())
    assert log_mean_exp(chunks).item() == pytest.approx(exact, abs=4 * error)


@pytest.mark.parametrize("kind", ["bernoulli", "gaussian", "gaussian-learned"])
def test_nll_is_that_of_an_integral_over_all_codes(kind):
    vae, images = small_vae(kind), black_and_white(2)
    exact = [
        nll_by_quadrature(vae, torch.from_numpy(images.images(slice(i, i + 1)))) for i in (0, 1)
    ]
    np.testing.assert_allclose(nll_of(vae, images, n_samples=20_000), exact, atol=0.1)


def test_nll_with_one_sample_is_minus_the_elbo_on_average_and_more_samples_lower_it():
    vae, images, n = small_vae(), black_and_white(2), 20_000
    x, (mu, logvar) = torch.from_numpy(images.images()), posteriors(2)
    draws = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    (weights,) = log_weights(vae, x, mu, logvar, n_samples=n, chunk=n, generator=draws[0])
    z = reparameterize(mu.repeat(n, 1), logvar.repeat(n, 1), draws[1])
    log_x = vae.log_likelihood(x.repeat(n, 1, 1, 1), z).reshape(n, 2)
    elbo = log_x.mean(0) - kl_per_dimension(mu, logvar).sum(1)
    error = math.sqrt(float((weights.var(1) + log_x.var(0)).max()) / n)
    np.testing.assert_allclose(weights.mean(1), elbo, rtol=0, atol=4 * error)
    assert (nll_of(vae, images, n_samples=5000) < -elbo.numpy()).all()


def test_nll_does_not_depend_on_how_many_images_share_a_chunk(monkeypatch):
    vae, images = small_vae(), black_and_white()
    whole = nll_of(vae, images, n_samples=2000)
    for at_a_time in (2 * 2000, 300):  # two images to a chunk, or one in seven pieces
        monkeypatch.setattr(likelihood, "_CHUNK_BYTES", 4 * 64 * at_a_time)
        # Other chunks take other draws.
        np.testing.assert_allclose(nll_of(vae, images, n_samples=2000), whole, atol=0.5)


def test_log_weights_come_in_chunks_that_add_up():
    vae, images = small_vae(), black_and_white(3)
    x = torch.from_numpy(images.images())
    chunks = log_weights(
        vae, x, *vae.encode(x), n_samples=10, chunk=4, generator=torch.Generator().manual_seed(0)
    )
    assert [tuple(chunk.shape) for chunk in chunks] == [(3, 4), (3, 4), (3, 2)]


def test_same_seed_same_nll():
    vae, images = small_vae(), black_and_white()
    first, again, other = (nll_of(vae, images, n_samples=5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_a_bit_per_pixel_is_the_entropy_of_a_fair_coin():
    assert bits_per_dim(-784 * math.log(2), 784) == pytest.approx(1)


def test_only_pixels_of_0_and_255_are_black_and_white():
    images = black_and_white()
    assert is_black_and_white(images, np.arange(6))
    images.pixels[3, 0, 0, 0] = 254
    assert not is_black_and_white(images, np.arange(6))
    assert is_black_and_white(images, np.array([0, 1, 2, 4, 5]))
