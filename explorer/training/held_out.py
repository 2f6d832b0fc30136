"""The course of the loss on held-out images: its best so far, and whether it rises again.

Knows nothing of networks or images.
"""

import dataclasses
import math
from dataclasses import dataclass

# Share of all that the held-out loss has fallen that it may rise again before images count as
# overfitted. Runs with enough images rise by less than 0.01 of it; 120 drawings by 0.3.
_RISEN = 0.05


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The course of a loss in nats per image, at the ends of epochs; NaN before the first.

    All weigh the terms of the loss as at the end of the run, so that they compare.

    Attributes:
        first: After the first epoch.
        best: The smallest.
        best_step: Updates of the weights at that point.
        train_at_best: Moving mean over training images, at that point.
        last: After the last epoch so far.
        train: Moving mean over training images, at that point.
        n_stale: Epochs since the best.
    """

    first: float = math.nan
    best: float = math.nan
    best_step: int = 0
    train_at_best: float = math.nan
    last: float = math.nan
    train: float = math.nan
    n_stale: int = 0

    def after(self, loss: float, *, train: float, step: int) -> "HeldOut":
        """Return the course after one more epoch.

        Args:
            loss: Mean over held-out images.
            train: Moving mean over training images.
            step: Updates of the weights.
        """
        now = dataclasses.replace(self, last=loss, train=train)
        if math.isnan(self.first):
            now = dataclasses.replace(now, first=loss)
        if loss < self.best or math.isnan(self.best):
            return dataclasses.replace(
                now, best=loss, best_step=step, train_at_best=train, n_stale=0
            )
        return dataclasses.replace(now, n_stale=self.n_stale + 1)

    @property
    def risen(self) -> float:
        """Rise since the minimum, as a share of the fall before it; 0 if there was none."""
        fall = self.first - self.best
        return (self.last - self.best) / fall if fall > 0 else 0.0

    @property
    def is_overfitting(self) -> bool:
        """Whether it has risen since its best while the training loss went on falling."""
        return self.risen > _RISEN and self.train < self.train_at_best
