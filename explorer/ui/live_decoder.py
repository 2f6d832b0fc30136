"""Mounts the stage: hands it a scene as plain data and hears back when the hand lets go."""

import base64
import io
import math
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from explorer.bundle import ModelBundle
from explorer.data.pictures import as_image
from explorer.live import modules
from explorer.ui import routes, state
from explorer.ui.maps import MapChoice
from explorer.ui.opened import OpenedModel
from explorer.ui.scenes import OwnPicture, StageScene, StageTitle, ToolScene
from explorer.ui.words import say, stage_words

_STAGE = "stage"
_STYLES = ("explore/hero", "explore/page", "parts/touch")  # what fingers need comes last, to win


def stage(opened: OpenedModel, choice: MapChoice) -> None:
    """Draw the stage for one bundle and one map.

    Only this part of the page runs again when the hand lets go, and what it sends is the same
    then, so nothing is drawn anew.
    """
    _fragment(opened, scene(opened, choice, _start(opened)))


def _start(opened: OpenedModel) -> state.Start:
    """Return where the address says to begin, or else at the visitor's own picture or an item."""
    asked = state.asked_start(opened.bundle.model.latent_dim, len(opened.bundle.codes.mu))
    if asked != state.Start():
        return asked
    own = state.own_picture(opened.version)
    if own is None:
        return state.Start(item=opened.start_item)
    return state.Start(z=tuple(own.placement.z.tolist()))


def scene(opened: OpenedModel, choice: MapChoice, start: state.Start) -> StageScene:
    """Return everything the stage needs to know, as JSON values; `explore/page.js` reads it."""
    bundle = opened.bundle
    urls = routes.urls(opened)
    query = {"map": choice.code, "color": choice.color, "points": choice.n_points}
    map_query = urlencode(query | ({} if choice.part == "both" else {"part": choice.part}))
    return {
        "key": f"{bundle.name}:{opened.version}",
        "model": bundle.name,
        "title": _title(bundle),
        "latentDim": bundle.model.latent_dim,
        "imageShape": list(bundle.data.image_shape),
        "classNames": list(bundle.data.class_names),
        "coordinates": [
            {"index": c.index, "name": c.name, "limit": c.limit, "active": c.active}
            for c in opened.coordinates
        ],
        "packed": bundle.pack is not None,
        "originals": opened.has_originals,
        "urls": urls,
        "map": choice.code,
        "mapUrl": f"{urls['map']}?{map_query}",
        "start": {"item": start.item, "z": None if start.z is None else list(start.z)},
        "own": _own(opened),
        "tools": [_tool(name) for name in modules.tools()],
        "words": stage_words(has_encoder=bundle.model.has_encoder),
    }


def _title(bundle: ModelBundle) -> StageTitle:
    """Return what the top line of the stage says of a model."""
    kind = bundle.config.of_kind.words["name"]
    size = say("explore.card_line", count=bundle.model.latent_dim)
    text = bundle.title or bundle.name
    return {"text": text, "name": bundle.name, "facts": [kind, size], "lookFor": bundle.look_for}


def _tool(name: str) -> ToolScene:
    """Return what the button of a tool says."""
    said = f"stage.tools.{name}"
    return {"name": name, "label": say(f"{said}.name"), "help": say(f"{said}.help")}


def _own(opened: OpenedModel) -> OwnPicture | None:
    """Return the visitor's own picture, whole, since no address may lead to it."""
    own = state.own_picture(opened.version)
    if own is None:
        return None
    stream = io.BytesIO()
    as_image(own.pixels).save(stream, "PNG")
    return {
        "id": own.number,
        "image": f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}",
        "z": own.placement.z.tolist(),
        "error": own.placement.error,
    }


@cache
def _component() -> ComponentRenderer:
    live = files("explorer").joinpath("live")
    return st.components.v2.component(
        "latent_explorer_stage",
        html='<div class="le-root"></div>',
        css="".join(live.joinpath(f"{name}.css").read_text(encoding="utf-8") for name in _STYLES),
        js=live.joinpath("adapter.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # Plotly's own styles live in the document
    )


@st.fragment
def _fragment(opened: OpenedModel, sent: StageScene) -> None:
    def remember() -> None:
        view = state.reported_view(_STAGE)
        if view and view.get("key") == sent["key"]:
            _remember(view, opened)

    # In the callback, because the component keeps what it said last, also of another model.
    _component()(key=_STAGE, data=sent, on_view_change=remember)


def _remember(view: dict[str, object], opened: OpenedModel) -> None:
    """Put what the browser says into the address, if it is what the stage would say."""
    z, item = view.get("z"), view.get("item")
    d, n = opened.bundle.model.latent_dim, len(opened.bundle.codes.mu)
    numbers = [float(v) for v in z if isinstance(v, (int, float))] if isinstance(z, list) else []
    if len(numbers) != d or not all(map(math.isfinite, numbers)):
        return
    if item is None or (isinstance(item, int) and 0 <= item < n):
        state.remember_code(numbers, item)
