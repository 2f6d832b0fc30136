"""The terms of the ELBO against independent answers."""

import math
from itertools import permutations

import pytest
import torch
from torch.distributions import Bernoulli, Independent, Normal, kl_divergence

from explorer.models import losses

N, D, SHAPE = 5, 3, (2, 4, 4)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def posterior(generator) -> tuple[torch.Tensor, torch.Tensor]:
    mu = torch.randn(N, D, generator=generator)
    return mu, torch.randn(N, D, generator=generator) - 1


def test_kl_is_that_of_torch_distributions(posterior):
    mu, logvar = posterior
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(losses.kl_per_dimension(mu, logvar), expected)


def test_kl_agrees_with_monte_carlo(posterior, generator):
    mu, logvar = posterior
    n = 100_000
    z = losses.reparameterize(mu.expand(n, N, D), logvar.expand(n, N, D), generator)
    draws = Normal(mu, (logvar / 2).exp()).log_prob(z) - Normal(0.0, 1.0).log_prob(z)
    stderr = draws.std(0) / math.sqrt(n)
    kl = losses.kl_per_dimension(mu, logvar)
    assert ((draws.mean(0) - kl).abs() < 5 * stderr).all()


def test_kl_is_zero_only_where_the_posterior_is_the_prior(posterior):
    zeros = torch.zeros(N, D)
    assert losses.kl_per_dimension(zeros, zeros).eq(0).all()
    assert losses.kl_per_dimension(*posterior).gt(0).all()


def test_reparameterize_draws_from_the_posterior(posterior, generator):
    mu, logvar = posterior
    z = losses.reparameterize(mu.expand(50_000, N, D), logvar.expand(50_000, N, D), generator)
    torch.testing.assert_close(z.mean(0), mu, atol=0.03, rtol=0)
    torch.testing.assert_close(z.var(0), logvar.exp(), atol=0, rtol=0.05)


def test_reparameterize_needs_no_ambient_randomness(posterior):
    before = torch.get_rng_state()
    mu, logvar = posterior
    one, two = (
        losses.reparameterize(mu, logvar, torch.Generator().manual_seed(7)) for _ in range(2)
    )
    assert torch.equal(one, two)
    assert torch.equal(before, torch.get_rng_state())


def test_bernoulli_log_likelihood_is_that_of_torch_distributions(generator):
    logits = 3 * torch.randn(N, *SHAPE, generator=generator)
    x = torch.rand(N, *SHAPE, generator=generator).round()
    expected = Independent(Bernoulli(logits=logits), 3).log_prob(x)
    torch.testing.assert_close(losses.bernoulli_log_likelihood(logits, x), expected)


def test_bernoulli_pseudo_likelihood_of_grey_is_best_at_the_grey_itself():
    x = torch.full((1, 1, 1, 1), 0.3)
    logits = torch.linspace(-4, 4, 801).view(-1, 1, 1, 1)
    best = losses.bernoulli_log_likelihood(logits, x.expand_as(logits)).argmax()
    torch.testing.assert_close(torch.sigmoid(logits[best]), x[0], atol=3e-3, rtol=0)


@pytest.mark.parametrize("per_pixel", [False, True])
def test_gaussian_log_likelihood_is_that_of_torch_distributions(generator, per_pixel):
    x, x_hat = torch.rand(2, N, *SHAPE, generator=generator)
    log_sigma = torch.randn(x.shape if per_pixel else (), generator=generator) - 1
    expected = Independent(Normal(x_hat, log_sigma.exp().expand_as(x)), 3).log_prob(x)
    torch.testing.assert_close(losses.gaussian_log_likelihood(x_hat, x, log_sigma), expected)


def test_no_shared_sigma_beats_the_optimal_one(generator):
    x, x_hat = torch.rand(2, N, *SHAPE, generator=generator)
    best = losses.optimal_log_sigma(x_hat, x)
    at_best = losses.gaussian_log_likelihood(x_hat, x, best).sum()
    for away in (-0.5, -0.05, 0.05, 0.5):
        assert losses.gaussian_log_likelihood(x_hat, x, best + away).sum() < at_best


def test_a_learned_sigma_has_a_floor():
    x = torch.rand(N, *SHAPE)
    assert losses.optimal_log_sigma(x, x).item() == losses.LOG_SIGMA_MIN
    raw = torch.tensor([-1e3, losses.LOG_SIGMA_MIN, 0.0, 3.0], requires_grad=True)
    floored = losses.floor_log_sigma(raw)
    assert (floored >= losses.LOG_SIGMA_MIN).all()
    torch.testing.assert_close(floored[2:], raw[2:], atol=1e-2, rtol=0)
    floored[1].backward()
    assert raw.grad is not None
    assert raw.grad[1] > 0.4


