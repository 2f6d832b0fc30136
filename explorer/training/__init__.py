"""Training: from an `ImageSet` and a `TrainConfig` to a `ModelBundle`, with reports on the way.

`loop` does the work and `batches` says which images each step sees; `control` is what may be
changed meanwhile, `recent`, `snapshots` and `gradients` are what can be watched, `held_out` says
whether the loss on held-out images rises again, `checkpoint` keeps a run on disk, `finish` scores
the result.
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
