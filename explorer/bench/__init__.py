"""The performance table: every budget of the product, measured now on this machine.

Everything is measured as a user meets it: the app is started by its command, a real mouse acts on
the page in headless Chromium, and what is compared with another program runs in turns with it, in
the same run. A shared machine is noisy, so a number is the median of several tries (`checks.py`
says of which), and a ratio compares tries that follow each other. Still, measure on a machine that
does nothing else; the table gives the load at its start. The table goes into the README, so what it
says is English in any language.

- `rows.py`: a check, its row, and how checks are run.
- `checks.py`: every line with its budget; those of `page_checks.py` are about what a page draws,
  those of `app_checks.py` about the app as a process.
- `stand.py`: what measurements share: the machine, and the app.
- `app.py`: the app as a process; `browser.py`: the page in Chromium.
- `crowd.py`: many visitors at once; `visitors.py`: a visitor without a browser.
- `bombs.py`: small files of very many pixels.
- `projecting.py`: PCA and t-SNE; `throughput.py`: training beside pythae.
- `table.py`: text, JSON, Markdown.
"""

from explorer.bench.checks import GROUPS, checks
from explorer.bench.rows import Check, Once, Reading, Report, Row, measured_rows
from explorer.bench.stand import Machine, Stand
from explorer.bench.table import (
    around_table,
    json_values,
    markdown_table,
    rewrite,
    text_table,
)

__all__ = [
    "GROUPS",
    "Check",
    "Machine",
    "Once",
    "Reading",
    "Report",
    "Row",
    "Stand",
    "around_table",
    "checks",
    "json_values",
    "markdown_table",
    "measured_rows",
    "rewrite",
    "text_table",
]
