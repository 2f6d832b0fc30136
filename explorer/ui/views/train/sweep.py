"""A sweep: its runs, their results, and which of its models to choose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st

from explorer import jobs, sweeping
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.figures import Line, line_chart
from explorer.ui import address, controls, state
from explorer.ui.strips import strip
from explorer.ui.views.train.deleting import delete_group_button
from explorer.ui.views.train.words import state_line, sweep_name, sweep_question
from explorer.ui.views.watching import following
from explorer.ui.words import plain
from explorer.words import decimal, say

_LOOK_EVERY_S = 2.0
_RUN_WIDTH = 132  # of a run's button, whatever its label
_LABEL, _PICTURES = 1, 5  # relative widths of columns: the label of a row, and its pictures
_CHARTS = {"displayModeBar": False, "responsive": True}
# Column of the table: which score of a trial it shows, and the digits after the point.
_COLUMNS: dict[str, int] = {
    "elbo_nats": 2,
    "kl_nats": 2,
    "distortion_nats": 2,
    "psnr_db": 2,
    "active_units": 0,
}


@dataclass(frozen=True)
class _Row:
    """One run, and its trial where it has made a model."""

    run: jobs.RunFolder
    record: jobs.Record
    status: jobs.JobStatus
    trial: sweeping.Trial | None

    @property
    def config(self) -> TrainConfig:
        return self.record.config


def render_sweep(sweep: str) -> None:
    """Render a sweep, and again every few seconds while it goes on.

    Raises:
        TrainingError: There is none of that name.
    """
    rows = _rows(sweep)
    records = [row.record for row in rows]
    title = say("sweep.title", question=sweep_question(records), name=sweep_name(records))
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"# {title}", width="content")
        runs = [row.run for row in rows]
        delete_group_button(
            say("clearing.sweep"),
            key=f"delete-{sweep}",
            runs=runs,
            after=lambda: address.choose_run(""),
        )
    if all(row.status.state in jobs.ENDED for row in rows):
        _render(rows)
    else:
        _follow(sweep)


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow(sweep: str) -> None:
    with following():
        rows = _rows(sweep)
        if all(row.status.state in jobs.ENDED for row in rows):
            st.rerun()
        _render(rows)


def _rows(sweep: str) -> list[_Row]:
    found = []
    for run in jobs.runs_of(sweep):
        found.append(_Row(run, run.record(), run.status(), jobs.trial_made_by(run)))
    return found


def _render(rows: Sequence[_Row]) -> None:
    varied = sweeping.varied(row.config for row in rows)
    _render_runs(rows, varied)
    trials = [row.trial for row in rows if row.trial is not None]
    found = sweeping.recommend(trials, varied)
    if found is None:
        st.info(say("sweep.wait"), icon=":material/stacked_line_chart:")
        _render_pictures(rows, varied, None)
        return
    is_over = all(row.status.state in jobs.ENDED for row in rows)
    _render_choice(found, trials, varied, is_over=is_over)
    _render_pictures(rows, varied, found.trial)
    _render_charts(trials, varied, found.trial)
    _render_table(trials, found.trial)


# ---- runs


def _render_runs(rows: Sequence[_Row], varied: sweeping.Varied) -> None:
    """Render a button for each run, which leads to it, and the controls of all."""
    runs = [row.run for row in rows]
    n_done = sum(row.status.state in jobs.ENDED for row in rows)
    if n_done < len(rows):
        done = sum(_share(row.status) for row in rows) / len(rows)
        st.progress(done, text=say("sweep.done", done=n_done, count=len(rows)))
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for row in rows:
            if st.button(
                f"**{_point(row.config, varied)}**  \n:small[{state_line(row.status)}]",
                key=f"of-sweep-{row.run.id}",
                help=say("sweep.run_help"),
                width=_RUN_WIDTH,
            ):
                address.choose_run(row.run.id)
                st.rerun()
    goes_on = any(row.status.state in ("running", "starting", "queued") for row in rows)
    halts = any(row.status.state in ("paused", "failed") for row in rows)
    if goes_on or halts:  # both, so that neither moves away from under the pointer
        with st.container(horizontal=True, gap="small"):
            _button("pause_all", "pause", lambda: jobs.pause_all(runs), disabled=not goes_on)
            _button("resume_all", "play_arrow", lambda: jobs.resume_all(runs), disabled=not halts)
    for row in rows:
        if row.status.error:
            point = _point(row.config, varied)
            st.warning(f"**{point}:** {plain(' '.join(row.status.error))}")


def _share(status: jobs.JobStatus) -> float:
    """Return how much of a run is done, in [0, 1]."""
    if status.state in jobs.ENDED:
        return 1.0
    return status.step / status.steps if status.steps else 0.0


def _button(what: str, icon: str, do: Callable[[], None], *, disabled: bool) -> None:
    def act() -> None:
        try:
            do()
        except ExplorerError as error:
            st.toast(plain(str(error)), icon=":material/error:", duration="long")

    st.button(
        say(f"sweep.{what}"),
        key=what,
        icon=f":material/{icon}:",
        type="tertiary",
        help=say(f"sweep.{what}_help"),
        disabled=disabled,
        on_click=act,
    )


# ---- results


def _render_choice(
    found: sweeping.Recommendation,
    trials: Sequence[sweeping.Trial],
    varied: sweeping.Varied,
    *,
    is_over: bool,
) -> None:
    """Say which model to choose, and why."""
    trial = found.trial
    with st.container(border=True):
        what = say(f"sweep.choice_{varied}", d=trial.latent_dim, beta=f"{trial.beta:g}")
        st.markdown(f"**{say('sweep.choice' if is_over else 'sweep.choice_so_far', what=what)}**")
        reason, *notes = sweeping.reasons(found)
        st.markdown(plain(" ".join([reason, *notes] if is_over else [reason])))
        with st.container(horizontal=True, gap="small"):
            with st.container(key="go-to-model", width="content"):
                controls.link_to_explore(
                    trial.bundle,
                    say("train.open"),
                    icon=":material/tune:",
                    tooltip=say("train.open_help"),
                )
            _compare_button([each.bundle for each in sweeping.comparable(trials, trial)])


def _compare_button(names: Sequence[str]) -> None:
    if len(names) < 2:
        return
    with st.container(key="go-to-models", width="content"):
        controls.link_to_compare(
            names,
            say("sweep.compare"),
            icon=":material/compare:",
            tooltip=say("sweep.compare_help", names=", ".join(map(plain, names))),
        )


def _render_pictures(
    rows: Sequence[_Row], varied: sweeping.Varied, chosen: sweeping.Trial | None
) -> None:
    """Render held-out images, and below them each model's reconstructions."""
    watched = next((found for row in rows if (found := row.run.watched())), None)
    made = [(row, x_hat) for row in rows if (x_hat := jobs.reconstructions(row.run)) is not None]
    if watched is None or not made:
        return
    st.markdown(f"**{say('sweep.pictures')}**", help=say("sweep.pictures_help"))
    with st.container(gap="xsmall", key="sweep-pictures"):
        _picture_row(say("sweep.originals"), watched["x"])
        for row, x_hat in made:
            is_chosen = chosen is not None and row.trial == chosen
            remark = say("sweep.recommended") if is_chosen else ""
            _picture_row(_point(row.config, varied), x_hat, remark)


