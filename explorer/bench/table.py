"""The measured rows as text, as JSON values, and as the table of a README.

Knows nothing of how anything is measured.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from explorer.bench.rows import Row, worst_of_models
from explorer.bench.stand import Machine
from explorer.disk import replace_file
from explorer.errors import DataError

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"

_HOLDS = {True: "yes", False: "NO", None: "not measured"}


def json_values(rows: Sequence[Row], machine: Machine) -> dict[str, object]:
    """Return the table as JSON values: `rows`, each with `holds`, and `machine`."""
    return {
        "rows": [dataclasses.asdict(row) | {"holds": row.holds} for row in rows],
        "machine": dataclasses.asdict(machine),
    }


def text_table(rows: Sequence[Row], machine: Machine) -> str:
    """Return the table for a terminal, notes last."""
    lines = [["", "budget", "measured", "holds", ""], *(_cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    table = [
        f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}  "
        f"{line[3]:<{widths[3]}}  {line[4]}".rstrip()
        for line in lines
    ]
    return "\n".join([*table, "", machine_line(machine)])


def markdown_table(rows: Sequence[Row], machine: Machine) -> str:
    """Return the table for a README; of what was measured for each model, the worst."""
    lines = [
        "| what | budget | measured | holds | |",
        "|---|---:|---:|---|---|",
        *(f"| {' | '.join(_cells(row))} |" for row in worst_of_models(rows)),
    ]
    return "\n".join([*lines, "", machine_line(machine)])


def machine_line(machine: Machine) -> str:
    """Return in one line when, where and with what was measured."""
    chromium = f"Chromium {machine.chromium}" if machine.chromium else "no browser"
    return (
        f"Measured {machine.date} by `latent-explorer bench` on {machine.n_cores} cores "
        f"(load {machine.load:.1f} before), {machine.system}, {chromium}, "
        f"Python {machine.python}, torch {machine.torch}."
    )


def rewrite(readme: Path, table: str) -> None:
    """Put a table between the two marks of a Markdown file, in place of the old one.

    Raises:
        DataError: The file cannot be read, or the marks are not in it, once each and in order.
        MachineError: It cannot be written.
    """
    before, after = around_table(readme)
    replace_file(readme, f"{before}{BEGIN}\n{table}\n{END}{after}".encode())


def around_table(readme: Path) -> tuple[str, str]:
    """Return the text before and after the place of the table.

    Raises:
        DataError: The file cannot be read, or the marks are not in it, once each and in order.
    """
    try:
        text = readme.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError("bench.unreadable", readme=readme, error=error) from error
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in before + after:
        raise DataError("bench.no_marks", readme=readme, begin=BEGIN, end=END)
    return before, after


def _cells(row: Row) -> list[str]:
    sign = "at least" if row.at_least else "at most"
    budget = f"{sign} {_number(row.budget, row.unit)}"
    measured = "-" if row.measured is None else _number(row.measured, row.unit)
    what = ": ".join(filter(None, (row.model, row.what)))
    return [what, budget, measured, _HOLDS[row.holds], row.note]


def _number(value: float, unit: str) -> str:
    """Write a value with its unit, and with decimals that suit its size."""
    decimals = 0 if float(value).is_integer() or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{decimals}f}"
    return f"{text}{unit}" if unit.startswith("/") else f"{text} {unit}"
