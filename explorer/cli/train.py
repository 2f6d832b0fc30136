"""`latent-explorer train`: from images to a bundle, by a run that can stop and go on."""

import argparse
import contextlib
import dataclasses
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer import data, originals, store
from explorer.cli.terminal import ProgressLine, note, say, say_json
from explorer.config import FITTED, TrainConfig, all_settings, default_of
from explorer.errors import DataError, MachineError
from explorer.jobs.pipeline import Made, Observer, Pipeline, Task
from explorer.jobs.stopping import StopAsked
from explorer.jobs.unfinished import UnfinishedRun, resume_command
from explorer.kinds import KINDS
from explorer.verdict import Grade, summary

if TYPE_CHECKING:
    from explorer.data.imageset import ImageSet
    from explorer.training import Progress


_MARKS: Mapping[Grade, str] = {"problem": "!", "note": "-", "fine": "+"}
_WAIT_S = 900.0  # that a process waits to be told what to work on


def train(args: argparse.Namespace) -> int:
    """Train a model, or go on with an unfinished run, and write the bundle."""
    if args.run_folder is not None:
        return _carry_out(args.run_folder)
    given = {name: getattr(args, name) for name in all_settings() if hasattr(args, name)}
    others = [name for name in given if name != "data"]
    if args.resume is not None and (others or args.out):
        extra = next(iter(others), "out").replace("_", "-")
        args.wrong_usage(f"--resume uses the settings the run started with: leave out --{extra}")
    if args.resume is None and (args.out is None or "data" not in given):
        args.wrong_usage("give --data and --out, or --resume")
    run = UnfinishedRun(_absolute(args.resume or args.out))
    try:
        if args.resume:
            return _resume(run, given.get("data"), as_json=args.json)
        return _begin(run, given, args.json)
    except KeyboardInterrupt:
        _tell_how_to_resume(run)
        return 1


