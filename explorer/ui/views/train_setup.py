"""What to train: which images, how thoroughly, under which name."""

import dataclasses
from typing import get_args

import streamlit as st

from explorer import data, jobs, presets, store
from explorer.config import Colours, Kind, TrainConfig
from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.previews import Look, look_at
from explorer.ui.views.train_settings import Settings, draw_settings
from explorer.ui.views.train_several import draw_several
from explorer.ui.views.train_words import length
from explorer.ui.words import plain, say

_SOURCES = ("builtin", "openml", "upload")
_SIZES = (0, 16, 28, 32, 48, 64, 96, 128)
_PICTURES = ["zip", "npy", "npz", "png", "jpg", "jpeg", "gif", "bmp", "webp", "tif", "tiff"]
_MOST_CLASSES = 12


@dataclasses.dataclass(frozen=True)
class _Chosen:
    """Images as chosen: settings that say which, and what they look like."""

    asked: TrainConfig
    look: Look


def draw_setup() -> None:
    """Draw the form; a run that is started becomes the one that is watched."""
    jobs.warm_up()
    st.markdown(f"#### {say('train.title')}")
    st.caption(say("train.intro"))
    left, right = st.columns([1.15, 1], gap="large")
    with left:
        chosen = _choose_images()
    if chosen is None:
        return
    with right:
        _choose_run(chosen)


def _choose_images() -> _Chosen | None:
    kind = st.segmented_control(
        say("train.data"),
        _SOURCES,
        default="builtin",
        required=True,
        format_func=lambda key: say(f"train.data_{key}"),
        help=say("train.data_help"),
        key="source-kind",
    )
    source = {"builtin": _built_in, "openml": _open_ml, "upload": _upload}[kind or "builtin"]()
    if source is None:
        return None
    asked = TrainConfig(data=source)
    if kind != "builtin":
        size, colours = _shape()
        asked = dataclasses.replace(asked, image_size=size, colours=colours)
    try:
        with st.spinner(say("train.looking")):
            look = look_at(source, asked.image_size, asked.grey)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return None
    _show(look)
    return _Chosen(asked, look)


def _built_in() -> str:
    known = {choice.name: choice for choice in data.built_in()}
    name = st.selectbox(say("train.set"), list(known), index=list(known).index("digits"))
    choice = known[name]
    words = plain(choice.description)
    st.caption(say("train.needs_network", description=words) if choice.needs_network else words)
    return choice.name


def _open_ml() -> str | None:
    with st.form("openml", border=False):
        name = st.text_input(
            say("train.openml"), help=say("train.openml_help"), placeholder="mnist_784"
        )
        st.form_submit_button(say("train.openml_look"))
    return f"openml:{name.strip()}" if name.strip() else None


def _upload() -> str | None:
    """Keep what was dropped, so that the run's own process can read it."""
    dropped = st.file_uploader(
        say("train.upload"),
        type=_PICTURES,
        accept_multiple_files=True,
        help=say("train.upload_help"),
        key="upload",
    )
    if not dropped:
        st.info(say("train.upload_wait"), icon=":material/draw:")
        return None
    try:
        return str(store.keep_upload({file.name: file.getvalue() for file in dropped}))
    except ExplorerError as error:
        st.error(plain(str(error)))
        return None


def _shape() -> tuple[int, Colours]:
    left, right = st.columns(2)
    with left:
        size = st.selectbox(
            say("train.size"),
            _SIZES,
            format_func=lambda side: str(side) if side else say("train.size_own"),
            help=say("train.size_help"),
        )
    with right:
        grey = st.selectbox(
            say("train.grey"),
            get_args(Colours),
            format_func=lambda key: say(f"train.grey_{key}"),
            help=say("train.grey_help"),
        )
    return int(size), grey


def _show(look: Look) -> None:
    """Say what was found, and show some of it."""
    c, h, w = look.image_shape
    st.image(look.sheet, width="stretch", output_format="PNG", alt=say("train.preview"))
    st.markdown(
        say(
            "train.found",
            count=f"{look.n_images:,}",
            width=w,
            height=h,
            colours=say(f"train.colours_{c}"),
        )
    )
    if look.classes:
        shown = [
            say("train.class_count", name=plain(name), count=f"**{count:,}**")
            for name, count in look.classes[:_MOST_CLASSES]
        ]
        rest = ["…"] if len(look.classes) > _MOST_CLASSES else []
        st.caption(" · ".join([*shown, *rest]))
    if look.skipped:
        with st.expander(say("train.skipped", count=len(look.skipped))):
            for left_out in look.skipped:
                st.text(f"{left_out.name}: {left_out.reason}")


def _choose_run(chosen: _Chosen) -> None:
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
        image_size=asked.image_size,
        colours=asked.colours,
    )
    with st.expander(say("train.advanced")):
        st.caption(say("train.advanced_help"))
        settings = draw_settings(config, of=f"{asked.data}-{which}-{shape}")
    if settings is not None and settings.config.objective == "article":
        st.info(say("train.article_note"), icon=":material/info:")
    several = st.toggle(say("sweep.several"), key="several", help=say("sweep.several_help"))
    if settings is None:
        return
    if several:
        draw_several(settings, chosen.look, _first_name(chosen.look.name))
    else:
        _choose_one(settings, chosen.look)


def _choose_kind() -> Kind:
    """Draw the choice of a kind of model, and one sentence about it."""
    kind: Kind = st.selectbox(
        say("train.kind"),
        get_args(Kind),
        format_func=lambda kind: say(f"train.kinds.{kind}.name"),
        help=say("train.kind_help"),
        key="kind",
    )
    st.caption(say(f"train.kinds.{kind}.told"))
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
    state.choose_run(run.id)
    st.rerun()
