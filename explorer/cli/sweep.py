"""`latent-explorer sweep`: train models of several sizes or betas, and recommend one."""

import argparse
import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from explorer import jobs, sweeping
from explorer.cli.terminal import ProgressLine, note, write, write_json
from explorer.cli.train import note_chosen
from explorer.config import FITTED, TrainConfig, all_settings, default_of
from explorer.jobs.stopping import StopAsked
from explorer.kinds import KINDS
from explorer.words import decimal, percent, say

_DIMS = (2, 4, 8, 16, 32)
_LOOK_EVERY_S = 0.5
# Columns of the table, and the digits behind the decimal point.
_COLUMNS = {
    "elbo_nats": 2,
    "kl_nats": 2,
    "distortion_nats": 2,
    "psnr_db": 2,
    "active_units": 0,
}
# What was varied: the names of the settings, as in `_identity`.
_VARIED: dict[sweeping.Varied, tuple[str, ...]] = {
    "size": ("latent_dim",),
    "beta": ("beta",),
    "both": ("latent_dim", "beta"),
}
_SCORES = ("elbo_nats", "log_likelihood_nats", "kl_nats", "mse", "psnr_db", "active_units")


def sweep(args: argparse.Namespace) -> int:
    """Begin a run for each size and beta, or go on with them; wait; tell what came of them."""
    given: dict[str, Any] = {n: getattr(args, n) for n in all_settings() if hasattr(args, n)}
    points = {name: getattr(args, name) for name in ("latent_dims", "betas") if hasattr(args, name)}
    if args.resume and (given or points or args.name or args.scheduler):
        args.wrong_usage(say("cli.usage.sweep_resume"))
    if not args.resume and "data" not in given:
        args.wrong_usage(say("cli.usage.sweep"))
    if args.resume:
        return _resume(args.resume, as_json=args.json)
    betas = points.get("betas", ())
    of_kind = KINDS[given.get("kind", default_of("kind"))].defaults
    chosen = {name: value for name, value in of_kind.items() if name not in given}
    if betas:  # the settings that all have in common must be able to work by themselves
        chosen["beta"] = next((beta for beta in betas if beta != 1), 1.0)
    given = {**chosen, **given}
    configs = sweeping.grid(TrainConfig.of(**given), points.get("latent_dims", _DIMS), betas)
    note_chosen("kind", {name: value for name, value in chosen.items() if name != "beta"})
    fitted = [name for name in FITTED if name not in given]
    name = args.name or Path(given["data"]).stem.replace("openml:", "")
    sweep_id = jobs.new_sweep()
    with _executor(args.scheduler, sweep_id) as executor:
        runs = jobs.begin_sweep(executor, configs, name, fitted=fitted)
        how = "" if args.scheduler else sweep_id
        return _watch(runs, configs, resume_id=how, as_json=args.json)


def _resume(sweep_id: str, *, as_json: bool) -> int:
    folders = jobs.runs_of(sweep_id)
    jobs.resume_all(folders)
    configs = [folder.record().config for folder in folders]
    runs = [jobs.LocalRun(folder) for folder in folders]
    return _watch(runs, configs, resume_id=sweep_id, as_json=as_json)


@contextlib.contextmanager
def _executor(scheduler: str | None, sweep_id: str) -> Iterator[jobs.Executor]:
    if scheduler is None:
        yield jobs.LocalRuns(sweep_id)
    else:
        with jobs.DaskRuns(scheduler) as cluster:
            yield cluster


