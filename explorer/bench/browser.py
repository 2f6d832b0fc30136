"""Measures the page in headless Chromium, with a real mouse, the real canvas and User Timing.

Knows nothing of budgets.
"""

import asyncio
import contextlib
import importlib.util
import math
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from explorer.errors import MachineError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page

T = TypeVar("T")

_READY = '[data-testid="stage"][data-ready="true"]'
_COMPARED = '[data-testid="comparison"][data-ready="true"]'
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = ["--no-sandbox", "--disable-background-networking"]  # root has no sandbox
_WAIT_MS = 60_000
_KEEPING_S = 1.0  # in which the browser keeps compiled scripts
_QUIET_MS = 2_000  # until the filmstrips are drawn and nothing moves any more
MOVES_PER_S = 60
DRAG_S = 2


def program() -> str:
    """Return the path of Chromium.

    Raises:
        MachineError: Playwright or Chromium is not installed.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MachineError("bench.no_playwright")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise MachineError("bench.no_chromium")
    return found


def version() -> str | None:
    """Return Chromium's version, or None if it cannot be driven here."""
    try:
        command = [program(), "--version"]
    except MachineError:
        return None
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return next((word for word in printed.split() if word[0].isdigit()), None)


@contextlib.asynccontextmanager
async def profile() -> "AsyncIterator[BrowserContext]":
    """Start headless Chromium with a fresh profile and a window of 1280 x 800.

    The profile is an ordinary one, in a folder of its own. Playwright's default context is a
    private window, which does not keep compiled scripts.
    """
    path = program()
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            context = await playwright.chromium.launch_persistent_context(
                folder,
                executable_path=path,
                args=_ARGUMENTS,
                viewport={"width": 1280, "height": 800},
            )
            try:
                context.set_default_timeout(_WAIT_MS)
                yield context
            finally:
                await context.close()


async def open_model(page: "Page", address: str, model: str, *, map_code: str = "pca") -> float:
    """Open a model and return the seconds until it can be dragged."""
    begin = time.perf_counter()
    await page.goto(f"{address}/?model={model}&map={map_code}", wait_until="commit")
    await page.wait_for_selector(_READY)
    return time.perf_counter() - begin


async def open_comparison(page: "Page", address: str, models: Iterable[str]) -> None:
    """Set models side by side and wait until they can be dragged."""
    await page.goto(f"{address}/compare?models={','.join(models)}", wait_until="commit")
    await page.wait_for_selector(_COMPARED)


def load_s(address: str, model: str) -> tuple[float, float]:
    """Return the seconds from an address to a stage that can be dragged: warm, and at first.

    Warm is the median of three loads after two. The first fetches the files, the second finds them
    in the cache and keeps the compiled scripts.
    """

    async def load() -> tuple[float, float]:
        async with profile() as window:
            loads = []
            for _ in range(5):
                page = await window.new_page()
                loads.append(await open_model(page, address, model))
                await asyncio.sleep(_KEEPING_S)
                await page.close()
            return statistics.median(loads[2:]), loads[0]

    return asyncio.run(load())


@dataclass(frozen=True)
class Drag:
    """What happened while a slider was dragged.

    Attributes:
        frames_ms: From input event to picture, one per drawn frame.
        decodes_ms: The forward pass in each.
        n_in_time: Frames drawn in the first `DRAG_S` seconds; a slow machine drags for longer.
        n_messages: Websocket messages from the page to the server.
        moves_s: Seconds the mouse took; more than `DRAG_S` if it could not be moved that often.
    """

    frames_ms: np.ndarray
    decodes_ms: np.ndarray
    n_in_time: int
    n_messages: int
    moves_s: float


def drag(address: str, model: str) -> Drag:
    """Drag the first slider back and forth, `MOVES_PER_S` moves for `DRAG_S` seconds.

    The moves follow the clock, as those of a hand do: none waits for the frame of the one before.
    """
    return asyncio.run(_drag(partial(open_model, address=address, model=model)))


def drag_comparison(address: str, models: Iterable[str]) -> Drag:
    """Do the same with the first slider that models side by side share."""
    return asyncio.run(_drag(partial(open_comparison, address=address, models=models)))


