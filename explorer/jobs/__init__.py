"""Training runs: each is a process of its own that works in a folder of its own.

A run is its folder: readers find its state there, the app writes requests into it, and a process
that ends, for whatever reason, leaves in it everything that resuming needs.

- `records.py`: the records of a run: what it was asked to do, and how it stands.
- `folder.py`: reads and writes the files in a run's folder.
- `reading.py`: reads those files without trusting them.
- `held.py`: whether a process holds a run's lock.
- `recorder.py`: which reports and snapshots of a run are kept.
- `status_writer.py`: keeps the status in the folder up to date, for the process that works.
- `made.py`: which model a run has made, whatever its name is now.
- `looking.py`: the model of a run, and the pictures kept of it.
- `unfinished.py`: what a run of the command line keeps beside its bundle.
- `recording.py`: records a run of the command line, so that pages show it too.
- `commands.py`: runs other commands in processes of their own.
- `turns.py`: how many runs work at once, and whose turn it is.
- `ends.py`: the weights that a run kept, those it could keep instead, and the verdict on both.
- `concluding.py`: judges a finished run.
- `stopping.py`: delays Ctrl-C and SIGTERM until a step is done.
- `pipeline.py`: one run from images to a saved model, watched by observers.
- `worker.py`: carries out a run of the app, in the run's own process.
- `processes.py`: starts, pauses, resumes, finishes and deletes runs.
- `executors.py`: starts the runs of a sweep, on this machine or elsewhere.
- `cluster.py`: runs on a Dask cluster.
"""

from explorer.jobs.cluster import DaskRuns
from explorer.jobs.ends import (
    Ends,
    bring_back,
    can_keep_other,
    is_lost,
    keep_other,
    left_behind,
    read_ends,
)
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
    trial_made_by,
    trial_of,
)
from explorer.jobs.folder import RunFolder
from explorer.jobs.looking import maker_of, model_of, reconstructions
from explorer.jobs.made import folder_made_by, is_model_of
from explorer.jobs.processes import (
    begin,
    check_name,
    delete,
    end,
    find_run,
    finish,
    free_name,
    is_adrift,
    keep_paused,
    patient_environment,
    pause,
    resume,
    runs,
    slow_down,
    warm_up,
)
from explorer.jobs.recording import Recording
from explorer.jobs.records import ENDED, Asked, JobStatus, Record, Report, State
from explorer.jobs.turns import n_at_once

__all__ = [
    "ENDED",
    "Asked",
    "DaskRuns",
    "Ends",
    "Executor",
    "JobStatus",
    "LocalRun",
    "LocalRuns",
    "Record",
    "Recording",
    "Report",
    "RunFolder",
    "State",
    "Watched",
    "begin",
    "begin_sweep",
    "bring_back",
    "can_keep_other",
    "check_name",
    "delete",
    "end",
    "find_run",
    "finish",
    "folder_made_by",
    "free_name",
    "is_adrift",
    "is_lost",
    "is_model_of",
    "keep_other",
    "keep_paused",
    "left_behind",
    "maker_of",
    "model_of",
    "n_at_once",
    "new_sweep",
    "patient_environment",
    "pause",
    "pause_all",
    "read_ends",
    "reconstructions",
    "resume",
    "resume_all",
    "runs",
    "runs_of",
    "slow_down",
    "trial_made_by",
    "trial_of",
    "warm_up",
]
