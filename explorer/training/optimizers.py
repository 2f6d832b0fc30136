"""Optimisers, their step sizes, and the weights of the terms of the loss."""

import math
from collections.abc import Iterable

import torch
from torch import nn

from explorer.config import TrainConfig

_MOMENTUM = 0.9  # of plain gradient descent


def make_optimizer(
    config: TrainConfig, weights: Iterable[nn.Parameter], *, rate: float | None = None
) -> torch.optim.Optimizer:
    """Return the optimiser asked for, in the variant of torch that is fastest on a CPU.

    `KindSpec.adam_betas` says how long Adam remembers gradients.

    Args:
        config: Says which one, and for which kind.
        weights: The weights to update.
        rate: Step size at the start; None uses that of the config.
    """
    rate = config.learning_rate if rate is None else rate
    betas = config.of_kind.adam_betas
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(weights, rate, betas, fused=True)
        case "adamw":
            return torch.optim.AdamW(weights, rate, betas, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(weights, rate, foreach=True)
        case "sgd":
            return torch.optim.SGD(weights, rate, momentum=_MOMENTUM, fused=True)


def set_learning_rate(
    optimizer: torch.optim.Optimizer, config: TrainConfig, step: int, steps: int
) -> None:
    """Set the step size of one step, relative to the one at the start."""
    for group in optimizer.param_groups:
        start = group.setdefault("start_lr", group["lr"])
        group["lr"] = start * learning_rate_share(config, step, steps)


def learning_rate_share(config: TrainConfig, step: int, steps: int) -> float:
    """Return the step size at one step relative to the full one; a cosine falls to 0 at `steps`."""
    return 0.5 * (1 + math.cos(math.pi * step / steps)) if config.schedule == "cosine" else 1.0


def kl_weight_at(config: TrainConfig, epoch: float) -> float:
    """Return the weight of the KL in the loss after some epochs."""
    return warm_up_at(config, epoch) * beta_at(config, epoch)


def warm_up_at(config: TrainConfig, epoch: float) -> float:
    """Return how far the weight of the KL has risen, linearly from 0 to 1."""
    return 1.0 if epoch >= config.kl_warmup_epochs else epoch / config.kl_warmup_epochs


def beta_at(config: TrainConfig, epoch: float) -> float:
    """Return beta after some epochs: it goes from beta to beta_end by equal factors.

    A falling beta follows the idea of a growing capacity.

    Source:
        Burgess et al., "Understanding disentangling in beta-VAE", 2018 (growing capacity).
        https://arxiv.org/abs/1804.03599
    """
    if config.beta_end == 0:
        return config.beta
    share: float = (config.beta_end / config.beta) ** min(2 * epoch / config.epochs, 1)
    return config.beta * share
