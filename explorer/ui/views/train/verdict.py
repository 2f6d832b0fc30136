"""The findings about a finished run: which weights it keeps, what is wrong, what may help."""

import streamlit as st

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.remedies import Remedy
from explorer.ui import address
from explorer.ui.views.asking import attempt
from explorer.ui.words import plain
from explorer.verdict import Finding, Grade, summary
from explorer.words import say

_ICONS: dict[Grade, str] = {
    "problem": ":orange[:material/warning:]",
    "note": ":material/info:",
    "fine": ":green[:material/check:]",
}


def render_verdict(run: jobs.RunFolder, ends: jobs.Ends) -> None:
    """Render the findings about a finished run: problems first, the rest folded away."""
    findings = ends.end.findings
    with st.container(key="verdict", gap=None):
        if jobs.is_lost(run):
            _render_lost(run, ends)
        else:
            st.markdown(plain(ends.says()))
        if not findings:
            return
        st.markdown(f"**{say('verdict.heading')}:** {summary(findings)}")
        for finding in findings:
            if finding.grade != "fine":
                _render(run, finding)
        fine = [finding for finding in findings if finding.grade == "fine"]
        with st.expander(say("verdict.checked", count=len(fine)), type="compact"):
            for finding in fine:
                st.markdown(_line(finding))


def _render_lost(run: jobs.RunFolder, ends: jobs.Ends) -> None:
    """Say that the model was deleted, and offer to restore it or to train it again."""
    left = jobs.left_behind(run)
    end = ends.best if left == "best" and ends.best is not None else ends.last
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lost"):
        st.markdown(say(f"train.lost_{left or 'all'}", step=end.step), width="content")
        if left is not None:
            if st.button(say("train.bring_back"), key="bring-back", icon=":material/undo:"):
                attempt(lambda: jobs.bring_back(run))
                st.rerun()
        elif st.button(say("train.again"), key="train-again", icon=":material/replay:"):
            begin_like(run)


def _render(run: jobs.RunFolder, finding: Finding) -> None:
    """Render one finding, and offer a run that may do better."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(_line(finding), width="content")
        remedy = finding.remedy
        if remedy is not None and st.button(
            say("verdict.try", change=plain(remedy.words())),
            key=f"remedy-{finding.about}",
            type="tertiary",
            icon=":material/replay:",
            help=say("verdict.try_help"),
        ):
            begin_like(run, remedy)


def _line(finding: Finding) -> str:
    return f"{_ICONS[finding.grade]} {plain(finding.says())}"


def begin_like(run: jobs.RunFolder, remedy: Remedy | None = None) -> None:
    """Start a run with one change, or none, and show it."""
    record = run.record()
    changed = remedy.change if remedy else {}
    fitted = [name for name in record.fitted if name not in changed]
    try:
        config = remedy.applied(record.config) if remedy else record.config
        other = jobs.begin(config, record.name, fitted=fitted, numbered=True)
    except ExplorerError as error:
        complain(error)
        return
    address.choose_run(other.id)
    st.rerun()


def complain(error: ExplorerError) -> None:
    """Show what went wrong, for longer than until the next rerun."""
    st.toast(plain(str(error)), icon=":material/error:", duration="long")
