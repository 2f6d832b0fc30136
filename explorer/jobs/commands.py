"""Runs our commands in processes of their own, for work that the app itself does not do."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from explorer.errors import MachineError
from explorer.jobs.processes import patient_environment
from explorer.words import say

OURS = (sys.executable, "-m", "explorer")
_LONGEST_S = 300.0  # after which a command is stopped
_PERCENT = re.compile(r"\s*(\d+)%")


def run_command(
    command: Sequence[str],
    report: Callable[[float], object],
    *,
    failed: Callable[[str], MachineError],
) -> None:
    """Run a command, and pass on how far it is. It does not outlive this call.

    Args:
        command: Such as `OURS` and what follows `latent-explorer`.
        report: Called with the share done; an error that it raises stops the command.
        failed: Makes an error of the reason why the command failed.

    Raises:
        MachineError: It ended with an error, or took too long.
    """
    printed = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=patient_environment(),
    ) as process:
        assert process.stderr is not None
        alarm = threading.Timer(_LONGEST_S, process.kill)
        alarm.start()
        try:
            for line in process.stderr:
                percent = _PERCENT.match(line)
                if percent:
                    report(int(percent[1]) / 100)
                else:
                    printed.append(line.strip())
            process.wait()
        except BaseException:  # also one that `report` raises
            process.kill()
            raise
        finally:
            alarm.cancel()
    if process.returncode > 0:
        raise failed(printed[-1] if printed else say("jobs.printed_nothing"))
    if process.returncode < 0:
        raise failed(say("jobs.took_too_long", seconds=round(_LONGEST_S)))
