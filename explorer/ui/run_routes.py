"""What the view of a run fetches: how it stands, snapshots, images watched, the map, the GIF."""

from dataclasses import asdict
from typing import cast

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.figures import ByClass, Theme, latent_map
from explorer.live.arrays import pack_arrays
from explorer.ui.replay import gif_of
from explorer.ui.routes import FOREVER, Handler, prefix
from explorer.ui.words import say

_FRESH = {"Cache-Control": "no-store"}
_SHOWN = ("step", "xy", "kl", "variance", "x_hat", "samples")


def urls(run: jobs.RunFolder) -> dict[str, str]:
    """Return the addresses the view needs for one run."""
    own = f"{prefix()}/run/{run.id}"
    return {part: f"{own}/{part}" for part in ("progress", "snapshot", "items", "map", "gif")}


def routes() -> list[Route]:
    """Return the routes of runs."""
    own = f"{prefix()}/run/{{run}}"
    return [
        Route(f"{own}/progress", _progress),
        Route(f"{own}/snapshot/{{which}}", _of_run(_snapshot)),
        Route(f"{own}/items", _of_run(_items)),
        Route(f"{own}/map", _of_run(_map)),
        Route(f"{own}/gif", _of_run(_gif)),
    ]


def _of_run(answer: Handler) -> Handler:
    """Answer for a run that exists; what a person can fix is answered in words."""

    def handler(request: Request) -> Response:
        try:
            request.state.run = jobs.find_run(request.path_params["run"])
            return answer(request)
        except ExplorerError as error:
            return JSONResponse({"error": str(error)}, status_code=404)

    return handler


def _progress(request: Request) -> Response:
    """Answer with what is new; that a run is gone is news too, for pages that still watch it."""
    try:
        run = jobs.find_run(request.path_params["run"])
    except ExplorerError as error:
        gone = {"state": "gone", "error": [error.so, error.needed, error.do]}
        return JSONResponse(gone | {"reports": [], "snapshots": []}, headers=_FRESH)
    status = run.status()
    news = asdict(status) | {
        "left_s": status.left_s,
        "slow": run.asked().slow,
        "error": list(status.error) or None,
        "reports": run.reports(_count(request, "reports")),
        "snapshots": run.snapshots(_count(request, "snapshots")),
        "health": {"verdict": status.health, "words": say(f"run.health_{status.health}")},
    }
    return JSONResponse(news, headers=_FRESH)


def _snapshot(request: Request) -> Response:
    which = request.path_params["which"]
    is_number = which.isascii() and which.isdigit() and len(which) < 9
    if not is_number and which != "latest":
        return Response(status_code=404)
    arrays = request.state.run.snapshot(int(which) if is_number else None)
    if arrays is None:
        return Response(status_code=404)
    buffer = pack_arrays({name: arrays[name] for name in _SHOWN})
    return _bytes(buffer, FOREVER if is_number else _FRESH)


def _items(request: Request) -> Response:
    watched = request.state.run.watched()
    if watched is None:
        return Response(status_code=404)
    return _bytes(pack_arrays({"x": watched["x"]}), FOREVER)


def _map(request: Request) -> Response:
    """Answer with the map as it is now; its dots bear their rows, so that they can be moved."""
    run: jobs.RunFolder = request.state.run
    latest, watched = run.snapshot(None), run.watched()
    if latest is None or watched is None or not len(watched["x"]):  # nothing reads images
        return Response(status_code=404)
    color = None
    if "labels" in watched:
        color = ByClass(labels=watched["labels"], names=watched["class_names"].tolist())
    theme = "dark" if request.query_params.get("theme") == "dark" else "light"
    figure = latent_map(
        latest["xy"], color=color, axis_titles=_titles(latest["mu"]), theme=cast(Theme, theme)
    )
    return Response(figure.to_json(), media_type="application/json", headers=_FRESH)


def _gif(request: Request) -> Response:
    return Response(gif_of(request.state.run), media_type="image/gif", headers=_FRESH)


def _titles(mu: np.ndarray) -> list[str]:
    return ["z0", "z1"] if mu.shape[1] == 2 else []


def _count(request: Request, key: str) -> int:
    text = request.query_params.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _bytes(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
