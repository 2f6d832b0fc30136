"""Clearing up on the Train page: runs and models in groups, or everything a class has made."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from explorer import clearing, jobs, leftovers
from explorer.clearing import Work
from explorer.data.members import size_in_words
from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.views.asking import ask_first, attempt
from explorer.ui.views.train.deleting import PAGE
from explorer.ui.views.train.gradients import lesson_runs
from explorer.ui.views.train.words import sweep_name
from explorer.ui.views.undoing import clear, counted
from explorer.ui.words import plain
from explorer.words import say

_MOST_UNSCROLLED = 10
_SPANS = ("today", "week", "ever")


@dataclass(frozen=True)
class _Group:
    """What is cleared together: a sweep, the lesson, a single run, or a model without a run."""

    key: str
    label: str
    runs: tuple[jobs.RunFolder, ...]
    models: tuple[str, ...]


def render_clearing() -> None:
    """Render the choice of what to clear, or say that there is nothing."""
    st.markdown(f"# {say('clearing.title')}")
    work = clearing.work_since()
    if not work:
        st.info(say("clearing.nothing"))
        return
    st.markdown(say("clearing.intro"))
    groups = _groups(work)
    if groups:
        _render_groups(groups)
    st.divider()
    _render_class()
    _render_uploads()


def _render_uploads() -> None:
    """Say how much space uploaded images take, and offer to delete unused ones."""
    sizes = leftovers.upload_sizes()
    if not sizes.n_bytes:
        return
    st.markdown(f"## {say('clearing.uploads_title')}")
    whole, unused = map(size_in_words, (sizes.n_bytes, sizes.unused_bytes))
    st.markdown(say("clearing.uploads_say", whole=whole, unused=unused))
    st.button(
        say("clearing.uploads_drop"),
        key="drop-uploads",
        icon=":material/delete:",
        disabled=not sizes.unused_bytes,
        on_click=leftovers.drop_unused_uploads,
    )


# ---- in groups


def _render_groups(groups: Sequence[_Group]) -> None:
    many = len(groups) > _MOST_UNSCROLLED
    with st.container(
        height=420 if many else "content", border=True, gap="xsmall", key="clear-groups"
    ):
        chosen = [group for group in groups if st.checkbox(group.label, key=f"clear-{group.key}")]
    with_models = st.checkbox(say("clearing.with_models"), value=True, key="clear-with-models")
    work = _work_of(chosen, with_models=with_models)
    what = counted(runs=len(work.runs), models=len(work.models))
    st.button(
        say("clearing.selected_what", what=what) if work else say("clearing.selected"),
        key="clear-selected",
        icon=":material/delete:",
        disabled=not work,
        on_click=lambda: attempt(lambda: clear(PAGE, work)),
    )


def _work_of(groups: Iterable[_Group], *, with_models: bool) -> Work:
    runs = tuple(run for group in groups for run in group.runs)
    models = tuple(m for group in groups if with_models or not group.runs for m in group.models)
    return Work(runs=runs, models=models)


def _groups(work: Work) -> list[_Group]:
    """Return sweeps and runs as the sidebar lists them, then models whose runs are gone."""
    groups: list[_Group] = []
    sweeps: dict[str, list[jobs.RunFolder]] = {}
    of_lesson = {run.id: run for run in lesson_runs()}
    for run in work.runs:
        sweep = _sweep_of(run)
        if run.id in of_lesson:
            continue
        if sweep:
            sweeps.setdefault(sweep, []).append(run)
        else:
            groups.append(_group(f"run-{run.id}", plain(_name(run)), [run]))
    for sweep, runs in sweeps.items():
        name = sweep_name([run.record() for run in runs])
        groups.append(_group(f"sweep-{sweep}", name, runs))
    if of_lesson:
        groups.append(_group("lesson", say("train.lesson"), list(of_lesson.values())))
    groups.sort(key=lambda group: max(run.id for run in group.runs), reverse=True)
    listed = {name for group in groups for name in group.models}
    alone = [name for name in work.models if name not in listed]
    return groups + [
        _Group(f"model-{name}", say("clearing.model_alone", name=plain(name)), (), (name,))
        for name in alone
    ]


def _group(key: str, name: str, runs: Sequence[jobs.RunFolder]) -> _Group:
    models = clearing.models_of(runs)
    what = counted(runs=len(runs), models=len(models))
    return _Group(key, say("clearing.group", name=name, what=what), tuple(runs), models)


def _sweep_of(run: jobs.RunFolder) -> str:
    try:
        return run.record().sweep
    except ExplorerError:
        return ""


def _name(run: jobs.RunFolder) -> str:
    try:
        return run.record().name
    except ExplorerError:
        return run.id


# ---- all at once


def _render_class() -> None:
    st.markdown(f"## {say('clearing.class_title')}")
    st.markdown(say("clearing.class_says"))
    telling = (span for span in _SPANS if clearing.work_since(_begin_s(span)))
    span = st.segmented_control(
        say("clearing.since"),
        _SPANS,
        default=next(telling, "ever"),
        required=True,
        format_func=lambda name: say(f"clearing.since_{name}"),
        key="clear-since",
    )
    work = clearing.work_since(_begin_s(span))
    if not work:
        st.caption(say("clearing.since_nothing"))
        return
    what = counted(runs=len(work.runs), models=len(work.models), uploads=len(work.uploads))
    said = [say("clearing.class_sure", what=what)] if what else []
    if work.elsewhere:
        said.append(say("clearing.elsewhere", what=counted(models=len(work.elsewhere))))
    ask_first(
        say("clearing.class"),
        key="clear-class",
        question="  \n".join([*said, say("clearing.stays")]),
        do=lambda: clear(PAGE, work),
    )


def _begin_s(span: str) -> float:
    """Return the start of a span that ends now, in seconds of the Unix clock."""
    if span == "ever":
        return 0.0
    if span == "week":
        return time.time() - timedelta(days=7).total_seconds()
    now = datetime.now(state.time_zone())
    return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
