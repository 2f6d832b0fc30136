"""Reads and writes the files in a run's folder. Knows nothing of processes or networks.

- `run.json`: what was asked for, written once.
- `asked.json`: requests of the people who watch: pause, slow motion, finish.
- `state.json`: how the run stands, rewritten several times a second by the process that works.
- `progress.jsonl`: a line for each report kept.
- `snapshots/N.npz`, `snapshots.jsonl`, `latest.npz`, `watched.npz`: pictures and codes to look at.
- `ends.json`, `ends/`, `best.npz`: the results of a run that is over; `ends.py` reads them.
- `checkpoint`, `log.txt`, and `lock`, which the working process holds.
"""

import contextlib
import dataclasses
import json
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
from filelock import FileLock

from explorer.config import TrainConfig
from explorer.data.npz import npz_bytes
from explorer.disk import machine_error, replace_file, replacing
from explorer.errors import BundleError, ExplorerError, TrainingError
from explorer.foreign import door, parse_json, printable
from explorer.jobs.held import is_held
from explorer.jobs.reading import MOST_SECONDS, read_arrays, read_json, read_lines, usable
from explorer.jobs.records import AT_WORK, Asked, JobStatus, Record, Report

_HEARTBEAT_S = 5.0  # a state older than this is believed only of a process that holds the lock
_START_S = 60.0  # how long a process may take to write its first state
LOCK_WAIT_S = 3.0  # how long to wait for the lock: a look at it holds it for an instant
_LOCK = "lock"
_RESERVE_BYTES = 1 << 16  # freed when the disk is full, so that the last state can still be written


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What run.json holds beside the settings; runs of earlier versions lack the last few."""

    name: str
    out: str
    fitted: tuple[str, ...]
    created_s: float
    sweep: str = ""
    in_terminal: bool = False
    origin: str = ""


@dataclass(frozen=True, kw_only=True)
class _Moment:
    """A line of snapshots.jsonl."""

    step: int
    elapsed_s: float


# Arrays of a snapshot, and of what is watched, and how many axes each has.
_SNAPSHOT = {"step": 1, "mu": 2, "xy": 2, "kl": 1, "variance": 1, "x_hat": 4, "samples": 4}
_OF_WATCHED = {"held_out": 1, "labels": 1, "class_names": 1}


@dataclass(frozen=True)
class RunFolder:
    """One run on disk."""

    path: Path

    @property
    def id(self) -> str:
        """Name of the folder, which is the run's name among runs."""
        return self.path.name

    @property
    def checkpoint(self) -> Path:
        """The file that training goes on from."""
        return self.path / "checkpoint"

    @property
    def log(self) -> Path:
        """What the process printed."""
        return self.path / "log.txt"

    def create(self, record: Record) -> None:
        """Make the folder of a run that waits for its turn.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        try:
            self.path.mkdir(parents=True)
        except OSError as error:
            raise machine_error(error, self.path) from error
        try:
            self._fill(record)
        except (OSError, ExplorerError):
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def _fill(self, record: Record) -> None:
        """Write the files of a new run; run.json, which marks the folder as a run, comes last."""
        try:
            (self.path / "snapshots").mkdir()
        except OSError as error:
            raise machine_error(error, self.path) from error
        replace_file(self._reserve, bytes(_RESERVE_BYTES))
        now_s = time.time()
        self.say(JobStatus(epochs=record.config.epochs, updated_s=now_s, queued_s=now_s))
        values = {
            "name": record.name,
            "out": str(record.out),
            "config": record.config.to_json(),
            "fitted": list(record.fitted),
            "created_s": record.created_s or now_s,
            "sweep": record.sweep,
            "in_terminal": record.in_terminal,
            "origin": record.origin or uuid.uuid4().hex,
        }
        replace_file(self.path / "run.json", json.dumps(values, indent=1).encode())

    def record(self) -> Record:
        """Return what was asked for.

        Raises:
            BundleError: It is missing or damaged.
            ConfigError: A setting is unknown here.
        """
        with door(self._damaged):
            values = parse_json((self.path / "run.json").read_bytes())
            kept = usable(_Kept, values, largest=MOST_SECONDS)  # type: ignore[arg-type]
            config = TrainConfig.from_json(values["config"])  # type: ignore[index]
            return Record(**kept | {"out": Path(kept["out"]), "config": config})

    def _damaged(self, why: str) -> BundleError:
        return BundleError("jobs.damaged", id=printable(self.id), why=why)

    # ---- requests

    def asked(self) -> Asked:
        """Return the requests of those who watch; the defaults where the file cannot be read."""
        return Asked(**usable(Asked, read_json(self.path / "asked.json")))

    def ask(self, asked: Asked) -> None:
        """Replace the requests.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        self._write("asked.json", json.dumps(dataclasses.asdict(asked)).encode())

    # ---- how it stands

    def lock(self) -> FileLock:
        """Return the lock of the working process; the system frees it when the process ends."""
        return FileLock(self.path / _LOCK)

    def is_worked_on(self) -> bool:
        """Whether some process holds the lock."""
        return is_held(self.path / _LOCK)

    def said(self) -> JobStatus:
        """Return the state that the run last wrote."""
        values = read_json(self.path / "state.json")
        return JobStatus(**usable(JobStatus, values, largest=MOST_SECONDS))

    def status(self) -> JobStatus:
        """Return how the run stands; one whose process is gone has failed."""
        status = self.said()
        believed_s = _HEARTBEAT_S if status.pid else _START_S
        stale = time.time() - status.updated_s > believed_s
        if status.state in (*AT_WORK, "queued") and stale and not self.is_worked_on():
            status = self.said()  # it may have finished since
            if status.state in (*AT_WORK, "queued"):
                return dataclasses.replace(status, state="failed", error=_killed(self, status))
        if status.state == "running" and self.asked().finish:
            return dataclasses.replace(status, state="finishing")
        return status

    def say(self, status: JobStatus) -> None:
        """Write how the run stands.

        Raises:
            MachineError: The disk may not be written to, or is full to the last byte.
        """
        content = json.dumps(dataclasses.asdict(status)).encode()
        try:
            self._write("state.json", content)
        except ExplorerError:
            self._reserve.unlink(missing_ok=True)
            self._write("state.json", content)

    # ---- what there is to look at

    def reports(self, skip: int = 0) -> list[dict[str, object]]:
        """Return the lines of progress from a position on."""
        return read_lines(self.path / "progress.jsonl", Report)[skip:]

    def snapshots(self, skip: int = 0) -> list[dict[str, object]]:
        """Return step and time of each snapshot kept, from a position on."""
        return read_lines(self.path / "snapshots.jsonl", _Moment)[skip:]

    def snapshot(self, which: int | Literal["best"] | None) -> dict[str, np.ndarray] | None:
        """Return one kept snapshot; None asks for the latest, "best" for that of the best weights.

        Returns:
            None if there is none.
        """
        files = {None: "latest.npz", "best": "best.npz"}
        file = files[which] if not isinstance(which, int) else f"snapshots/{which}.npz"
        arrays = read_arrays(self.path / file, _SNAPSHOT, {})
        return arrays if arrays and _is_snapshot(arrays) else None

    def watched(self) -> dict[str, np.ndarray] | None:
        """Return the images that the run shows, as arrays.

        `x`: the originals (m, c, h, w) uint8. `held_out`: (n,) uint8; runs of earlier versions lack
        it, because all their images were held out. Where there are classes, `labels` (n,) and
        `class_names` (k,).
        """
        arrays = read_arrays(self.path / "watched.npz", {"x": 4}, _OF_WATCHED)
        return arrays if arrays and _is_watched(arrays) else None

    def append(self, file: str, line: Mapping[str, object]) -> None:
        """Add a line of JSON to one of the files.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        try:
            with (self.path / file).open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
        except OSError as error:
            raise machine_error(error, self.path / file) from error

    def put(self, file: str, arrays: Mapping[str, np.ndarray]) -> int:
        """Write arrays as one file, and return its size in bytes.

        Raises:
            MachineError: The disk is full or may not be written to.
        """
        content = npz_bytes(arrays)
        self._write(file, content)
        return len(content)

    def forget_from(self, step: int) -> int:
        """Delete reports and snapshots from a step on; the resumed run makes them again.

        Returns:
            How many snapshots are left.
        """
        kept = {}
        for file, lines in (
            ("progress.jsonl", self.reports()),
            ("snapshots.jsonl", self.snapshots()),
        ):
            kept[file] = [line for line in lines if cast(int, line["step"]) < step]
            text = "".join(json.dumps(line) + "\n" for line in kept[file])
            self._write(file, text.encode())
        return len(kept["snapshots.jsonl"])

    @property
    def _reserve(self) -> Path:
        return self.path / "reserve"

    def _write(self, file: str, content: bytes) -> None:
        """Replace a file whole. A folder that somebody has deleted is not made again."""
        path = self.path / file
        try:
            with replacing(path, synced=False) as stream:
                stream.write(content)
        except OSError as error:
            raise machine_error(error, path) from error


def _killed(run: RunFolder, status: JobStatus) -> tuple[str, str, str]:
    """Explain the end of a process that left no message."""
    step = status.step
    with contextlib.suppress(ExplorerError):
        if run.record().in_terminal:
            return TrainingError("jobs.killed_in_terminal", step=step).beats
    place = "jobs.killed" if run.checkpoint.exists() else "jobs.killed_at_start"
    return TrainingError(place, step=step).beats


def _is_snapshot(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether arrays are what `Recorder` keeps of a network at one step."""
    n, d = arrays["mu"].shape
    fits = arrays["xy"].shape == (n, 2) and arrays["kl"].shape == arrays["variance"].shape == (d,)
    are_pictures = all(arrays[name].dtype == np.uint8 for name in ("x_hat", "samples"))
    is_step = arrays["step"].shape == (1,) and arrays["step"].dtype.kind == "i"
    return fits and are_pictures and is_step and n > 0


def _is_watched(arrays: Mapping[str, np.ndarray]) -> bool:
    """Whether arrays are originals, and labels that all have names."""
    if not ("labels" in arrays) == ("class_names" in arrays):
        return False
    if "labels" in arrays:
        labels, names = arrays["labels"], arrays["class_names"]
        if labels.dtype.kind != "i" or names.dtype.kind != "U":
            return False
        if not (labels >= 0).all() or labels.max(initial=-1) >= len(names):
            return False
    return arrays["x"].dtype == np.uint8 and arrays["x"].shape[1] in (1, 3)
