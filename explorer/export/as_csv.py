"""A comparison as a table that spreadsheets and programs read: keys, and numbers in full."""

import csv
import io

from explorer.export.comparison import ComparisonTable
from explorer.export.formats import ExportFormat

# Starts of what a spreadsheet would calculate; those of double width, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write(table: ComparisonTable) -> bytes:
    """Write one column for each model and one line for each row; a last column has the remarks.

    An apostrophe precedes text that a spreadsheet would take for a formula.

    Returns:
        UTF-8 text with lines that end as RFC 4180 has it; numbers in full.

    Source:
        OWASP, "CSV Injection". https://owasp.org/www-community/attacks/CSV_Injection
    """
    stream = io.StringIO()
    lines = csv.writer(stream)
    lines.writerow(["", *map(_harmless, table.models), "remark"])
    for row in table.rows:
        numbers = ["" if value is None else repr(float(value)) for value in row.values]
        lines.writerow([row.key, *(numbers or map(_harmless, row.texts)), _harmless(row.remark)])
    return stream.getvalue().encode()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


FORMAT = ExportFormat(
    name="csv",
    suffix=".csv",
    media_type="text/csv;charset=utf-8",
    saves=ComparisonTable,
    write=write,
)
