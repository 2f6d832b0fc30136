"""Mounts the view of a training run, which then asks the server for news by itself."""

from functools import cache
from importlib.resources import files

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer import jobs
from explorer.ui import routes, run_routes
from explorer.ui.words import game_words, run_words


def run_view(run: jobs.RunFolder) -> None:
    """Draw how a run goes; a run whose process is another by now is drawn afresh."""
    status = run.status()
    _component()(key="run", data=scene(run, status))


def scene(run: jobs.RunFolder, status: jobs.JobStatus) -> dict[str, object]:
    """Return everything the view needs to know, as JSON values; `run.js` reads it."""
    record = run.record()
    return {
        "key": f"{run.id}:{status.pid}:{'x'.join(map(str, status.image_shape))}",
        "name": record.name,
        "latentDim": record.config.latent_dim,
        "imageShape": list(status.image_shape),
        "urls": routes.shared_urls("run.js") | run_routes.urls(run),
        "state": status.state,
        "hasEncoder": record.config.has_encoder,
        "game": game_words(record.config.kind) if record.config.is_adversarial else None,
        "words": run_words(),
    }


@cache
def _component() -> ComponentRenderer:
    live = files("explorer").joinpath("live")
    sheets = ("stage.css", "run.css")
    return st.components.v2.component(
        "latent_explorer_run",
        html='<div class="le-root"></div>',
        css="\n".join(live.joinpath(sheet).read_text(encoding="utf-8") for sheet in sheets),
        js=live.joinpath("adapter.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # Plotly's own styles live in the document
    )
