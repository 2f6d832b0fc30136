"""Discriminators, and the losses of adversarial training.

Losses are means over a batch, shape (). Knows nothing of data sets, optimisers or training steps.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations

from explorer.models.blocks import build, gain_of, initialise
from explorer.models.losses import kl_per_dimension
from explorer.models.spec import Stacks


class Discriminator(nn.Module):
    """A network that gives each input one score: high for real ones, low for generated ones.

    Args:
        stacks: `discriminator_layers` or `code_discriminator_layers` of `architecture`.
        seed: Seed of the weights.
        spectral_norm: Whether each layer is divided by its largest singular value.

    Source:
        Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018.
        https://arxiv.org/abs/1802.05957
    """

    def __init__(self, stacks: Stacks, *, seed: int, spectral_norm: bool = False) -> None:
        super().__init__()
        (_, features), (_, score) = stacks
        self.features = build(features)
        self.score = build(score)
        generator = torch.Generator().manual_seed(seed)
        initialise(self.features, generator, gain=gain_of("leaky_relu"))
        initialise(self.score, generator, gain=1.0)
        if spectral_norm:
            _normalise(self, seed)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the score of each input, shape (n,), and its features, shape (n, f)."""
        features = self.features(x)
        return self.score(features)[:, 0], features.flatten(1)


def _normalise(network: nn.Module, seed: int) -> None:
    """Divide each layer's weights by their largest singular value.

    torch estimates it from a random vector of its global generator, whose state is restored.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in network.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                parametrizations.spectral_norm(layer)


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Return -log D of real inputs - log(1 - D) of generated ones, D = sigmoid of the score.

    Args:
        real: Scores of real inputs, shape (n,).
        made: Scores of generated ones, shape (m,).

    Source:
        Goodfellow et al., "Generative Adversarial Nets", 2014. https://arxiv.org/abs/1406.2661
    """
    return F.softplus(-real).mean() + F.softplus(made).mean()


def generator_loss(made: Tensor) -> Tensor:
    """Return -log D of generated inputs, which does not saturate where D recognises them.

    Source:
        Goodfellow et al., "Generative Adversarial Nets", 2014, section 3.
        https://arxiv.org/abs/1406.2661
    """
    return F.softplus(-made).mean()


def critic_loss(real: Tensor, made: Tensor) -> Tensor:
    """Return the mean score of generated inputs minus that of real ones.

    Its negative estimates the Wasserstein distance if the critic's slope is 1.

    Source:
        Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017. https://arxiv.org/abs/1701.07875
    """
    return made.mean() - real.mean()


def gradient_penalty(
    critic: Discriminator, real: Tensor, made: Tensor, generator: torch.Generator
) -> Tensor:
    """Return the mean of (|gradient of the score| - 1)² between real and generated images.

    Args:
        critic: The network.
        real: Images, shape (n, c, h, w).
        made: As many generated ones.
        generator: Source of the points: one for each pair, uniform on the line between them.

    Source:
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017.
        https://arxiv.org/abs/1704.00028
    """
    t = torch.empty(len(real), 1, 1, 1, device=real.device).uniform_(generator=generator)
    between = torch.lerp(real, made.detach(), t).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between)[0].sum(), between, create_graph=True)
    length: Tensor = torch.linalg.vector_norm(slope.flatten(1), dim=1)
    return (length - 1).square().mean()


def margin_loss(real: Tensor, made: Tensor, *, margin: float) -> Tensor:
    """Return the loss of an energy-based critic: low energies for real images, high for generated.

    Generated images are pushed up until their energy is `margin` above the mean of real ones.
    Energies here are negative ELBOs, whose zero means nothing, so the margin is relative.

    Args:
        real: Energies of real images, nats, shape (n,).
        made: Energies of generated ones, nats, shape (m,).
        margin: Nats.

    Source:
        Zhao, Mathieu and LeCun, "Energy-based Generative Adversarial Networks", 2017.
        https://arxiv.org/abs/1609.03126
    """
    return real.mean() + F.relu(real.mean().detach() + margin - made).mean()


