"""Times PCA and t-SNE of codes, with scikit-learn's t-SNE in the same run for comparison.

Knows nothing of models.
"""

import statistics
import time
from dataclasses import dataclass

import numpy as np

from explorer.data.digits import digits
from explorer.projection.pca import pca
from explorer.projection.tsne import tsne

_NEIGHBOURS = 10


def pca_s(n_codes: int, latent_dim: int) -> float:
    """Return the seconds that a PCA of normal codes takes, the median of seven.

    Args:
        n_codes: Rows.
        latent_dim: Columns; each has 0.85 of the spread of the one before.
    """
    scales = 0.85 ** np.arange(latent_dim)
    codes = np.random.default_rng(0).normal(size=(n_codes, latent_dim)) * scales
    codes = codes.astype(np.float32)
    pca(codes[:100])  # imports scikit-learn
    took = []
    for _ in range(7):
        begin = time.perf_counter()
        pca(codes)
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


@dataclass(frozen=True)
class TsneRace:
    """Our t-SNE and scikit-learn's, of the same codes.

    Attributes:
        ours_s: Seconds, the mean of a run before scikit-learn's and one after.
        theirs_s: Seconds.
        first_picture_s: Seconds until our first map.
        n_pictures: Maps we showed on the way.
        purity: Share of the 10 nearest neighbours that are of the same class, on our map.
        their_purity: The same on scikit-learn's.
        code_purity: The same among the codes themselves.
    """

    ours_s: float
    theirs_s: float
    first_picture_s: float
    n_pictures: int
    purity: float
    their_purity: float
    code_purity: float


def tsne_race(n_codes: int, latent_dim: int) -> TsneRace:
    """Run both, interleaved: ours, scikit-learn's, ours; theirs with its own settings."""
    from sklearn.manifold import TSNE

    codes, labels = labelled_codes(n_codes, latent_dim)
    next(tsne(codes[:100]))  # imports openTSNE
    before = _our_tsne(codes)
    begin = time.perf_counter()
    theirs = TSNE(random_state=0).fit_transform(codes)
    theirs_s = time.perf_counter() - begin
    after = _our_tsne(codes)
    return TsneRace(
        ours_s=(before.took_s + after.took_s) / 2,
        theirs_s=theirs_s,
        first_picture_s=max(before.first_picture_s, after.first_picture_s),
        n_pictures=after.n_pictures,
        purity=purity(after.xy, labels),
        their_purity=purity(theirs, labels),
        code_purity=purity(codes, labels),
    )


def labelled_codes(n_codes: int, latent_dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Make codes with classes from handwritten digits that the package includes.

    Each of the 1,797 digits is used several times, moved by up to half a pixel, with more or less
    ink, and with noise, so that copies differ and classes overlap as in the codes of a VAE: of the
    10 nearest neighbours among 10,000, 93 % have the same class. Then a PCA reduces the 64 pixels
    to `latent_dim` dimensions.

    Returns:
        Codes (n, d) float32, and the class of each (n,).
    """
    images = digits()
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.resize(np.arange(len(images.pixels)), n_codes))
    x = images.images(rows)[:, 0].astype(np.float64)  # (n, 8, 8)
    for axis in (1, 2):
        move = rng.uniform(-0.5, 0.5, (n_codes, 1, 1))
        pixel = np.sign(move).astype(int)
        moved = np.where(pixel > 0, np.roll(x, 1, axis), np.roll(x, -1, axis))
        x = (1 - np.abs(move)) * x + np.abs(move) * moved
    x = x * rng.uniform(0.7, 1.3, (n_codes, 1, 1)) + rng.normal(0, 0.1, x.shape)
    assert images.labels is not None
    return pca(x.reshape(n_codes, -1), latent_dim).xy, images.labels[rows]


def purity(places: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean share of the 10 nearest neighbours that are of the same class.

    Args:
        places: Shape (n, m).
        labels: Shape (n,).
    """
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=_NEIGHBOURS).fit(places).kneighbors(return_distance=False)
    return float((labels[near] == labels[:, None]).mean())


@dataclass(frozen=True)
class _OurTsne:
    xy: np.ndarray
    took_s: float
    first_picture_s: float
    n_pictures: int


def _our_tsne(codes: np.ndarray) -> _OurTsne:
    begin = time.perf_counter()
    steps = tsne(codes)
    maps = [next(steps).xy]
    first_picture_s = time.perf_counter() - begin
    maps += [step.xy for step in steps]
    return _OurTsne(maps[-1], time.perf_counter() - begin, first_picture_s, len(maps))
