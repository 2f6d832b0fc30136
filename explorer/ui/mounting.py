"""Mounts what runs in the browser: sends it a scene as plain data, and takes what it says back."""

from collections.abc import Callable, Mapping
from functools import cache

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer.live import modules
from explorer.ui import state


@st.fragment
def mount(
    name: str,
    entry: str,
    scene: Mapping[str, object],
    *,
    remember: Callable[[dict[str, object]], None] | None = None,
) -> None:
    """Draw a scene in the browser by the module it names; `live/adapter.js` is the other side.

    Only this part of the page runs again when the hand lets go, and it sends the same scene then,
    so nothing is drawn anew.

    Args:
        name: What it is called among all that is mounted.
        entry: Its module in `live/`, such as `explore/page.js`.
        scene: JSON values, among them `key`, which another scene of the same thing shares,
            `urls.module`, and `words`.
        remember: Takes what the browser says of the scene once the hand lets go.
    """

    def hear() -> None:
        # The component keeps what it said last, also of another scene, so only the callback knows
        # that this is new.
        view = state.reported_view(name)
        if remember and view and view.get("key") == scene["key"]:
            remember(view)

    _component(name, entry)(key=name, data=scene, on_view_change=hear)


@cache
def _component(name: str, entry: str) -> ComponentRenderer:
    return st.components.v2.component(
        f"latent_explorer_{name}",
        html='<div class="le-root"></div>',
        css=modules.styles(entry),
        js=(modules.FOLDER / "adapter.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # Plotly's own styles live in the document
    )
