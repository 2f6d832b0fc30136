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
from typing import TYPE_CHECKING, Any, Literal

from explorer import data, originals, store
from explorer.cli.terminal import ProgressLine, note, write, write_json
from explorer.config import FITTED, TrainConfig, all_settings, default_of
from explorer.errors import DataError, MachineError
from explorer.jobs.pipeline import Made, Observer, Pipeline, Task
from explorer.jobs.stopping import StopAsked
from explorer.jobs.unfinished import UnfinishedRun, resume_command
from explorer.kinds import KINDS
from explorer.verdict import Grade, summary
from explorer.words import decimal, percent, say

if TYPE_CHECKING:
    from explorer.data.imageset import ImageSet
    from explorer.training import Progress


_MARKS: Mapping[Grade, str] = {"problem": "!", "note": "-", "fine": "+"}
_WAIT_S = 900.0  # that a process waits for its work


def train(args: argparse.Namespace) -> int:
    """Train a model, or go on with an unfinished run, and write the bundle."""
    if args.run_folder is not None:
        return _carry_out(args.run_folder)
    given = {name: getattr(args, name) for name in all_settings() if hasattr(args, name)}
    others = [name for name in given if name != "data"]
    if args.resume is not None and (others or args.out):
        flag = f"--{next(iter(others), 'out').replace('_', '-')}"
        args.wrong_usage(say("cli.usage.train_resume", flag=flag))
    if args.resume is None and (args.out is None or "data" not in given):
        args.wrong_usage(say("cli.usage.train"))
    run = UnfinishedRun(_absolute(args.resume or args.out))
    try:
        if args.resume:
            return _resume(run, given.get("data"), as_json=args.json)
        return _begin(run, given, args.json)
    except KeyboardInterrupt:
        _tell_how_to_resume(run)
        return 1


def _carry_out(folder: Path) -> int:
    """Do the work of a run that the app has begun; its folder says how it goes.

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
        note_chosen("images", {n: getattr(config, n) for n in is_open if asked.uses(n)})
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


def note_chosen(what: Literal["images", "kind"], chosen: Mapping[str, object]) -> None:
    """Say which settings were chosen to fit something, as flags; of none, nothing."""
    if chosen:
        note(say(f"cli.train.fit_{what}", flags=" ".join(_flags(chosen))))


def _flags(settings: Mapping[str, object]) -> list[str]:
    """Return settings as they are given on the command line."""
    pairs = ((f"--{name.replace('_', '-')}", value) for name, value in settings.items())
    return [flag if value is True else f"{flag} {value}" for flag, value in pairs]


def _resume(run: UnfinishedRun, moved_to: str | None, *, as_json: bool) -> int:
    """Go on with the settings that the run began with, and with its images, wherever they lie.

    Their fingerprint in the checkpoint shows whether they are the same images.
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
            note(" ".join(images.fitting.notes()))
        for sentence in images.notes:
            note(sentence)
        for left in images.skipped:
            note(say("cli.left_out", what=left.name, why=left.reason))
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
    parts = [
        f"{percent(progress.step / progress.steps):>4}",
        say("cli.train.epoch", epoch=progress.epoch, epochs=progress.epochs),
    ]
    if progress.train is not None and progress.train.elbo is not None:
        parts.append(say("cli.train.elbo", elbo=decimal(progress.train.elbo, 2)))
    if progress.validation is not None and progress.validation.elbo is not None:
        elbo = decimal(progress.validation.elbo, 2)
        parts.append(say("cli.train.elbo_held_out", elbo=elbo))
    if progress.adversarial is not None:
        status = say(f"cli.train.status.{progress.adversarial.verdict}")
        diversity = percent(progress.adversarial.diversity)
        parts.append(say("cli.train.adversarial", status=status, diversity=diversity))
    if progress.images_per_s > 0:
        left_s = progress.elapsed_s / max(progress.step, 1) * (progress.steps - progress.step)
        images, seconds = decimal(progress.images_per_s, 0), decimal(left_s, 0)
        parts.append(say("cli.train.speed", images=images, seconds=seconds))
    return "  ".join(parts)


def _tell_how_to_resume(run: UnfinishedRun) -> None:
    if run.checkpoint.exists():
        note(say("cli.train.resume", command=resume_command(run.out)))
    else:
        note(say("cli.train.nothing_saved"))


def _tell(made: Made, *, as_json: bool) -> None:
    """Print what was made, which weights were kept, and the verdict on them."""
    bundle, last, ends, out = made.bundle, made.last, made.ends, made.folder
    findings = ends.end.findings
    if as_json:
        write_json(
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
    write(say("cli.train.wrote", name=out.name, folder=out))
    write(f"  {scores or say('cli.train.not_scored', folder=shlex.quote(str(out)))}")
    write(ends.says())
    write(summary(findings))
    for finding in findings:
        write(f"  {_MARKS[finding.grade]} {finding.says()}")
        if finding.remedy is not None:
            flags = " ".join(_flags(finding.remedy.change))
            write(f"      {say('cli.train.try', flags=flags)}")
    write(say("cli.train.explore", name=out.name))


def _remember(made: Made, source: str) -> None:
    """Let the app list the bundle; that it cannot must not spoil a run that went well."""
    try:
        store.remember(made.folder)
        originals.remember_place(made.bundle, source)
    except MachineError as error:
        note(str(error))


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))
