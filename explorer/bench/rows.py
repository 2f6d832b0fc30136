"""Checks, their budgets and their results.

Knows nothing of how anything is measured.
"""

import math
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from explorer.errors import ExplorerError

T = TypeVar("T")

Report = Callable[[str], None]


class Reading(NamedTuple):
    """A measured value, with a note about it."""

    value: float
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the table before it is measured.

    Attributes:
        group: Group that can be measured alone.
        what: What is measured, in words.
        unit: Of budget and value.
        budget: Largest value allowed, or smallest with `at_least`.
        at_least: Whether the value must be at least the budget.
        model: Name of the model, where each of them is measured.
        measure: Measures it now.
    """

    group: str
    what: str
    unit: str
    budget: float
    at_least: bool = False
    model: str = ""
    measure: Callable[[], Reading] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        what: What was measured, in words.
        unit: Of budget and value.
        budget: Largest value allowed, or smallest with `at_least`.
        at_least: Whether the value must be at least the budget.
        measured: The value, or None if it could not be measured here.
        note: What else is worth knowing, or why it could not be measured.
        model: Of which model, where each of them was measured.
    """

    what: str
    unit: str
    budget: float
    at_least: bool
    measured: float | None
    note: str = ""
    model: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the budget is kept; None if that is not known."""
        if self.measured is None:
            return None
        return self.measured >= self.budget if self.at_least else self.measured <= self.budget


def line(
    group: str,
    what: str,
    unit: str,
    budget: float,
    measure: Callable[[], Reading],
    at_least: bool = False,
    *,
    model: str = "",
) -> Check:
    """Return a check, from the values that most lines give in this order."""
    return Check(
        group=group,
        what=what,
        unit=unit,
        budget=budget,
        at_least=at_least,
        model=model,
        measure=measure,
    )


class Once(Generic[T]):
    """Work that several checks share: done on first use and never again, even if it failed."""

    def __init__(self, do: Callable[[], T]) -> None:
        self._do = do
        self._done: list[T] = []
        self._error: Exception | None = None

    def __call__(self) -> T:
        """Return the result, or raise the error again."""
        if self._error is not None:
            raise self._error
        if not self._done:
            try:
                self._done.append(self._do())
            except Exception as error:
                self._error = error
                raise
        return self._done[0]


def measured_rows(checks: Iterable[Check], report: Report) -> Iterator[Row]:
    """Measure one check after another; a failure is reported in its row and does not stop the rest.

    Args:
        checks: What to measure.
        report: Called with what is being measured, and with the traceback of a bug.
    """
    shown: set[int] = set()  # bugs whose traceback was shown; checks that share work share them
    for check in checks:
        report(" ".join(filter(None, (check.model, check.what))))
        measured: float | None = None
        try:
            measured, note = check.measure()
        except ExplorerError as error:
            note = f"{error.so} {error.do}"
        except Exception as error:  # a browser or another library may raise anything
            if id(error) not in shown:
                report(traceback.format_exc())
            shown.add(id(error))
            note = f"failed: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        yield Row(
            what=check.what,
            unit=check.unit,
            budget=check.budget,
            at_least=check.at_least,
            measured=measured,
            note=note,
            model=check.model,
        )


def worst_of_models(rows: Iterable[Row]) -> list[Row]:
    """Return one row for all models that were measured alike: the worst, which its note names.

    One that could not be measured counts as the worst. Rows without a model stay as they are.
    """
    alike: dict[tuple[str, float], list[Row]] = {}
    for row in rows:
        alike.setdefault((row.what, row.budget), []).append(row)
    return [_worst(group) if len(group) > 1 else group[0] for group in alike.values()]


def _worst(rows: list[Row]) -> Row:
    def badness(row: Row) -> float:
        if row.measured is None:
            return math.inf
        return -row.measured if row.at_least else row.measured

    worst = max(rows, key=badness)
    note = f"the worst of {len(rows)} models, {worst.model}"
    return replace(worst, note="; ".join(filter(None, (note, worst.note))), model="")
