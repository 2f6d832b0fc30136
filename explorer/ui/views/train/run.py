"""One training run: its controls, and its view."""

from collections.abc import Callable

import streamlit as st

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.jobs.unfinished import UnfinishedRun, resume_command
from explorer.remedies import remedies_for
from explorer.ui import controls
from explorer.ui.run_view import run_view
from explorer.ui.views.train.deleting import delete_run_button
from explorer.ui.views.train.verdict import begin_like, complain, render_verdict
from explorer.ui.views.watching import following
from explorer.ui.words import plain
from explorer.words import say

_LOOK_EVERY_S = 1.0
_BUTTON_WIDTH = 116  # whatever its label, so that nothing beside it moves
_GOING_ON = ("running", "queued", "starting", "finishing")


def render_run(run: jobs.RunFolder) -> None:
    """Render the controls, which follow the run, and the view below them.

    What helps comes below the charts that tell what ails; where the run has failed by it, it is
    all that is left to do, and takes the place of the controls.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"# {plain(run.record().name)}", width="content")
        delete_run_button(run)  # not among the controls, which rerun every second
    found = run.status().state
    _controls(run, is_over=found in jobs.ENDED)
    ends = jobs.read_ends(run) if found in jobs.ENDED else None
    if found == "failed":
        _remedies(run)
    elif ends is not None:
        render_verdict(run, ends)
    run_view(run)
    if found != "failed" and ends is None:
        _remedies(run)


@st.fragment(run_every=_LOOK_EVERY_S)
def _controls(run: jobs.RunFolder, *, is_over: bool) -> None:
    with following():
        _render_controls(run, is_over=is_over)


def _render_controls(run: jobs.RunFolder, *, is_over: bool) -> None:
    status = run.status()
    if (status.state in jobs.ENDED) != is_over:
        st.rerun()  # so that the view starts or stops asking for news
    is_adrift = jobs.is_adrift(run)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if not is_adrift:
            _pace(run, status)
        if status.state in (*_GOING_ON, "paused") and not is_adrift:
            is_asked = status.state == "finishing"  # the row stays, so that nothing moves
            _button("finish", "stop", jobs.finish, run, disabled=is_asked)
        if status.state in ("running", "paused") and not is_adrift:
            _slow_motion(run)
        if model := jobs.model_of(run):
            _open(model)
            _keep_other(run)
    if run.record().in_terminal:
        _of_terminal(run, status, is_adrift=is_adrift)


def _of_terminal(run: jobs.RunFolder, status: jobs.JobStatus, *, is_adrift: bool) -> None:
    """Say what this page can do with a run of the command line, and what it cannot."""
    record = run.record()
    out = record.out
    if status.out and not jobs.model_of(run) and jobs.is_model_of(record, out):
        st.caption(say("train.hidden", folder=plain(str(out))))
    elif not is_adrift and status.state not in jobs.ENDED:
        st.caption(say("train.in_terminal"))
    elif not status.out and UnfinishedRun(out).checkpoint.exists():
        st.caption(say("train.adrift"))
        st.code(resume_command(out), language=None, wrap_lines=True)
    elif not status.out:
        st.caption(say("train.adrift_lost"))


def _pace(run: jobs.RunFolder, status: jobs.JobStatus) -> None:
    """Render one button that pauses or resumes.

    Two that take turns are both on the page for a moment, and the one beside them is moved from
    under the pointer that presses it.
    """
    explodes = status.health == "exploding"  # and would again at the same step
    if status.state in _GOING_ON:
        is_asked = status.state == "finishing"
        _button("pause", "pause", jobs.pause, run, key="pace", disabled=is_asked)
    elif status.state == "paused" or (status.state == "failed" and not explodes):
        _button("resume", "play_arrow", jobs.resume, run, key="pace", primary=True)


def _button(
    what: str,
    icon: str,
    do: Callable[[jobs.RunFolder], None],
    run: jobs.RunFolder,
    *,
    key: str = "",
    primary: bool = False,
    disabled: bool = False,
) -> None:
    st.button(
        say(f"train.{what}"),
        key=f"{key or what}-{run.id}",
        icon=f":material/{icon}:",
        type="primary" if primary else "secondary",
        help=say(f"train.{what}_help"),
        disabled=disabled,
        width=_BUTTON_WIDTH,
        on_click=lambda: _try(lambda: do(run)),
    )


def _slow_motion(run: jobs.RunFolder) -> None:
    controls.toggle(
        say("train.slow"),
        key=f"slow-{run.id}",
        value=run.asked().slow,
        tooltip=say("train.slow_help"),
        on_change=lambda slow: _try(lambda: jobs.slow_down(run, slow)),
    )


def _open(name: str) -> None:
    with st.container(key="go-to-model", width="content"):
        controls.link_to_explore(
            name, say("train.open"), icon=":material/tune:", tooltip=say("train.open_help")
        )


def _keep_other(run: jobs.RunFolder) -> None:
    """Offer to keep the run's other weights, as long as they exist."""
    other = jobs.can_keep_other(run)
    if other is None:
        return
    if st.button(
        say(f"train.keep_{other}"),
        key=f"keep-{run.id}",
        icon=":material/swap_horiz:",
        help=say("train.keep_help"),
    ):
        _try(lambda: jobs.keep_other(run))
        st.rerun()


def _try(act: Callable[[], object]) -> None:
    try:
        act()
    except ExplorerError as error:
        complain(error)


@st.fragment(run_every=_LOOK_EVERY_S)
def _remedies(run: jobs.RunFolder) -> None:
    with following():
        _render_remedies(run)


def _render_remedies(run: jobs.RunFolder) -> None:
    """Suggest runs that change one setting to fix this one."""
    status, config = run.status(), run.record().config
    remedies = remedies_for(status.health, config)
    if not remedies:
        return
    heading = "train.remedies_failed" if status.state == "failed" else "train.remedies"
    st.markdown(f"**{say(heading)}**", help=say("train.remedies_help"))
    with st.container(horizontal=True, gap="small"):
        for remedy in remedies:
            words = remedy.words()
            if st.button(plain(words), key=f"remedy-{words}"):
                begin_like(run, remedy)
