"""How a training run went: numbers that its end alone does not show."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Course:
    """How a run went; losses in nats per image.

    Attributes:
        keeps_best: Whether the weights judged are those with the smallest held-out loss.
        first: Held-out loss after the first epoch; this and the next are NaN where there is none.
        best: The smallest held-out loss.
        best_step: Step of that.
        last: Held-out loss at the end.
        last_step: Updates of the weights in all.
        is_overfitting: Whether the held-out loss has turned while the training loss fell.
        loss: Training loss at the end, as the chart shows it; None where there is none.
        pixel_variance: Mean squared difference between held-out images and the mean training
            image, per pixel value.
        learnt_variance: The same for training images.
        n_learnt: Number of training images; 0 if unknown.
        n_held: Number of held-out images.
        adversarial: Verdict on adversarial training; empty for other kinds.
        diversity: Of prior samples in adversarial training, relative to real images.
    """

    keeps_best: bool = False
    first: float = math.nan
    best: float = math.nan
    best_step: int = 0
    last: float = math.nan
    last_step: int = 0
    is_overfitting: bool = False
    loss: float | None = None
    pixel_variance: float = 0.0
    learnt_variance: float = 0.0
    n_learnt: int = 0
    n_held: int = 0
    adversarial: str = ""
    diversity: float = math.nan
