"""Which reports and snapshots of a run are kept: often at the start, ever more rarely later.

So an hour of a run can be looked through like a minute, and ten minutes of it take less than 50 MB.
"""

import dataclasses
import time

import numpy as np

from explorer.data.imageset import ImageSet
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Report
from explorer.projection import followed
from explorer.training import Losses, Progress, Snapshot, Watch
from explorer.training.collapse import AdversarialStatus

_DIGITS = 5
_REPORT_EVERY_S = 0.2
_EACH_AT_FIRST = 20  # steps that are all kept: gradients explode within a few
_REPORTS_AN_AGE = 2_000  # of the time so far passes between reports, if that is more
_LOOK_EVERY_S = 0.15  # to keep what is shown fresh
_MOST_LOOKING = 0.1  # share of the time
_KEEP_EVERY_S = 0.15  # of snapshots, for the scrubber
_KEPT_AN_AGE = 60
_FAR, _FAR_LOG = 1e4, 80.0
_MANY_BYTES, _FEW_AN_AGE = 30_000_000, 20  # from this many on, far fewer are kept


class Recorder:
    """Records one run in its folder.

    Args:
        run: The folder.
        images: What the run learns from.
        watch: Which of them are shown.
    """

    def __init__(self, run: RunFolder, images: ImageSet, watch: Watch) -> None:
        self._run = run
        self._n_reports = 0  # since this recorder began
        self._elapsed_s = 0.0
        self._last_report_s = self._last_kept_s = -np.inf
        self._last_look = 0.0
        self._look_took_s = 0.0
        kept = run.snapshots()
        self._n_kept = len(kept)
        self._n_bytes = sum(f.stat().st_size for f in (run.path / "snapshots").glob("*.npz"))
        latest = run.snapshot(self._n_kept - 1) if kept else None
        self._xy = None if latest is None else latest["xy"]
        self._is_first = True
        arrays = {
            "x": images.pixels[watch.rows[: watch.n_items]],
            "held_out": watch.held_out.astype(np.uint8),
        }
        if watch.n_items and images.labels is not None and images.class_names:
            arrays |= {
                "labels": images.labels[watch.rows],
                "class_names": np.array(images.class_names),
            }
        run.put("watched.npz", arrays)

    def wants_snapshot(self, *, slow: bool) -> bool:
        """Whether the next report should carry a snapshot; in slow motion each does."""
        pause_s = max(_LOOK_EVERY_S, self._look_took_s / _MOST_LOOKING)
        return slow or time.monotonic() - self._last_look >= pause_s

    def report_every_s(self) -> float:
        """Return the seconds of work after which the next report is worth keeping."""
        if self._n_reports < _EACH_AT_FIRST:
            return 0.0
        return max(_REPORT_EVERY_S, self._elapsed_s / _REPORTS_AN_AGE)

    def note(self, progress: Progress, *, slow: bool = False) -> None:
        """Keep a report, if it is worth keeping.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        if self._is_first:
            self._is_first = False
            self._n_kept = self._run.forget_from(progress.step)
        due = progress.elapsed_s - self._last_report_s >= self.report_every_s()
        due = due or bool(progress.validation) or slow
        self._elapsed_s = progress.elapsed_s
        if progress.train is not None and (due or _is_last(progress)):
            self._last_report_s = progress.elapsed_s
            self._n_reports += 1
            self._run.append("progress.jsonl", _line(progress, progress.train))
        if progress.snapshot is not None:
            self._look(progress, progress.snapshot, slow=slow)

    def note_ends(self, progress: Progress) -> None:
        """Keep a snapshot of both ends of a run, seen as its last snapshot was.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        for end in (progress.end, progress.other):
            if end is not None and not _is_astray(end.snapshot):
                xy = followed(end.snapshot.mu, self._xy)
                file = "best.npz" if end.which == "best" else "latest.npz"
                self._run.put(file, _arrays(end.step, end.snapshot, xy))

    def _look(self, progress: Progress, snapshot: Snapshot, *, slow: bool) -> None:
        self._last_look, self._look_took_s = time.monotonic(), snapshot.took_s
        if _is_astray(snapshot):  # the run itself says so soon
            return
        self._xy = followed(snapshot.mu, self._xy)
        arrays = _arrays(progress.step, snapshot, self._xy)
        self._run.put("latest.npz", arrays)
        many = self._n_bytes > _MANY_BYTES
        pause_s = max(_KEEP_EVERY_S, progress.elapsed_s / (_FEW_AN_AGE if many else _KEPT_AN_AGE))
        due = progress.elapsed_s - self._last_kept_s >= pause_s
        if due or _is_last(progress) or (slow and not many):
            self._last_kept_s = progress.elapsed_s
            self._n_bytes += self._run.put(f"snapshots/{self._n_kept}.npz", arrays)
            moment = {"step": progress.step, "elapsed_s": round(progress.elapsed_s, 3)}
            self._run.append("snapshots.jsonl", moment)
            self._n_kept += 1


def _is_last(progress: Progress) -> bool:
    return progress.stopped_early or progress.step == progress.steps


def _line(progress: Progress, train: Losses) -> dict[str, object]:
    report = Report(
        step=progress.step,
        epoch=progress.epoch,
        elapsed_s=round(progress.elapsed_s, 3),
        **_shortened(train),
        validation=None if progress.validation is None else _shortened(progress.validation),
        adversarial=None if progress.adversarial is None else _of_status(progress.adversarial),
        gradients=tuple(_short(norm) for norm in progress.gradients),
    )
    return dataclasses.asdict(report)


def _shortened(losses: Losses) -> dict[str, float | None]:
    values = dataclasses.asdict(losses).items()
    return {name: None if value is None else _short(value) for name, value in values}


def _of_status(status: AdversarialStatus) -> dict[str, float | str]:
    values = dataclasses.asdict(status).items()
    return {name: _short(v) if isinstance(v, float) else v for name, v in values}


def _is_astray(snapshot: Snapshot) -> bool:
    """Whether codes are so far off that neither map nor KL would mean anything."""
    mu, logvar = snapshot.mu, snapshot.logvar
    return not (np.abs(mu).max() < _FAR and np.abs(logvar).max() < _FAR_LOG)


def _arrays(step: int, snapshot: Snapshot, xy: np.ndarray) -> dict[str, np.ndarray]:
    mu, logvar = snapshot.mu, snapshot.logvar
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(axis=0)
    return {
        "step": np.array([step], np.int32),
        "mu": mu.astype(np.float16),
        "xy": xy,
        "kl": (kl if logvar.any() else np.zeros_like(kl)).astype(np.float32),
        "variance": mu.var(axis=0).astype(np.float32),
        "x_hat": _bytes(snapshot.x_hat),
        "samples": _bytes(snapshot.samples),
    }


def _bytes(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(x * 255), np.uint8)


def _short(value: float) -> float:
    """Round to a few significant digits: people read these values by eye."""
    return float(f"{value:.{_DIGITS}g}")