def _picture_row(label: str, pictures: np.ndarray, remark: str = "") -> None:
    left, right = st.columns([_LABEL, _PICTURES], vertical_alignment="center", gap="small")
    left.markdown(f"**{label}**" + (f"  \n:small[{remark}]" if remark else ""))
    right.image(strip(pictures), alt=label)


def _render_charts(
    trials: Sequence[sweeping.Trial], varied: sweeping.Varied, chosen: sweeping.Trial
) -> None:
    """Render how scores change with what was varied; charts without a score are left out."""
    along = "beta" if varied == "beta" else "latent_dim"
    charts = {
        "elbo": (along, "elbo_nats"),
        "psnr": (along, "psnr_db"),
        "active": (along, "active_units"),
        "rate": ("distortion_nats", "kl_nats"),
    }
    shown = {
        key: axes
        for key, axes in charts.items()
        if any(_place(trial, axes) is not None for trial in trials)
    }
    for i, (key, axes) in enumerate(shown.items()):
        if i % 2 == 0:
            columns = st.columns(2, gap="medium")
        with columns[i % 2]:
            _render_chart(key, axes, trials, varied, chosen)
    st.caption(say("sweep.ring"))


def _render_chart(
    key: str,
    axes: tuple[str, str],
    trials: Sequence[sweeping.Trial],
    varied: sweeping.Varied,
    chosen: sweeping.Trial,
) -> None:
    mark = say("sweep.mark_beta" if varied == "beta" else "sweep.mark_size")
    st.markdown(f"**{say(f'sweep.{key}')}**", help=say(f"sweep.{key}_help", mark=mark))
    all_active = say("sweep.all_active")
    has_level = key == "active" and varied == "beta"  # else as many as there are, the diagonal
    figure = line_chart(
        _lines(trials, axes, varied, noted=chosen.beta if key == "rate" else None),
        x_title=say(f"sweep.axis_{axes[0]}"),
        y_title=say(f"sweep.axis_{axes[1]}"),
        doublings=key in ("elbo", "psnr") or has_level,
        diagonal=all_active if key == "active" and varied != "beta" else "",
        level=(chosen.latent_dim, all_active) if has_level else None,
        ring=_place(chosen, axes),
        theme=state.theme(),
    )
    st.plotly_chart(figure, theme=None, key=f"chart-{key}", config=_CHARTS)


