"""Many visitors at once: how long each waits, and what their costliest requests take in memory.

A visitor is what a page is to the server: a websocket over which it says what a page says, and
addresses that it fetches. Both are recorded from a page in Chromium first and then repeated.
Knows nothing of budgets.
"""

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import numpy as np

from explorer import jobs, presets, store
from explorer.bench import browser
from explorer.bench.app import RunningApp, running_app
from explorer.bench.running import app_with_run, at_home
from explorer.bundle import bundles_in
from explorer.errors import MachineError

if TYPE_CHECKING:
    from playwright.async_api import Page
    from websockets.asyncio.client import ClientConnection

T = TypeVar("T")

_MODEL = "faces"
_TALK_S = 120.0  # until we no longer believe that an answer comes
_REST_S = 20  # how long visitors rest once a second
_WATCH_S = 5.0  # in which a page that watches a run says all that it repeats
_N_CLICKS = 20
_SETTLE_S = 3.0
_LOOK_S = 0.05  # between two looks at the memory
_GIVEN_BACK_S = 60.0
_SCRIPT_FINISHED = 6  # field of Streamlit's ForwardMsg


@dataclass
class Recording:
    """What a page said and fetched, with the seconds since its recording began."""

    said: list[tuple[float, bytes]] = field(default_factory=list)
    fetched: list[tuple[float, str]] = field(default_factory=list)

    def since(self, begin_s: float) -> "Recording":
        """Return the rest of it, from a moment on that becomes its beginning."""
        return Recording(
            [(at - begin_s, message) for at, message in self.said if at >= begin_s],
            [(at - begin_s, path) for at, path in self.fetched if at >= begin_s],
        )


@dataclass(frozen=True)
class Peak:
    """Memory over that of the idle app, in MB: at its highest, and what is left some time later."""

    highest_mb: float
    left_mb: float


def ready_s(app: RunningApp, n: int) -> np.ndarray:
    """Open n sessions at once; return the seconds until each has its page, shape (n,)."""
    first = asyncio.run(_recorded(app.address, _move_slider)).said[0][1]

    async def open_all() -> list[float]:
        async with contextlib.AsyncExitStack() as stack:
            begin_s = time.perf_counter()

            async def open_one() -> float:
                visitor = await stack.enter_async_context(_visitor(app))
                await visitor.ask(first)
                return time.perf_counter() - begin_s

            return await asyncio.gather(*(open_one() for _ in range(n)))

    return np.array(asyncio.run(open_all()))


def rests_ms(app: RunningApp, n: int) -> np.ndarray:
    """Let n visitors rest their hand once a second; return how long each answer takes, (m,).

    An answer that is late counts from when its question was due, also where the one before it was
    still awaited then.
    """
    recording = asyncio.run(_recorded(app.address, _move_slider))
    (_, first), *rests = recording.said

    async def all_rest() -> list[float]:
        async with contextlib.AsyncExitStack() as stack:
            visitors = [await stack.enter_async_context(_visitor(app)) for _ in range(n)]
            for visitor in visitors:
                await visitor.ask(first)
            begin_s = time.perf_counter() + 1

            async def rest(visitor: _Visitor, phase: float) -> list[float]:
                took = []
                for i in range(_REST_S):
                    due_s = begin_s + phase + i
                    await asyncio.sleep(due_s - time.perf_counter())
                    await visitor.ask(rests[i % len(rests)][1])
                    took.append(time.perf_counter() - due_s)
                return took

            told = await asyncio.gather(*(rest(v, i / n) for i, v in enumerate(visitors)))
            return [1000 * seconds for took in told for seconds in took]

    return np.array(asyncio.run(all_rest()))


def clicks_ms(n_viewers: int) -> np.ndarray:
    """Click while some watch one run that works; return how long each answer takes, (m,).

    The click opens the panel about a model, in a session of its own.
    """
    with app_with_run("faces") as app:
        run = next(iter(_runs(app)))
        watched = asyncio.run(_recorded(app.address, _watch, page=f"train?run={run}"))
        clicked = asyncio.run(_recorded(app.address, _click))

        async def click() -> list[float]:
            async with contextlib.AsyncExitStack() as stack:
                someone = await stack.enter_async_context(_visitor(app))
                await someone.ask(clicked.said[0][1])
                for i in range(n_viewers):
                    viewer = await stack.enter_async_context(_visitor(app))
                    await viewer.ask(watched.said[0][1])
                    await stack.enter_async_context(_watching(app, viewer, watched, i / n_viewers))
                took = []
                for _ in range(_N_CLICKS):
                    await asyncio.sleep(1)
                    took.append(1000 * await someone.ask(clicked.said[-1][1]))
                return took

        return np.array(asyncio.run(click()))


def costly_mb(n_comparisons: int, n_gifs: int) -> Peak:
    """Ask for comparisons of all shipped models and for GIFs of a run, all at once."""
    with running_app() as app:
        run = _finished_run(app)
        compared = asyncio.run(_comparison_paths())
        paths = [compared[i % len(compared)] for i in range(n_comparisons)]
        paths += [f"/latent/run/{run}/gif"] * n_gifs
        time.sleep(_SETTLE_S)
        idle = app.resident_mb()
        with ThreadPoolExecutor(len(paths)) as threads:
            asked = [threads.submit(_fetch, app, path) for path in paths]
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


