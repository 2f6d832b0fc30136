"""Training: from an `ImageSet` and a `TrainConfig` to a `ModelBundle`, telling how it goes.

`loop` does the work, `checkpoint` keeps a run on disk, `finish` scores the result.
"""

from explorer.training.loop import train
from explorer.training.progress import Losses, Progress

__all__ = ["Losses", "Progress", "train"]
