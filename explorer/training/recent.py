"""The losses of a run over its last images, as moving means."""

import torch
from torch import Tensor

_MEMORY = 0.9  # each batch weighs so much less than the next


class RecentMeans:
    """Moving means of what the steps of a run measure.

    They do not depend on how often somebody looks. A mean over the epoch so far would jump where
    the next epoch begins.

    Attributes:
        sums: Weighted sums of the measures, and weights of the images they were taken of, (2, k).
    """

    def __init__(self, measures: tuple[str, ...]) -> None:
        """Name the measures, k of them."""
        self._measures = measures
        self.sums = torch.zeros(2, len(measures), dtype=torch.float64)

    def add(self, found: Tensor, n_images: int) -> None:
        """Add the measures of a batch, (k,); NaN stands for those it does not take."""
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
