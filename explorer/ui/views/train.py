"""The Train page: choose images and settings, or watch a run that was started."""

import streamlit as st

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.views import navigation_links
from explorer.ui.views.train_run import draw_run
from explorer.ui.views.train_setup import draw_setup
from explorer.ui.words import plain, say

_LOOK_EVERY_S = 2.0


def render() -> None:
    """Draw the page."""
    with st.sidebar:
        navigation_links()
        st.button(
            say("train.new_run"),
            key="new-run",
            type="secondary" if state.asked("run") else "primary",
            icon=":material/add:",
            width="stretch",
            on_click=state.choose_run,
            args=("",),
        )
        _runs()
    asked = state.asked("run")
    if not asked:
        draw_setup()
        return
    try:
        run = jobs.find_run(asked)
        run.record()
    except ExplorerError as error:
        st.error(plain(str(error)))
        return
    draw_run(run)


@st.fragment(run_every=_LOOK_EVERY_S)
def _runs() -> None:
    """List the runs, the youngest first, each with its state."""
    st.markdown(f"**{say('train.runs')}**")
    runs = jobs.runs()
    if not runs:
        st.caption(say("train.runs_none"))
    for run in runs:
        _run_line(run)


def _run_line(run: jobs.RunFolder) -> None:
    status = run.status()
    try:
        name = run.record().name
    except ExplorerError:
        name = run.id
    chosen = state.asked("run") == run.id
    if st.button(
        f"{plain(name)}  \n:small[{state_line(status)}]",
        key=f"run-{run.id}",
        type="primary" if chosen else "secondary",
        width="stretch",
    ):
        state.choose_run(run.id)
        st.rerun()


def state_line(status: jobs.JobStatus) -> str:
    """Say in a few words how a run stands."""
    words = say(f"run.state.{status.state}")
    if not status.steps or status.state in ("finished", "queued", "starting"):
        return words
    percent = 100 * status.step // status.steps
    return say("train.run_line", state=words, percent=percent)
