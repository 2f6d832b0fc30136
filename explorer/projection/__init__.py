"""Maps of codes: PCA, which is invertible on its plane, t-SNE and others.

The only room that imports openTSNE, umap and pacmap. Knows nothing of labels, colours or files.

- `methods.py`: what a method is, and which there are.
- `pca.py`, `tsne.py`, `umap.py`, `pacmap.py`: one method each.
- `following.py`: the map of a model that is still being trained.
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
