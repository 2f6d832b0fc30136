"""The model of a run, and the pictures that were kept of it."""

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
    """Return the name of the model that a run has made; empty if it is not listed."""
    folder = folder_made_by(run)
    return folder.name if folder else ""


def maker_of(model: str) -> RunFolder | None:
    """Return the run that has made a model in the home, if the run is still there."""
    folder = store.find_name(model)
    for run in runs():
        with contextlib.suppress(ExplorerError):
            record = run.record()
            is_its = run.said().out == model and is_model_of(record, folder)
            if is_its and not record.in_terminal:
                return run
    return None


def reconstructions(run: RunFolder) -> np.ndarray | None:
    """Return how a run reconstructs the originals in `RunFolder.watched`.

    While the run works, by the network as it is now; afterwards, by the weights that were kept.
    Runs of earlier versions have only the snapshot nearest in time.

    Returns:
        Shape (m, c, h, w), uint8; None before the first snapshot, and for a model without an
        encoder.
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
    """Return the step of the best held-out ELBO if a model has those weights; else None.

    Such runs ended early; adversarial ones keep their last weights.
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
    """Return the measure by which training keeps the best weights; higher is better."""
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