def _watch(
    runs: Sequence[jobs.Watched],
    configs: Sequence[TrainConfig],
    *,
    resume_id: str,
    as_json: bool,
) -> int:
    """Wait until all runs have ended, or Ctrl-C. Return the exit code."""
    varied = sweeping.varied(configs)
    points = [_point(config.latent_dim, config.beta, varied) for config in configs]
    with StopAsked() as stop, ProgressLine() as line:
        while True:
            statuses = [run.status() for run in runs]
            line.show(_words(statuses, points))
            if stop.asked or all(status.state in jobs.ENDED for status in statuses):
                break
            time.sleep(_LOOK_EVERY_S)
    if stop.asked:
        _leave(runs, statuses, resume_id)
        return 1
    for status, point in zip(statuses, points, strict=True):
        if not status.out:
            why = " ".join(status.error) or say("cli.sweep.no_model_of")
            note(say("cli.left_out", what=point, why=why))
    trials = [trial for status in statuses if (trial := jobs.trial_of(status))]
    if not trials:
        note(say("cli.sweep.no_model"))
        return 1
    _tell(configs[0].data, trials, varied, as_json=as_json)
    return 0


def _leave(
    runs: Sequence[jobs.Watched], statuses: Sequence[jobs.JobStatus], resume_id: str
) -> None:
    """Stop what goes on, and say how to go on with it."""
    for run, status in zip(runs, statuses, strict=True):
        if status.state not in jobs.ENDED:
            run.leave()
    if resume_id:
        note(say("cli.sweep.resume", id=resume_id))
    else:
        note(say("cli.sweep.abandoned"))


def _words(statuses: Sequence[jobs.JobStatus], points: Sequence[str]) -> str:
    """Say in one line how the runs stand."""
    n_done = sum(status.state in jobs.ENDED for status in statuses)
    parts = [say("cli.sweep.done", n_done=n_done, n_runs=len(statuses))]
    for status, point in zip(statuses, points, strict=True):
        if status.state not in (*jobs.ENDED, "queued"):
            share = status.step / status.steps if status.steps else 0.0
            parts.append(f"{point} {percent(share)}")
    return "  ".join(parts)


def _point(latent_dim: int, beta: float, varied: sweeping.Varied) -> str:
    """Say what sets a trial apart from the others."""
    said = {"size": f"d={latent_dim}", "beta": f"beta={beta:g}"}
    return " ".join(said.values()) if varied == "both" else said[varied]


def _tell(
    data: str, trials: Sequence[sweeping.Trial], varied: sweeping.Varied, *, as_json: bool
) -> None:
    """Print the trials and the one to choose."""
    found = sweeping.recommend(trials, varied)
    reason = " ".join(sweeping.reasons(found)) if found else ""
    if as_json:
        recommended = found and _identity(found.trial) | {"reason": reason}
        rows = [_identity(trial) | _scores(trial) for trial in trials]
        summary = {"data": data, "varied": _VARIED[varied], "trials": rows}
        write_json({**summary, "recommended": recommended})
        return
    shown = [key for key in _COLUMNS if any(_value(trial, key) is not None for trial in trials)]
    headings = "".join(f"{say(f'cli.sweep.{key}'):>18}" for key in shown)
    write(f"{'d':>4}{'beta':>7}{headings}  {say('cli.sweep.bundle')}")
    for trial in trials:
        cells = "".join(f"{_cell(trial, key):>18}" for key in shown)
        write(f"{trial.latent_dim:>4}{trial.beta:>7g}{cells}  {trial.bundle}")
    if found:
        point = _point(found.trial.latent_dim, found.trial.beta, varied)
        bundle = found.trial.bundle
        write(say("cli.sweep.recommended", point=point, bundle=bundle, reason=reason))


def _identity(trial: sweeping.Trial) -> dict[str, object]:
    return {"latent_dim": trial.latent_dim, "beta": trial.beta, "bundle": trial.bundle}


def _scores(trial: sweeping.Trial) -> dict[str, object]:
    """Return the scores that were measured."""
    return {key: value for key in _SCORES if (value := _value(trial, key)) is not None}


def _value(trial: sweeping.Trial, key: str) -> Any:
    return getattr(trial, key)


def _cell(trial: sweeping.Trial, key: str) -> str:
    value = _value(trial, key)
    return "" if value is None else decimal(value, _COLUMNS[key])
