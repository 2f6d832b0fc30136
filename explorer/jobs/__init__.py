"""Training runs, each a process of its own that works in a folder of its own.

The folder is all there is to a run: whoever wants to know reads it, whoever wants something writes
a wish into it, and a process that ends, however it does, leaves in it all that going on takes.

- `folder.py`: what lies in a run's folder, read and written.
- `recorder.py`: which reports and snapshots of a run are kept.
- `turns.py`: how many runs work at once, and whose turn it is.
- `worker.py`: carries a run out; what the run's own process does. It imports torch, so it is not
  imported here.
- `processes.py`: starts runs, and asks them to pause, go on, finish or go away.
"""

from explorer.jobs.folder import ENDED, Asked, JobStatus, Report, RunFolder, State
from explorer.jobs.processes import (
    begin,
    delete,
    find_run,
    finish,
    free_name,
    pause,
    resume,
    runs,
    slow_down,
)

__all__ = [
    "ENDED",
    "Asked",
    "JobStatus",
    "Report",
    "RunFolder",
    "State",
    "begin",
    "delete",
    "find_run",
    "finish",
    "free_name",
    "pause",
    "resume",
    "runs",
    "slow_down",
]
