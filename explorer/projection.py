"""Projects codes onto a plane: by PCA, which can be inverted there, or by t-SNE.

The one room that imports scikit-learn and openTSNE. Knows nothing of labels, colours or files.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from explorer.errors import ShapeError
from explorer.latent.stats import checked_codes

if TYPE_CHECKING:
    from openTSNE import TSNEEmbedding


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Where each code falls on the map.

    Attributes:
        xy: One row per code, shape (n, m), float32; m is 2, or 3 for a map in space.
    """

    xy: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Pca(Projection):
    """A straight view of the codes along the axes on which they vary most.

    Attributes:
        xy: (codes - mean) @ components.T, shape (n, m), float32.
        mean: Mean code, shape (d,), float32: what lies at the origin of the map.
        components: Orthonormal axes, shape (m, d), float32, by falling variance. The largest
            entry of each is positive, so that the same codes always give the same picture.
        variance_share: Share of the codes' variance on each axis, shape (m,), float32; all 0 if
            the codes do not vary.
    """

    mean: np.ndarray
    components: np.ndarray
    variance_share: np.ndarray

    def to_plane(self, z: np.ndarray) -> np.ndarray:
        """Return where codes z, shape (n, d) or (d,), fall on the map: (n, m) or (m,)."""
        offset = np.asarray(z, dtype=np.float64) - self.mean
        return np.asarray(offset @ self.components.T.astype(np.float64), dtype=np.float32)

    def to_codes(self, xy: np.ndarray, *, keep: np.ndarray) -> np.ndarray:
        """Return the codes at places of the map, otherwise like a given code.

        Of all codes that fall on `xy` this is the one closest to `keep`: only the part of `keep`
        that lies in the plane moves, the part off it stays.

        Args:
            xy: Places on the map, shape (n, m) or (m,).
            keep: The code to move, shape (d,), or one per place, shape (n, d).

        Returns:
            Codes, shape (n, d) or (d,), float32, which `to_plane` brings back to `xy`.
        """
        keep = np.asarray(keep, dtype=np.float64)
        axes = self.components.astype(np.float64)  # (m, d)
        step = np.asarray(xy, dtype=np.float64) - (keep - self.mean) @ axes.T
        return np.asarray(keep + step @ axes, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class TsneStep(Projection):
    """A t-SNE map as it stands after some of its iterations.

    Attributes:
        xy: Positions so far, shape (n, 2), float32. Their axes mean nothing, only nearness does.
        iteration: Iterations done; 0 is the start, which is the PCA.
        n_iterations: Iterations there will be.
    """

    iteration: int
    n_iterations: int


def pca(codes: np.ndarray, n_components: int = 3) -> Pca:
    """Find the axes on which codes vary most, and place the codes on them.

    Args:
        codes: Shape (n, d), in prior standard deviations.
        n_components: Axes wanted; there are never more than d.

    Returns:
        The projection, with m = min(n_components, d) axes, also where n is smaller than m: the
        axes left over then have no variance.

    Raises:
        ShapeError: The codes are not a matrix with at least one row, or no axis is wanted.
        DataError: A value is not a finite number.

    Source:
        Pearson, "On Lines and Planes of Closest Fit to Systems of Points in Space", 1901;
        computed by scikit-learn from the eigenvectors of the covariance.
    """
    from sklearn.decomposition import PCA

    codes = checked_codes(codes)
    if n_components < 1:
        raise ShapeError(
            f"A PCA with {n_components} axes was asked for.",
            "A map needs at least one axis.",
            "Ask for 2 or 3.",
        )
    n, d = codes.shape
    m = min(n_components, d)
    # Measured from one of them, codes that are all the same are exactly 0, and a far-off mean
    # costs no digits.
    offsets = codes - codes[0]
    # scikit-learn finds at most n axes. Whole copies change neither mean nor axes, and give it
    # enough rows to span the rest of the space.
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
    """Return the axes (m, d), turned so that the entry largest in size is positive in each."""
    rows = np.arange(len(components))
    largest = components[rows, np.abs(components).argmax(axis=1)]
    return np.asarray(components * np.where(largest < 0, -1.0, 1.0)[:, None])


def tsne(codes: np.ndarray, *, seed: int = 0) -> Iterator[TsneStep]:
    """Lay codes out so that those near each other in latent space are near on the map.

    A generator: it yields the start at once, then the map every few iterations, and the finished
    map last. Stop iterating to cancel. The same codes and seed give the same map to the last bit,
    on any number of cores.

    Args:
        codes: Shape (n, d), in prior standard deviations.
        seed: Seed of the jitter that parts codes lying on one spot.

    Yields:
        The map so far. Fewer than 4 codes, or codes that are all the same, have no neighbourhoods
        to keep: they get their PCA as the only step.

    Raises:
        ShapeError: The codes are not a matrix with at least one row.
        DataError: A value is not a finite number.

    Source:
        van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008. PCA start and learning
        rate n / exaggeration as Kobak and Berens, "The art of using t-SNE for single-cell
        transcriptomics", 2019, https://doi.org/10.1038/s41467-019-13056-x. Computed by openTSNE.
    """
    codes = checked_codes(codes)
    n = len(codes)
    start = pca(codes, 2).xy.astype(np.float64)  # (n, 1 or 2)
    start = np.pad(start - start.mean(axis=0), ((0, 0), (0, 2 - start.shape[1])))
    spread = start[:, 0].std()
    has_neighbourhoods = n >= _FEWEST_FOR_TSNE and spread > 0 and np.ptp(codes, axis=0).any()
    phases = _phases(n) if has_neighbourhoods else ()
    n_iterations = sum(phase.n_iterations for phase in phases)
    yield _step(start, 0, n_iterations)
    if not phases:
        return
    jitter = np.random.default_rng(seed).normal(scale=0.01, size=start.shape)
    # Only ratios of distances matter, so any scale of codes fits 32 bits, which are faster.
    unit_codes = ((codes - codes.mean(axis=0)) / spread).astype(np.float32)
    # t-SNE wants to start small, or far points never feel each other.
    tsne_map = _unfinished_map(unit_codes, 1e-4 * (start / spread + jitter))
    done = 0
    for phase in phases:
        for n_now in phase.bursts(n):
            tsne_map.optimize(n_now, inplace=True, **phase.settings)
            done += n_now
            yield _step(tsne_map, done, n_iterations)


_FEWEST_FOR_TSNE = 4  # three neighbours each, which a perplexity of 1 stands for
_MOST_ON_ONE_CORE = 5_000  # below, threads wait for each other longer than they work
_MOST_FOR_BARNES_HUT = 20_000  # above, interpolation on a fine grid is faster at equal quality


@dataclass(frozen=True, kw_only=True)
class _Phase:
    """Some iterations of t-SNE with one set of openTSNE's settings."""

    n_iterations: int
    settings: Mapping[str, object]

    def bursts(self, n_codes: int) -> Iterator[int]:
        """Split the iterations so that a burst takes at most a second or so."""
        each = 25 if n_codes <= _MOST_FOR_BARNES_HUT else 10
        for done in range(0, self.n_iterations, each):
            yield min(each, self.n_iterations - done)


def _phases(n_codes: int) -> tuple[_Phase, ...]:
    """Choose settings by size: rough while clusters gather, careful while they take shape.

    With 10,000 codes of 16 coordinates this takes a third of scikit-learn's time at the same
    10-NN label purity, and ends within 3 % of its KL divergence.
    """
    gather: dict[str, object] = {
        "negative_gradient_method": "fft",
        "min_num_intervals": 20,
        "ints_in_interval": 2,
    }
    shape: dict[str, object] = {"negative_gradient_method": "bh", "theta": 0.7}
    if n_codes > _MOST_FOR_BARNES_HUT:
        shape = {"negative_gradient_method": "fft", "ints_in_interval": 1.5}
    return (
        _Phase(n_iterations=200, settings=gather | {"exaggeration": 12}),
        _Phase(n_iterations=400, settings=shape),
    )


def _unfinished_map(codes: np.ndarray, start: np.ndarray) -> "TSNEEmbedding":
    """Return openTSNE's own map of the codes (n, d), at its start (n, 2)."""
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    n_jobs = 1 if len(codes) <= _MOST_ON_ONE_CORE else -1
    perplexity = min(30.0, (len(codes) - 1) / 3)
    affinities = PerplexityBasedNN(codes, perplexity=perplexity, method="exact", n_jobs=n_jobs)
    return TSNEEmbedding(start, affinities, n_jobs=n_jobs)


def _step(xy: np.ndarray, iteration: int, n_iterations: int) -> TsneStep:
    """Copy a map as it stands, so that later iterations do not move it."""
    positions = np.array(xy, dtype=np.float32)
    return TsneStep(xy=positions, iteration=iteration, n_iterations=n_iterations)


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
