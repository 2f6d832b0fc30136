"""The result of one check of a finished run, and its words.

Knows nothing of how it was found.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from explorer.errors import ConfigError
from explorer.foreign import door
from explorer.remedies import Remedy
from explorer.words import decimal, percent, say

About = Literal[
    "reconstruction", "collapse", "kl", "holes", "overfitting", "divergence", "adversarial"
]
Grade = Literal["fine", "note", "problem"]

_LARGE = 1e7  # from here on numbers are written with a power of ten


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes:
        about: What was checked.
        grade: `fine`, `note` (worth knowing, but no fault) or `problem`.
        key: Which sentence of the catalogue says it.
        values: What was measured, for the gaps of the sentence.
        remedy: A run that may do better; None where there is nothing to mend.
    """

    about: About
    grade: Grade
    key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    remedy: Remedy | None = None

    def says(self) -> str:
        """Return the finding as a sentence or two."""
        values = {name: _in_words(name, value) for name, value in self.values.items()}
        return say(f"verdict.{self.about}_{self.key}", **values)

    def to_json(self) -> dict[str, object]:
        """Return the finding as plain JSON values, its words included."""
        return {
            "about": self.about,
            "grade": self.grade,
            "key": self.key,
            "says": self.says(),
            "values": {name: _plain(value) for name, value in self.values.items()},
            "remedy": None if self.remedy is None else self.remedy.to_json(),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Finding":
        """Read back what `to_json` wrote.

        Raises:
            ConfigError: It is something else.
        """
        with door(_damaged):
            remedy = values["remedy"]
            about = values["about"]
            found = cls(
                about="adversarial" if about == "game" else about,
                grade=values["grade"],
                key=values["key"],
                values=dict(values["values"]),
                remedy=None if remedy is None else Remedy.from_json(remedy),
            )
            found.says()
            if found.grade not in get_args(Grade):
                raise ValueError(f"{found.grade} is no grade")
        return found


def summary(findings: Sequence[Finding]) -> str:
    """Sum up the findings in one sentence."""
    n = sum(finding.grade == "problem" for finding in findings)
    return say("verdict.problems", count=n) if n else say("verdict.none", count=len(findings))


def value_text(value: float) -> str:
    """Write a number to at most four digits, with a minus sign and separated thousands."""
    if abs(value) >= _LARGE:
        return f"{value:.1e}".replace("-", "\u2212")
    digits = 0 if abs(value) >= 1_000 else 1 if abs(value) >= 10 else 2
    return decimal(value, digits).replace("-", "\u2212")


def _in_words(name: str, value: object) -> object:
    """Return a value as text for a sentence of the catalogue; shares in percent."""
    if isinstance(value, float):
        return percent(value) if name.endswith("_share") else value_text(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return value


def _plain(value: object) -> object:
    """Return a value as JSON can hold it: finite, and to 6 significant digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def _damaged(why: str) -> ConfigError:
    return ConfigError("verdict.damaged_finding", why=why)