def code_loss(z: Tensor, mu: Tensor) -> Tensor:
    """Return -log N(z; mu, 1) up to a constant, in nats per dimension.

    Minimising it keeps the information about the code in the image, so that an encoder which never
    saw codes works with the generator, and different codes give different images. The variance is
    not that of the posterior, which is so small that this loss would outweigh all others.

    Args:
        z: Prior samples, shape (n, d).
        mu: Posterior means of the images decoded from them, shape (n, d).

    Source:
        Chen et al., "InfoGAN", 2016, equation 4. https://arxiv.org/abs/1606.03657
    """
    return 0.5 * (z - mu).square().mean()


def introspective_encoder_loss(
    real_error: Tensor,
    real_kl: Tensor,
    made_error: Tensor,
    made_kl: Tensor,
    *,
    beta: float,
    negative_beta: float,
    weight: float,
    n_pixels: int,
    latent_dim: int,
) -> Tensor:
    """Return the loss of the encoder of a soft-introspective VAE.

    It raises the ELBO of real images and lowers exp(2 ELBO) of generated ones, most of all for
    those that look real to it. Errors and the KL of real images count per pixel value. The KL of
    generated images counts per dimension, for which the paper's weights are equivalent to 5 to 11,
    depending on the size of image and code.

    Args:
        real_error: -log p(x|z) of real images up to a constant, so that it is 0 at best; nats,
            shape (n,).
        real_kl: Their KL, nats, shape (n,).
        made_error: The same of generated ones, shape (m,).
        made_kl: Their KL, nats, shape (m,).
        beta: Weight of the KL of real images.
        negative_beta: Weight of the KL of generated ones.
        weight: Weight of the term of generated images.
        n_pixels: Pixel values of an image.
        latent_dim: d.

    Source:
        Daniel and Tamar, "Soft-IntroVAE", 2021, equation 4. https://arxiv.org/abs/2012.13253
    """
    real = (real_error + beta * real_kl).mean() / n_pixels
    made = made_error / n_pixels + negative_beta * made_kl / latent_dim
    return real + weight * 0.5 * torch.exp(-2 * made).mean()


def introspective_decoder_loss(
    real_error: Tensor, made_error: Tensor, made_kl: Tensor, *, beta: float, n_pixels: int
) -> Tensor:
    """Return the loss of the decoder of a soft-introspective VAE.

    It raises the ELBO that the encoder gives generated images, and reconstructs real ones. The
    error of generated images hardly counts, because it is measured by the decoder that made them.

    Args:
        real_error: -log p(x|z) of real images up to a constant, nats, shape (n,).
        made_error: The same of generated ones, shape (m,).
        made_kl: Their KL, nats, shape (m,).
        beta: Weight of the KL.
        n_pixels: Pixel values of an image.

    Source:
        Daniel and Tamar, "Soft-IntroVAE", 2021, equation 5 and appendix (weight of the error of
        made images). https://arxiv.org/abs/2012.13253
    """
    total = real_error.mean() + beta * made_kl.mean() + _MADE_ERROR * made_error.mean()
    return total / n_pixels


_MADE_ERROR = 1e-8


def kl(mu: Tensor, logvar: Tensor) -> Tensor:
    """Return KL(q(z|x) ‖ p(z)) of each image, nats, shape (n,)."""
    return kl_per_dimension(mu, logvar).sum(1)


def diversity(pictures: Tensor) -> Tensor:
    """Return the mean distance of two different pictures, in pixel values, shape ().

    If it is far below that of real images, a generator makes the same few pictures again and again:
    mode collapse.

    Args:
        pictures: Shape (n, c, h, w), n >= 2.
    """
    return F.pdist(pictures.flatten(1)).mean()