def test_the_loss_is_minus_the_elbo_at_beta_1(posterior, generator):
    log_likelihood = torch.randn(N, generator=generator)
    kl = losses.kl_per_dimension(*posterior)
    loss = losses.loss_of(log_likelihood, kl, beta=1.0, free_bits=0.0)
    torch.testing.assert_close(loss, -(log_likelihood - kl.sum(1)).mean())
    without = losses.loss_of(log_likelihood, kl, beta=0.0, free_bits=0.0)
    torch.testing.assert_close(without, -log_likelihood.mean())


def test_stratified_weights_make_the_density_unbiased(generator):
    n_data, m = 5, 3
    mu, scale = torch.randn(n_data, generator=generator), 0.5
    z = 0.3
    density = Normal(mu, scale).log_prob(torch.tensor(z)).exp()
    own = 2
    estimates = [
        (losses._stratified_log_weights(m, n_data)[0].exp() * density[[own, *others]]).sum()
        for others in permutations([i for i in range(n_data) if i != own], m - 1)
    ]
    torch.testing.assert_close(torch.stack(estimates).mean(), density.mean())


def test_stratified_weights_of_a_batch_sum_to_one():
    for m, n_data in ((2, 2), (3, 100), (128, 60_000)):
        total = losses._stratified_log_weights(m, n_data).exp().sum(1)
        torch.testing.assert_close(total, torch.ones(m))


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_total_correlation_is_that_of_correlated_gaussians(generator, rho):
    n, spread = 3_000, 0.3
    eps = torch.randn(n, 2, generator=generator)
    mu = torch.stack((eps[:, 0], rho * eps[:, 0] + math.sqrt(1 - rho**2) * eps[:, 1]), 1)
    logvar = torch.full((n, 2), 2 * math.log(spread))
    z = losses.reparameterize(mu, logvar, generator)
    seen = rho / (1 + spread**2)  # correlation of z: the posterior adds variance, no covariance
    expected = -0.5 * math.log(1 - seen**2)
    estimate = losses.total_correlation(z, mu, logvar, n_data=n).item()
    assert estimate == pytest.approx(expected, abs=0.05)


@pytest.mark.slow
def test_kl_is_mutual_information_plus_total_correlation_plus_kl_of_each_coordinate(generator):
    n, d = 400, 2
    mu, logvar = torch.randn(n, d, generator=generator), torch.full((n, d), -2.0)
    mu[:, 1] = 0.8 * mu[:, 0] + 0.6 * mu[:, 1]
    draws = 50
    z = losses.reparameterize(mu.repeat(draws, 1), logvar.repeat(draws, 1), generator)
    # Exact aggregate posterior of the n images, by torch.distributions.
    log_q = Normal(mu, (logvar / 2).exp()).log_prob(z[:, None])  # (draws * n, n, d)
    log_qz = torch.logsumexp(log_q.sum(2), 1) - math.log(n)
    log_qzj = torch.logsumexp(log_q, 1) - math.log(n)
    prior = Normal(0.0, 1.0).log_prob(z)
    own = Normal(mu.repeat(draws, 1), (logvar.repeat(draws, 1) / 2).exp()).log_prob(z).sum(1)
    information = (own - log_qz).mean()
    exact = (log_qz - log_qzj.sum(1)).mean()
    coordinates = (log_qzj - prior).sum(1).mean()
    kl = losses.kl_per_dimension(mu, logvar).sum(1).mean()
    torch.testing.assert_close(information + exact + coordinates, kl, atol=0.05, rtol=0)
    estimates = [
        losses.total_correlation(z[i * n : (i + 1) * n], mu, logvar, n_data=n) for i in range(draws)
    ]
    torch.testing.assert_close(torch.stack(estimates).mean(), exact, atol=0.05, rtol=0)


def test_free_bits_stop_the_push_on_a_coordinate_below_them():
    kl = torch.tensor([[0.1, 2.0], [0.3, 4.0]], requires_grad=True)  # means 0.2 and 3
    loss = losses.loss_of(torch.zeros(2), kl, beta=2.0, free_bits=0.5)
    assert loss.item() == pytest.approx(2 * (0.5 + 3.0))
    loss.backward()
    assert kl.grad is not None
    assert kl.grad.tolist() == [[0.0, 1.0], [0.0, 1.0]]
