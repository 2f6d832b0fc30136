"""The choice of images to train on, their size, and a first look at them."""

import dataclasses
from functools import partial
from typing import Any, get_args

import streamlit as st

from explorer import data, leftovers, store
from explorer.config import Background, Colours, Fit, Frames, Layout, Range, TrainConfig
from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.previews import Look, look_at
from explorer.ui.words import plain
from explorer.words import decimal, say

_SOURCES = ("builtin", "openml", "upload")
_FIRST = "digits"  # chosen at first
_WAYS = ("files", "folder")
_SIZES = (0, 16, 28, 32, 48, 64, 96, 128)
# Settings of how files are read, and their options; the others are typed.
_READING = {"layout": Layout, "range": Range, "background": Background, "frames": Frames}
_KEYS = ("images_key", "labels_key")
_MOST_CLASSES = 12


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The chosen images: the settings that name them, and what they look like."""

    asked: TrainConfig
    look: Look


def choose_images() -> Chosen | None:
    """Render the choice of images and a look at them; return None while there are none."""
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
        asked = _shape(asked, is_own=kind == "upload")
    if kind == "upload":
        asked = _choose_reading(asked)
    progress = st.empty()

    def report(done: float, words: str) -> None:
        progress.progress(done, plain(words))  # and ends here if the visitor has left

    try:
        look = look_at(asked, report=report)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return None
    finally:
        progress.empty()
    _show(look)
    return Chosen(asked, look)


def _built_in() -> str:
    known = {source.name: source for source in data.SOURCES.all()}
    name = st.selectbox(say("train.set"), list(known), index=list(known).index(_FIRST))
    words, needs_network = plain(known[name].description), known[name].needs_network
    st.caption(say("train.needs_network", description=words) if needs_network else words)
    return name


def _open_ml() -> str | None:
    with st.form("openml", border=False):
        name = st.text_input(
            say("train.openml"), help=say("train.openml_help"), placeholder="mnist_784"
        ).strip()
        pressed = st.form_submit_button(say("train.openml_look"))
    if pressed and not name:
        st.warning(say("train.openml_empty"), icon=":material/edit:")
    return f"openml:{name}" if name else None


def _upload() -> str | None:
    """Keep uploaded files, so that the run's own process can read them."""
    way = st.segmented_control(
        say("train.upload_way"),
        _WAYS,
        default="files",
        required=True,
        format_func=lambda key: say(f"train.upload_{key}"),
        key="upload-way",
        label_visibility="collapsed",
    )
    is_folder = way == "folder"
    dropped = st.file_uploader(
        say("train.upload_a_folder" if is_folder else "train.upload"),
        accept_multiple_files="directory" if is_folder else True,
        help=say("train.upload_help"),
        key=f"upload-{way}",
    )
    if not dropped:
        st.info(say("train.upload_wait"), icon=":material/draw:")
        return None
    files = tuple(file.file_id for file in dropped)
    kept = state.kept_upload(files)
    if kept is None:
        try:
            kept = store.keep_upload([(file.name, file.getvalue()) for file in dropped])
        except ExplorerError as error:
            st.error(plain(str(error)))
            return None
        before = state.last_upload()
        state.remember_upload(files, kept)
        if before is not None and before.path != kept.path:
            leftovers.drop_upload(before.path)  # each further picture makes a new upload
    _tell_of_files(kept)
    return str(kept.path)


def _tell_of_files(kept: store.KeptUpload) -> None:
    """Report duplicates, and files that were left out."""
    if kept.n_repeated:
        st.caption(say("train.upload_repeated", count=kept.n_repeated))
    if kept.n_renamed:
        st.caption(say("train.upload_renamed", count=kept.n_renamed))
    for left in kept.skipped:
        st.caption(plain(f"{left.name}: {left.reason}"))


def _shape(asked: TrainConfig, *, is_own: bool) -> TrainConfig:
    """Render the choice of size, colours and, if images may not be square, how to fit them."""
    fit = asked.fit
    columns = st.columns(3 if is_own else 2)
    with columns[0]:
        size = st.selectbox(
            say("train.size"),
            _SIZES,
            format_func=lambda side: str(side) if side else say("train.size_own"),
            help=say("train.size_help"),
        )
    if is_own:
        with columns[1]:
            fit = st.selectbox(
                say("train.fit"),
                get_args(Fit),
                format_func=lambda key: say(f"train.fit_{key}"),
                help=say("train.fit_help"),
            )
    with columns[-1]:
        colours = st.selectbox(
            say("train.grey"),
            get_args(Colours),
            format_func=lambda key: say(f"train.grey_{key}"),
            help=say("train.grey_help"),
        )
    return dataclasses.replace(asked, image_size=int(size), fit=fit, colours=colours)


def _choose_reading(asked: TrainConfig) -> TrainConfig:
    """Render the choice of how files are read, which is detected unless chosen."""
    chosen: dict[str, Any] = {}
    with st.expander(say("train.reading")):
        st.caption(say("train.reading_help"))
        columns = st.columns(2)
        for i, (name, options) in enumerate(_READING.items()):
            with columns[i % 2]:
                chosen[name] = st.selectbox(
                    say(f"train.{name}"),
                    get_args(options),
                    format_func=partial(_option, name),
                    key=f"reading-{name}",
                )
        for i, name in enumerate(_KEYS):
            with columns[i % 2]:
                chosen[name] = st.text_input(
                    say(f"train.{name}"),
                    placeholder=say("train.key_found"),
                    max_chars=100,
                    key=f"reading-{name}",
                ).strip()
        chosen["invert"] = st.toggle(say("train.invert"), key="reading-invert")
    return dataclasses.replace(asked, **chosen)


def _option(name: str, key: str) -> str:
    return say(f"train.reading_options.{name}.{key}")


def _show(look: Look) -> None:
    """Say what was found, and show some of the images."""
    c, h, w = look.image_shape
    st.image(look.sheet, width="stretch", output_format="PNG", alt=say("train.preview"))
    st.markdown(
        say(
            "train.found",
            count=look.n_images,
            width=w,
            height=h,
            colours=say(f"train.colours_{c}"),
        )
    )
    if look.fitted:
        st.caption(" ".join(look.fitted))
    for note in look.notes:
        st.caption(plain(note))
    if look.pairs is not None:
        st.image(
            look.pairs, output_format="PNG", caption=say("train.pairs"), alt=say("train.pairs")
        )
    if look.classes:
        shown = [
            say("train.class_count", name=plain(name), count=f"**{decimal(count, 0)}**")
            for name, count in look.classes[:_MOST_CLASSES]
        ]
        rest = ["…"] if len(look.classes) > _MOST_CLASSES else []
        st.caption(" · ".join([*shown, *rest]))
    if look.skipped:
        with st.expander(say("train.skipped", count=len(look.skipped))):
            for left_out in look.skipped:
                st.text(f"{left_out.name}: {left_out.reason}")
