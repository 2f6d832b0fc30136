"""Rules that update weights, and how long their steps are."""

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


def beta_at(config: TrainConfig, epoch: float) -> float:
    """Return the weight of the KL term after some epochs; warm-up rises in a straight line."""
    if epoch >= config.kl_warmup_epochs:
        return config.beta
    return config.beta * epoch / config.kl_warmup_epochs
