"""Places codes that are still being learnt, so that the map moves no more than they do."""

import numpy as np

from explorer.latent.stats import checked_codes
from explorer.projection.pca import pca


def followed(codes: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Place codes that are still being learnt, so that the map moves no more than they do.

    Codes of two coordinates are their own map. Of more, the plane is that of their PCA, turned and
    mirrored, without stretching, to lie as close as can be to where the same codes were before.

    Args:
        codes: Shape (n, d), in prior standard deviations.
        before: Where the same n codes lay last time, shape (n, 2), or None.

    Returns:
        xy, shape (n, 2), float32; a single coordinate is spread over evenly chosen heights.

    Raises:
        ShapeError: As `pca`.
        DataError: As `pca`.

    Source:
        Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966.
        https://doi.org/10.1007/BF02289451
    """
    codes = checked_codes(codes)
    n, d = codes.shape
    if d == 1:
        return np.column_stack([codes[:, 0], spread_heights(n)]).astype(np.float32)
    if d == 2:
        return codes.astype(np.float32)
    xy = pca(codes, 2).xy
    if before is None:
        return xy
    left, _, right = np.linalg.svd(xy.T.astype(np.float64) @ (before - before.mean(axis=0)))
    return np.asarray(xy @ (left @ right), dtype=np.float32)


def spread_heights(n: int) -> np.ndarray:
    """Spread n dots of a one-coordinate map over heights in [-0.5, 0.5), evenly and always alike.

    Multiples of the golden ratio leave no two dots close, however many there are.
    """
    return np.arange(n) * 0.6180339887498949 % 1.0 - 0.5
