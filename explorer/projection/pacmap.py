"""PaCMAP, by pacmap: keeps neighbours and some distances between groups. Needs `[maps]`.

Source:
    Wang, Huang, Rudin and Shaposhnik, "Understanding How Dimension Reduction Tools Work", 2021.
    https://jmlr.org/papers/v22/20-1061.html
"""

import warnings
from collections.abc import Iterator

import numpy as np

from explorer.latent.stats import checked_codes
from explorer.projection.methods import MapMethod, MapStep, place_by_neighbours
from explorer.projection.pca import flat

_N_NEIGHBOURS = 10  # as its authors recommend for up to 10,000 points


def _fit(codes: np.ndarray, seed: int) -> Iterator[MapStep]:
    METHOD.check_installed()
    codes = checked_codes(codes)
    yield MapStep(xy=flat(codes), iteration=0, n_iterations=1)
    with warnings.catch_warnings(action="ignore"):  # it warns about every seed
        from pacmap import PaCMAP

        n_neighbours = min(_N_NEIGHBOURS, len(codes) // 3)
        fitted = PaCMAP(n_neighbors=n_neighbours, random_state=seed).fit_transform(
            codes.astype(np.float32)
        )
    yield MapStep(xy=np.asarray(fitted, np.float32), iteration=1, n_iterations=1)


METHOD = MapMethod(
    name="pacmap",
    title="PaCMAP",
    is_exact=False,
    settings={"n_neighbours": _N_NEIGHBOURS},
    needs="pacmap",
    fewest=10,
    fit=_fit,
    place=place_by_neighbours,
)
