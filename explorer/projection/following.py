"""The map of a model that is still being trained, which moves no more than its codes do."""

import numpy as np

from explorer.latent.stats import checked_codes
from explorer.projection.pca import pca


def followed(codes: np.ndarray, before: np.ndarray | None = None) -> np.ndarray:
    """Place the codes of a model in training, so that the map moves no more than they do.

    Codes of two dimensions are their own map. For more, it is their PCA, rotated and mirrored, but
    not stretched, to match the previous positions as closely as possible.

    Args:
        codes: Shape (n, d), in prior standard deviations.
        before: Previous positions of the same n codes, shape (n, 2), or None.

    Returns:
        Positions, shape (n, 2), float32; a single dimension is spread over even heights.

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
    """Return heights in [-0.5, 0.5) for n dots of a one-dimensional map, even and deterministic.

    Multiples of the golden ratio keep dots apart, however many there are.
    """
    return np.arange(n) * 0.6180339887498949 % 1.0 - 0.5
