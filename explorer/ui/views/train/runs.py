"""The runs in the sidebar, newest first; those of a sweep are one entry."""

import streamlit as st

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.ui import address
from explorer.ui.views.train.words import state_line, sweep_name, sweep_question
from explorer.ui.words import plain
from explorer.words import say

_LOOK_EVERY_S = 2.0


@st.fragment(run_every=_LOOK_EVERY_S)
def render_runs() -> None:
    """List the runs, each with its state."""
    st.markdown(f"**{say('train.runs')}**")
    runs = jobs.runs()
    if not runs:
        st.caption(say("train.runs_none"))
    sweeps: dict[str, list[tuple[jobs.RunFolder, jobs.Record]]] = {}
    lines: list[jobs.RunFolder | str] = []  # a single run, or the id of a sweep
    for run in runs:
        record = _record(run)
        if record is None or not record.sweep:
            lines.append(run)
            continue
        if record.sweep not in sweeps:
            lines.append(record.sweep)
        sweeps.setdefault(record.sweep, []).append((run, record))
    for line in lines:
        if isinstance(line, str):
            _render_sweep(line, sweeps[line])
        else:
            _run_line(line)


def _record(run: jobs.RunFolder) -> jobs.Record | None:
    """Return what a function reads of a run, or None if the run is damaged."""
    try:
        return run.record()
    except ExplorerError:
        return None


def _render_sweep(sweep: str, members: list[tuple[jobs.RunFolder, jobs.Record]]) -> None:
    """List a sweep as one entry, and its runs below it while one of them is shown."""
    _sweep_line(sweep, members)
    if address.asked("run") in {run.id for run, _ in members}:
        for run, _ in sorted(members, key=_size):
            _run_line(run)


def _size(member: tuple[jobs.RunFolder, jobs.Record]) -> tuple[int, float]:
    config = member[1].config
    return config.latent_dim, config.beta


def _sweep_line(sweep: str, members: list[tuple[jobs.RunFolder, jobs.Record]]) -> None:
    records = [record for _, record in members]
    n_done = sum(run.status().state in jobs.ENDED for run, _ in members)
    done = say("sweep.done", done=n_done, count=len(members))
    below = say("sweep.line_below", question=sweep_question(records), done=done)
    if st.button(
        f"{sweep_name(records)}  \n:small[{below}]",
        key=f"sweep-{sweep}",
        icon=":material/stacked_line_chart:",
        type="primary" if address.asked("sweep") == sweep else "secondary",
        width="stretch",
    ):
        address.choose_sweep(sweep)
        st.rerun()


def _run_line(run: jobs.RunFolder) -> None:
    record = _record(run)
    name = record.name if record else run.id
    if st.button(
        f"{plain(name)}  \n:small[{state_line(run.status())}]",
        key=f"run-{run.id}",
        icon=":material/terminal:" if record and record.in_terminal else None,
        type="primary" if address.asked("run") == run.id else "secondary",
        width="stretch",
    ):
        address.choose_run(run.id)
        st.rerun()