def _lines(
    trials: Sequence[sweeping.Trial],
    axes: tuple[str, str],
    varied: sweeping.Varied,
    *,
    noted: float | None,
) -> list[Line]:
    """Return a line through the trials that have both scores, or one for each of several betas.

    What was varied is written beside the points of the beta that is noted, if any; on all lines
    the sizes would cover each other.
    """
    if varied == "beta":
        mine = [trial for trial in trials if _place(trial, axes) is not None]
        notes = [f"{trial.beta:g}" for trial in mine] if noted is not None else []
        return [_line(say("sweep.point", d=trials[0].latent_dim), mine, axes, notes)]
    lines = []
    for beta in sorted({trial.beta for trial in trials}):
        mine = [t for t in trials if t.beta == beta and _place(t, axes) is not None]
        notes = [f"{t.latent_dim}" for t in mine] if beta == noted else []
        lines.append(_line(say("sweep.beta", beta=f"{beta:g}"), mine, axes, notes))
    return lines


def _line(
    name: str, trials: Sequence[sweeping.Trial], axes: tuple[str, str], notes: Sequence[str]
) -> Line:
    places = [place for trial in trials if (place := _place(trial, axes)) is not None]
    return Line(name=name, x=[x for x, _ in places], y=[y for _, y in places], notes=notes)


def _place(trial: sweeping.Trial, axes: tuple[str, str]) -> tuple[float, float] | None:
    x, y = _value(trial, axes[0]), _value(trial, axes[1])
    return None if x is None or y is None else (x, y)


def _render_table(trials: Sequence[sweeping.Trial], chosen: sweeping.Trial) -> None:
    """Render the table of scores."""
    shown = [key for key in _COLUMNS if any(_value(trial, key) is not None for trial in trials)]
    headings = [say(f"sweep.axis_{key}") for key in ("latent_dim", "beta", *shown)]
    lines = [
        f"| {' | '.join([*headings, say('sweep.model')])} |",
        f"|{'--:|' * len(headings)}:--|",
    ]
    for trial in trials:
        cells = [str(trial.latent_dim), f"{trial.beta:g}"]
        for key in shown:
            value = _value(trial, key)
            cells.append("" if value is None else decimal(value, _COLUMNS[key]))
        name = plain(trial.bundle)
        cells.append(f"**{name}**" if trial == chosen else name)
        lines.append(f"| {' | '.join(cells)} |")
    with st.expander(say("sweep.numbers")):
        st.markdown("\n".join(lines))


def _value(trial: sweeping.Trial, name: str) -> float | None:
    return cast(float | None, getattr(trial, name))


def _point(config: TrainConfig, varied: sweeping.Varied) -> str:
    """Return what distinguishes a run from the others of its sweep."""
    keys = {"size": "sweep.point", "beta": "sweep.beta", "both": "sweep.point_beta"}
    return say(keys[varied], d=config.latent_dim, beta=f"{config.beta:g}")
