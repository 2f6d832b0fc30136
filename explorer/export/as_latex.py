r"""A comparison as a LaTeX table, for papers: names, and numbers as the page shows them.

A document that includes it needs `\usepackage{booktabs}`.
"""

from explorer.export.comparison import ComparisonTable, Row
from explorer.export.formats import ExportFormat

# Characters that LaTeX interprets, and signs of numbers that its fonts may lack.
_SIGNS = str.maketrans(
    {sign: rf"\{sign}" for sign in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    | {
        "\N{MINUS SIGN}": "$-$",
        "\N{PLUS-MINUS SIGN}": r"$\pm$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
    }
    | {"\N{EN DASH}": "--", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}"}
)


def write(table: ComparisonTable) -> bytes:
    """Write a `tabular`, the best values in bold and remarks as notes below the rules.

    Returns:
        UTF-8 text.

    Source:
        Fear, "Publication quality tables in LaTeX", 2020. https://ctan.org/pkg/booktabs
    """
    n, remarks = len(table.models), table.remarks
    facts = [row for row in table.rows if not row.values]
    measures = [row for row in table.rows if row.values]
    lines = [
        r"% \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * n}}}",
        r"\toprule",
        _line(["", *map(_plain, table.models)]),
        r"\midrule",
        *(_row(row, remarks) for row in facts),
        *([r"\midrule"] if facts and measures else []),
        *(_row(row, remarks) for row in measures),
        r"\bottomrule",
        *(_note(number, text, n) for number, text in enumerate(remarks, 1)),
        r"\end{tabular}",
        "",
    ]
    return "\n".join(lines).encode()


def _row(row: Row, remarks: list[str]) -> str:
    mark = rf"\textsuperscript{{{remarks.index(row.remark) + 1}}}" if row.remark else ""
    cells = [
        rf"\textbf{{{_plain(text)}}}" if i in row.best else _plain(text)
        for i, text in enumerate(row.texts)
    ]
    return _line([_plain(row.name) + mark, *cells])


def _note(number: int, text: str, n_models: int) -> str:
    note = rf"\footnotesize\textsuperscript{{{number}}} {_plain(text)}"
    return _line([rf"\multicolumn{{{n_models + 1}}}{{p{{\linewidth}}}}{{{note}}}"])


def _line(cells: list[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _plain(text: str) -> str:
    """Return a text as one line, escaped for LaTeX."""
    return " ".join(text.split()).translate(_SIGNS)


FORMAT = ExportFormat(
    name="latex",
    suffix=".tex",
    media_type="text/x-tex;charset=utf-8",
    saves=ComparisonTable,
    write=write,
)
