"""The scores of several models as a table that spreadsheets read.

Knows nothing of how they were measured, or of which is the better.
"""

import csv
import io
from collections.abc import Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would calculate


def comparison_csv(
    models: Sequence[str],
    facts: Sequence[tuple[str, Sequence[str]]],
    measures: Sequence[tuple[str, Sequence[float | None], str]],
) -> str:
    """Write one column for each model, and one line for each fact and measure.

    Args:
        models: Their names. One that a spreadsheet would take for a formula gets an apostrophe.
        facts: Name of each fact, and what it is for each model.
        measures: Key of each measure, its value for each model or None, and a remark.

    Returns:
        Text with lines that end as RFC 4180 has it; numbers in full.

    Source:
        OWASP, "CSV Injection". https://owasp.org/www-community/attacks/CSV_Injection
    """
    stream = io.StringIO()
    table = csv.writer(stream)
    table.writerow(["", *map(_harmless, models), "remark"])
    for name, told in facts:
        table.writerow([name, *map(_harmless, told), ""])
    for key, values, remark in measures:
        numbers = ["" if value is None else repr(float(value)) for value in values]
        table.writerow([key, *numbers, _harmless(remark)])
    return stream.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
