"""What can be saved as a file, and in which formats.

- `formats.py`: what a format is, and which there are.
- `comparison.py`: models side by side, as a table; `as_csv.py`, `as_markdown.py`, `as_latex.py`
  write it.
- `replay.py`: a training run, moment by moment; `as_gif.py` draws it.
"""

from explorer.export.comparison import ComparisonTable, Row
from explorer.export.formats import FORMATS, ExportFormat, formats_of
from explorer.export.replay import MOST_FRAMES, Moment, RunReplay, Titles, moments_shown

__all__ = [
    "FORMATS",
    "MOST_FRAMES",
    "ComparisonTable",
    "ExportFormat",
    "Moment",
    "Row",
    "RunReplay",
    "Titles",
    "formats_of",
    "moments_shown",
]
