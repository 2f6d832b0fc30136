"""The script Streamlit runs for each visitor: which pages there are."""

from pathlib import Path

import streamlit as st

from explorer.ui import state
from explorer.ui.views.compare import page as compare
from explorer.ui.views.explore import page as explore
from explorer.ui.views.train import page as train
from explorer.words import say

st.set_page_config(
    page_title=say("app.title"),
    page_icon=str(Path(__file__).with_name("icon.png")),
    layout="wide",
    # Streamlit takes a phone on its side for a desktop.
    initial_sidebar_state="collapsed" if state.on_phone() else "auto",
)
st.html(Path(__file__).with_name("frame.css"))
pages = {
    "explore": st.Page(explore.render, title=say("app.explore"), default=True),
    "train": st.Page(train.render, title=say("app.train"), url_path="train"),
    "compare": st.Page(compare.render, title=say("app.compare"), url_path="compare"),
}
state.remember_pages(pages)
st.navigation(list(pages.values()), position="hidden").run()
