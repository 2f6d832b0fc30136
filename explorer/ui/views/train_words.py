"""What several parts of the Train page say alike."""

import math
from pathlib import Path

from explorer import jobs
from explorer.ui.words import say


def state_line(status: jobs.JobStatus) -> str:
    """Say in a few words how a run stands."""
    words = say(f"run.state.{status.state}")
    if not status.steps or status.state in ("finished", "queued", "starting"):
        return words
    percent = 100 * status.step // status.steps
    return say("train.run_line", state=words, percent=percent)


def length(seconds: float) -> str:
    """Say a length of time as roughly as it is known."""
    if seconds < 90:
        return say("train.estimate_seconds", count=max(5 * math.ceil(seconds / 5), 5))
    minutes = seconds / 60
    if minutes < 90:
        return say("train.estimate_minutes", count=round(minutes))
    return say("train.estimate_hours", count=f"{minutes / 60:.1f}")


def data_name(source: str) -> str:
    """Return what to call a set of images: its name, or that of its file without the ending."""
    return Path(source).stem[:60]