def _carry_out(folder: Path) -> int:
    """Do the work of a run that the app has begun; how it goes is told in its folder.

    For "-", all that is needed is made ready first, and the folder is then read from stdin.
    """
    from explorer.jobs import RunFolder
    from explorer.jobs.worker import prepare, work

    if str(folder) == "-":
        prepare()
        line = _line_in_time()
        if not line:  # the app that would have named a run has ended, or wants none
            return 0
        folder = Path(os.fsdecode(line))
    RunFolder(folder).record()  # or say that there is no such run
    log = os.open(RunFolder(folder).log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    os.dup2(log, sys.stderr.fileno())
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the folder hears of it
    return 0 if work(_absolute(folder)) else 1


def _line_in_time() -> bytes:
    """Return a line from stdin, without its end; the process ends if none comes for long."""
    give_up = threading.Timer(_WAIT_S, os._exit, (0,))
    give_up.daemon = True
    give_up.start()
    line = sys.stdin.buffer.readline()
    give_up.cancel()
    return line.rstrip(b"\n")


def _begin(run: UnfinishedRun, given: dict[str, Any], as_json: bool) -> int:
    """Start a run; what was not given is chosen to fit the kind or the images, or by default."""
    of_kind = KINDS[given.get("kind", default_of("kind"))].defaults
    asked = TrainConfig.of(**{**of_kind, **given})
    is_open = [name for name in dict.fromkeys([*FITTED, *of_kind]) if name not in given]

    def began(config: TrainConfig) -> None:
        note_chosen("these images", {n: getattr(config, n) for n in is_open if asked.uses(n)})
        run.begin(config)

    run.check()
    with run.held():
        task = _task(run, asked, fitted=[name for name in is_open if name not in of_kind])
        return _work(run, task, resume=False, as_json=as_json, began=began)


def _task(
    run: UnfinishedRun, config: TrainConfig, *, fitted: Iterable[str] = (), source: str = ""
) -> Task:
    return Task(
        config=config,
        fitted=fitted,
        source=source or config.data,
        name=run.out.name,
        checkpoint=run.checkpoint,
        place=lambda: run.out,
    )


def note_chosen(what: str, chosen: Mapping[str, object]) -> None:
    """Tell which settings were chosen to fit something, as flags; of none, nothing."""
    if chosen:
        flags = _flags(chosen)
        note(f"Chosen to fit {what}: {' '.join(flags)}")


def _flags(settings: Mapping[str, object]) -> list[str]:
    """Return settings as they are given on the command line."""
    pairs = ((f"--{name.replace('_', '-')}", value) for name, value in settings.items())
    return [flag if value is True else f"{flag} {value}" for flag, value in pairs]


def _resume(run: UnfinishedRun, moved_to: str | None, *, as_json: bool) -> int:
    """Go on with the settings that the run began with, and with its images, wherever they lie.

    Whether they are the same images is told by their fingerprint in the checkpoint.
    """
    config, place = run.config(), moved_to or run.images()
    if moved_to is None and not data.is_name(place) and not os.path.exists(place):
        raise DataError("cli.images_moved", out=resume_command(run.out), folder=place)
    with run.held():
        task = _task(run, config, source=place)
        return _work(run, task, resume=True, as_json=as_json)


def _work(
    run: UnfinishedRun,
    task: Task,
    *,
    resume: bool,
    as_json: bool,
    began: Callable[[TrainConfig], None] = lambda config: None,
) -> int:
    """Carry out a run, and write down how it goes. Return the exit code.

    Args:
        run: The run.
        task: What it is to do.
        resume: Whether it goes on from its checkpoint.
        as_json: Whether to print what was made as JSON.
        began: Called once the images are loaded, with the settings.
    """
    from explorer.jobs import Recording
    from explorer.training import Control

    control, stop, watcher = Control(), StopAsked(), _Watcher(run, task, began)
    with Recording(
        run.out, control, note, resumes=resume, goes_on=lambda: not stop.asked
    ) as recording:
        task = dataclasses.replace(task, origin=lambda: recording.origin)
        pipeline = Pipeline(task, control=control, observers=[watcher, recording], heeding=stop)
        with contextlib.closing(pipeline.run(resume=resume)) as reports, watcher.line:
            for progress in reports:
                if stop.asked and progress.end is None:
                    break  # which writes the checkpoint
    if watcher.result is None:
        _tell_how_to_resume(run)
        return 1
    _tell(watcher.result, as_json=as_json)
    return 0


class _Watcher(Observer):
    """Shows a run in the terminal, and ends it once its model is saved.

    Attributes:
        line: Where it shows how far the run is.
        result: What came of it; None until its model is saved.
    """

    def __init__(
        self, run: UnfinishedRun, task: Task, began: Callable[[TrainConfig], None]
    ) -> None:
        self._run, self._source, self._began = run, task.source, began
        self.line = ProgressLine()
        self.result: Made | None = None

    def doing(self, done: float, words: str) -> None:
        """Show the share done of loading or completing."""
        self.line.report(done, words)

    def loaded(self, images: "ImageSet", config: TrainConfig) -> None:
        """Say what had to be left out."""
        self.line.end()
        if images.fitting is not None:
            note(" ".join(images.fitting.told()))
        for sentence in images.notes:
            note(sentence)
        for left in images.skipped:
            note(f"Left out {left.name}: {left.reason}")
        self._began(config)

    def note(self, progress: "Progress") -> None:
        """Show how the training stands."""
        if progress.end is None:
            self.line.show(_words(progress), always=_is_last(progress))
        else:
            self.line.end()

    def made(self, made: Made) -> None:
        """Let the app list the model, and clear away what the run kept."""
        self.line.end()
        _remember(made, self._source)
        self._run.end()
        self.result = made


def _is_last(progress: "Progress") -> bool:
    return progress.stopped_early or progress.epoch == progress.epochs


def _words(progress: "Progress") -> str:
    """Say in one line how a run stands."""
    parts = [f"{progress.step / progress.steps:4.0%}  epoch {progress.epoch}/{progress.epochs}"]
    if progress.train is not None and progress.train.elbo is not None:
        parts.append(f"ELBO {progress.train.elbo:.2f} nats")
    if progress.validation is not None and progress.validation.elbo is not None:
        parts.append(f"on held-out images {progress.validation.elbo:.2f}")
    if progress.adversarial is not None:
        parts.append(
            f"{progress.adversarial.verdict}, diversity {progress.adversarial.diversity:.0%}"
        )
    if progress.images_per_s > 0:
        left_s = progress.elapsed_s / max(progress.step, 1) * (progress.steps - progress.step)
        parts.append(f"{progress.images_per_s:,.0f} images/s, {left_s:,.0f} s left")
    return "  ".join(parts)


def _tell_how_to_resume(run: UnfinishedRun) -> None:
    if run.checkpoint.exists():
        note(f"Stopped; the run so far is saved. Resume it: {resume_command(run.out)}")
    else:
        note("Stopped before there was anything to save.")


def _tell(made: Made, *, as_json: bool) -> None:
    """Print what was made, which weights were kept, and the verdict on them."""
    bundle, last, ends, out = made.bundle, made.last, made.ends, made.folder
    findings = ends.end.findings
    if as_json:
        say_json(
            {
                "name": out.name,
                "kind": bundle.kind,
                "data": bundle.data.name,
                "latent_dim": bundle.model.latent_dim,
                "image_shape": list(bundle.data.image_shape),
                "folder": str(out),
                "epochs": last.epoch,
                "stopped_early": last.stopped_early,
                "elapsed_s": round(last.elapsed_s, 3),
                "scores": dict(bundle.scores),
                "kept": {
                    "weights": ends.kept,
                    "step": ends.end.step,
                    "steps": ends.last.step,
                    "held_out_loss_nats": ends.end.held_out,
                    "says": ends.says(),
                },
                "verdict": [finding.to_json() for finding in findings],
            }
        )
        return
    scores = ", ".join(f"{key} {value:.4g}" for key, value in bundle.scores.items())
    not_yet = f"not scored yet: latent-explorer evaluate {shlex.quote(str(out))} --keep"
    say(f'Wrote the bundle "{out.name}" to {out}\n  {scores or not_yet}')
    say(ends.says())
    say(summary(findings))
    for finding in findings:
        say(f"  {_MARKS[finding.grade]} {finding.says()}")
        if finding.remedy is not None:
            say(f"      Try {' '.join(_flags(finding.remedy.change))}")
    say(f"Explore it: latent-explorer, then choose {out.name}")


def _remember(made: Made, source: str) -> None:
    """Let the app list the bundle; that it cannot must not spoil a run that went well."""
    try:
        store.remember(made.folder)
        originals.remember_place(made.bundle, source)
    except MachineError as error:
        note(str(error))


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))
