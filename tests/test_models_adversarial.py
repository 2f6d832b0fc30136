"""Adversarial losses against hand-computed cases, and the networks that they train."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from explorer.config import TrainConfig
from explorer.errors import ShapeError
from explorer.models import adversarial as losses
from explorer.models.adversarial import Discriminator
from explorer.models.architecture import code_discriminator_layers, discriminator_layers, spec_of
from explorer.models.inversion import find_codes
from explorer.models.losses import relative_error
from explorer.models.vae import VAE

SHAPE = (1, 8, 8)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def config(**changes) -> TrainConfig:
    base: dict[str, Any] = {
        "data": "x",
        "kind": "gan",
        "arch": "mlp",
        "hidden": (12, 6),
        "latent_dim": 3,
    }
    return TrainConfig(**(base | changes))


def log_sigmoid(value: float) -> float:
    return -math.log1p(math.exp(-value))


# ---- losses


def test_the_discriminator_loss_is_that_of_the_paper():
    real, made = torch.tensor([2.0, -1.0]), torch.tensor([0.5])
    expected = -(log_sigmoid(2) + log_sigmoid(-1)) / 2 - log_sigmoid(-0.5)
    assert losses.discriminator_loss(real, made).item() == pytest.approx(expected, rel=1e-6)


def test_the_generator_loss_does_not_saturate():
    made = torch.tensor([-20.0], requires_grad=True)
    loss = losses.generator_loss(made)
    assert loss.item() == pytest.approx(20, rel=1e-6)
    (slope,) = torch.autograd.grad(loss, made)
    assert slope.item() == pytest.approx(-1, rel=1e-6)


def test_the_critic_loss_is_a_difference_of_means():
    loss = losses.critic_loss(torch.tensor([1.0, 3.0]), torch.tensor([5.0, 0.0, 1.0]))
    assert loss.item() == pytest.approx(0)


class Linear(nn.Module):
    """A critic whose gradient is the same everywhere: its weights."""

    def __init__(self, w: torch.Tensor) -> None:
        super().__init__()
        self.w = nn.Parameter(w)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.flatten(1) @ self.w, x


@pytest.mark.parametrize("norm", [0.0, 0.25, 1.0, 3.0])
def test_the_gradient_penalty_of_a_linear_critic_has_a_closed_form(norm, generator):
    w = torch.zeros(64)
    w[:4] = norm / 2
    critic = Linear(w)
    real, made = torch.rand(5, *SHAPE), torch.rand(5, *SHAPE)
    penalty = losses.gradient_penalty(critic, real, made, generator)  # type: ignore[arg-type]
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-6)
    if norm:
        (slope,) = torch.autograd.grad(penalty, critic.w)
        torch.testing.assert_close(slope, 2 * (norm - 1) * w / norm)


def test_the_margin_pushes_only_made_images_that_are_too_near():
    real = torch.tensor([10.0, 20.0])
    made = torch.tensor([16.0, 30.0], requires_grad=True)
    loss = losses.margin_loss(real, made, margin=5.0)
    assert loss.item() == pytest.approx(15 + (15 + 5 - 16) / 2)
    (slope,) = torch.autograd.grad(loss, made)
    assert slope.tolist() == [-0.5, 0.0]


def test_the_code_loss_is_half_the_squared_distance():
    z, mu = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])
    assert losses.code_loss(z, mu).item() == pytest.approx((1 + 4) / 4)


def test_the_losses_of_soft_intro_vae_are_those_of_the_paper():
    def tensor(value: float) -> torch.Tensor:
        return torch.tensor([value])

    # The paper's weight of the KL of made images, per pixel value, is n_pixels / d times ours.
    n_pixels, d, ours = 50, 4, 2.0
    papers = ours * n_pixels / d
    encoder = losses.introspective_encoder_loss(
        *(tensor(30.0), tensor(6.0), tensor(20.0), tensor(5.0)),
        beta=2.0,
        negative_beta=ours,
        weight=1.0,
        n_pixels=n_pixels,
        latent_dim=d,
    )
    made = (20 + papers * 5) / n_pixels
    expected = (30 + 2 * 6) / n_pixels + 0.5 * math.exp(-2 * made)
    assert encoder.item() == pytest.approx(expected, rel=1e-6)
    decoder = losses.introspective_decoder_loss(
        tensor(30.0), tensor(20.0), tensor(5.0), beta=2.0, n_pixels=n_pixels
    )
    assert decoder.item() == pytest.approx((30 + 2 * 5 + 1e-8 * 20) / n_pixels, rel=1e-6)


def test_a_perfect_picture_has_no_relative_error():
    n_pixels, sigma = 64, 0.3
    best = -n_pixels * (math.log(sigma) + 0.5 * math.log(2 * math.pi))
    error = relative_error(torch.tensor([best]), n_pixels, sigma)
    assert error.item() == pytest.approx(0, abs=1e-4)
    assert relative_error(torch.tensor([-7.0]), n_pixels, None).item() == 7


def test_diversity_is_the_mean_distance_of_two_pictures():
    pictures = torch.stack([torch.zeros(SHAPE), torch.zeros(SHAPE), torch.ones(SHAPE)])
    assert losses.diversity(pictures).item() == pytest.approx((0 + 8 + 8) / 3)


# ---- networks


@pytest.mark.parametrize("arch", ["mlp", "conv", "resnet"])
def test_a_discriminator_gives_each_image_one_score(arch, generator):
    stacks = discriminator_layers(config(arch=arch, width=2), SHAPE)
    network = Discriminator(stacks, seed=0)
    scores, features = network(torch.rand(7, *SHAPE, generator=generator))
    assert scores.shape == (7,)
    assert features.shape[0] == 7
    assert features.ndim == 2


def test_a_discriminator_may_be_wider_than_what_draws():
    wide = dict(discriminator_layers(config(arch="conv", width=2, discriminator_width=5), SHAPE))
    first = wide["discriminator.features"][0]
    assert first.n_out == 5  # type: ignore[union-attr]


def test_a_discriminator_reads_codes(generator):
    network = Discriminator(code_discriminator_layers(config(kind="aae")), seed=0)
    assert network(torch.randn(4, 3, generator=generator))[0].shape == (4,)


def test_spectral_normalisation_lets_no_layer_stretch_by_more_than_one(generator):
    stacks = discriminator_layers(config(), SHAPE)
    network = Discriminator(stacks, seed=0, spectral_norm=True)
    x = torch.rand(20, *SHAPE, generator=generator)
    for _ in range(50):  # each pass in training sharpens the estimate of the largest value
        network(x)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            assert torch.linalg.matrix_norm(module.weight, 2).item() == pytest.approx(1, abs=0.02)


def test_spectral_normalisation_leaves_torchs_own_randomness_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = Discriminator(discriminator_layers(config(), SHAPE), seed=1, spectral_norm=True)
    torch.testing.assert_close(torch.rand(3), expected)
    second = Discriminator(discriminator_layers(config(), SHAPE), seed=1, spectral_norm=True)
    for name, array in first.state_dict().items():
        torch.testing.assert_close(array, second.state_dict()[name], rtol=0, atol=0)


# ---- tied weights


@pytest.mark.parametrize("arch", ["mlp", "conv"])
def test_a_tied_decoder_is_the_encoder_turned_round(arch):
    tied = VAE.untrained(
        config(kind="vae", arch=arch, tied=True, width=2, activation="tanh"), SHAPE
    )
    down, mu = (list(tied.encoder[name].children()) for name in ("trunk", "mu"))
    up, mean = (list(tied.decoder[name].children()) for name in ("trunk", "mean"))
    x = torch.rand(2, *SHAPE)
    # <A x, y> = <x, A' y> is what makes a linear layer the other turned round.
    first, last = down[0 if arch == "conv" else 1], mean[0]
    flat = x if arch == "conv" else x.flatten(1)
    y = torch.rand_like(first(flat))
    there = (first(flat) - first(torch.zeros_like(flat))) * y
    back = (last(y) - last(torch.zeros_like(y))) * flat
    torch.testing.assert_close(there.sum(), back.sum())
    shared, own = up[0].weight, mu[0].weight
    assert isinstance(shared, torch.Tensor)
    assert isinstance(own, torch.Tensor)
    assert shared.data_ptr() == own.data_ptr()


@pytest.mark.parametrize("arch", ["mlp", "conv"])
def test_a_tied_network_is_kept_with_all_its_weights(arch, generator):
    settings = config(kind="vae", arch=arch, tied=True, width=2)
    tied = VAE.untrained(settings, SHAPE)
    n_tied = sum(p.numel() for p in tied.parameters())
    again = VAE.from_weights(spec_of(settings, SHAPE), tied.weights())
    z = torch.randn(4, 3, generator=generator)
    torch.testing.assert_close(again.decode(z), tied.decode(z))
    assert n_tied < sum(p.numel() for p in again.parameters())


def test_layers_that_are_no_mirror_image_cannot_be_tied():
    settings = config(kind="vae", arch="conv", tied=True, width=2)
    with pytest.raises(ShapeError, match="without a remainder"):
        VAE.untrained(settings, (1, 30, 30))


# ---- without an encoder


def test_a_generator_has_no_encoder():
    names = VAE.untrained(config(), SHAPE).weights()
    assert names
    assert all(name.startswith("decoder.") for name in names)


@pytest.mark.slow
def test_the_code_of_a_drawn_picture_is_found_again(generator):
    decoder = (
        VAE.untrained(config(hidden=(), activation="tanh"), SHAPE).eval().requires_grad_(False)
    )
    for weight in decoder.decoder["mean"].parameters():
        weight.mul_(4)  # as if it had learnt to draw with contrast
    z = torch.randn(6, 3, generator=generator)
    shares: list[float] = []
    found = find_codes(
        decoder.decode, decoder.decode(z), latent_dim=3, generator=generator, report=shares.append
    )
    torch.testing.assert_close(found, z, atol=0.1, rtol=0)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] < 1
