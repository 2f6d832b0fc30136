"""What a caller may change about a run while it works."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Control:
    """Requests of the caller; the run reads them before and after each report.

    None of them changes which weights a number of steps leads to.

    Attributes:
        report_every_s: Seconds of work between two reports; 0 reports each step.
        with_snapshot: Whether the next report carries a snapshot.
        finish: Whether to end now, with the best weights so far as the result.
        with_other: Whether the last report also carries the end that is not kept.
    """

    report_every_s: float = 0.2
    with_snapshot: bool = False
    finish: bool = False
    with_other: bool = False
