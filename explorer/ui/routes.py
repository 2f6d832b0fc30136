"""The files the stage fetches: its modules, Plotly, packs, codes, maps, original images.

All that begins with `/latent` is answered here or in `run_routes.py`, or is a 404. Every address
carries a hash of what it leads to, so browsers may keep the answer for good.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from explorer.data.pictures import as_png
from explorer.errors import BundleError, ExplorerError, ShapeError
from explorer.live import modules
from explorer.ui import serving
from explorer.ui.compare_arrays import comparison_buffer
from explorer.ui.costly import Costly
from explorer.ui.maps import figure_choice, map_figure
from explorer.ui.networks import encoder_pack, encodes_live, with_weights
from explorer.ui.opened import OpenedModel, open_model
from explorer.ui.scenes import Urls

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
OWN = {
    "Cache-Control": "private, max-age=31536000, immutable"
}  # for responses that show somebody's images
_PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

Handler = Callable[[Request], Awaitable[Response]]

# Heavy answers take tens of megabytes and up to a second each; the others, some hundredths.
HEAVY = Costly(at_once=1, most_bytes=64_000_000, give_back=True)
_LIGHT = Costly(at_once=2, most_bytes=32_000_000)
_ORIGINALS = Costly(
    at_once=1, most_bytes=8_000_000
)  # the first image of a set may load all of them


def prefix() -> str:
    """Return the path that all these addresses start with, including the server's base path."""
    return f"{serving.base_path()}/latent"


def shared_urls(module: str) -> dict[str, str]:
    """Return the addresses of a page's module and of Plotly."""
    return {
        "module": f"{prefix()}/live/{modules.version()}/{module}",
        "plotly": f"{prefix()}/plotly/{plotly.__version__}/plotly.min.js",
    }


def urls(opened: OpenedModel) -> Urls:
    """Return the addresses of a bundle's files; the encoder's only if the browser can run it."""
    own = f"{prefix()}/bundle/{opened.version}/{quote(opened.bundle.name, safe='')}"
    shared = shared_urls("explore/page.js")
    found: Urls = {
        "module": shared["module"],
        "plotly": shared["plotly"],
        "pack": f"{own}/decoder.pack",
        "codes": f"{own}/codes?for={modules.version()}",  # the modules decide what is in it
        "map": f"{own}/map",
        "decode": f"{own}/decode",
        "original": f"{own}/original",
        "names": f"{own}/names",
        "comparison": f"{own}/comparison",
    }
    if encodes_live(opened.bundle):
        found["encoder"] = f"{own}/encoder.pack"
    return found


def routes() -> list[Route]:
    """Return the routes to serve beside Streamlit's own."""
    start = prefix()
    own = f"{start}/bundle/{{version}}/{{name}}"
    return [
        Route(f"{start}/live/{{version}}/{{file:path}}", _live_module),
        Route(f"{start}/plotly/{{version}}/plotly.min.js", _plotly),
        Route(f"{own}/decoder.pack", _of_model(_pack)),
        Route(f"{own}/encoder.pack", _of_model(_encoder)),
        Route(f"{own}/codes", _of_model(_codes)),
        Route(f"{own}/map", _of_model(_map)),
        Route(f"{own}/decode", _of_model(_decode)),
        Route(f"{own}/comparison", _of_model(_comparison)),
        Route(f"{own}/original/{{item}}.png", _of_model(_original)),
        Route(f"{own}/names", _of_model(_names)),
        Route(start, _nothing),
        Route(f"{start}/{{rest:path}}", _nothing),
    ]


def _nothing(request: Request) -> Response:
    """Answer unknown addresses, which Streamlit would take for pages."""
    return Response(status_code=404)


