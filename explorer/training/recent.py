"""Moving means of the losses of a run."""

import torch
from torch import Tensor

_MEMORY = 0.9  # weight of each batch relative to the next


class RecentMeans:
    """Moving means of the measures of steps.

    They do not depend on how often they are read. A mean over the epoch so far would jump at the
    start of the next one.

    Attributes:
        sums: Weighted sums of the measures, and weights of the images they were taken of, (2, k).
    """

    def __init__(self, measures: tuple[str, ...]) -> None:
        """Take the names of the k measures."""
        self._measures = measures
        self.sums = torch.zeros(2, len(measures), dtype=torch.float64)

    def add(self, found: Tensor, n_images: int) -> None:
        """Add the measures of a batch, (k,); NaN for those not taken."""
        taken = ~found.isnan()
        new = torch.stack((found.where(taken, 0.0), taken.float()))
        self.sums.mul_(_MEMORY).add_(new, alpha=n_images)

    @property
    def are_finite(self) -> bool:
        """Whether all of them are finite numbers."""
        return bool(self.sums.isfinite().all())

    def by_name(self) -> dict[str, float]:
        """Return the means of the measures taken so far."""
        totals, counts = self.sums.tolist()
        pairs = zip(self._measures, totals, counts, strict=True)
        return {name: total / count for name, total, count in pairs if count}
