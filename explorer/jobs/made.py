"""Which model a run has made, whatever its name is now.

A run and the model it makes share an id, `origin`. The name alone does not suffice: a model can be
deleted, and another be trained under its name.
"""

import contextlib
from pathlib import Path

from explorer import store
from explorer.bundle import read_summary
from explorer.errors import BundleError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record


def folder_made_by(run: RunFolder) -> Path | None:
    """Return the folder of the model that a run has made, if that model is listed.

    Raises:
        BundleError: The run's record is missing or damaged.
        ConfigError: A setting is unknown here.
    """
    out = run.said().out
    name = store.current_name(out) if out else ""
    if not name or not store.is_known(name):
        return None
    folder = store.find_name(name)
    return folder if is_model_of(run.record(), folder) else None


def folder_saved_by(record: Record) -> Path | None:
    """Return the folder of the model that a run has saved, even if the run did not get to note it.

    A run that was killed in between resumes by saving its model again, under the same name.
    """
    if record.origin:
        for folder in store.own_folders():
            if is_model_of(record, folder):
                return folder
    return None


def is_model_of(record: Record, folder: Path) -> bool:
    """Whether a bundle is the one that a run has made.

    Bundles and runs of earlier versions have no id; their names decide. A model of the command line
    may lie anywhere, and be hidden by another one of its name.
    """
    if record.in_terminal and folder.parent != record.out.parent:
        return False
    with contextlib.suppress(BundleError):
        return read_summary(folder).origin == record.origin
    return False
