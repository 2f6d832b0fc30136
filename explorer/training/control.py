"""What may be changed about a run while it works."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Control:
    """Read by the run before and after each report; written by the caller that iterates over them.

    Nothing in it changes which weights a number of steps leads to.

    Attributes:
        report_every_s: Seconds of work from one report to the next; 0 reports each step.
        with_snapshot: Whether the next report is to carry a snapshot.
        finish: Whether to end now, with the best weights so far as the result.
        with_other: Whether the last report is to carry also the end that is not kept.
    """

    report_every_s: float = 0.2
    with_snapshot: bool = False
    finish: bool = False
    with_other: bool = False
