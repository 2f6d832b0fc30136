"""What a way of laying codes on a map is, and which there are.

A method is a module of this room with a `METHOD`, and an entry in `_MODULES`; programs may also
`register` one of their own. Knows nothing of labels, colours or files.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import numpy as np

from explorer.errors import MachineError

_MODULES = ("pca", "tsne", "umap", "pacmap")  # in the order in which they are offered
_registered: "dict[str, MapMethod]" = {}
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


def all_methods() -> tuple[MapMethod, ...]:
    """Return all methods, also those that are not installed."""
    return (*_built_in(), *_registered.values())


def register(method: MapMethod) -> None:
    """Offer a method beside the others, in this process."""
    _registered[method.name] = method


def method_named(name: str) -> MapMethod | None:
    """Return a method by its name; None if it is unknown here."""
    return next((method for method in all_methods() if method.name == name), None)


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


@cache
def _built_in() -> tuple[MapMethod, ...]:
    modules = (import_module(f"explorer.projection.{module}") for module in _MODULES)
    return tuple(cast(MapMethod, module.METHOD) for module in modules)
