"""The server: Streamlit's pages and, beside them, the files the stage fetches.

Start it with `latent-explorer`; `python -m streamlit run` on this file works too.
"""

import streamlit as st

from explorer import clearing, leftovers
from explorer.ui import index, routes, run_routes

clearing.sweep_all()  # what pages that are gone left to be undone
leftovers.sweep()
app = st.App("navigation.py", routes=[*index.routes(), *routes.routes(), *run_routes.routes()])
