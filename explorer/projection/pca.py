"""Principal component analysis: a linear map, exact and invertible on its plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.errors import ShapeError
from explorer.latent.stats import checked_codes
from explorer.projection.methods import MapMethod, MapStep, Projection


@dataclass(frozen=True, kw_only=True)
class Pca(Projection):
    """A projection of codes onto the axes on which they vary most.

    Attributes:
        xy: (codes - mean) @ components.T, shape (n, m), float32.
        mean: Mean code, shape (d,), float32, which is the origin of the map.
        components: Orthonormal axes, shape (m, d), float32, by falling variance. The largest
            entry of each is positive, so that the same codes always give the same picture.
        variance_share: Share of the codes' variance on each axis, shape (m,), float32; all 0 if
            the codes do not vary.
    """

    mean: np.ndarray
    components: np.ndarray
    variance_share: np.ndarray

    def to_plane(self, z: np.ndarray) -> np.ndarray:
        """Return the positions of codes z, shape (n, d) or (d,), on the map: (n, m) or (m,)."""
        offset = np.asarray(z, dtype=np.float64) - self.mean
        return np.asarray(offset @ self.components.T.astype(np.float64), dtype=np.float32)

    def to_codes(self, xy: np.ndarray, *, keep: np.ndarray) -> np.ndarray:
        """Return the codes at positions on the map, otherwise like a given code.

        Of all codes at `xy`, this is the one closest to `keep`: only the part of `keep` in the
            plane
        changes, the part off it stays.

        Args:
            xy: Positions on the map, shape (n, m) or (m,).
            keep: The code to move, shape (d,), or one per position, shape (n, d).

        Returns:
            Codes, shape (n, d) or (d,), float32, which `to_plane` maps to `xy`.
        """
        keep = np.asarray(keep, dtype=np.float64)
        axes = self.components.astype(np.float64)  # (m, d)
        step = np.asarray(xy, dtype=np.float64) - (keep - self.mean) @ axes.T
        return np.asarray(keep + step @ axes, dtype=np.float32)


def pca(codes: np.ndarray, n_components: int = 3) -> Pca:
    """Find the axes on which codes vary most, and place the codes on them.

    Args:
        codes: Shape (n, d), in prior standard deviations.
        n_components: Number of axes; never more than d.

    Returns:
        The projection, with m = min(n_components, d) axes. If n is smaller than m, the remaining
        axes have no variance.

    Raises:
        ShapeError: The codes are not a matrix with at least one row, or n_components is below 1.
        DataError: A value is not a finite number.

    Source:
        Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space", 1901;
        computed by scikit-learn from the eigenvectors of the covariance.
    """
    from sklearn.decomposition import PCA

    codes = checked_codes(codes)
    if n_components < 1:
        raise ShapeError("projection.n_components", n_components=n_components)
    n, d = codes.shape
    m = min(n_components, d)
    # Relative to one of them, equal codes are exactly 0, and a mean far from 0 costs no precision.
    offsets = codes - codes[0]
    # scikit-learn finds at most n axes. Repeating all rows changes neither mean nor axes, and gives
    # it enough rows for the rest.
    rows = np.tile(offsets, (-(-(m + 1) // n), 1))
    with np.errstate(divide="ignore", invalid="ignore"):  # codes that do not vary: 0 / 0
        fitted = PCA(m, svd_solver="covariance_eigh").fit(rows)
    mean = (codes[0] + fitted.mean_).astype(np.float32)
    components = _largest_entry_positive(fitted.components_).astype(np.float32)
    return Pca(
        xy=((codes - mean) @ components.T.astype(np.float64)).astype(np.float32),
        mean=mean,
        components=components,
        variance_share=np.nan_to_num(fitted.explained_variance_ratio_).astype(np.float32),
    )


def _largest_entry_positive(components: np.ndarray) -> np.ndarray:
    """Return the axes (m, d), with signs that make the largest entry of each positive."""
    rows = np.arange(len(components))
    largest = components[rows, np.abs(components).argmax(axis=1)]
    return np.asarray(components * np.where(largest < 0, -1.0, 1.0)[:, None])


def flat(codes: np.ndarray) -> np.ndarray:
    """Return the PCA of codes (n, d) with two axes, shape (n, 2); with d = 1, the second is 0."""
    xy = pca(codes, 2).xy
    return np.pad(xy, ((0, 0), (0, 2 - xy.shape[1])))


def _fit(codes: np.ndarray, seed: int) -> Iterator[MapStep]:
    yield MapStep(xy=flat(codes), iteration=1, n_iterations=1)


def _place(z: np.ndarray, codes: np.ndarray, xy: np.ndarray) -> np.ndarray:
    places = pca(codes, 2).to_plane(z)
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


METHOD = MapMethod(name="pca", title="PCA", is_exact=True, fit=_fit, place=_place)
