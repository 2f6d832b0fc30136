"""Methods of making a map of codes.

A method is a module of this room with a `METHOD`, and an entry in `_MODULES`; or an entry point
`latent_explorer.maps` of another package. Knows nothing of labels, colours or files.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import numpy as np

from explorer.errors import MachineError
from explorer.registry import Registry

_MODULES = ("pca", "tsne", "umap", "pacmap")  # in the order of the list on the page
_NEAREST = 10  # neighbours that a new code is placed by


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The position of each code on a map.

    Attributes:
        xy: One row per code, shape (n, m), float32; m is 2, or 3 for a 3-D map.
    """

    xy: np.ndarray


@dataclass(frozen=True, kw_only=True)
class MapStep(Projection):
    """A map after some of its iterations.

    Attributes:
        xy: Positions so far, shape (n, 2), float32.
        iteration: Iterations done; 0 is the start.
        n_iterations: Iterations in all.
    """

    iteration: int
    n_iterations: int


@dataclass(frozen=True, kw_only=True)
class MapMethod:
    """A method of making a map of codes.

    Attributes:
        name: One word, used in bundles and addresses.
        title: Its usual name.
        is_exact: Whether positions follow from codes by a formula; otherwise only nearness counts.
        settings: Its settings, which bundles save with its maps.
        needs: Optional package that it needs; empty if there is none.
        fewest: Smallest number of codes that it makes sense for.
        fit: Yields the map of codes (n, d), given a seed, as it takes shape; the last one is final.
        place: Returns positions (m, 2) of new codes (m, d) on a finished map, given its codes (n,
            d) and their positions (n, 2).
    """

    name: str
    title: str
    is_exact: bool
    settings: Mapping[str, float | str] = field(default_factory=dict)
    needs: str = ""
    fewest: int = 1
    fit: Callable[[np.ndarray, int], Iterator[MapStep]]
    place: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]

    @property
    def is_installed(self) -> bool:
        """Whether it can be used here."""
        try:
            return not self.needs or find_spec(self.needs) is not None
        except (ImportError, ValueError):  # of a package within one that is missing
            return False

    def check_installed(self) -> None:
        """Refuse a method whose package is missing.

        Raises:
            MachineError: It is.
        """
        if not self.is_installed:
            raise MachineError("projection.not_installed", title=self.title, needs=self.needs)


def _built_in() -> Iterator[MapMethod]:
    for module in _MODULES:
        yield cast(MapMethod, import_module(f"explorer.projection.{module}").METHOD)


METHODS = Registry[MapMethod]("latent_explorer.maps", _built_in)


def place_by_neighbours(z: np.ndarray, codes: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """Place codes at the weighted mean position of their nearest neighbours on a map.

    The weight of a neighbour is the inverse square of its distance, as in `latent.js`.

    Args:
        z: Codes to place, shape (m, d).
        codes: Codes on the map, shape (n, d).
        xy: Their positions, shape (n, 2).

    Returns:
        Shape (m, 2), float32; approximate, and exact for codes that are on the map.
    """
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(_NEAREST, len(codes))).fit(codes)
    distances, rows = near.kneighbors(z)
    weights = 1 / (distances**2 + 1e-9)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray((weights[..., None] * xy[rows]).sum(axis=1), dtype=np.float32)
