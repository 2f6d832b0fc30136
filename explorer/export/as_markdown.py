"""A comparison as a Markdown table, for READMEs: names, and numbers as the page shows them."""

import re

from explorer.export.comparison import ComparisonTable, Row
from explorer.export.formats import ExportFormat

_SIGNS = re.compile(r"[\\`*_{}\[\]<>|#~$&@]")  # that Markdown or GitHub may interpret


def write(table: ComparisonTable) -> bytes:
    """Write a table in GitHub's Markdown: the best values in bold, remarks as footnotes.

    Returns:
        UTF-8 text.

    Source:
        "GitHub Flavored Markdown Spec", tables. https://github.github.com/gfm/#tables-extension-
    """
    remarks = table.remarks
    lines = [
        _line(["", *map(_plain, table.models)]),
        _line(["---", *["---:"] * len(table.models)]),
        *(_row(row, remarks) for row in table.rows),
    ]
    notes = [f"[^{number}]: {_plain(text)}" for number, text in enumerate(remarks, 1)]
    return "\n".join([*lines, *(["", *notes] if notes else []), ""]).encode()


def _row(row: Row, remarks: list[str]) -> str:
    mark = f"[^{remarks.index(row.remark) + 1}]" if row.remark else ""
    cells = [f"**{_plain(t)}**" if i in row.best else _plain(t) for i, t in enumerate(row.texts)]
    return _line([_plain(row.name) + mark, *cells])


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return a text as one line, escaped for Markdown."""
    return _SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


FORMAT = ExportFormat(
    name="markdown",
    suffix=".md",
    media_type="text/markdown;charset=utf-8",
    saves=ComparisonTable,
    write=write,
)
