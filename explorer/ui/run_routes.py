"""What the view of a run fetches: news, snapshots, the images it watches, its map, and files."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Literal, cast

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from explorer import jobs
from explorer.errors import ExplorerError
from explorer.export import ExportFormat, RunReplay, formats_of
from explorer.figures import ByClass, Theme, latent_map
from explorer.packing.arrays import pack_arrays
from explorer.ui.replay import replay_of, replay_state
from explorer.ui.routes import HEAVY, OWN, prefix, whole_number
from explorer.words import say

_FRESH = {"Cache-Control": "no-store"}
_NAMED: dict[str, Literal["best"] | None] = {"latest": None, "best": "best"}
_SHOWN = ("step", "xy", "kl", "variance", "x_hat", "samples")


def urls(run: jobs.RunFolder) -> dict[str, str]:
    """Return the addresses of one run."""
    own = f"{prefix()}/run/{run.id}"
    return {part: f"{own}/{part}" for part in ("progress", "snapshot", "items", "map")}


def replay_url(run: jobs.RunFolder, one: ExportFormat[RunReplay]) -> str:
    """Return the address of a run's replay in a format."""
    return f"{prefix()}/run/{run.id}/replay{one.suffix}"


def routes() -> list[Route]:
    """Return the routes of runs."""
    own = f"{prefix()}/run/{{run}}"
    return [
        Route(f"{own}/progress", _progress),
        Route(f"{own}/snapshot/{{which}}", _of_run(_snapshot)),
        Route(f"{own}/items", _of_run(_items)),
        Route(f"{own}/map", _of_run(_map)),
        Route(f"{own}/replay{{suffix}}", _replay),
    ]


def _of_run(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Find the run that an address names; answer errors that a person can fix in words."""

    def handler(request: Request) -> Response:
        try:
            request.state.run = jobs.find_run(request.path_params["run"])
            return answer(request)
        except ExplorerError as error:
            return JSONResponse({"error": str(error)}, status_code=404)

    return handler


def _progress(request: Request) -> Response:
    """Answer with what is new; pages that still watch a deleted run learn that it is gone."""
    try:
        run = jobs.find_run(request.path_params["run"])
    except ExplorerError as error:
        gone = {"state": "gone", "error": error.beats}
        return JSONResponse(gone | {"reports": [], "snapshots": []}, headers=_FRESH)
    status = run.status()
    ends = jobs.read_ends(run) if status.state in jobs.ENDED else None
    news = asdict(status) | {
        "ends": None if ends is None else ends_on_show(run, ends),
        "left_s": status.left_s,
        "slow": run.asked().slow,
        "error": list(status.error) or None,
        "reports": run.reports(_count(request, "reports")),
        "snapshots": run.snapshots(_count(request, "snapshots")),
        "health": {"verdict": status.health, "words": health_line(status)},
    }
    return JSONResponse(news, headers=_FRESH)


def health_line(status: jobs.JobStatus) -> str:
    """Return the health of a run in a sentence or two."""
    return say(f"run.health_{status.health}", best_step=status.best_step)


def ends_on_show(run: jobs.RunFolder, ends: jobs.Ends) -> dict[str, object]:
    """Return which end of a run is kept, and the step of each, for `run/replay.js`.

    `best` is None where the last step is the best, or was not looked at; `kept` once the model is
    deleted.
    """
    has_best = ends.best is not None and run.snapshot("best") is not None
    best = ends.best.step if ends.best is not None and has_best else None
    return {"kept": kept(run, ends), "best": best, "last": ends.last.step}


def kept(run: jobs.RunFolder, ends: jobs.Ends | None) -> str | None:
    """Return which end of a run is its model; None while it has none."""
    return None if ends is None or jobs.is_lost(run) else ends.kept


def _snapshot(request: Request) -> Response:
    which = request.path_params["which"]
    number = whole_number(which)
    if number is None and which not in _NAMED:
        return Response(status_code=404)
    arrays = request.state.run.snapshot(_NAMED[which] if number is None else number)
    if arrays is None:
        return Response(status_code=404)
    buffer = pack_arrays({name: arrays[name] for name in _SHOWN})
    return _bytes(buffer, _FRESH) if number is None else _if_changed(request, buffer)


def _if_changed(request: Request, content: bytes) -> Response:
    """Answer with a snapshot unless the browser has it; a resumed run may reuse its number."""
    etag = f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": etag}
    if request.headers.get("If-None-Match") == etag:
        return Response(status_code=304, headers=headers)
    return _bytes(content, headers)


def _items(request: Request) -> Response:
    watched = request.state.run.watched()
    if watched is None:
        return Response(status_code=404)
    wanted = {name: watched[name] for name in ("x", "held_out") if name in watched}
    return _bytes(pack_arrays(wanted), OWN)


def _map(request: Request) -> Response:
    """Answer with the map as it is now; its dots carry their rows, so that they can be moved."""
    run: jobs.RunFolder = request.state.run
    latest, watched = run.snapshot(None), run.watched()
    if latest is None or watched is None or not len(watched["x"]):  # there is no encoder
        return Response(status_code=404)
    color = None
    if "labels" in watched:
        color = ByClass(labels=watched["labels"], names=watched["class_names"].tolist())
    theme = "dark" if request.query_params.get("theme") == "dark" else "light"
    held_out = watched.get("held_out", np.ones(len(latest["xy"]))).astype(bool)
    part = {"learnt": ~held_out, "held": held_out}.get(request.query_params.get("part", ""))
    figure = latent_map(
        latest["xy"],
        color=color,
        axis_titles=_titles(latest["mu"]),
        rows=None if part is None else np.flatnonzero(part),
        hollow=None if held_out.all() else held_out,
        theme=cast(Theme, theme),
    )
    return Response(figure.to_json(), media_type="application/json", headers=_FRESH)


async def _replay(request: Request) -> Response:
    suffix = request.path_params["suffix"]
    found = next((one for one in formats_of(RunReplay) if one.suffix == suffix), None)
    if found is None:
        return Response(status_code=404)
    try:
        run = await run_in_threadpool(jobs.find_run, request.path_params["run"])
        key = (found.name, run.id, await run_in_threadpool(replay_state, run))
        content = await HEAVY.get(key, lambda: found.write(replay_of(run)))
    except ExplorerError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return Response(content, media_type=found.media_type, headers=_FRESH)


def _titles(mu: np.ndarray) -> list[str]:
    return [say("stage.coordinate", number=i) for i in (1, 2)] if mu.shape[1] == 2 else []


def _count(request: Request, key: str) -> int:
    return whole_number(request.query_params.get(key, "")) or 0


def _bytes(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type="application/octet-stream", headers=headers)
