"""The button that deletes a run, a sweep or the runs of a lesson, and asks first."""

from collections.abc import Callable, Sequence

import streamlit as st

from explorer import clearing, jobs
from explorer.clearing import Work
from explorer.ui import address, state
from explorer.ui.views.asking import ask_first
from explorer.ui.views.undoing import clear, counted
from explorer.ui.words import plain
from explorer.words import say

PAGE = "train"


def delete_run_button(run: jobs.RunFolder) -> None:
    """Render the button of a single run; its model stays unless the visitor chooses otherwise."""
    _button(
        say("train.delete"),
        key=f"delete-{run.id}",
        runs=[run],
        question=say("train.delete_sure", name=plain(run.record().name)),
        models=say("train.delete_model"),
        ticked=False,
        after=lambda: address.choose_run(""),
    )


def delete_group_button(
    label: str, *, key: str, runs: Sequence[jobs.RunFolder], after: Callable[[], None] | None = None
) -> None:
    """Render the button of several runs that belong together.

    Args:
        label: What it says.
        key: Name of the button, unlike that of any other.
        runs: Which runs.
        after: Called when they are gone.
    """
    made = counted(models=len(clearing.models_of(runs)))
    _button(
        label,
        key=key,
        runs=runs,
        question=say("clearing.group_sure", what=counted(runs=len(runs))),
        models=say("clearing.their_models", what=made),
        ticked=True,
        after=after,
    )


def _button(
    label: str,
    *,
    key: str,
    runs: Sequence[jobs.RunFolder],
    question: str,
    models: str,
    ticked: bool,
    after: Callable[[], None] | None,
) -> None:
    made = clearing.models_of(runs)
    box = f"{key}-models"

    def do() -> None:
        work = Work(runs=tuple(runs), models=made if state.is_ticked(box) else ())
        if clear(PAGE, work).n_runs and after:
            after()

    def more() -> None:
        if made:
            st.checkbox(models, value=ticked, key=box)

    ask_first(label, key=key, question=question, do=do, more=more)
