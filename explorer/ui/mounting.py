"""Mounts what runs in the browser: sends it a scene as plain data, and takes what it says back."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer.ui import state


@st.fragment
def mount(
    name: str,
    scene: Mapping[str, object],
    *,
    styles: tuple[str, ...],
    remember: Callable[[dict[str, object]], None] | None = None,
) -> None:
    """Draw a scene in the browser by the module it names; `live/adapter.js` is the other side.

    Only this part of the page runs again when the hand lets go, and it sends the same scene then,
    so nothing is drawn anew.

    Args:
        name: What it is called among all that is mounted.
        scene: JSON values, among them `key`, which another scene of the same thing shares,
            `urls.module`, and `words`.
        styles: Its style sheets, by their paths in `live/`; later ones win.
        remember: Takes what the browser says of the scene once the hand lets go.
    """

    def hear() -> None:
        # The component keeps what it said last, also of another scene, so only the callback knows
        # that this is new.
        view = state.reported_view(name)
        if remember and view and view.get("key") == scene["key"]:
            remember(view)

    _component(name, styles)(key=name, data=scene, on_view_change=hear)


@cache
def _component(name: str, styles: tuple[str, ...]) -> ComponentRenderer:
    live = files("explorer").joinpath("live")
    return st.components.v2.component(
        f"latent_explorer_{name}",
        html='<div class="le-root"></div>',
        css="\n".join(live.joinpath(sheet).read_text(encoding="utf-8") for sheet in styles),
        js=live.joinpath("adapter.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # Plotly's own styles live in the document
    )
