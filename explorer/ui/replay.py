"""Gathers the snapshots of a run, so that it can be saved as a file."""

import math

import numpy as np

from explorer import jobs
from explorer.errors import TrainingError
from explorer.export import Moment, RunReplay, Titles, moments_shown
from explorer.words import say


def replay_of(run: jobs.RunFolder) -> RunReplay:
    """Return a run as far as it has got.

    Raises:
        TrainingError: It has been deleted.
    """
    status, watched = run.status(), run.watched()
    if watched is None:
        raise TrainingError("ui.no_snapshots", id=run.id)
    kept = (run.snapshot(i) for i in moments_shown(len(run.snapshots())))
    names = watched["class_names"].tolist() if "class_names" in watched else ()
    return RunReplay(
        moments=[_moment(arrays, status) for arrays in kept if arrays is not None],
        x=watched["x"],
        titles=Titles(
            run=run.record().name,
            originals=say("run.originals"),
            reconstructions=say("run.reconstructions"),
            samples=say("run.samples"),
        ),
        labels=watched.get("labels"),
        class_names=names,
    )


def replay_state(run: jobs.RunFolder) -> tuple[object, ...]:
    """Return a key that changes whenever the replay of a run does."""
    kept = run.snapshots()
    latest = tuple(sorted(kept[-1].items())) if kept else ()
    return run.record().name, run.status().steps, len(kept), latest


def _moment(arrays: dict[str, np.ndarray], status: jobs.JobStatus) -> Moment:
    step, steps = int(arrays["step"][0]), max(status.steps, 1)
    caption = say(
        "train.gif_step",
        step=step,
        steps=steps,
        epoch=math.ceil(step * status.epochs / steps),
        epochs=status.epochs,
    )
    is_line = arrays["mu"].shape[1] == 1
    return Moment(
        caption=caption,
        done=step / steps,
        xy=arrays["mu"] if is_line else arrays["xy"],
        x_hat=arrays["x_hat"],
        samples=arrays["samples"],
    )
