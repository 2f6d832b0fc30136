"""The VAE as a whole: its bound, its gradients and where its weights come from."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Bernoulli, Independent, Normal

from explorer.config import TrainConfig
from explorer.models.blocks import build, initialise
from explorer.models.layers import BatchNorm, Conv, ConvTranspose, Linear, Residual
from explorer.models.losses import loss_of
from explorer.models.vae import VAE

SHAPE = (1, 8, 8)


def tiny(**settings) -> VAE:
    base: dict[str, Any] = {"data": "x", "arch": "mlp", "hidden": (6,), "width": 2, "latent_dim": 2}
    return VAE.untrained(TrainConfig(**(base | settings)), SHAPE)


@pytest.fixture
def x() -> Tensor:
    return torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(1))


def exact_log_p(vae: VAE, x: Tensor) -> Tensor:
    """log p(x) of a VAE with one latent coordinate, by integrating over it."""
    z = torch.linspace(-8, 8, 4001, dtype=x.dtype)
    p_x = Bernoulli(probs=vae.decode(z[:, None]))
    log_joint = Independent(p_x, 3).log_prob(x[:, None]) + Normal(0.0, 1.0).log_prob(z)
    return torch.logsumexp(log_joint, 1) + math.log(16 / 4000)


def importance_weighted_bound(vae: VAE, x: Tensor, n_samples: int) -> Tensor:
    """E[log mean w] of Burda et al. 2016, every density by torch.distributions."""
    mu, logvar = vae.encode(x)
    q = Normal(mu, (logvar / 2).exp())
    eps = torch.empty(n_samples, *mu.shape, dtype=mu.dtype)
    z = mu + q.scale * eps.normal_(generator=torch.Generator().manual_seed(0))  # (k, n, 1)
    p_x = Bernoulli(probs=vae.decode(z.flatten(0, 1)).unflatten(0, z.shape[:2]))
    log_w = Independent(p_x, 3).log_prob(x) + (Normal(0.0, 1.0).log_prob(z) - q.log_prob(z)).sum(2)
    return torch.logsumexp(log_w, 0) - math.log(n_samples)


@pytest.mark.slow
@torch.no_grad()
def test_elbo_is_below_the_importance_weighted_bound_is_below_log_p():
    vae = tiny(latent_dim=1, activation="tanh").double()
    x = torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(1)).round().double()
    generator = torch.Generator().manual_seed(0)
    elbo = torch.stack([vae.elbo_terms(x, generator).elbo for _ in range(2_000)]).mean(0)
    bound = importance_weighted_bound(vae, x, 5_000)
    log_p = exact_log_p(vae, x)
    assert (elbo < bound).all()
    torch.testing.assert_close(bound, log_p, atol=0.1, rtol=0)
    assert (log_p - elbo > 0.05).any(), "the bound is not tight for an untrained encoder"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("likelihood", "scope"),
    [
        ("bernoulli", "shared"),
        ("gaussian", "shared"),
        ("gaussian-learned", "shared"),
        ("gaussian-learned", "pixel"),
    ],
)
@pytest.mark.parametrize("arch", ["mlp", "conv", "resnet"])
def test_reparameterised_gradients_agree_with_finite_differences(arch, likelihood, scope, x):
    settings = {"likelihood": likelihood, "sigma_scope": scope, "activation": "tanh"}
    vae, x = tiny(arch=arch, **settings).double(), x.double()
    weights = list(vae.parameters())
    generator = torch.Generator().manual_seed(3)
    direction = [
        torch.empty_like(w).normal_(generator=generator).div_(10 * w.detach().norm() + 1)
        for w in weights
    ]

    def loss() -> Tensor:
        terms = vae.elbo_terms(x, torch.Generator().manual_seed(5))  # the same eps each time
        return loss_of(terms.log_likelihood, terms.kl, beta=0.7, free_bits=0.01)

    loss().backward()
    gradients = [w.grad for w in weights if w.grad is not None]
    slope = sum(float((g * v).sum()) for g, v in zip(gradients, direction, strict=True))
    measured = central_difference(lambda: loss().item(), weights, direction)
    assert slope == pytest.approx(measured, rel=1e-5)


@torch.no_grad()
def central_difference(
    loss: Callable[[], float], weights: list[nn.Parameter], direction: list[Tensor]
) -> float:
    step, ends = 1e-5, []
    for sign in (1, -2):  # from 0 to +step, then to -step
        for w, v in zip(weights, direction, strict=True):
            w.add_(v, alpha=sign * step)
        ends.append(loss())
    return (ends[0] - ends[1]) / (2 * step)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = tiny(seed=3), tiny(seed=3), tiny(seed=4)
    for name, array in first.weights().items():
        assert np.array_equal(array, again.weights()[name])
    changed = [n for n, a in first.weights().items() if not np.array_equal(a, other.weights()[n])]
    assert changed == [n for n in first.weights() if n.endswith("weight")]


def test_building_a_network_leaves_torchs_random_state_alone():
    before = torch.get_rng_state()
    tiny(arch="resnet", norm="batch")
    assert torch.equal(before, torch.get_rng_state())


def test_weights_survive_the_way_through_numpy(x):
    vae = tiny(arch="conv", norm="batch", likelihood="gaussian-learned")
    vae.elbo_terms(x, torch.Generator().manual_seed(0))  # moves running statistics and sigma
    back = VAE.from_weights(vae.spec, vae.weights())
    for mine, theirs in zip(vae.eval().encode(x), back.encode(x), strict=True):
        assert torch.equal(mine, theirs)
    assert torch.equal(vae.log_sigma, back.log_sigma)


def test_the_kept_sigma_follows_the_reconstruction_error(x):
    vae = tiny(likelihood="gaussian-learned")
    mu, _ = vae.encode(x)
    for _ in range(200):
        vae.log_likelihood(x, mu)
    rmse = (vae.decode(mu) - x).square().mean().sqrt()
    torch.testing.assert_close(vae.log_sigma.exp(), rmse)


def test_batch_norm_agrees_with_torchs_own():
    ours, theirs = build((BatchNorm(3),)), nn.BatchNorm2d(3)
    x = 2 + 3 * torch.randn(8, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    for _ in range(5):
        torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("layer", [Linear(64, 64), Conv(16, 16), ConvTranspose(32, 32)])
def test_first_weights_keep_the_size_of_signals(layer):
    generator = torch.Generator().manual_seed(0)
    stack = build((layer,))
    initialise(stack, generator, gain=1.0)
    n_in = (layer.n_in,) if isinstance(layer, Linear) else (layer.n_in, 16, 16)
    out = stack(torch.randn(64, *n_in, generator=generator))
    inner = out if isinstance(layer, Linear) else out[..., 2:-2, 2:-2]
    assert inner.std().item() == pytest.approx(1, abs=0.1)


def test_a_residual_block_starts_as_its_shortcut():
    stack = build((Residual((Conv(2, 4), Conv(4, 2))),))
    initialise(stack, torch.Generator().manual_seed(0), gain=1.0)
    x = torch.rand(1, 2, 5, 5)
    assert torch.equal(stack(x), x)


def test_an_autoencoder_has_points_for_posteriors(x):
    ae = tiny(kind="ae")
    terms = ae.elbo_terms(x, torch.Generator().manual_seed(0))
    mu, logvar = ae.encode(x)
    assert torch.equal(terms.z, mu)
    assert not terms.kl.any()
    assert not logvar.any()
    assert not any("logvar" in name for name in ae.state_dict())


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(), (6,)])
@pytest.mark.parametrize("arch", ["mlp", "conv", "resnet"])
def test_standardised_codes_draw_the_same_pictures(arch, hidden, x):
    ae = tiny(
        kind="ae", arch=arch, hidden=hidden, likelihood="gaussian-learned", sigma_scope="pixel"
    ).eval()
    with torch.no_grad():
        z, _ = ae.encode(x)
        before, judged = ae.decode(z), ae.log_likelihood(x, z)
        ae.standardise(z.mean(0), z.std(0, correction=0))
        z, _ = ae.encode(x)
        torch.testing.assert_close(z.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
        torch.testing.assert_close(z.std(0, correction=0), torch.ones(2))
        torch.testing.assert_close(ae.decode(z), before)
        torch.testing.assert_close(ae.log_likelihood(x, z), judged)
