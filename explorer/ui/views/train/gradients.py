"""Why gradients vanish, and what helps: short runs that differ in one setting, side by side."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from explorer import jobs
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.figures import Curve, Profile, ProfileWords, loss_chart, profile_chart
from explorer.ui import address, state
from explorer.ui.views.train.deleting import delete_group_button
from explorer.ui.views.train.words import state_line
from explorer.ui.words import plain
from explorer.words import decimal, say

_LOOK_EVERY_S = 2.0
_N_ACROSS = 3
_SETTLING = 0.05  # share of a run whose losses are so large that the rest would look flat
_EXPLODED = 3.0  # times the first loss: what lies beyond leaves the chart
_CHARTS = {"displayModeBar": False, "responsive": True}

_Frame = tuple[tuple[float, float], tuple[float, float]]  # steps and losses that are shown

# Eight dense layers with sigmoids between them, on images that take seconds to learn.
_STUCK = TrainConfig(
    data="digits",
    latent_dim=4,
    arch="mlp",
    hidden=(32, 32, 32),
    activation="sigmoid",
    likelihood="gaussian",
    optimizer="sgd",
    learning_rate=2e-3,
    batch_size=32,
    epochs=40,
)
_WILD = replace(_STUCK, activation="silu", learning_rate=2e-2)

# The first of each group fails; each of the others differs from it in one setting.
_LESSONS: Mapping[str, Mapping[str, TrainConfig]] = {
    "vanishing": {
        "stuck": _STUCK,
        "silu": replace(_STUCK, activation="silu"),
        "batch_norm": replace(_STUCK, norm="batch"),
        "residual": replace(_STUCK, arch="resmlp"),
        "adam": replace(_STUCK, optimizer="adam"),
        "rmsprop": replace(_STUCK, optimizer="rmsprop"),
    },
    "exploding": {
        "wild": _WILD,
        "clip": replace(_WILD, clip_norm=10.0),
        "small_steps": replace(_WILD, learning_rate=_WILD.learning_rate / 10),
    },
}


@dataclass(frozen=True)
class _Shown:
    """A card of the lesson, with its run as far as it has got, if there is one."""

    key: str
    config: TrainConfig
    run: jobs.RunFolder | None
    status: jobs.JobStatus
    reports: Sequence[jobs.Report]

    @property
    def is_over(self) -> bool:
        return self.run is None or self.status.state in jobs.ENDED

    @property
    def curve(self) -> Curve:
        return Curve(
            name=say("gradients.without"),
            steps=[report.step for report in self.reports],
            losses=[math.nan if r.loss is None else r.loss for r in self.reports],
        )


def render_gradient_lesson() -> None:
    """Render the lesson, and again every few seconds while its runs go on."""
    st.markdown(f"# {say('gradients.title')}")
    st.markdown(say("gradients.intro"))
    shown = _all_shown()
    with st.container(horizontal=True, gap="small"):
        _begin_button(shown)
        if runs := lesson_runs():
            delete_group_button(say("clearing.lesson"), key="delete-lesson", runs=runs)
    if _is_over(shown):
        _render(shown)
    else:
        _follow()
    st.caption(say("gradients.sources"))


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow() -> None:
    shown = _all_shown()
    if _is_over(shown):
        st.rerun()
    _render(shown)


def _is_over(shown: Mapping[str, Sequence[_Shown]]) -> bool:
    return all(one.is_over for group in shown.values() for one in group)


def _all_shown() -> dict[str, list[_Shown]]:
    """Find the runs of the lesson; those of the same settings need not be trained again."""
    found: dict[TrainConfig, jobs.RunFolder] = {}
    for run in jobs.runs():
        with contextlib.suppress(ExplorerError):
            found.setdefault(run.record().config, run)
    return {
        name: [_look_at(key, config, found.get(config)) for key, config in group.items()]
        for name, group in _LESSONS.items()
    }


def lesson_runs() -> list[jobs.RunFolder]:
    """Return all runs that belong to the lesson, the youngest first."""
    configs = {config for group in _LESSONS.values() for config in group.values()}
    found = []
    for run in jobs.runs():
        with contextlib.suppress(ExplorerError):
            if run.record().config in configs:
                found.append(run)
    return found


def _look_at(key: str, config: TrainConfig, run: jobs.RunFolder | None) -> _Shown:
    if run is None:
        return _Shown(key, config, None, jobs.JobStatus(), ())
    reports = [jobs.Report(**line) for line in run.reports()]  # type: ignore[arg-type]
    return _Shown(key, config, run, run.status(), reports)


def _begin_button(shown: Mapping[str, Sequence[_Shown]]) -> None:
    cards = [one for group in shown.values() for one in group if not one.run]
    missing = {one.config: one.key for one in cards}
    says, helps = "start", say("gradients.start_help")
    if len(cards) > len(missing):
        says, helps = "start_twice", f"{say('gradients.start_twice_help')} {helps}"
    if missing and st.button(
        say(f"gradients.{says}", count=len(missing), cards=len(cards)),
        key="begin-lesson",
        type="primary",
        icon=":material/play_arrow:",
        help=helps,
    ):
        try:
            for config, key in missing.items():
                jobs.begin(config, f"gradients-{key.replace('_', '-')}", numbered=True)
        except ExplorerError as error:
            st.error(plain(str(error)))
            return
        st.rerun()


def _render(shown: Mapping[str, Sequence[_Shown]]) -> None:
    for name, group in shown.items():
        st.markdown(f"## {say(f'gradients.group_{name}')}")
        st.markdown(say(f"gradients.about_{name}"))
        for begin in range(0, len(group), _N_ACROSS):
            columns = st.columns(_N_ACROSS, gap="small")
            for column, one in zip(columns, group[begin : begin + _N_ACROSS], strict=False):
                with column, st.container(border=True, height="stretch", gap="xsmall"):
                    _render_one(one, group)


def _render_one(one: _Shown, group: Sequence[_Shown]) -> None:
    """Render what was changed, and the result in words and in charts."""
    st.markdown(f"**{say(f'gradients.{one.key}')}**  \n{_verdict(one)}")
    pushed = [report for report in one.reports if report.gradients]
    if len(pushed) > 1:
        _charts(one, group, pushed)
    _watch(one)


def _charts(one: _Shown, group: Sequence[_Shown], pushed: Sequence[jobs.Report]) -> None:
    """Render gradients and loss of a run on the scales of its group."""
    profile = Profile(
        start=pushed[0].gradients,
        end=pushed[-1].gradients,
        n_encoder=sum(name.startswith("encoder") for name in one.status.layers),
    )
    words = ProfileWords(
        title=say("gradients.norm"),
        start=say("gradients.at_start"),
        end=say("gradients.at_end"),
        image=say("gradients.image"),
        code=say("gradients.code"),
    )
    norms = [norm for other in group for r in other.reports for norm in r.gradients if norm > 0]
    theme = state.theme()
    st.plotly_chart(
        profile_chart(profile, words, span=(min(norms), max(norms)), theme=theme),
        theme=None,
        key=f"gradients-{one.key}",
        config=_CHARTS,
    )
    frame = _loss_frame(one, group)
    if frame:
        without = group[0].curve
        loss = loss_chart(
            one.curve,
            without if one is not group[0] and _is_within(without, frame) else None,
            title=say("gradients.loss"),
            steps=frame[0],
            losses=frame[1],
            theme=theme,
        )
        st.plotly_chart(loss, theme=None, key=f"loss-{one.key}", config=_CHARTS)


def _loss_frame(one: _Shown, group: Sequence[_Shown]) -> _Frame | None:
    """Return the ranges of steps and losses to show: a group shares them, except failed runs."""
    own = [loss for loss in one.curve.losses if math.isfinite(loss)]
    if own and one.status.state == "failed":
        return (0, one.curve.steps[-1]), (min(own), _EXPLODED * own[0])
    steps = max(other.status.steps for other in group)
    losses = [
        loss
        for other in group
        for step, loss in zip(other.curve.steps, other.curve.losses, strict=True)
        if step > _SETTLING * steps and math.isfinite(loss)
    ]
    return ((0, steps), (min(losses), max(losses))) if losses else None


def _is_within(curve: Curve, frame: _Frame) -> bool:
    """Return whether more of a curve lies in a frame than a point at its edge."""
    (_, most_steps), (least, most) = frame
    seen = [s for s, loss in zip(curve.steps, curve.losses, strict=True) if least <= loss <= most]
    return bool(seen) and seen[-1] > _SETTLING * most_steps


def _watch(one: _Shown) -> None:
    if one.run and st.button(say("gradients.watch"), key=f"watch-{one.key}", type="tertiary"):
        address.choose_run(one.run.id)
        st.rerun(scope="app")


def _verdict(one: _Shown) -> str:
    """Return the state of a run, or its result, in words."""
    if one.run is None:
        return say("gradients.not_yet")
    if one.status.state == "failed":
        return f":material/error: {plain(one.status.error[0])}"
    if one.status.state not in jobs.ENDED:
        return f":material/hourglass_top: {state_line(one.status)}"
    losses = [report.validation for report in one.reports if report.validation]
    last = losses[-1]["elbo"] if losses else None
    elbo = "?" if last is None else decimal(last, 0).replace("-", "\u2212")
    learns = one.status.health in ("healthy", "overfitting")
    icon = ":material/check_circle:" if learns else ":material/block:"
    verdict = say(f"gradients.health_{one.status.health}")
    return f"{icon} {verdict}  \n:small[{say('gradients.elbo', elbo=elbo)}]"
