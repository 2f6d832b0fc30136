"""The script Streamlit runs for each visitor: offers the pages, and draws the one asked for."""

from pathlib import Path

import streamlit as st

from explorer.ui import pages, state
from explorer.words import say

st.set_page_config(
    page_title=say("app.title"),
    page_icon=str(Path(__file__).with_name("icon.png")),
    layout="wide",
    # Streamlit takes a phone on its side for a desktop.
    initial_sidebar_state="collapsed" if state.on_phone() else "auto",
)
st.html(Path(__file__).with_name("frame.css"))
offered = {
    name: st.Page(
        pages.render_of(name),
        title=say(f"{name}.page"),
        url_path=pages.path_of(name),
        default=name == pages.HOME,
    )
    for name in pages.names()
}
state.remember_pages(offered)
st.navigation(list(offered.values()), position="hidden").run()
