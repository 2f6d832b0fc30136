"""The ends of a run: the weights that it kept, and those that it could keep instead.

A run can end in two states: its weights with the smallest loss on held-out images, or its last
ones. One is saved as a model; the other lies in the run's folder, as a whole model too, so that a
person can keep it instead, at once and without training code.

- `ends.json`: which is kept, and facts of both.
- `best.npz`, `latest.npz`: snapshots of both.
- `ends/best`, `ends/last`: the model that is not kept, while it can be.
"""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from explorer import store
from explorer.bundle import looks_like_bundle, read_bundle, write_bundle
from explorer.bundle.card import retitled
from explorer.disk import replace_file
from explorer.errors import ConfigError, TrainingError
from explorer.foreign import if_readable, parse_json
from explorer.jobs.folder import RunFolder
from explorer.jobs.made import folder_made_by
from explorer.jobs.records import ENDED
from explorer.verdict import Finding, value_text
from explorer.words import say

Which = Literal["best", "last"]

_FILE = "ends.json"


@dataclass(frozen=True, kw_only=True)
class End:
    """Facts of one end of a run.

    Attributes:
        step: Updates of the weights.
        held_out: Loss on held-out images, nats per image; None where there is none.
        findings: Results of the checks.
    """

    step: int
    held_out: float | None
    findings: tuple[Finding, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return the facts as plain JSON values."""
        findings = [finding.to_json() for finding in self.findings]
        return {"step": self.step, "held_out": self.held_out, "verdict": findings}


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The ends of a run.

    Attributes:
        kept: Which of the two is the model.
        is_chosen: Whether a person chose it.
        best: Facts of the weights with the smallest held-out loss; None where these are the last.
        last: Facts of the last weights.
    """

    kept: Which
    last: End
    best: End | None = None
    is_chosen: bool = False

    @property
    def end(self) -> End:
        """Facts of the end that is kept."""
        return self.best if self.kept == "best" and self.best is not None else self.last

    def says(self) -> str:
        """Say which weights are kept, and why."""
        chosen = "_chosen" if self.is_chosen else ""
        key = f"kept_{self.kept}{chosen}" if self.best is not None else "kept_only"
        if self.last.held_out is None:
            key = "kept_adversarial"
        best = self.best or self.last
        return say(
            f"verdict.{key}",
            best_step=best.step,
            best=_nats(best.held_out),
            last_step=self.last.step,
            last=_nats(self.last.held_out),
        )

    def to_json(self) -> dict[str, object]:
        """Return everything as plain JSON values."""
        return {
            "kept": self.kept,
            "is_chosen": self.is_chosen,
            "best": None if self.best is None else self.best.to_json(),
            "last": self.last.to_json(),
        }


def read_ends(run: RunFolder) -> Ends | None:
    """Return the ends of a run; None if it is not over, or of an earlier version."""
    with contextlib.suppress(ConfigError), if_readable():
        values = cast(Mapping[str, Any], parse_json((run.path / _FILE).read_bytes()))
        best = values["best"]
        ends = Ends(
            kept=values["kept"],
            is_chosen=bool(values["is_chosen"]),
            best=None if best is None else _end(best),
            last=_end(values["last"]),
        )
        return ends if ends.kept in get_args(Which) and ends.says() else None
    return None


def write_ends(run: RunFolder, ends: Ends) -> None:
    """Write the ends of a run.

    Raises:
        MachineError: The disk is full or may not be written to.
    """
    replace_file(run.path / _FILE, json.dumps(ends.to_json(), indent=1).encode())


def place_of(run: RunFolder, which: Which) -> Path:
    """Return where the model of an end lies while the other one is kept."""
    return run.path / "ends" / which


def can_keep_other(run: RunFolder) -> Which | None:
    """Return which end could be kept instead of the present one; None if neither."""
    ends = read_ends(run)
    if ends is None or folder_made_by(run) is None:
        return None
    other: Which = "last" if ends.kept == "best" else "best"
    return other if looks_like_bundle(place_of(run, other)) else None


def keep_other(run: RunFolder) -> Which:
    """Save the other end under the name of the model, and put the present one aside.

    What a person changed in either, such as names of sliders, stays with it.

    Returns:
        Which is kept now.

    Raises:
        TrainingError: There is no other end, or no model any more.
        BundleError: One of the two is damaged.
        MachineError: The disk is full or may not be written to.
    """
    ends, other, out = read_ends(run), can_keep_other(run), folder_made_by(run)
    if ends is None or other is None or out is None:
        raise TrainingError("jobs.one_end_left", id=run.id)
    aside = place_of(run, ends.kept)
    if not looks_like_bundle(aside):  # or an earlier try ended halfway
        aside.parent.mkdir(exist_ok=True)
        write_bundle(read_bundle(out), aside)
    write_bundle(read_bundle(place_of(run, other)), out)
    write_ends(run, dataclasses.replace(ends, kept=other, is_chosen=True))
    shutil.rmtree(place_of(run, other), ignore_errors=True)
    return other


def is_lost(run: RunFolder) -> bool:
    """Whether the model that a run has made in the home was deleted."""
    said, own = run.said(), store.bundles_folder()
    if said.state not in ENDED or not said.out:
        return False
    record = run.record()
    is_own = not record.in_terminal or record.out.parent == own
    return is_own and folder_made_by(run) is None


def left_behind(run: RunFolder) -> Which | None:
    """Return which end can restore a deleted model; None if neither is left."""
    if read_ends(run) is None:
        return None
    return next((end for end in get_args(Which) if looks_like_bundle(place_of(run, end))), None)


def bring_back(run: RunFolder) -> Which:
    """Save the remaining end under the name of the deleted model, numbered if the name is taken.

    Returns:
        Which it is.

    Raises:
        TrainingError: The model is there, or no weights are left.
        BundleError: What is left is damaged.
        MachineError: The disk is full or may not be written to.
    """
    ends, left = read_ends(run), left_behind(run)
    if ends is None or left is None or not is_lost(run):
        raise TrainingError("jobs.no_model_to_bring_back", id=run.id)
    name = store.current_name(run.said().out)
    out = store.free_folder(store.bundles_folder() / name)
    bundle = read_bundle(place_of(run, left))
    card = retitled(bundle.card, name, out.name)
    write_bundle(dataclasses.replace(bundle, name=out.name, card=card), out)
    run.say(dataclasses.replace(run.said(), out=out.name))
    write_ends(run, dataclasses.replace(ends, kept=left, is_chosen=True))
    shutil.rmtree(place_of(run, left), ignore_errors=True)
    return left


def _nats(loss: float | None) -> str:
    return "?" if loss is None else value_text(loss)


def _end(values: Mapping[str, Any]) -> End:
    held_out = values["held_out"]
    return End(
        step=int(values["step"]),
        held_out=None if held_out is None else float(held_out),
        findings=tuple(Finding.from_json(finding) for finding in values["verdict"]),
    )
