"""Training runs, each a process of its own that works in a folder of its own.

The folder is all there is to a run: whoever wants to know reads it, whoever wants something writes
a wish into it, and a process that ends, however it does, leaves in it all that going on takes.

- `folder.py`: what lies in a run's folder, read and written.
- `recorder.py`: which reports and snapshots of a run are kept.
- `turns.py`: how many runs work at once, and whose turn it is.
- `worker.py`: carries a run out; what the run's own process does.
- `processes.py`: starts runs, and asks them to pause, go on, finish or go away.
- `executors.py`: starts the runs of a sweep, here or elsewhere.
- `cluster.py`: elsewhere, by Dask.
"""

from explorer.jobs.cluster import DaskRuns
from explorer.jobs.executors import (
    Executor,
    LocalRun,
    LocalRuns,
    Watched,
    begin_sweep,
    new_sweep,
    pause_all,
    resume_all,
    runs_of,
    trial_of,
)
from explorer.jobs.folder import ENDED, Asked, JobStatus, Record, Report, RunFolder, State
from explorer.jobs.processes import (
    begin,
    delete,
    find_run,
    finish,
    free_name,
    patient_environment,
    pause,
    resume,
    runs,
    slow_down,
    warm_up,
)
from explorer.jobs.turns import n_at_once

__all__ = [
    "ENDED",
    "Asked",
    "DaskRuns",
    "Executor",
    "JobStatus",
    "LocalRun",
    "LocalRuns",
    "Record",
    "Report",
    "RunFolder",
    "State",
    "Watched",
    "begin",
    "begin_sweep",
    "delete",
    "find_run",
    "finish",
    "free_name",
    "n_at_once",
    "new_sweep",
    "patient_environment",
    "pause",
    "pause_all",
    "resume",
    "resume_all",
    "runs",
    "runs_of",
    "slow_down",
    "trial_of",
    "warm_up",
]
