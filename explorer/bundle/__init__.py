"""Reads and writes models as folders: config, weights, codes, pack, preview, card. Without torch.

Knows nothing of where bundles lie (that is `store`) or of how one is trained.

- `record.py`: what a bundle is.
- `settings.py`: its config.json, both ways.
- `model.py`: what it says there of the model itself, both ways.
- `arrays.py`: its weights.safetensors and codes.npz, both ways.
- `measures.py`: what its scores are called and what they say.
- `findings.py`: what its scores say in words.
- `card.py`: its README.md, the model card.
- `table.py`: the cards of many, as one table.
- `files.py`: how files that came from elsewhere are read, and how folders are replaced whole.
- `folder.py`: the three verbs, `read_summary`, `read_bundle` and `write_bundle`.
"""

from explorer.bundle.files import (
    UNFINISHED_SUFFIX,
    bundles_in,
    looks_like_bundle,
    refuse_other_contents,
)
from explorer.bundle.folder import read_bundle, read_summary, refuse_unkeepable, write_bundle
from explorer.bundle.record import (
    FORMAT_VERSION,
    BundleSummary,
    Codes,
    DataFacts,
    LatentMap,
    MapFacts,
    ModelBundle,
)

__all__ = [
    "FORMAT_VERSION",
    "UNFINISHED_SUFFIX",
    "BundleSummary",
    "Codes",
    "DataFacts",
    "LatentMap",
    "MapFacts",
    "ModelBundle",
    "bundles_in",
    "looks_like_bundle",
    "read_bundle",
    "read_summary",
    "refuse_other_contents",
    "refuse_unkeepable",
    "write_bundle",
]
