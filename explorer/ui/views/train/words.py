"""Words that several parts of the Train page share."""

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from explorer import jobs, sweeping
from explorer.ui import state
from explorer.ui.words import plain
from explorer.words import decimal, say
from explorer.words import moment as moment_of


def state_line(status: jobs.JobStatus) -> str:
    """Return the state of a run in a few words."""
    words = say(f"run.state.{status.state}")
    if not status.steps or status.state in ("finished", "queued", "starting"):
        return words
    percent = 100 * status.step // status.steps
    return say("train.run_line", state=words, percent=percent)


def length(seconds: float) -> str:
    """Return a duration in words, as roughly as it is known."""
    if seconds < 90:
        return say("train.estimate_seconds", count=max(5 * math.ceil(seconds / 5), 5))
    minutes = seconds / 60
    if minutes < 90:
        return say("train.estimate_minutes", count=round(minutes))
    return say("train.estimate_hours", hours=decimal(minutes / 60, 1))


def data_name(source: str) -> str:
    """Return the name of a set of images: its own, or that of its file without the suffix."""
    return Path(source).stem[:60]


def sweep_name(members: Sequence[jobs.Record]) -> str:
    """Return the title of a sweep, in Markdown: its data, and when it was started."""
    begun_s = min(record.created_s for record in members)
    data = plain(data_name(members[0].config.data))
    return say("sweep.name_of", data=data, time=moment(begun_s))


def sweep_question(members: Sequence[jobs.Record]) -> str:
    """Return the question that a sweep answers."""
    return say(f"sweep.question_{sweeping.varied(record.config for record in members)}")


def moment(at_s: float) -> str:
    """Return day and time where the visitor is, with the year unless it is this one.

    Args:
        at_s: Seconds of the Unix clock.
    """
    zone = state.time_zone()
    at, now = datetime.fromtimestamp(at_s, zone), datetime.now(zone)
    return moment_of("train.moment" if at.year == now.year else "train.moment_with_year", at)
