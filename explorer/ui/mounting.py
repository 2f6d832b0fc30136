"""Mounts views that run in the browser: sends each a scene, and receives what it reports."""

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
    """Show a scene in the browser; `live/adapter.js` is the other side.

    A report reruns only this part of the page, with the same scene, so nothing is redrawn.

    Args:
        name: Name of the view, unlike that of any other.
        entry: Its module in `live/`, such as `explore/page.js`.
        scene: JSON values, among them `key`, which another scene of the same thing shares,
            `urls.module`, and `words`.
        remember: Called with what the browser reports once the hand lets go.
    """

    def hear() -> None:
        # The component keeps its last report, even when the scene changes; only the callback marks
        # a new one.
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