class _Visitor:
    """A session: asks, and hears when the script has answered."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._answers: asyncio.Queue[float] = asyncio.Queue()

    async def listen(self) -> None:
        async for message in self._socket:
            if isinstance(message, bytes) and _SCRIPT_FINISHED in fields(message):
                self._answers.put_nowait(time.perf_counter())

    async def say(self, message: bytes) -> None:
        await self._socket.send(message)

    async def ask(self, message: bytes) -> float:
        """Send a message and return the seconds until the script that it starts has finished."""
        begin_s = time.perf_counter()
        await self.say(message)
        async with asyncio.timeout(_TALK_S):
            return await self._answers.get() - begin_s


def fields(message: bytes) -> set[int]:
    """Return the numbers of the fields at the top of a protocol buffer."""
    found, at = set(), 0
    while at < len(message):
        key, at = _number(message, at)
        found.add(key >> 3)
        kind = key & 7
        if kind == 0:
            _, at = _number(message, at)
        elif kind == 2:
            size, at = _number(message, at)
            at += size
        else:
            at += {1: 8, 5: 4}[kind]
    return found


def _number(message: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte; return it and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


@contextlib.asynccontextmanager
async def _visitor(app: RunningApp) -> AsyncIterator[_Visitor]:
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    protocols = [Subprotocol("streamlit")]
    async with connect(
        address, subprotocols=protocols, max_size=None, open_timeout=_TALK_S, ping_timeout=None
    ) as socket:
        visitor = _Visitor(socket)
        listening = asyncio.create_task(visitor.listen())
        try:
            yield visitor
        finally:
            listening.cancel()


@contextlib.asynccontextmanager
async def _watching(
    app: RunningApp, viewer: _Visitor, watched: Recording, pause_s: float
) -> AsyncIterator[None]:
    """Have a visitor say and fetch, again and again, what a page did that watched a run."""

    async def fetch(path: str) -> None:
        await asyncio.to_thread(_fetch, app, path)

    def repeat(
        recorded: Sequence[tuple[float, T]], do: Callable[[T], Awaitable[None]]
    ) -> "asyncio.Task[None]":
        return asyncio.create_task(_repeat(recorded, do, pause_s))

    tasks = [repeat(watched.said[1:], viewer.say), repeat(watched.fetched, fetch)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def _repeat(
    recorded: Sequence[tuple[float, T]], do: Callable[[T], Awaitable[None]], pause_s: float
) -> None:
    begin_s = time.perf_counter() + pause_s
    while True:
        for at, what in recorded:
            await asyncio.sleep(begin_s + at - time.perf_counter())
            await do(what)
        begin_s += _WATCH_S
        await asyncio.sleep(begin_s - time.perf_counter())


def _fetch(app: RunningApp, path: str) -> int:
    with urllib.request.urlopen(app.address + path, timeout=_TALK_S) as answer:
        return len(answer.read())


async def _recorded(
    address: str,
    act: "Callable[[Page], Awaitable[None]]",
    *,
    page: str = f"?model={_MODEL}&map=pca",
) -> Recording:
    """Open a page, do something on it, and return its first message and what it then said."""
    recording, begin_s = Recording(), time.perf_counter()
    async with browser.profile() as window:
        tab = await window.new_page()

        def heard(payload: object) -> None:
            if isinstance(payload, bytes):
                recording.said.append((time.perf_counter() - begin_s, payload))

        def fetched(url: str) -> None:
            parts = urlsplit(url)
            if parts.path.startswith("/latent/run/"):
                path = f"{parts.path}?{parts.query}"
                recording.fetched.append((time.perf_counter() - begin_s, path))

        tab.on("websocket", lambda socket: socket.on("framesent", heard))
        tab.on("request", lambda request: fetched(request.url))
        await tab.goto(f"{address}/{page}", wait_until="commit")
        await tab.wait_for_selector('[data-ready="true"]')
        await tab.wait_for_timeout(1000 * _SETTLE_S)
        acted_s = time.perf_counter() - begin_s
        await act(tab)
    later = recording.since(acted_s)
    if not recording.said or not later.said:
        raise MachineError("bench.nothing_said")
    return Recording([(0.0, recording.said[0][1]), *later.said], later.fetched)


async def _move_slider(page: "Page") -> None:
    """Move the first slider to two places, which the page tells the server each time."""
    slider = page.locator(".le-root input[type=range]").first
    for key in ("ArrowRight", "ArrowLeft"):
        await slider.press(key)
        await page.wait_for_timeout(1500)


async def _watch(page: "Page") -> None:
    await page.wait_for_timeout(1000 * _WATCH_S)


async def _click(page: "Page") -> None:
    await page.get_by_role("button", name="About this model").click()
    await page.get_by_role("dialog").wait_for()


async def _comparison_paths() -> list[str]:
    """Return the addresses of the comparisons of all shipped models.

    They stand beside those that the pages of the models ask for.
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
    """Train for a quick look at the digits, and return the run's id."""
    with at_home(app.home):
        config = presets.preset("quick", "digits", (1, 8, 8), 1_797)
        run = jobs.begin(config, "bench")
        give_up_s = time.monotonic() + _TALK_S
        while run.status().state not in jobs.ENDED and time.monotonic() < give_up_s:
            time.sleep(0.5)
        return run.id
