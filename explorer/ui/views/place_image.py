"""The panel that places an image of one's own in the latent space of a model."""

import hashlib

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.pictures import MAX_PICTURE_BYTES, SUFFIXES, read_one
from explorer.errors import ExplorerError
from explorer.placing import Placement, place
from explorer.ui import state
from explorer.ui.exhibits import Exhibit
from explorer.ui.words import plain, say

_SIDE = 208  # pixels on the screen
_SMOOTH_FROM = 20  # pixels; smaller images are honest as squares, as on the stage


def open_placing(exhibit: Exhibit) -> None:
    """Open the panel over the page."""
    st.dialog(say("placing.title"))(_draw)(exhibit)


def _draw(exhibit: Exhibit) -> None:
    bundle = exhibit.bundle
    c, h, w = bundle.data.image_shape
    name, colours = plain(bundle.name), say(f"placing.colours_{c}")
    st.caption(say("placing.intro", name=name, width=w, height=h, colours=colours))
    file = st.file_uploader(
        say("placing.file"),
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        help=say("placing.file_help"),
        max_upload_size=MAX_PICTURE_BYTES // 2**20,
        key=f"place-{exhibit.version}",
    )
    if file is None:
        return
    try:
        fit = bundle.config.fit
        pixels = read_one(file.getvalue(), file.name, size=h, grey=c == 1, fit=fit)
        placement = _show(exhibit, pixels)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return
    _tell(exhibit, placement)
    if st.button(
        say("placing.go"),
        key="place-go",
        type="primary",
        icon=":material/explore:",
        width="stretch",
        help=say("placing.go_help"),
    ):
        state.remember_code(placement.z.tolist(), None)
        st.rerun()


def _show(exhibit: Exhibit, pixels: np.ndarray) -> Placement:
    """Draw the picture as the model sees it, look for its code, and draw what comes of that."""
    with st.container(key="place-pair"):
        given, drawn = st.columns(2)
    with given:
        _picture(pixels, say("placing.seen"), "place-seen")
    with drawn:
        slot = st.empty()
    key = f"{exhibit.version}-{hashlib.sha256(pixels.tobytes()).hexdigest()}"
    placement = state.kept_placement(key)
    if placement is None:
        placement = _found(exhibit, pixels, slot)
        state.keep_placement(key, placement)
    with slot.container():
        _picture(placement.x_hat, say("placing.drawn"), "place-drawn")
    return placement


def _found(exhibit: Exhibit, pixels: np.ndarray, slot: DeltaGenerator) -> Placement:
    """Look for the code, with a bar that fills where the model is to search for it."""
    assert exhibit.bundle.folder is not None  # it was read from there
    is_search = not exhibit.bundle.config.has_encoder
    words = say("placing.searching" if is_search else "placing.encoding")
    slot.progress(0.0, say("placing.starting"))
    return place(exhibit.bundle.folder, pixels, lambda share: _progress(slot, share, words))


def _progress(slot: DeltaGenerator, share: float, words: str) -> None:
    slot.progress(min(share, 1.0), words)


def _tell(exhibit: Exhibit, placement: Placement) -> None:
    """Say how the code was found, and how well the model knows such a picture."""
    if placement.n_steps:
        how = say("placing.by_search", steps=placement.n_steps)
    else:
        how = say("placing.by_encoder")
    share = exhibit.share_drawn_better(placement.error)
    st.markdown(f"{how} {say('placing.error', percent=round(100 * share))}")


def _picture(pixels: np.ndarray, caption: str, key: str) -> None:
    """Draw a small image (c, h, w) large enough to be seen."""
    _, h, _ = pixels.shape
    times = max(_SIDE // h, 1) if h < _SMOOTH_FROM else 1
    large = np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(1, 2, 0)
    large = large.repeat(times, axis=0).repeat(times, axis=1)
    with st.container(key=key):
        st.image(large, caption=caption, width="stretch", output_format="PNG", alt=caption)
