"""Gives models in the home other names. Old addresses still lead to a renamed model."""

import contextlib
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Literal

from explorer import jobs, store
from explorer.bundle.card import retitled
from explorer.disk import machine_error, replace_file
from explorer.errors import BundleError, ExplorerError

Place = Literal["own", "elsewhere", "shipped"]


def place_of(model: str) -> Place:
    """Return where a model lies: in the home, elsewhere, or with the program.

    Raises:
        BundleError: There is no model of that name.
    """
    folder = store.find_name(model)
    if folder.parent == store.bundles_folder():
        return "own"
    return "shipped" if folder.parent == store.pretrained_folder() else "elsewhere"


def rename(name: str, new: str) -> str:
    """Give a model in the home another name; old addresses still lead to it.

    Returns:
        The name as it is written.

    Raises:
        BundleError: The model is not in the home, or the new name is taken or not allowed.
        MachineError: The home may not be written to.
    """
    _refuse_others(name)
    new = unicodedata.normalize("NFC", new.strip())
    if new == name:
        return name
    folder, target = store.bundles_folder() / name, store.bundles_folder() / new
    with store.changing():
        jobs.check_name(new)
        store.note_renamed(name, new)  # first: it counts only while no model has the old name
        try:
            folder.rename(target)
        except OSError as error:
            raise machine_error(error, folder) from error
    note_name(target, name)
    return new


def note_name(folder: Path, old: str) -> None:
    """Write the new name of a model into its run and its card, as far as the disk allows."""
    for run in jobs.runs():
        with contextlib.suppress(ExplorerError):
            if run.said().out == old and jobs.is_model_of(run.record(), folder):
                run.say(replace(run.said(), out=folder.name))
    with contextlib.suppress(ExplorerError, OSError, UnicodeDecodeError):
        card = folder / "README.md"
        replace_file(card, retitled(card.read_text("utf-8"), old, folder.name).encode())


def _refuse_others(model: str) -> None:
    """Raise an error for a model that is not in the home."""
    if place_of(model) != "own":
        raise BundleError("clearing.not_made_here", model=model)
