"""Starts runs, pauses, resumes, finishes and deletes them.

Every request is written into the run's folder, so two pages, or an app that was restarted, see and
control the same runs.
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
from explorer.config import TrainConfig
from explorer.disk import machine_error
from explorer.errors import BundleError, ExplorerError, MachineError, TrainingError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import ENDED, Asked, Record
from explorer.jobs.unfinished import resume_command

# The process that waits for the next run, if there is one.
_spare: "subprocess.Popen[bytes] | None" = None
_spare_lock = threading.Lock()
_TOLD_LATER = "-"

_END_S = 10.0  # how long a process may take to write its checkpoint before it is killed
_LONGEST_NAME = 80


def patient_environment() -> dict[str, str]:
    """Return the environment for a process with torch; variables that the user has set stay.

    Threads that wait for each other sleep. By default they spin; where another program uses one of
    two cores, a run on both then makes a fifth of its steps.
    """
    return {"OMP_WAIT_POLICY": "PASSIVE"} | os.environ


def begin(
    config: TrainConfig,
    name: str,
    *,
    fitted: Iterable[str] = (),
    sweep: str = "",
    numbered: bool = False,
) -> RunFolder:
    """Start a run that ends in a bundle among the user's own; it waits for its turn.

    Args:
        config: Every choice of the run.
        name: Name of its bundle.
        fitted: Settings to be chosen to fit the images, once they are loaded.
        sweep: Id of the sweep it belongs to, if any.
        numbered: Whether to append a number to the name if it is taken.

    Raises:
        BundleError: The name is not allowed, or taken by a bundle or another run.
        MachineError: The disk is full or may not be written to.
    """
    name = unicodedata.normalize("NFC", name.strip())
    with store.changing():
        name = free_name(name) if numbered else name
        check_name(name)
        run = new_folder(name)
        out = store.bundles_folder() / name
        run.create(Record(name=name, out=out, config=config, fitted=tuple(fitted), sweep=sweep))
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
    raise TrainingError("jobs.no_run", run_id=run_id)


def pause(run: RunFolder) -> None:
    """Ask a run to stop at the next batch and wait."""
    run.ask(dataclasses.replace(run.asked(), pause=True))


def slow_down(run: RunFolder, slow: bool) -> None:
    """Ask a run for slow motion, batch by batch, or for its full speed."""
    run.ask(dataclasses.replace(run.asked(), slow=slow))


def finish(run: RunFolder) -> None:
    """Ask a run to end now, with its best weights so far."""
    run.ask(dataclasses.replace(run.asked(), finish=True, pause=False))
    _make_sure_of_a_process(run)


def resume(run: RunFolder) -> None:
    """Resume a paused or failed run from its checkpoint, or from the beginning."""
    run.ask(Asked(slow=run.asked().slow))
    _make_sure_of_a_process(run)


def delete(run: RunFolder) -> None:
    """End a run and remove its folder; a bundle it has made stays.

    Raises:
        MachineError: The folder cannot be removed.
        TrainingError: It is at work in a terminal.
    """
    end(run)
    try:
        shutil.rmtree(run.path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise machine_error(error, run.path) from error


def check_name(name: str) -> None:
    """Refuse names that are not allowed for folders, or are taken."""
    bad = re.search(r'[\x00-\x1f<>:"/\\|?*]', name)
    if not name or bad or name[0] == "." or name[-1] == "." or len(name) > _LONGEST_NAME:
        raise BundleError("jobs.wrong_name", name=name, longest_name=_LONGEST_NAME)
    if name in _names_of_runs(at_work=True) or store.is_known(name) or _lies_there(name):
        raise BundleError("jobs.name_taken", name=name, name_2=free_name(name))


def free_name(name: str) -> str:
    """Return the name, with a number appended if it is taken."""
    taken = _names_of_runs()
    number, free = 2, name
    while free in taken or store.is_known(free) or _lies_there(free):
        free, number = f"{name}-{number}", number + 1
    return free


def _names_of_runs(*, at_work: bool = False) -> set[str]:
    """Return the names of all runs with readable records, or of those that are not over."""
    names = set()
    for run in runs():
        with contextlib.suppress(ExplorerError):
            if not at_work or run.status().state not in ENDED:
                names.add(run.record().name)
    return names


def _lies_there(name: str) -> bool:
    return (store.bundles_folder() / name).exists()


def new_folder(name: str) -> RunFolder:
    """Choose a folder for a run of that name; folders sort by time, and people recognise them."""
    words = re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "run"
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number, path = 2, store.runs_folder() / f"{stamp}-{words}"
    while path.exists():
        path, number = store.runs_folder() / f"{stamp}-{words}-{number}", number + 1
    return RunFolder(path)


def is_adrift(run: RunFolder) -> bool:
    """Whether a run was left by the terminal it began in, which alone can resume it."""
    return run.record().in_terminal and not run.is_worked_on()


def _make_sure_of_a_process(run: RunFolder) -> None:
    if is_adrift(run):
        raise TrainingError(
            "jobs.left_by_terminal",
            name=run.record().name,
            command=resume_command(run.record().out),
        )
    if not run.is_worked_on():
        now_s = time.time()
        said = dataclasses.replace(run.said(), state="queued", error=(), pid=0)
        run.say(dataclasses.replace(said, updated_s=now_s, queued_s=now_s))
        _spawn(run)


def warm_up() -> None:
    """Keep a process waiting with all imports done, so that the next run begins at once."""
    global _spare
    with _spare_lock:
        if _spare is None or _spare.poll() is not None:
            _spare = _process(_TOLD_LATER)


def _spawn(run: RunFolder) -> None:
    """Start work on a run in a process that outlives this one; the waiting one, if there is one."""
    global _spare
    with _spare_lock:
        ready, _spare = _spare, None
    if ready is None or not _told(ready, run):
        _process(str(run.path))


def _process(run: str) -> "subprocess.Popen[bytes]":
    """Start a process for the run in a folder, or for one named later (`_TOLD_LATER`).

    Raises:
        MachineError: The system starts no more processes.
    """
    command = [sys.executable, "-m", "explorer", "train", "--run", run]
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if run == _TOLD_LATER else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=patient_environment() | {"LATENT_EXPLORER_HOME": str(store.home())},
            start_new_session=True,
        )
    except OSError as error:
        raise MachineError("jobs.no_process", error=error) from error
    threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie
    return child


def _told(child: "subprocess.Popen[bytes]", run: RunFolder) -> bool:
    """Send a waiting process its run, and return whether the process was still there."""
    assert child.stdin is not None
    try:
        with child.stdin as line:
            line.write(os.fsencode(run.path) + b"\n")
    except OSError:
        return False
    return child.poll() is None


def keep_paused(run: RunFolder) -> None:
    """Let a run that no process works on stay paused until it is resumed.

    Raises:
        MachineError: The disk is full or may not be written to.
    """
    pause(run)
    run.say(dataclasses.replace(run.said(), state="paused"))


def end(run: RunFolder) -> None:
    """End the process of a run, if there is one; it leaves a checkpoint where it can.

    Raises:
        TrainingError: It works in a terminal, and must be ended there.
        MachineError: Its process does not end.
    """
    if run.is_worked_on() and _is_in_terminal(run):
        raise TrainingError("jobs.runs_in_terminal", name=run.record().name)
    pid = run.said().pid
    for number in (signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)):
        if not pid or not run.is_worked_on():
            return
        with contextlib.suppress(OSError):
            os.kill(pid, number)
        give_up = time.monotonic() + _END_S
        while run.is_worked_on() and time.monotonic() < give_up:
            time.sleep(0.05)
    if run.is_worked_on():
        raise MachineError("jobs.does_not_stop", id=run.id, pid=pid)


def _is_in_terminal(run: RunFolder) -> bool:
    try:
        return run.record().in_terminal
    except ExplorerError:  # damaged, so it counts as one of the app's own
        return False