def whole_number(text: str) -> int | None:
    """Read a whole number of at most eight digits from an address; None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _live_module(request: Request) -> Response:
    name = request.path_params["file"]
    content = modules.content(name)
    if content is None or request.path_params["version"] != modules.version():
        return Response(status_code=404)
    media_type = "application/wasm" if name == modules.KERNELS else "text/javascript"
    headers = FOREVER | {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = modules.compressed(name)
        headers |= {"Content-Encoding": "gzip"}
    return Response(content, media_type=media_type, headers=headers)


def _plotly(request: Request) -> Response:
    return FileResponse(_PLOTLY, media_type="text/javascript", headers=FOREVER)


def _of_model(answer: Callable[[Request, OpenedModel], Awaitable[Response]]) -> Handler:
    """Open the bundle that an address names; answer errors that a person can fix in words."""

    async def handler(request: Request) -> Response:
        try:
            opened = await run_in_threadpool(open_model, request.path_params["name"])
            if opened.version != request.path_params["version"]:
                raise BundleError("ui.changed_meanwhile", name=opened.bundle.name)
            return await answer(request, opened)
        except ExplorerError as error:
            return JSONResponse({"error": str(error)}, status_code=404)

    return handler


def _bytes(content: bytes, media_type: str = "application/octet-stream") -> Response:
    return Response(content, media_type=media_type, headers=FOREVER)


async def _pack(request: Request, opened: OpenedModel) -> Response:
    pack = opened.bundle.pack
    return Response(status_code=404) if pack is None else _bytes(pack)


async def _encoder(request: Request, opened: OpenedModel) -> Response:
    if not encodes_live(opened.bundle):
        return Response(status_code=404)
    key = ("encoder", opened.version)
    return _bytes(await HEAVY.get(key, lambda: encoder_pack(opened)))


async def _codes(request: Request, opened: OpenedModel) -> Response:
    key = ("codes", opened.version)
    return _bytes(await _LIGHT.get(key, lambda: opened.codes_buffer))


async def _comparison(request: Request, opened: OpenedModel) -> Response:
    key = ("comparison", opened.version)
    return _bytes(await HEAVY.get(key, lambda: comparison_buffer(opened)))


async def _map(request: Request, opened: OpenedModel) -> Response:
    asked = {key: request.query_params.get(key, "") for key in ("map", "color", "theme", "part")}
    n_points = whole_number(request.query_params.get("points", "")) or 0
    choice = figure_choice(
        opened, asked["map"], asked["color"], n_points, asked["theme"], asked["part"]
    )
    key = (opened.version, choice)
    content = await _LIGHT.get(key, lambda: map_figure(opened, choice).encode())
    return _bytes(content, "application/json")


async def _original(request: Request, opened: OpenedModel) -> Response:
    item = whole_number(request.path_params["item"])
    if item is None or item >= len(opened.bundle.codes.ids):
        return Response(status_code=404)
    content = await _ORIGINALS.get((opened.version, item), lambda: _as_png(opened, item))
    if not content:
        return Response(status_code=404)
    return Response(content, media_type="image/png", headers=OWN)


def _as_png(opened: OpenedModel, item: int) -> bytes:
    """Return the image behind an item as a PNG, or nothing if it is not on this machine."""
    image = opened.original(item)
    return b"" if image is None else as_png(image)


async def _names(request: Request, opened: OpenedModel) -> Response:
    """Answer with the file name of each item, or null if they are unknown here."""
    names = await run_in_threadpool(lambda: opened.item_names)
    return JSONResponse(names, headers=OWN)


async def _decode(request: Request, opened: OpenedModel) -> Response:
    """Decode in Python, for decoders the browser cannot run: (c, h, w) float32 in [0, 1]."""
    d = opened.bundle.model.latent_dim
    try:
        z = np.array(request.query_params.get("z", "").split(","), dtype=np.float32)
    except ValueError:
        z = np.empty(0, np.float32)
    if z.shape != (d,) or not np.isfinite(z).all():
        raise ShapeError("ui.wrong_code", size=z.size, d=d)
    key = ("decode", opened.version, z.tobytes())
    return _bytes(await _LIGHT.get(key, lambda: _decoded(opened, z)))


def _decoded(opened: OpenedModel, z: np.ndarray) -> bytes:
    from explorer.latent.encode import decode

    x_hat = decode(with_weights(opened), z[None])
    return np.ascontiguousarray(x_hat[0], dtype="<f4").tobytes()
