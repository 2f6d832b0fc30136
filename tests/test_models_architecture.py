"""Every combination of layers fits together, and is known without torch."""

import subprocess
import sys
from itertools import product
from math import prod

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from explorer.config import Likelihood, SigmaScope, TrainConfig
from explorer.errors import ShapeError
from explorer.models.architecture import encoder_trunk, spec_of
from explorer.models.layers import Linear, Reshape
from explorer.models.spec import expected_weights
from explorer.models.vae import VAE

LIKELIHOODS: tuple[tuple[Likelihood, SigmaScope], ...] = (
    ("bernoulli", "shared"),
    ("gaussian", "shared"),
    ("gaussian-learned", "shared"),
    ("gaussian-learned", "pixel"),
)


@pytest.mark.slow
@pytest.mark.parametrize("size", [8, 15, 28, 30, 64, 128])
@pytest.mark.parametrize("norm", ["none", "batch", "group"])
@pytest.mark.parametrize("arch", ["mlp", "resmlp", "conv", "resnet"])
def test_every_network_has_the_weights_and_shapes_it_promises(arch, norm, size):
    generator = torch.Generator().manual_seed(0)
    for channels, (likelihood, scope) in product((1, 3), LIKELIHOODS):
        shape = (channels, size, size)
        config = TrainConfig(
            data="x",
            arch=arch,
            norm=norm,
            likelihood=likelihood,
            sigma_scope=scope,
            latent_dim=3,
            hidden=(4,),
            width=2,
        )
        vae = VAE.untrained(config, shape)
        weights = {name: array.shape for name, array in vae.weights().items()}
        assert weights == expected_weights(spec_of(config, shape))
        x = torch.rand((2, *shape), generator=generator)
        terms = vae.elbo_terms(x, generator)
        assert terms.log_likelihood.shape == (2,)
        assert terms.kl.shape == (2, 3)
        assert terms.elbo.isfinite().all()
        x_hat = vae.eval().decode(torch.zeros(2, 3))
        assert x_hat.shape == x.shape
        assert ((x_hat > 0) & (x_hat < 1)).all()


@pytest.mark.parametrize("arch", ["mlp", "resmlp", "conv", "resnet"])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 4)])
def test_any_number_of_dense_layers_works(arch, hidden):
    config = TrainConfig(data="x", arch=arch, hidden=hidden, latent_dim=2, width=2, norm="group")
    assert VAE.untrained(config, (1, 8, 8)).decode(torch.zeros(3, 2)).shape == (3, 1, 8, 8)


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_dense_residual_layers_begin_as_their_shortcuts(norm):
    """However deep, features of the first layer reach the last non-linearity unchanged."""
    config = TrainConfig(data="x", arch="resmlp", hidden=(6,) * 9, latent_dim=2, norm=norm)
    flat, first, *others = VAE.untrained(config, (1, 8, 8)).eval().encoder["trunk"].children()
    features = first(flat(torch.rand(3, 1, 8, 8)))
    blocks = [layer for layer in others if hasattr(layer, "shortcut")]
    assert len(blocks) == 8
    assert torch.equal(torch.nn.Sequential(*blocks)(features), features)


@pytest.mark.parametrize("norm", ["none", "batch", "group"])
def test_a_dense_layer_of_width_1_still_separates_codes(norm):
    config = TrainConfig(
        data="x", arch="mlp", hidden=(1,), latent_dim=1, norm=norm, activation="elu"
    )
    low, high = VAE.untrained(config, (1, 8, 8)).eval().decode(torch.tensor([[-1.0], [1.0]]))
    assert not torch.equal(low, high)


def test_the_mlp_preset_is_784_256_32():
    config = TrainConfig(data="mnist", arch="mlp", hidden=(256,), latent_dim=32)
    layers, n_features = encoder_trunk(config, (1, 28, 28))
    assert layers[:2] == (Reshape((784,)), Linear(784, 256))
    assert n_features == 256
    shapes = expected_weights(spec_of(config, (1, 28, 28)))
    assert shapes["encoder.mu.0.weight"] == shapes["encoder.logvar.0.weight"] == (32, 256)


@pytest.mark.parametrize(("arch", "most_million"), [("conv", 8.0), ("resnet", 8.5)])
def test_the_default_decoder_of_64_pixel_faces_stays_within_the_browser_budget(arch, most_million):
    config = TrainConfig(data="faces", arch=arch, width=16, hidden=(256,), latent_dim=16)
    weights = expected_weights(spec_of(config, (3, 64, 64)))
    n_weights = sum(prod(shape) for name, shape in weights.items() if name.startswith("decoder"))
    assert n_weights <= 750_000
    vae = VAE.untrained(config, (3, 64, 64)).requires_grad_(False)
    with FlopCounterMode(display=False) as counted:
        vae.decode(torch.zeros(1, 16))
    assert counted.get_total_flops() / 2 <= most_million * 1e6


@pytest.mark.parametrize("shape", [(1, 7, 7), (3, 129, 129), (2, 16, 16), (1, 16, 32)])
def test_an_unsupported_image_shape_is_named(shape):
    with pytest.raises(ShapeError, match=f"{shape[1]}×{shape[2]} with {shape[0]} channel"):
        expected_weights(spec_of(TrainConfig(data="x"), shape))


def test_the_architecture_is_known_without_torch():
    code = "import explorer.models.architecture, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