async def _drag(open_page: "Callable[[Page], Awaitable[object]]") -> Drag:
    sent: list[object] = []
    async with profile() as window:
        page = await window.new_page()
        page.on(
            "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
        )
        await open_page(page)
        await page.wait_for_timeout(_QUIET_MS)
        left, width, y = await _first_slider(page)
        await page.mouse.move(left + _at(0) * width, y)
        await page.mouse.down()
        await page.wait_for_timeout(200)
        said, begin_ms = len(sent), await page.evaluate("performance.now()")
        begin = time.perf_counter()
        moves = []
        for move in range(MOVES_PER_S * DRAG_S):
            await asyncio.sleep(begin + move / MOVES_PER_S - time.perf_counter())
            to = left + _at(move / MOVES_PER_S) * width
            moves.append(asyncio.create_task(page.mouse.move(to, y)))
        moves_s = time.perf_counter() - begin
        await asyncio.gather(*moves)
        n_messages = len(sent) - said
        measures = await page.evaluate(_MEASURES, begin_ms)
    frames, decodes = (np.array(entries) for entries in measures)
    in_time = frames[:, 0] < begin_ms + 1000 * DRAG_S
    return Drag(frames[:, 1], decodes[:, 1], int(in_time.sum()), n_messages, moves_s)


_MEASURES = """(begin) => ['latent:frame', 'latent:decode'].map((name) =>
    performance.getEntriesByName(name).filter((e) => e.startTime >= begin)
        .map((e) => [e.startTime, e.duration]))"""


def _at(time_s: float) -> float:
    """Return where along the track the mouse is: back and forth at one speed, in two seconds."""
    phase = math.fmod(time_s, 2.0)
    return 0.1 + 0.8 * (phase if phase < 1 else 2 - phase)


async def _first_slider(page: "Page") -> tuple[float, float, float]:
    """Return left end, width and middle height of the track at the top of the list."""
    slider = page.locator(".le-root input[type=range]").first
    await slider.scroll_into_view_if_needed()
    box = await slider.bounding_box()
    if box is None:
        raise MachineError("bench.no_slider")
    return box["x"], box["width"], box["y"] + box["height"] / 2


@dataclass(frozen=True)
class Pictures:
    """Codes, and what the browser drew for them.

    Attributes:
        z: Shape (n, d), float32.
        pixels: Shape (n, h, w, 3), uint8, as on the canvas.
    """

    z: np.ndarray
    pixels: np.ndarray


def pictures(address: str, model: str) -> Pictures:
    """Draw 0, prior samples, and codes with one slider at its end; read them from the canvas."""

    async def draw() -> list[dict[str, list[float]]]:
        async with profile() as window:
            page = await window.new_page()
            await open_model(page, address, model)
            drawn: list[dict[str, list[float]]] = await page.evaluate(_PICTURES)
            return drawn

    drawn = asyncio.run(draw())
    bitmaps = []
    for one in drawn:
        h, w = (int(side) for side in one["size"])
        bitmaps.append(np.array(one["pixels"], np.uint8).reshape(h, w, 4)[..., :3])
    return Pictures(np.array([d["z"] for d in drawn], np.float32), np.stack(bitmaps))


_PICTURES = """async () => {
    const part = (id) => document.querySelector(`[data-testid=${id}]`);
    const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const canvas = part('decoded');
    const seen = [];
    const look = async () => {
        await frame();
        await frame();
        const { width: w, height: h } = canvas;
        const { data } = canvas.getContext('2d').getImageData(0, 0, w, h);
        const z = JSON.parse(part('stage').dataset.z);
        seen.push({ z, size: [h, w], pixels: Array.from(data) });
    };
    part('reset').click();
    await look();
    for (let i = 0; i < 12; i++) {
        part('sample').click();
        await look();
    }
    for (const slider of [...part('stage').querySelectorAll('input[type=range]')].slice(0, 3)) {
        for (const end of [slider.min, slider.max]) {
            part('reset').click();
            await frame();
            slider.value = end;
            slider.dispatchEvent(new Event('input', { bubbles: true }));
            await look();
        }
    }
    return seen;
}"""


def while_exploring(address: str, models: Iterable[str], look: Callable[[], T]) -> T:
    """Do what a visitor does with each model, compare some, and return what `look` finds."""

    async def explore() -> T:
        async with profile() as window:
            page = await window.new_page()
            for model in models:
                for map_code in ("pca", "tsne"):
                    await open_model(page, address, model, map_code=map_code)
                    await _handle(page)
            await page.goto(f"{address}/compare")
            await page.wait_for_selector(_COMPARED)
            return look()

    return asyncio.run(explore())


async def _handle(page: "Page") -> None:
    """Hover across the map, sample, and drag a slider."""
    box = await page.get_by_test_id("map").bounding_box()
    if box is not None:
        for step in range(20):
            share = 0.2 + 0.03 * step
            await page.mouse.move(box["x"] + share * box["width"], box["y"] + share * box["height"])
    await page.get_by_test_id("sample").click()
    left, width, y = await _first_slider(page)
    await page.mouse.move(left + 0.5 * width, y)
    await page.mouse.down()
    await page.mouse.move(left + 0.7 * width, y, steps=10)
    await page.mouse.up()
    await page.wait_for_timeout(500)  # a message goes to the server
