"""Reads and writes models as folders: config, weights, codes, pack, preview, card. Without torch.

Knows nothing of where bundles lie (that is `store`) or of how one is trained.

- `record.py`: what a bundle is.
- `settings.py`, `entries.py`: config.json, read and written, and its single entries.
- `model.py`: its entry on the model itself, read and written.
- `arrays.py`: weights.safetensors and codes.npz, read and written.
- `measures.py`: names and explanations of scores.
- `findings.py`: what the scores mean, in sentences.
- `card.py`: README.md, the model card.
- `table.py`: several bundles as one table.
- `files.py`: reads files that came from elsewhere, and replaces folders whole.
- `folder.py`: `read_summary`, `read_bundle` and `write_bundle`.
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
