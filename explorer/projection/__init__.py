"""Lays codes on maps: by PCA, which can be inverted on its plane, t-SNE and others.

The one room that imports openTSNE, umap and pacmap. Knows nothing of labels, colours or files.

- `methods.py`: what a method is, and which there are.
- `pca.py`, `tsne.py`, `umap.py`, `pacmap.py`: one method each.
- `following.py`: the map of codes that are still being learnt.
"""

from explorer.projection.following import followed, spread_heights
from explorer.projection.methods import (
    METHODS,
    MapMethod,
    MapStep,
    Projection,
    place_by_neighbours,
)

__all__ = [
    "METHODS",
    "MapMethod",
    "MapStep",
    "Projection",
    "followed",
    "place_by_neighbours",
    "spread_heights",
]
