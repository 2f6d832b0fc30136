"""The panel that finds the code of a visitor's own image."""

import hashlib

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.decoding import MAX_PICTURE_BYTES, SUFFIXES, open_picture
from explorer.data.framing import Framing, Part, framed, shrunk, suggested
from explorer.errors import ExplorerError
from explorer.inversion import FoundCode, code_by_encoder, find_code
from explorer.ui import address, state
from explorer.ui.networks import encodes_live, habit, with_weights
from explorer.ui.opened import OpenedModel
from explorer.ui.words import plain
from explorer.words import say

_SIDE = 208  # pixels on the screen
_SMOOTH_FROM = 20  # pixels; smaller images are shown as squares, as on the stage
_PARTS: tuple[Part, ...] = ("whole", "middle", "stretched", "drawing")
_CLOSEST = 4.0  # zoom


def open_place_image(opened: OpenedModel) -> None:
    """Open the panel over the page."""
    st.dialog(say("place_image.title"), width="medium")(_render)(opened)


def _render(opened: OpenedModel) -> None:
    bundle = opened.bundle
    c, h, w = bundle.data.image_shape
    name, colours = plain(bundle.title or bundle.name), say(f"place_image.colours_{c}")
    st.caption(say("place_image.intro", name=name, width=w, height=h, colours=colours))
    file = st.file_uploader(
        say("place_image.file"),
        type=[suffix.removeprefix(".") for suffix in SUFFIXES],
        help=say("place_image.file_help"),
        max_upload_size=MAX_PICTURE_BYTES // 2**20,
        key=f"place-{opened.version}",
    )
    if file is None:
        return
    key = f"{opened.version}-{file.file_id}"
    try:
        picture = state.opened_picture(
            key, lambda: shrunk(open_picture(file.getvalue(), file.name))
        )
        shown, controls = st.columns([3, 2], gap="medium")
        with controls:
            framing = _framing(opened, picture, key)
        pixels = framed(picture, framing, habit(opened), size=h, grey=c == 1)
        with shown:
            found = _show(opened, pixels)
            if found is not None:
                _offer(opened, pixels, found)
    except ExplorerError as error:
        st.error(plain(str(error)))


def _framing(opened: OpenedModel, picture: np.ndarray, key: str) -> Framing:
    """Render the controls that rotate, crop and invert, preset as the picture's border suggests."""
    bundle = opened.bundle
    grey, fit = bundle.data.image_shape[0] == 1, bundle.settings_to_read(bundle.name).fit
    first = suggested(picture, habit(opened), grey=grey, fit=fit)
    parts = [part for part in _PARTS if fit == "stretch" or part != "stretched"]
    turned = f"place-turns-{key}"
    with st.container(horizontal=True, vertical_alignment="center"):
        for side, by in (("left", -1), ("right", 1)):
            st.button(
                say(f"place_image.turn_{side}"),
                key=f"place-{side}",
                icon=f":material/rotate_90_degrees_{'ccw' if by < 0 else 'cw'}:",
                on_click=state.turn,
                args=(turned, by),
            )
        mirror = st.toggle(say("place_image.mirror"), key=f"place-mirror-{key}")
        invert = st.toggle(
            say("place_image.invert"),
            value=first.invert,
            key=f"place-invert-{key}",
            help=say("place_image.invert_help"),
        )
    if invert and first.invert:
        st.caption(say("place_image.inverted"))
    part = st.segmented_control(
        say("place_image.part"),
        parts,
        format_func=lambda part: say(f"place_image.part_{part}"),
        default=first.part,
        required=True,
        key=f"place-part-{key}",
        width="stretch",
    )
    zoom = st.slider(say("place_image.zoom"), 0.5, _CLOSEST, 1.0, 0.1, key=f"place-zoom-{key}")
    right = st.slider(say("place_image.right"), -1.0, 1.0, 0.0, 0.05, key=f"place-right-{key}")
    lower = st.slider(say("place_image.down"), -1.0, 1.0, 0.0, 0.05, key=f"place-down-{key}")
    return Framing(
        turns=state.turns(turned),
        mirror=mirror,
        part=part or first.part,
        zoom=zoom,
        right=right,
        down=lower,
        invert=invert,
    )


def _show(opened: OpenedModel, pixels: np.ndarray) -> FoundCode | None:
    """Render the picture as the model sees it and, once its code is known, its reconstruction."""
    with st.container(key="place-pair"):
        given, drawn = st.columns(2)
    with given:
        _picture(pixels, say("place_image.seen"), "place-seen")
    with drawn:
        slot = st.empty()
    found = _code(opened, pixels, slot)
    if found is not None:
        with slot.container():
            _picture(found.x_hat, say("place_image.drawn"), "place-drawn")
    return found


def _code(opened: OpenedModel, pixels: np.ndarray, slot: DeltaGenerator) -> FoundCode | None:
    """Return where a picture lies: at once, or where that takes long, when it is asked for."""
    if encodes_live(opened.bundle):
        return code_by_encoder(with_weights(opened), pixels)
    key = f"{opened.version}-{hashlib.sha256(pixels.tobytes()).hexdigest()}"
    found = state.kept_code(key)
    if found is None and slot.button(
        say("place_image.find"), key="place-find", type="primary", help=say("place_image.find_help")
    ):
        found = _search(opened, pixels, slot)
        state.keep_code(key, found)
    return found


def _search(opened: OpenedModel, pixels: np.ndarray, slot: DeltaGenerator) -> FoundCode:
    """Find the code; a search shows its progress."""
    assert opened.bundle.folder is not None  # it was read from there
    is_search = not opened.bundle.model.has_encoder
    words = say("place_image.searching" if is_search else "place_image.encoding")
    slot.progress(0.0, say("place_image.starting"))
    return find_code(opened.bundle.folder, pixels, lambda share: _progress(slot, share, words))


def _progress(slot: DeltaGenerator, share: float, words: str) -> None:
    slot.progress(min(share, 1.0), words)


def _offer(opened: OpenedModel, pixels: np.ndarray, found: FoundCode) -> None:
    """Say how the code was found and how well it reconstructs the picture, and link to it."""
    if found.n_steps:
        how = say("place_image.by_search", steps=found.n_steps)
    else:
        how = say("place_image.by_encoder")
    share = opened.share_drawn_better(found.error)
    st.markdown(f"{how} {say('place_image.error', percent=round(100 * share))}")
    if st.button(
        say("place_image.go"),
        key="place-go",
        type="primary",
        icon=":material/explore:",
        width="stretch",
        help=say("place_image.go_help"),
    ):
        state.keep_own_picture(opened.version, pixels, found)
        address.remember_code(found.z.tolist(), None)
        st.rerun()


def _picture(pixels: np.ndarray, caption: str, key: str) -> None:
    """Render a small image (c, h, w), enlarged."""
    _, h, _ = pixels.shape
    times = max(_SIDE // h, 1) if h < _SMOOTH_FROM else 1
    large = np.broadcast_to(pixels, (3, *pixels.shape[1:])).transpose(1, 2, 0)
    large = large.repeat(times, axis=0).repeat(times, axis=1)
    with st.container(key=key):
        st.image(large, caption=caption, width="stretch", output_format="PNG", alt=caption)
