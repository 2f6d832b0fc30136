"""The pages, a folder each: `render()` reads the state, calls core and services, and renders."""

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer.ui import address, state
from explorer.words import say


def name_page(*parts: str) -> None:
    """Set the title of the browser's tab: the most specific part first, the program last."""
    st.set_page_config(page_title=" · ".join((*parts, say("app.title"))))


def navigation_links() -> None:
    """Render the name of the program and the links to its pages, at the top of the sidebar.

    The one to Explore leads to what was open there.
    """
    st.markdown(f"**{say('app.title')}**")  # not a heading: the page has its own
    with st.container(horizontal=True, gap="small", key="page-links"):
        for key, page in state.pages().items():
            query = address.explored() if key == "explore" else {}
            st.page_link(page, label=say(f"{key}.page"), query_params=query)
    _frame()(key="frame")


@cache
def _frame() -> ComponentRenderer:
    """Return a component that marks the chosen card, which Streamlit cannot do."""
    script = files("explorer").joinpath("ui/frame.js").read_text(encoding="utf-8")
    return st.components.v2.component(
        "latent_explorer_frame", html="<span></span>", js=script, isolate_styles=False
    )
