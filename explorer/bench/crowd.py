"""Many visitors at once: how long each waits, and what their costliest requests take in memory.

`visitors.py` has the visitors, which repeat what a page in Chromium did. Knows nothing of budgets.
"""

import asyncio
import contextlib
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np

from explorer import jobs, presets, store
from explorer.bench import browser
from explorer.bench.app import RunningApp, running_app
from explorer.bench.running import app_with_run, at_home
from explorer.bench.visitors import (
    SETTLE_S,
    TALK_S,
    WATCH_S,
    Visitor,
    connected,
    fetch,
    recorded,
    watching,
)
from explorer.bundle import bundles_in

if TYPE_CHECKING:
    from playwright.async_api import Page


_REST_S = 20  # for how long visitors rest once a second
_N_CLICKS = 20
_LOOK_S = 0.05  # between two looks at the memory
_GIVEN_BACK_S = 60.0


@dataclass(frozen=True)
class Peak:
    """Memory above that of the idle app, in MB: at its highest, and some time later."""

    highest_mb: float
    left_mb: float


def ready_s(app: RunningApp, n: int) -> np.ndarray:
    """Open n sessions at once, and return the seconds until each has its page, shape (n,)."""
    first = asyncio.run(recorded(app.address, _move_slider)).said[0][1]

    async def open_all() -> list[float]:
        async with contextlib.AsyncExitStack() as stack:
            begin_s = time.perf_counter()

            async def open_one() -> float:
                visitor = await stack.enter_async_context(connected(app))
                await visitor.ask(first)
                return time.perf_counter() - begin_s

            return await asyncio.gather(*(open_one() for _ in range(n)))

    return np.array(asyncio.run(open_all()))


def rests_ms(app: RunningApp, n: int) -> np.ndarray:
    """Have n visitors rest their hand once a second, and return how long each answer takes, (m,).

    The time counts from when a message was due, even if the answer to the one before was late.
    """
    recording = asyncio.run(recorded(app.address, _move_slider))
    (_, first), *rests = recording.said

    async def all_rest() -> list[float]:
        async with contextlib.AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(connected(app)) for _ in range(n)]
            for visitor in visitors:
                await visitor.ask(first)
            begin_s = time.perf_counter() + 1

            async def rest(visitor: Visitor, phase: float) -> list[float]:
                took = []
                for i in range(_REST_S):
                    due_s = begin_s + phase + i
                    await asyncio.sleep(due_s - time.perf_counter())
                    await visitor.ask(rests[i % len(rests)][1])
                    took.append(time.perf_counter() - due_s)
                return took

            seconds_each = await asyncio.gather(*(rest(v, i / n) for i, v in enumerate(visitors)))
            return [1000 * seconds for took in seconds_each for seconds in took]

    return np.array(asyncio.run(all_rest()))


def clicks_ms(n_viewers: int) -> np.ndarray:
    """Click while viewers watch one run at work, and return how long each answer takes, (m,).

    The click opens the panel about a model, in a session of its own.
    """
    with app_with_run("faces") as app:
        run = next(iter(_runs(app)))
        watched = asyncio.run(recorded(app.address, _watch, page=f"train?run={run}"))
        clicked = asyncio.run(recorded(app.address, _click))

        async def click() -> list[float]:
            async with contextlib.AsyncExitStack() as stack:
                someone = await stack.enter_async_context(connected(app))
                await someone.ask(clicked.said[0][1])
                for i in range(n_viewers):
                    viewer = await stack.enter_async_context(connected(app))
                    await viewer.ask(watched.said[0][1])
                    await stack.enter_async_context(watching(app, viewer, watched, i / n_viewers))
                took = []
                for _ in range(_N_CLICKS):
                    await asyncio.sleep(1)
                    took.append(1000 * await someone.ask(clicked.said[-1][1]))
                return took

        return np.array(asyncio.run(click()))


def costly_mb(n_comparisons: int, n_gifs: int) -> Peak:
    """Request comparisons of all shipped models and GIFs of a run, all at once."""
    with running_app() as app:
        run = _finished_run(app)
        compared = asyncio.run(_comparison_paths())
        paths = [compared[i % len(compared)] for i in range(n_comparisons)]
        paths += [f"/latent/run/{run}/replay.gif"] * n_gifs
        time.sleep(SETTLE_S)
        idle = app.resident_mb()
        with ThreadPoolExecutor(len(paths)) as threads:
            asked = [threads.submit(fetch, app, path) for path in paths]
            highest = idle
            while not all(answer.done() for answer in asked):
                highest = max(highest, app.resident_mb())
                time.sleep(_LOOK_S)
            for answer in asked:
                answer.result()
        lowest, end_s = highest, time.monotonic() + _GIVEN_BACK_S
        while time.monotonic() < end_s:
            lowest = min(lowest, app.resident_mb())
            time.sleep(1)
        return Peak(highest - idle, lowest - idle)


async def _move_slider(page: "Page") -> None:
    """Move the first slider twice; the page sends a message to the server each time."""
    slider = page.locator(".le-root input[type=range]").first
    for key in ("ArrowRight", "ArrowLeft"):
        await slider.press(key)
        await page.wait_for_timeout(1500)


async def _watch(page: "Page") -> None:
    await page.wait_for_timeout(1000 * WATCH_S)


async def _click(page: "Page") -> None:
    await page.get_by_role("button", name="About this model").click()
    await page.get_by_role("dialog").wait_for()


async def _comparison_paths() -> list[str]:
    """Return the addresses of the comparisons of all shipped models.

    They are derived from the addresses that the pages of the models fetch.
    """
    paths: list[str] = []
    with running_app() as app:
        async with browser.profile() as window:
            page = await window.new_page()

            def fetched(url: str) -> None:
                start, _, rest = urlsplit(url).path.rpartition("/")
                if rest == "codes":
                    paths.append(f"{start}/comparison")

            page.on("request", lambda request: fetched(request.url))
            for folder in bundles_in(store.pretrained_folder()):
                await browser.open_model(page, app.address, folder.name)
    return list(dict.fromkeys(paths))


def _runs(app: RunningApp) -> list[str]:
    with at_home(app.home):
        return [run.id for run in jobs.runs()]


def _finished_run(app: RunningApp) -> str:
    """Train the preset for a quick look on the digits, and return the id of the run."""
    with at_home(app.home):
        config = presets.preset("quick", "digits", (1, 8, 8), 1_797)
        run = jobs.begin(config, "bench")
        give_up_s = time.monotonic() + TALK_S
        while run.status().state not in jobs.ENDED and time.monotonic() < give_up_s:
            time.sleep(0.5)
        return run.id
