"""The Train page: choose images and settings, watch a run or a sweep, or take a lesson."""

import streamlit as st

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.ui import address
from explorer.ui.views import name_page, navigation_links
from explorer.ui.views.train.clearing import render_clearing
from explorer.ui.views.train.deleting import PAGE
from explorer.ui.views.train.gradients import render_gradient_lesson
from explorer.ui.views.train.run import render_run
from explorer.ui.views.train.runs import render_runs
from explorer.ui.views.train.setup import render_setup
from explorer.ui.views.train.sweep import render_sweep
from explorer.ui.views.undoing import render_undo
from explorer.ui.words import plain
from explorer.words import say

_WATCHED = ("run", "sweep", "lesson", "clear")  # in the address, where there is something to watch


def render() -> None:
    """Render the page."""
    name_page(say("train.page"))
    with st.sidebar:
        navigation_links()
        st.button(
            say("train.new_run"),
            key="new-run",
            type="secondary" if any(map(address.asked, _WATCHED)) else "primary",
            icon=":material/add:",
            width="stretch",
            on_click=address.choose_run,
            args=("",),
        )
        render_runs()
        st.button(
            say("train.lesson"),
            key="lesson",
            type="primary" if address.asked("lesson") else "tertiary",
            icon=":material/school:",
            help=say("train.lesson_help"),
            on_click=address.choose_lesson,
            args=("gradients",),
        )
        st.button(
            say("clearing.open"),
            key="clear",
            type="primary" if address.asked("clear") else "tertiary",
            icon=":material/delete_sweep:",
            help=say("clearing.open_help"),
            on_click=address.choose_clearing,
        )
    render_undo(PAGE)
    try:
        if sweep := address.asked("sweep"):
            render_sweep(sweep)
        elif asked := address.asked("run"):
            run = jobs.find_run(asked)
            name_page(run.record().name, say("train.page"))
            render_run(run)
        elif address.asked("lesson"):
            render_gradient_lesson()
        elif address.asked("clear"):
            render_clearing()
        else:
            render_setup()
    except ExplorerError as error:
        st.error(plain(str(error)))
