"""Rules that update weights, how long their steps are, and how the terms of the loss weigh."""

import math
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from explorer.config import Kind, TrainConfig

_MOMENTUM, _SQUARES = 0.9, 0.999  # Adam's memory of gradients, and of their squares


def make_optimizer(
    config: TrainConfig, weights: Iterable[nn.Parameter], *, rate: float | None = None
) -> torch.optim.Optimizer:
    """Return the optimiser asked for, in torch's variant that is fastest on a processor.

    In a game against a discriminator or critic, Adam forgets old gradients sooner, since those
    answered another opponent.

    Args:
        config: Which one, and for which kind.
        weights: What it updates.
        rate: Step size at the start; None takes that of the config.

    Source:
        Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
        Generative Adversarial Networks", 2016, section 4. https://arxiv.org/abs/1511.06434
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, algorithm 1.
        https://arxiv.org/abs/1704.00028
    """
    rate = config.learning_rate if rate is None else rate
    betas = _MEMORY.get(config.kind, (_MOMENTUM, _SQUARES))
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(weights, rate, betas, fused=True)
        case "adamw":
            return torch.optim.AdamW(weights, rate, betas, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(weights, rate, foreach=True)
        case "sgd":
            return torch.optim.SGD(weights, rate, momentum=_MOMENTUM, fused=True)


_MEMORY: Mapping[Kind, tuple[float, float]] = {
    "gan": (0.5, _SQUARES),
    "vae-gan": (0.5, _SQUARES),
    "vae-critic": (0.5, _SQUARES),
    "wgan-gp": (0.0, 0.9),
}


def set_learning_rate(
    optimizer: torch.optim.Optimizer, config: TrainConfig, step: int, steps: int
) -> None:
    """Set the step size of one step, from the one that the optimiser was made with."""
    for group in optimizer.param_groups:
        start = group.setdefault("start_lr", group["lr"])
        group["lr"] = start * learning_rate_share(config, step, steps)


def learning_rate_share(config: TrainConfig, step: int, steps: int) -> float:
    """Return the share of the full step size at one step; a cosine falls from 1 to 0 at `steps`."""
    return 0.5 * (1 + math.cos(math.pi * step / steps)) if config.schedule == "cosine" else 1.0


def weights_at(config: TrainConfig, epoch: float) -> tuple[float, float]:
    """Return the weights of the KL and of the total correlation in the loss after some epochs.

    The KL holds the total correlation once, so `beta-tcvae` adds it beta - 1 times more. Warm-up
    lets both rise in a straight line. From beta to beta_end it goes by equal factors, a falling
    one being in the spirit of a capacity that grows.

    Source:
        Burgess et al., "Understanding disentangling in beta-VAE", 2018 (growing capacity).
        https://arxiv.org/abs/1804.03599
    """
    risen = 1.0 if epoch >= config.kl_warmup_epochs else epoch / config.kl_warmup_epochs
    beta = config.beta
    if config.beta_end > 0:
        beta *= (config.beta_end / beta) ** min(2 * epoch / config.epochs, 1)
    if config.kind == "beta-tcvae":
        return risen, risen * (beta - 1)
    return risen * beta, 0.0
