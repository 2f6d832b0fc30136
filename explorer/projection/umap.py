"""UMAP, by umap-learn: neighbours stay together and groups lie apart. Needs `[maps]`.

Source:
    McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension
    Reduction", 2018. https://arxiv.org/abs/1802.03426
"""

import warnings
from collections.abc import Iterator

import numpy as np

from explorer.latent.stats import checked_codes
from explorer.projection.methods import MapMethod, MapStep, place_by_neighbours
from explorer.projection.pca import flat

_N_NEIGHBOURS, _MIN_DIST = 15, 0.1  # as its authors recommend


def _fit(codes: np.ndarray, seed: int) -> Iterator[MapStep]:
    METHOD.check_installed()
    codes = checked_codes(codes)
    yield MapStep(xy=flat(codes), iteration=0, n_iterations=1)
    with warnings.catch_warnings(action="ignore"):  # of small sets whose neighbourhoods fall apart
        from umap import UMAP

        n_neighbours = min(_N_NEIGHBOURS, len(codes) - 1)
        fitted = UMAP(
            n_neighbors=n_neighbours, min_dist=_MIN_DIST, random_state=seed, n_jobs=1
        ).fit_transform(codes)
    yield MapStep(xy=np.asarray(fitted, np.float32), iteration=1, n_iterations=1)


METHOD = MapMethod(
    name="umap",
    title="UMAP",
    is_exact=False,
    settings={"n_neighbours": _N_NEIGHBOURS, "min_dist": _MIN_DIST},
    needs="umap",
    fewest=10,
    fit=_fit,
    place=place_by_neighbours,
)
