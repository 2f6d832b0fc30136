"""Pages, one module each: `render()` reads the state, calls core and services, draws."""

import streamlit as st

from explorer.ui import state
from explorer.ui.words import say


def navigation_links() -> None:
    """Draw the name of the program and the links between its pages, at the top of the sidebar."""
    st.markdown(f"#### {say('app.title')}")
    with st.container(horizontal=True, gap="small", key="page-links"):
        for key, page in state.pages().items():
            st.page_link(page, label=say(f"app.{key}"))
