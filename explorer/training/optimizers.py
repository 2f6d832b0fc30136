"""Rules that update weights, how long their steps are, and how the terms of the loss weigh."""

import math
from collections.abc import Iterable

import torch
from torch import nn

from explorer.config import TrainConfig


def make_optimizer(config: TrainConfig, weights: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return the optimiser asked for, in torch's variant that is fastest on a processor."""
    rate = config.learning_rate
    match config.optimizer:
        case "adam":
            return torch.optim.Adam(weights, rate, fused=True)
        case "adamw":
            return torch.optim.AdamW(weights, rate, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(weights, rate, foreach=True)
        case "sgd":
            return torch.optim.SGD(weights, rate, momentum=0.9, fused=True)


def learning_rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """Return the step size of one step; a cosine falls from the full rate at 0 to 0 at `steps`."""
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * step / steps))


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
