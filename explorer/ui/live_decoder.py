"""The stage of the Explore page: what the browser gets, and what the address keeps."""

import math
from dataclasses import replace
from urllib.parse import urlencode

import numpy as np

from explorer.bundle import ModelBundle
from explorer.data.pictures import as_png
from explorer.live import modules
from explorer.ui import address, routes, state
from explorer.ui.exports import as_address
from explorer.ui.maps import MapChoice
from explorer.ui.mounting import mount
from explorer.ui.opened import OpenedModel
from explorer.ui.scenes import OwnPicture, StageScene, StageTitle, ToolScene
from explorer.ui.words import stage_words
from explorer.words import say

_ROUNDED = 1e-3  # how far a number in the address may be from the code it was written from


def stage(opened: OpenedModel, choice: MapChoice) -> None:
    """Draw the stage for one bundle and one map."""
    sent = scene(opened, choice, _start(opened))
    mount("stage", "explore/page.js", sent, remember=lambda view: _remember(view, opened))


def _start(opened: OpenedModel) -> address.Start:
    """Return where the address says to begin, or else at the visitor's own picture or an item."""
    asked = address.asked_start(opened.bundle.model.latent_dim)
    item, own = _item_meant(opened, asked), state.own_picture(opened.version)
    if item is not None:
        return replace(asked, item=item, z=None)
    if asked.z is not None:
        return replace(asked, item=None)
    if own is not None:
        return replace(asked, item=None, z=tuple(own.found.z.tolist()))
    return replace(asked, item=int(opened.numbers[opened.start_item]))


def _item_meant(opened: OpenedModel, asked: address.Start) -> int | None:
    """Return the number of the item that an address means, if the model has it.

    Links of earlier versions give its position among the model's codes instead; the code beside it
    tells which of the two is meant.
    """
    mu, numbers = opened.bundle.codes.mu, opened.numbers
    if asked.item is None:
        return None
    meant = np.flatnonzero(numbers == asked.item).tolist()
    if 0 <= asked.item < len(mu):
        meant.append(asked.item)
    z = asked.z
    beside = [i for i in meant if z is not None and np.allclose(mu[i], z, rtol=0, atol=_ROUNDED)]
    return next((int(numbers[i]) for i in [*beside, *meant]), None)


def scene(opened: OpenedModel, choice: MapChoice, start: address.Start) -> StageScene:
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
        "start": {
            "item": start.item,
            "z": None if start.z is None else list(start.z),
            "tools": dict(start.tools),
        },
        "own": _own(opened),
        "tools": [_tool(name) for name in modules.tools()],
        "words": stage_words(has_encoder=bundle.model.has_encoder),
    }


def _title(bundle: ModelBundle) -> StageTitle:
    """Return what the top line of the stage says about a model."""
    kind = bundle.words["name"]
    size = say("explore.card_line", count=bundle.model.latent_dim)
    text = bundle.title or bundle.name
    return {"text": text, "name": bundle.name, "facts": [kind, size], "lookFor": bundle.look_for}


def _tool(name: str) -> ToolScene:
    """Return what the button of a tool says."""
    said = f"stage.tools.{name}"
    return {"name": name, "label": say(f"{said}.name"), "help": say(f"{said}.help")}


def _own(opened: OpenedModel) -> OwnPicture | None:
    """Return the visitor's own picture itself: the server gives it no address."""
    own = state.own_picture(opened.version)
    if own is None:
        return None
    return {
        "id": own.number,
        "image": as_address(as_png(own.pixels), "image/png"),
        "z": own.found.z.tolist(),
        "error": own.found.error,
    }


def _remember(view: dict[str, object], opened: OpenedModel) -> None:
    """Write what the browser reports into the address, if `explore/page.js` can have sent it."""
    z, item, tools = view.get("z"), view.get("item"), view.get("tools")
    numbers = [float(v) for v in z if isinstance(v, (int, float))] if isinstance(z, list) else []
    if len(numbers) != opened.bundle.model.latent_dim or not all(map(math.isfinite, numbers)):
        return
    kept = tools if isinstance(tools, dict) else {}
    if item is None or (isinstance(item, int) and item in opened.numbers):
        texts = {name: text for name, text in kept.items() if isinstance(text, str)}
        address.remember_code(numbers, item, texts)
