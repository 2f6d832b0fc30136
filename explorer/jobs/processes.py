"""Starts runs, and asks them to pause, go on, finish or go away.

Whatever is asked is left in the run's folder, so two pages, or an app that was started anew, see
and steer the same runs.
"""

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable

from explorer import store
from explorer.bundle.files import machine_error
from explorer.config import TrainConfig
from explorer.errors import BundleError, TrainingError
from explorer.jobs.folder import ENDED, Asked, Record, RunFolder

_END_S = 10.0  # that a process gets to write its checkpoint before it is killed
_LONGEST_NAME = 80


def begin(config: TrainConfig, name: str, *, fitted: Iterable[str] = ()) -> RunFolder:
    """Start a run that ends in a bundle among the user's own; it waits for its turn.

    Args:
        config: Every choice of the run.
        name: Name of the bundle to be.
        fitted: Settings to be chosen to fit the images, once they are loaded.

    Raises:
        BundleError: The name cannot be one, or is taken by a bundle or another run.
        MachineError: The disk is full or may not be written to.
    """
    name = unicodedata.normalize("NFC", name.strip())
    _check_name(name)
    run = _new_folder(name)
    record = Record(
        name=name, out=store.bundles_folder() / name, config=config, fitted=tuple(fitted)
    )
    run.create(record)
    _spawn(run)
    return run


def runs() -> list[RunFolder]:
    """Return all runs, the youngest first."""
    place = store.runs_folder()
    if not place.is_dir():
        return []
    found = [RunFolder(path) for path in place.iterdir() if (path / "run.json").is_file()]
    return sorted(found, key=lambda run: run.id, reverse=True)


def find_run(run_id: str) -> RunFolder:
    """Return a run by its id, as an address gives it.

    Raises:
        TrainingError: There is none.
    """
    for run in runs():
        if run.id == run_id:
            return run
    raise TrainingError(
        f'There is no run "{run_id}".',
        "It may have been deleted.",
        "Choose another run, or start one.",
    )


def pause(run: RunFolder) -> None:
    """Ask a run to stop at the next batch and wait."""
    run.ask(dataclasses.replace(run.asked(), pause=True))


def slow_down(run: RunFolder, slow: bool) -> None:
    """Ask a run for slow motion, batch by batch, or for its full pace again."""
    run.ask(dataclasses.replace(run.asked(), slow=slow))


def finish(run: RunFolder) -> None:
    """Ask a run to end now, with the best it has made so far."""
    run.ask(dataclasses.replace(run.asked(), finish=True, pause=False))
    _make_sure_of_a_process(run)


def resume(run: RunFolder) -> None:
    """Let a paused run, or one that failed, go on from its checkpoint, or from the beginning."""
    run.ask(Asked(slow=run.asked().slow))
    _make_sure_of_a_process(run)


def delete(run: RunFolder) -> None:
    """End a run and remove its folder; a bundle it has made stays.

    Raises:
        MachineError: The folder cannot be removed.
    """
    _end_process(run)
    try:
        shutil.rmtree(run.path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise machine_error(error, run.path) from error


def _check_name(name: str) -> None:
    """Refuse names that cannot be folders everywhere, or that something has already."""
    bad = re.search(r'[\x00-\x1f<>:"/\\|?*]', name)
    if not name or bad or name[0] == "." or name[-1] == "." or len(name) > _LONGEST_NAME:
        raise BundleError(
            f'"{name}" cannot be the name of a model.',
            f'A name has 1 to {_LONGEST_NAME} characters, none of them < > : " / \\ | ? *, and no '
            "dot at either end.",
            "Choose another name, such as my-digits.",
        )
    at_work = {run.record().name for run in runs() if run.status().state not in ENDED}
    if name in at_work or (store.bundles_folder() / name).exists() or store.is_known(name):
        raise BundleError(
            f'There is a model, or a run, called "{name}" already.',
            "Each needs a name of its own.",
            f'Choose another name, such as "{free_name(name)}".',
        )


def free_name(name: str) -> str:
    """Return the name, with a number behind it if it is taken."""
    taken = {run.record().name for run in runs()}
    number, free = 2, name
    while free in taken or store.is_known(free):
        free, number = f"{name}-{number}", number + 1
    return free


def _new_folder(name: str) -> RunFolder:
    """Choose a folder whose name sorts by time, for people to recognise."""
    words = re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number, path = 2, store.runs_folder() / f"{stamp}-{words}"
    while path.exists():
        path, number = store.runs_folder() / f"{stamp}-{words}-{number}", number + 1
    return RunFolder(path)


def _make_sure_of_a_process(run: RunFolder) -> None:
    if not run.is_worked_on():
        now_s = time.time()
        said = dataclasses.replace(run.said(), state="queued", error=(), pid=0)
        run.say(dataclasses.replace(said, updated_s=now_s, queued_s=now_s))
        _spawn(run)


def _spawn(run: RunFolder) -> None:
    """Start the process that works on a run; it outlives this one."""
    command = [sys.executable, "-m", "explorer", "train", "--run", str(run.path)]
    environment = os.environ | {"LATENT_EXPLORER_HOME": str(store.home())}
    try:
        with run.log.open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
    except OSError as error:
        raise machine_error(error, run.log) from error
    threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie


def _end_process(run: RunFolder) -> None:
    pid = run.said().pid
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if not pid or not run.is_worked_on():
            return
        with contextlib.suppress(OSError):
            os.kill(pid, number)
        give_up = time.monotonic() + _END_S
        while run.is_worked_on() and time.monotonic() < give_up:
            time.sleep(0.05)
