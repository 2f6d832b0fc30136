"""A comparison of models as a table: facts about each, and its scores.

Every visible text is an argument. Knows nothing of how scores were measured, or which is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Row:
    """One fact or measure of all models.

    Attributes:
        key: Its name for programs.
        name: Its name for people.
        texts: Its value for each model, as text.
        values: A measure's value for each model, None where it has none; empty for a fact.
        best: Positions of the models whose value is the best, where values can be compared.
        remark: Why they cannot be compared, or another note.
    """

    key: str
    name: str
    texts: Sequence[str]
    values: Sequence[float | None] = ()
    best: Sequence[int] = ()
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class ComparisonTable:
    """Models side by side.

    Attributes:
        models: Their names.
        rows: Facts first, then measures.
    """

    models: Sequence[str]
    rows: Sequence[Row]

    @property
    def remarks(self) -> list[str]:
        """All remarks, each once, in the order of the rows."""
        return list(dict.fromkeys(row.remark for row in self.rows if row.remark))
