"""A sweep on the screen: its runs, what came of them, and which size of the code to choose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st

from explorer import jobs, sweeping
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.figures import Line, line_chart
from explorer.ui import state
from explorer.ui.views.train_words import data_name, state_line
from explorer.ui.words import plain, say

_LOOK_EVERY_S = 2.0
_RUN_WIDTH = 132  # of a run's button, whatever its state
_CHARTS = {"displayModeBar": False, "responsive": True}
# Column of the table: what it shows of a trial, and the digits after the point.
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
    config: TrainConfig
    status: jobs.JobStatus
    trial: sweeping.Trial | None


def draw_sweep(sweep: str) -> None:
    """Draw a sweep, anew every few seconds while it goes on.

    Raises:
        TrainingError: There is none of that name.
    """
    rows = _rows(sweep)
    st.markdown(f"#### {say('sweep.title', data=plain(data_name(rows[0].config.data)))}")
    if all(row.status.state in jobs.ENDED for row in rows):
        _draw(rows)
    else:
        _follow(sweep)


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow(sweep: str) -> None:
    rows = _rows(sweep)
    if all(row.status.state in jobs.ENDED for row in rows):
        st.rerun()
    _draw(rows)


def _rows(sweep: str) -> list[_Row]:
    found = []
    for run in jobs.runs_of(sweep):
        status = run.status()
        found.append(_Row(run, run.record().config, status, jobs.trial_of(status)))
    return found


def _draw(rows: Sequence[_Row]) -> None:
    _draw_runs(rows)
    trials = [row.trial for row in rows if row.trial is not None]
    found = sweeping.recommend(trials)
    if found is None:
        st.info(say("sweep.wait"), icon=":material/stacked_line_chart:")
        return
    _draw_choice(found, is_over=all(row.status.state in jobs.ENDED for row in rows))
    _draw_charts(trials, found.trial)
    _draw_table(trials, found.trial)


# ---- runs


def _draw_runs(rows: Sequence[_Row]) -> None:
    """Draw a button for each run, which leads to it, and what can be done with all."""
    runs = [row.run for row in rows]
    n_done = sum(row.status.state in jobs.ENDED for row in rows)
    if n_done < len(rows):
        done = sum(_share(row.status) for row in rows) / len(rows)
        st.progress(done, text=say("sweep.done", done=n_done, count=len(rows)))
    betas = {row.config.beta for row in rows}
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for row in rows:
            point = _point(row.config.latent_dim, row.config.beta, len(betas) > 1)
            if st.button(
                f"**{point}**  \n:small[{state_line(row.status)}]",
                key=f"of-sweep-{row.run.id}",
                help=say("sweep.run_help"),
                width=_RUN_WIDTH,
            ):
                state.choose_run(row.run.id)
                st.rerun()
    goes_on = any(row.status.state in ("running", "starting", "queued") for row in rows)
    halts = any(row.status.state in ("paused", "failed") for row in rows)
    if goes_on or halts:  # both then, so that neither is moved from under the pointer
        with st.container(horizontal=True, gap="small"):
            _button("pause_all", "pause", lambda: jobs.pause_all(runs), disabled=not goes_on)
            _button("resume_all", "play_arrow", lambda: jobs.resume_all(runs), disabled=not halts)
    for row in rows:
        if row.status.error:
            point = _point(row.config.latent_dim, row.config.beta, len(betas) > 1)
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


# ---- what came of them


def _draw_choice(found: sweeping.Recommendation, *, is_over: bool) -> None:
    """Say which model to choose, and why."""
    trial = found.trial
    with st.container(border=True):
        with_beta = "" if trial.beta == 1 else f", {say('sweep.beta', beta=f'{trial.beta:g}')}"
        choice = say("sweep.choice" if is_over else "sweep.choice_so_far", d=trial.latent_dim)
        st.markdown(f"**{choice}{with_beta}**")
        reason, *notes = sweeping.reasons(found)
        st.markdown(plain(" ".join([reason, *notes] if is_over else [reason])))
        if st.button(
            say("train.open"),
            key="open-in-explore",
            icon=":material/tune:",
            type="primary" if is_over else "secondary",
            help=say("train.open_help"),
        ):
            state.open_in_explore(trial.bundle)


def _draw_charts(trials: Sequence[sweeping.Trial], chosen: sweeping.Trial) -> None:
    """Draw what is gained and spent with each size; charts without a score are left out."""
    charts = {
        "elbo": ("latent_dim", "elbo_nats"),
        "psnr": ("latent_dim", "psnr_db"),
        "active": ("latent_dim", "active_units"),
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
            st.markdown(f"**{say(f'sweep.{key}')}**", help=say(f"sweep.{key}_help"))
            figure = line_chart(
                _lines(trials, axes, noted=chosen.beta if key == "rate" else None),
                x_title=say(f"sweep.axis_{axes[0]}"),
                y_title=say(f"sweep.axis_{axes[1]}"),
                doublings=key in ("elbo", "psnr"),
                diagonal=say("sweep.all_active") if key == "active" else "",
                ring=_place(chosen, axes),
                theme=state.theme(),
            )
            st.plotly_chart(figure, theme=None, key=f"chart-{key}", config=_CHARTS)
    st.caption(say("sweep.ring"))


def _lines(
    trials: Sequence[sweeping.Trial], axes: tuple[str, str], *, noted: float | None
) -> list[Line]:
    """Return a line for each beta, through the trials that have both scores.

    The sizes are written beside the points of one beta; on all lines they would cover each other.
    """
    lines = []
    for beta in sorted({trial.beta for trial in trials}):
        mine = [t for t in trials if t.beta == beta and _place(t, axes) is not None]
        places = [place for t in mine if (place := _place(t, axes)) is not None]
        lines.append(
            Line(
                name=say("sweep.beta", beta=f"{beta:g}"),
                x=[x for x, _ in places],
                y=[y for _, y in places],
                notes=[f"{t.latent_dim}" for t in mine] if beta == noted else (),
            )
        )
    return lines


def _place(trial: sweeping.Trial, axes: tuple[str, str]) -> tuple[float, float] | None:
    x, y = _value(trial, axes[0]), _value(trial, axes[1])
    return None if x is None or y is None else (x, y)


def _draw_table(trials: Sequence[sweeping.Trial], chosen: sweeping.Trial) -> None:
    """Draw the numbers."""
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
            cells.append("" if value is None else f"{value:,.{_COLUMNS[key]}f}")
        name = plain(trial.bundle)
        cells.append(f"**{name}**" if trial == chosen else name)
        lines.append(f"| {' | '.join(cells)} |")
    with st.expander(say("sweep.numbers")):
        st.markdown("\n".join(lines))


def _value(trial: sweeping.Trial, name: str) -> float | None:
    return cast(float | None, getattr(trial, name))


def _point(latent_dim: int, beta: float, with_beta: bool) -> str:
    if not with_beta:
        return say("sweep.point", d=latent_dim)
    return say("sweep.point_beta", d=latent_dim, beta=f"{beta:g}")
