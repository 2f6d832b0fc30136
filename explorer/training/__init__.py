"""Training: from an `ImageSet` and a `TrainConfig` to a `ModelBundle`, with reports on the way.

`loop` runs the steps, and `batches` says which images each step sees; `control` is what a caller
may change meanwhile; `recent`, `snapshots` and `gradients` can be watched; `validation` and
`held_out` follow the loss on held-out images; `checkpoint` saves a run; `finish` scores the result.
"""

from explorer.training.control import Control
from explorer.training.held_out import HeldOut
from explorer.training.loop import train
from explorer.training.progress import End, Losses, Progress, Which
from explorer.training.snapshots import Snapshot, Watch

__all__ = [
    "Control",
    "End",
    "HeldOut",
    "Losses",
    "Progress",
    "Snapshot",
    "Watch",
    "Which",
    "train",
]
