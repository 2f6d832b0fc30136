"""Mounts the view of a training run, which then asks the server for news by itself."""

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer import jobs
from explorer.ui import routes, run_routes
from explorer.ui.scenes import RunScene
from explorer.ui.words import adversarial_words, run_words


def run_view(run: jobs.RunFolder) -> None:
    """Draw how a run goes, from the moment it waits for its turn."""
    _component()(key="run", data=scene(run))


def scene(run: jobs.RunFolder) -> RunScene:
    """Return everything the view needs to know, as JSON values; `run/page.js` reads it."""
    record = run.record()
    return {
        "key": run.id,
        "name": record.name,
        "latentDim": record.config.latent_dim,
        "urls": routes.shared_urls("run/page.js") | run_routes.urls(run),
        "state": run.status().state,
        "kept": run_routes.kept(run, jobs.read_ends(run)),  # another wakes the view
        "mayEndEarly": record.config.patience > 0,
        "hasEncoder": record.config.has_encoder,
        "game": adversarial_words(record.config.kind) if record.config.is_adversarial else None,
        "words": run_words(),
    }


@cache
def _component() -> ComponentRenderer:
    live = files("explorer").joinpath("live")
    sheets = ("explore/page.css", "run/page.css")
    return st.components.v2.component(
        "latent_explorer_run",
        html='<div class="le-root"></div>',
        css="\n".join(live.joinpath(sheet).read_text(encoding="utf-8") for sheet in sheets),
        js=live.joinpath("adapter.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # Plotly's own styles live in the document
    )
