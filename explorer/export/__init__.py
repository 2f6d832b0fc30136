"""What can be saved as a file.

- `replay.py`: a training run as an animated GIF.
- `comparison.py`: the scores of several models as a table.
"""

from explorer.export.comparison import comparison_csv
from explorer.export.replay import (
    MOST_BYTES,
    MOST_FRAMES,
    SIZE,
    Moment,
    Titles,
    moments_shown,
    replay_gif,
)

__all__ = [
    "MOST_BYTES",
    "MOST_FRAMES",
    "SIZE",
    "Moment",
    "Titles",
    "comparison_csv",
    "moments_shown",
    "replay_gif",
]
