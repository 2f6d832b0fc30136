"""What a session remembers, typed, and what it knows of the visitor's browser.

`address.py` knows the address bar; `controls.py` has widgets that need a key of their own here.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from explorer.clearing import Cleared
from explorer.inversion import FoundCode
from explorer.store import KeptUpload

_MOST_OWN_PICTURES = 8  # kept for a session, one for each model


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnPicture:
    """A picture of a visitor's own that stands on the stage.

    Attributes:
        number: Which of the pictures placed in this session it is, from 1.
        pixels: The picture as the model sees it, (c, h, w), uint8.
        found: Its code, and how good that is.
    """

    number: int
    pixels: np.ndarray
    found: FoundCode


def note_cleared(page: str, cleared: Cleared) -> None:
    """Remember what was cleared on a page, so that it can be undone there."""
    st.session_state["cleared"] = [*_all_cleared(), (page, cleared)]


def last_cleared(page: str) -> Cleared | None:
    """Return what was cleared last on a page, unless that was undone."""
    here = [cleared for where, cleared in _all_cleared() if where == page]
    return here[-1] if here else None


def drop_cleared(cleared: Cleared) -> None:
    """Forget what was cleared at one time."""
    st.session_state["cleared"] = [pair for pair in _all_cleared() if pair[1] != cleared]


def cleared_elsewhere(page: str) -> list[Cleared]:
    """Return what was cleared on other pages, which the visitor has left for this one."""
    return [cleared for where, cleared in _all_cleared() if where != page]


def _all_cleared() -> list[tuple[str, Cleared]]:
    noted: list[tuple[str, Cleared]] = st.session_state.get("cleared", [])
    return noted


def is_ticked(box: str) -> bool:
    """Return whether a checkbox is ticked, by its key."""
    return bool(st.session_state.get(box))


def typed(box: str) -> str:
    """Return what is in a box for text, by its key."""
    return str(st.session_state.get(box, ""))


def close(popover: str) -> None:
    """Close a popover, by its key."""
    st.session_state[popover] = False


def theme() -> Literal["light", "dark"]:
    """Return whether the page is light or dark."""
    return "dark" if st.context.theme.type == "dark" else "light"


def time_zone() -> tzinfo | None:
    """Return the visitor's time zone; None, which stands for this machine's, if it is unknown."""
    with suppress(
        OSError, ValueError, KeyError
    ):  # no such zone, or no list of zones on this machine
        return ZoneInfo(st.context.timezone or "")
    return None


def on_phone() -> bool:
    """Return whether the visitor's browser says that it runs on a phone."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def remember_pages(pages: dict[str, StreamlitPage]) -> None:
    """Remember the pages, by the key of their name in the catalogue."""
    st.session_state["pages"] = pages


def pages() -> dict[str, StreamlitPage]:
    """Return the pages, by the key of their name in the catalogue."""
    noted: dict[str, StreamlitPage] = st.session_state["pages"]
    return noted


def opened_picture(key: str, load: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the picture that was opened last if it has this key; otherwise open it."""
    kept: tuple[str, np.ndarray] | None = st.session_state.get("picture")
    if kept is None or kept[0] != key:
        kept = st.session_state["picture"] = (key, load())
    return kept[1]


def turns(key: str) -> int:
    """Return how far a picture was turned, in quarter turns clockwise."""
    return int(st.session_state.get(key, 0)) % 4


def turn(key: str, by: int) -> None:
    """Turn a picture further, in quarter turns clockwise."""
    st.session_state[key] = turns(key) + by


def kept_code(key: str) -> FoundCode | None:
    """Return the code that was kept last if it has this key."""
    kept: tuple[str, FoundCode] | None = st.session_state.get("found")
    return kept[1] if kept and kept[0] == key else None


def keep_code(key: str, found: FoundCode) -> None:
    """Keep the code found for a picture; it replaces the one before."""
    st.session_state["found"] = (key, found)


def kept_upload(files: tuple[str, ...]) -> KeptUpload | None:
    """Return the upload that was kept last if it is of these files."""
    kept: tuple[tuple[str, ...], KeptUpload] | None = st.session_state.get("kept-upload")
    return kept[1] if kept and kept[0] == files else None


def remember_upload(files: tuple[str, ...], upload: KeptUpload) -> None:
    """Remember where files were kept; files are named by their ids. It replaces the last upload."""
    st.session_state["kept-upload"] = (files, upload)


def last_upload() -> KeptUpload | None:
    """Return the upload that was kept last in this session, whatever its files."""
    kept: tuple[tuple[str, ...], KeptUpload] | None = st.session_state.get("kept-upload")
    return kept[1] if kept else None


def keep_own_picture(version: str, pixels: np.ndarray, found: FoundCode) -> None:
    """Keep a picture that stays on the stage of a model; it replaces the one before.

    Args:
        version: Version of the opened model it was placed in.
        pixels: The picture as the model sees it, (c, h, w), uint8.
        found: Its code, and how good that is.
    """
    kept = _own_pictures()
    kept.pop(version, None)  # the newest comes last
    number = 1 + max((picture.number for picture in kept.values()), default=0)
    kept[version] = OwnPicture(number=number, pixels=pixels, found=found)
    for oldest in list(kept)[:-_MOST_OWN_PICTURES]:
        del kept[oldest]


def own_picture(version: str) -> OwnPicture | None:
    """Return the picture that was placed in an opened model, if it is among the last."""
    return _own_pictures().get(version)


def _own_pictures() -> dict[str, OwnPicture]:
    kept: dict[str, OwnPicture] = st.session_state.setdefault("own_pictures", {})
    return kept


def reported_view(key: str) -> dict[str, object] | None:
    """Return the view that the stage mounted under a key reported last."""
    said = st.session_state.get(key) or {}
    view = said.get("view")
    return view if isinstance(view, dict) else None
