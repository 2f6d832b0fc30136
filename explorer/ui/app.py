"""The server: Streamlit's pages and, beside them, the files the stage fetches.

Start it with `latent-explorer`; `python -m streamlit run` on this file works too.
"""

import streamlit as st
from starlette.middleware import Middleware

from explorer import clearing, leftovers
from explorer.ui import guard, index, routes, run_routes, serving

clearing.sweep_all()  # what pages that are gone left to be undone
leftovers.sweep()
app = st.App(
    "navigation.py",
    lifespan=serving.lifespan,
    routes=[*serving.routes(), *index.routes(), *run_routes.routes(), *routes.routes()],
    middleware=[
        Middleware(
            guard.Guard,
            hosts=guard.hosts(
                st.get_option("server.address"), st.get_option("server.allowedHosts")
            ),
            scripts=index.script_hashes(),
        )
    ],
)
