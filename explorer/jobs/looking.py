"""What has come of a run: its model, and what was kept of it to look at."""

import contextlib
from collections.abc import Mapping
from typing import Literal, cast

import numpy as np

from explorer import store
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.jobs.ends import read_ends
from explorer.jobs.folder import RunFolder
from explorer.jobs.made import folder_made_by, is_model_of
from explorer.jobs.processes import runs
from explorer.jobs.records import ENDED


def model_of(run: RunFolder) -> str:
    """Return the name under which the model that a run has made is listed; empty if it is not."""
    folder = folder_made_by(run)
    return folder.name if folder else ""


def maker_of(model: str) -> RunFolder | None:
    """Return the run that has made a model in the home, if it is still there."""
    folder = store.find_name(model)
    for run in runs():
        with contextlib.suppress(ExplorerError):
            record = run.record()
            is_its = run.said().out == model and is_model_of(record, folder)
            if is_its and not record.in_terminal:
                return run
    return None


def reconstructions(run: RunFolder) -> np.ndarray | None:
    """Return what a run's model makes of the originals in `RunFolder.watched`.

    While the run goes on, it is what the network makes of them now; afterwards, what the weights
    make that were kept. Runs of earlier versions have for that only the snapshot nearest in time.

    Returns:
        Shape (m, c, h, w), uint8; None before the first snapshot, and of a model that reads no
        pictures.
    """
    which: int | Literal["best"] | None = None
    if ends := read_ends(run):
        which = "best" if ends.kept == "best" else None
    elif (step := _step_kept(run)) is not None:
        gaps = [abs(_number(moment["step"]) - step) for moment in run.snapshots()]
        which = gaps.index(min(gaps)) if gaps else None
    snapshot = run.snapshot(which)
    return snapshot["x_hat"] if snapshot is not None and len(snapshot["x_hat"]) else None


def _step_kept(run: RunFolder) -> float | None:
    """Return the step with the best held-out ELBO where a model has its weights; else None.

    Those are runs that ended early; adversarial ones keep their last weights.
    """
    try:
        config = run.record().config
    except ExplorerError:
        return None
    state = run.said().state
    early = state == "stopped" or (state in ENDED and config.patience > 0)
    if not early or config.is_adversarial:
        return None
    found = [(_worth(report, config), _number(report["step"])) for report in run.reports()]
    checked = [(worth, step) for worth, step in found if worth is not None]
    return max(checked, key=lambda check: check[0])[1] if checked else None


def _worth(report: Mapping[str, object], config: TrainConfig) -> float | None:
    """Return what training keeps the best of, where a report has it: higher is better."""
    losses = cast(Mapping[str, float | None] | None, report.get("validation"))
    if not losses:
        return None
    if config.objective == "prior-likelihood":
        loss = losses.get("loss")
        return None if loss is None else -loss
    elbo = losses.get("elbo")
    return losses.get("log_likelihood") if elbo is None else elbo


def _number(value: object) -> float:
    return float(cast(float, value))
