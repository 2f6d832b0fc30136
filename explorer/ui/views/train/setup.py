"""The form of a new run: images, kind, effort and name."""

import dataclasses

import streamlit as st

from explorer import jobs, presets
from explorer.config import SHAPING, TrainConfig
from explorer.errors import ExplorerError
from explorer.kinds import KINDS, Kind, words_of
from explorer.ui import address
from explorer.ui.previews import Look
from explorer.ui.views.train.pictures import Chosen, choose_images
from explorer.ui.views.train.settings import Settings, render_settings
from explorer.ui.views.train.several import render_several
from explorer.ui.views.train.words import length
from explorer.ui.words import plain
from explorer.words import say


def render_setup() -> None:
    """Render the form; starting a run shows it."""
    jobs.warm_up()
    st.markdown(f"# {say('train.title')}")
    st.caption(say("train.intro"))
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        chosen = choose_images()
    if chosen is None:
        return
    with right:
        _choose_run(chosen)


def _choose_run(chosen: Chosen) -> None:
    which = st.segmented_control(
        say("train.preset"),
        presets.PRESETS,
        default="quick",
        required=True,
        format_func=lambda key: say(f"train.preset_{key}"),
        help=say("train.preset_help"),
        key="preset",
    )
    which = which or "quick"
    shape = chosen.look.image_shape
    st.caption(say(f"train.about_{which}"))
    asked = chosen.asked
    kind = _choose_kind()
    config = dataclasses.replace(
        presets.preset(which, asked.data, shape, chosen.look.n_images, kind),
        **{name: getattr(asked, name) for name in SHAPING},
    )
    with st.expander(say("train.advanced")):
        st.caption(say("train.advanced_help"))
        settings = render_settings(config, of=f"{asked.data}-{which}-{shape}")
    if settings is not None and settings.config.objective != "elbo":
        st.info(words_of(settings.config.objective)["note"], icon=":material/info:")
    several = st.toggle(say("sweep.several"), key="several", help=say("sweep.several_help"))
    if settings is None:
        return
    if several:
        render_several(settings, chosen.look, _first_name(chosen.look.name))
    else:
        _choose_one(settings, chosen.look)


def _choose_kind() -> Kind:
    """Render the choice of a kind of model, and one sentence about it."""
    kind: Kind = st.selectbox(
        say("train.kind"),
        tuple(KINDS),
        format_func=lambda kind: KINDS[kind].words["name"],
        help=say("train.kind_help"),
        key="kind",
    )
    st.caption(KINDS[kind].words.get("summary", ""))
    return kind


def _choose_one(settings: Settings, look: Look) -> None:
    name = st.text_input(
        say("train.name"),
        value=jobs.free_name(_first_name(look.name)),
        help=say("train.name_help"),
        max_chars=80,
        key=f"name-{settings.config.data}-{len(jobs.runs())}",
    )
    seconds = presets.estimated_s(settings.config, look.image_shape, look.n_images)
    st.markdown(say("train.estimate", time=length(seconds)), help=say("train.estimate_help"))
    if st.button(
        say("train.start"),
        key="start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        help=say("train.start_help"),
    ):
        _start(settings.config, name, settings.fitted)


def _first_name(of: str) -> str:
    """Return a name for a model of a set: without the ending of a file."""
    return of.rsplit("/", 1)[-1].removesuffix(".zip").removesuffix(".npz").removesuffix(".npy")[:60]


def _start(config: TrainConfig, name: str, fitted: tuple[str, ...]) -> None:
    try:
        run = jobs.begin(config, name, fitted=fitted)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return
    address.choose_run(run.id)
    st.rerun()
