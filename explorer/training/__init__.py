"""Training: from an `ImageSet` and a `TrainConfig` to a `ModelBundle`, telling how it goes.

`loop` does the work, `control` is what may be changed meanwhile, `snapshots` and `gradients` are
what can be watched, `checkpoint` keeps a run on disk, `finish` scores the result.
"""

from explorer.training.control import Control
from explorer.training.loop import train
from explorer.training.progress import Losses, Progress
from explorer.training.snapshots import Snapshot, Watch

__all__ = ["Control", "Losses", "Progress", "Snapshot", "Watch", "train"]
