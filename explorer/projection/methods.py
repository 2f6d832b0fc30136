"""What a way of laying codes on a map is, and which there are.

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

_MODULES = ("pca", "tsne", "umap", "pacmap")  # in the order in which they are offered
_NEAREST = 10  # codes that say where a new one belongs


@dataclass(frozen=True, kw_only=True)
class Projection:
    """Where each code falls on the map.

    Attributes:
        xy: One row per code, shape (n, m), float32; m is 2, or 3 for a map in space.
    """

    xy: np.ndarray


@dataclass(frozen=True, kw_only=True)
class MapStep(Projection):
    """A map as it stands after some of its iterations.

    Attributes:
        xy: Positions so far, shape (n, 2), float32.
        iteration: Iterations done; 0 is the start.
        n_iterations: Iterations there will be.
    """

    iteration: int
    n_iterations: int


@dataclass(frozen=True, kw_only=True)
class MapMethod:
    """A way of laying codes on a map.

    Attributes:
        name: One word, by which bundles and addresses call it.
        title: What people call it.
        is_exact: Whether places follow from codes by a formula; else only nearness means anything.
        settings: What it was told, which bundles note beside its maps.
        needs: Package that brings it and may not be installed; empty where it always is.
        fewest: Codes below which it has nothing to show.
        fit: Yields the map of codes (n, d), given a seed, as it takes shape, and the finished one
            last.
        place: Returns places (m, 2) of new codes (m, d) on a finished map, given its codes (n, d)
            and their places (n, 2).
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
        return not self.needs or find_spec(self.needs) is not None

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
    """Place codes at the weighted mean of where their nearest neighbours lie on a map.

    A neighbour weighs as much as it is near, squared, as in `latent.js`.

    Args:
        z: Codes to place, shape (m, d).
        codes: Codes on the map, shape (n, d).
        xy: Where they lie, shape (n, 2).

    Returns:
        Shape (m, 2), float32; approximate, and exact for codes that are on the map.
    """
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=min(_NEAREST, len(codes))).fit(codes)
    distances, rows = near.kneighbors(z)
    weights = 1 / (distances**2 + 1e-9)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray((weights[..., None] * xy[rows]).sum(axis=1), dtype=np.float32)
