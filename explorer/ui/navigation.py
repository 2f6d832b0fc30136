"""The script Streamlit runs for each visitor: which pages there are."""

from pathlib import Path

import streamlit as st

from explorer.ui.views import explore
from explorer.ui.words import say

st.set_page_config(
    page_title=say("app.title"), page_icon=str(Path(__file__).with_name("icon.png")), layout="wide"
)
explore_page = st.Page(explore.render, title=say("app.explore"), default=True)
st.navigation([explore_page], position="hidden").run()
