"""One training run on the screen: what can be done with it, and its view."""

import dataclasses
from collections.abc import Callable

import streamlit as st

from explorer import jobs, store
from explorer.config import Arch, Optimizer, TrainConfig
from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.run_view import run_view
from explorer.ui.views.train_deleting import delete_run_button
from explorer.ui.words import plain, say

_LOOK_EVERY_S = 1.0
_BUTTON_WIDTH = 116  # whatever it says, so that nothing beside it moves
_GOING_ON = ("running", "queued", "starting", "finishing")
_RATE_STEP = 10
_CLIP = 10.0
_WITH_RESIDUALS: dict[Arch, Arch] = {"mlp": "resmlp", "conv": "resnet"}
_OPTIMIZERS: dict[Optimizer, str] = {"adam": "Adam", "rmsprop": "RMSprop"}


def draw_run(run: jobs.RunFolder) -> None:
    """Draw the controls, which follow the run, and the view below them.

    What helps comes below the charts that tell what ails; where the run has failed by it, it is
    all that is left to do, and takes the place of the controls.
    """
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.markdown(f"# {plain(run.record().name)}", width="content")
        delete_run_button(run)  # not among the controls, which are drawn anew each second
    found = run.status().state
    _controls(run, is_over=found in jobs.ENDED)
    if found == "failed":
        _remedies(run)
    run_view(run)
    if found != "failed":
        _remedies(run)


@st.fragment(run_every=_LOOK_EVERY_S)
def _controls(run: jobs.RunFolder, *, is_over: bool) -> None:
    status = run.status()
    if (status.state in jobs.ENDED) != is_over:
        st.rerun()  # so that the view asks for news again, or no longer
    is_adrift = jobs.is_adrift(run)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if not is_adrift:
            _pace(run, status)
        if status.state in (*_GOING_ON, "paused") and not is_adrift:
            is_asked = status.state == "finishing"  # the row stays, so that the view does not jump
            _button("finish", "stop", jobs.finish, run, disabled=is_asked)
        if status.state in ("running", "paused") and not is_adrift:
            _slow_motion(run)
        if model := jobs.model_of(run, status):
            _open(model)
    if run.record().in_terminal:
        _of_terminal(run, status, is_adrift=is_adrift)


def _of_terminal(run: jobs.RunFolder, status: jobs.JobStatus, *, is_adrift: bool) -> None:
    """Say what can be done here with a run of the command line, and what only there."""
    out = run.record().out
    if status.out and store.is_known(status.out) and not jobs.model_of(run, status):
        st.caption(say("train.hidden", folder=plain(str(out))))
    elif not is_adrift and status.state not in jobs.ENDED:
        st.caption(say("train.in_terminal"))
    elif not status.out and store.UnfinishedRun(out).checkpoint.exists():
        st.caption(say("train.adrift"))
        st.code(store.resume_command(out), language=None, wrap_lines=True)
    elif not status.out:
        st.caption(say("train.adrift_lost"))


def _pace(run: jobs.RunFolder, status: jobs.JobStatus) -> None:
    """Draw one button that pauses or resumes.

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
    state.toggle(
        say("train.slow"),
        key=f"slow-{run.id}",
        value=run.asked().slow,
        told=say("train.slow_help"),
        on_change=lambda slow: _try(lambda: jobs.slow_down(run, slow)),
    )


def _open(name: str) -> None:
    if st.button(
        say("train.open"),
        key="open-in-explore",
        icon=":material/tune:",
        type="primary",
        help=say("train.open_help"),
    ):
        state.open_in_explore(name)


def _try(act: Callable[[], None]) -> None:
    try:
        act()
    except ExplorerError as error:
        _complain(error)


def _complain(error: ExplorerError) -> None:
    """Say what went wrong, for longer than until the controls are drawn again."""
    st.toast(plain(str(error)), icon=":material/error:", duration="long")


@st.fragment(run_every=_LOOK_EVERY_S)
def _remedies(run: jobs.RunFolder) -> None:
    """Offer, where a run ails, others that differ from it in one setting."""
    status = run.status()
    remedies = remedies_for(status.health, run.record().config)
    if not remedies:
        return
    heading = "train.remedies_failed" if status.state == "failed" else "train.remedies"
    st.markdown(f"**{say(heading)}**", help=say("train.remedies_help"))
    with st.container(horizontal=True, gap="small"):
        for words, config in remedies.items():
            if st.button(words, key=f"remedy-{words}"):
                _begin_like(run, config)


def remedies_for(health: str, config: TrainConfig) -> dict[str, TrainConfig]:
    """Return what helps against what ails a run: words, and the settings with that one change.

    Only what helped when it was measured: on deep sigmoid networks neither clipping nor layer
    normalisation did, and the optimiser did only as long as they were not too deep, so it comes
    last. GANs of the digits that had collapsed under a long step did not recover by a shorter one
    of the discriminator, nor by a longer average.
    """
    found: dict[str, dict[str, object]] = {}
    if health == "vanishing":
        if config.norm != "batch":
            found[say("train.remedy_norm")] = {"norm": "batch"}
        if config.arch in _WITH_RESIDUALS:
            found[say("train.remedy_residual")] = {"arch": _WITH_RESIDUALS[config.arch]}
        if config.activation in ("sigmoid", "tanh"):
            words = say("train.remedy_activation", activation=config.activation)
            found[words] = {"activation": "silu"}
        found |= _other_optimizers(config, "adam", "rmsprop")
    if health == "exploding":
        if not config.clip_norm:
            found[say("train.remedy_clip", norm=f"{_CLIP:g}")] = {"clip_norm": _CLIP}
        found[say("train.remedy_rate")] = {"learning_rate": config.learning_rate / _RATE_STEP}
        found |= _other_optimizers(config, "adam")
    if health in ("mode-collapse", "discriminator-won"):
        found |= _other_games(health, config)
    return {
        words: dataclasses.replace(config, **change)  # type: ignore[arg-type]
        for words, change in found.items()
    }


def _other_games(health: str, config: TrainConfig) -> dict[str, dict[str, object]]:
    """Offer what evens out a game that one player loses."""
    found: dict[str, dict[str, object]] = {}
    if config.uses("spectral_norm") and not config.spectral_norm:
        found[say("train.remedy_spectral")] = {"spectral_norm": True}
    if health == "mode-collapse":
        if config.kind == "gan":
            found[say("train.remedy_critic")] = {"kind": "wgan-gp"}
        found[say("train.remedy_rate")] = {"learning_rate": config.learning_rate / _RATE_STEP}
    elif config.uses("discriminator_learning_rate"):
        rate = (config.discriminator_learning_rate or config.learning_rate) / _RATE_STEP
        words = say("train.remedy_discriminator_rate")
        found[words] = {"discriminator_learning_rate": rate}
    return found


def _other_optimizers(config: TrainConfig, *others: Optimizer) -> dict[str, dict[str, object]]:
    """Offer instead of plain steps those that are as long for small gradients as for large."""
    if config.optimizer != "sgd":
        return {}
    return {
        say("train.remedy_optimizer", other=_OPTIMIZERS[other], optimizer="SGD"): {
            "optimizer": other
        }
        for other in others
    }


def _begin_like(run: jobs.RunFolder, config: TrainConfig) -> None:
    record = run.record()
    try:
        other = jobs.begin(config, jobs.free_name(record.name), fitted=record.fitted)
    except ExplorerError as error:
        _complain(error)
        return
    state.choose_run(other.id)
    st.rerun()
