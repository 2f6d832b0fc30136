"""Visitors without a browser: what a page says to the server is recorded once, then repeated.

A visitor is what a page is to the server: a websocket that carries its messages, and the addresses
that it fetches. Knows nothing of what is measured.
"""

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from explorer.bench import browser
from explorer.bench.app import RunningApp
from explorer.errors import MachineError

if TYPE_CHECKING:
    from playwright.async_api import Page
    from websockets.asyncio.client import ClientConnection

T = TypeVar("T")

_MODEL = "faces"
TALK_S = 120.0  # after which no answer is expected any more
WATCH_S = 5.0  # in which a page that watches a run sends all that it repeats
SETTLE_S = 3.0
_SCRIPT_FINISHED = 6  # field of Streamlit's ForwardMsg


@dataclass
class Recording:
    """What a page sent and fetched, with the seconds since the recording began."""

    said: list[tuple[float, bytes]] = field(default_factory=list)
    fetched: list[tuple[float, str]] = field(default_factory=list)

    def since(self, begin_s: float) -> "Recording":
        """Return the part from a moment on, which becomes its beginning."""
        return Recording(
            [(at - begin_s, message) for at, message in self.said if at >= begin_s],
            [(at - begin_s, path) for at, path in self.fetched if at >= begin_s],
        )


class Visitor:
    """A session: sends messages, and hears when the script that they start has finished."""

    def __init__(self, socket: "ClientConnection") -> None:
        self._socket = socket
        self._answers: asyncio.Queue[float] = asyncio.Queue()

    async def listen(self) -> None:
        """Note each answer as it comes, for as long as the session lasts."""
        async for message in self._socket:
            if isinstance(message, bytes) and _SCRIPT_FINISHED in fields(message):
                self._answers.put_nowait(time.perf_counter())

    async def say(self, message: bytes) -> None:
        """Send a message, without waiting for an answer."""
        await self._socket.send(message)

    async def ask(self, message: bytes) -> float:
        """Send a message and return the seconds until the script that it starts has finished."""
        begin_s = time.perf_counter()
        await self.say(message)
        async with asyncio.timeout(TALK_S):
            return await self._answers.get() - begin_s


@contextlib.asynccontextmanager
async def connected(app: RunningApp) -> AsyncIterator[Visitor]:
    """Open a session, which ends with the context."""
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    protocols = [Subprotocol("streamlit")]
    async with connect(
        address, subprotocols=protocols, max_size=None, open_timeout=TALK_S, ping_timeout=None
    ) as socket:
        visitor = Visitor(socket)
        listening = asyncio.create_task(visitor.listen())
        try:
            yield visitor
        finally:
            listening.cancel()


@contextlib.asynccontextmanager
async def watching(
    app: RunningApp, viewer: Visitor, watched: Recording, pause_s: float
) -> AsyncIterator[None]:
    """Have a visitor send and fetch, again and again, what a page did that watched a run."""

    async def fetch_one(path: str) -> None:
        await asyncio.to_thread(fetch, app, path)

    def repeat(
        recorded: Sequence[tuple[float, T]], do: Callable[[T], Awaitable[None]]
    ) -> "asyncio.Task[None]":
        return asyncio.create_task(_repeat(recorded, do, pause_s))

    tasks = [repeat(watched.said[1:], viewer.say), repeat(watched.fetched, fetch_one)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def recorded(
    address: str,
    act: "Callable[[Page], Awaitable[None]]",
    *,
    page: str = f"?model={_MODEL}&map=pca",
) -> Recording:
    """Open a page, act on it, and return its first message and those that followed the act."""
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
        await tab.wait_for_timeout(1000 * SETTLE_S)
        acted_s = time.perf_counter() - begin_s
        await act(tab)
    later = recording.since(acted_s)
    if not recording.said or not later.said:
        raise MachineError("bench.nothing_said")
    return Recording([(0.0, recording.said[0][1]), *later.said], later.fetched)


def fetch(app: RunningApp, path: str) -> int:
    """Fetch an address of the app, and return the size of the answer in bytes."""
    with urllib.request.urlopen(app.address + path, timeout=TALK_S) as answer:
        return len(answer.read())


async def _repeat(
    recorded: Sequence[tuple[float, T]], do: Callable[[T], Awaitable[None]], pause_s: float
) -> None:
    begin_s = time.perf_counter() + pause_s
    while True:
        for at, what in recorded:
            await asyncio.sleep(begin_s + at - time.perf_counter())
            await do(what)
        begin_s += WATCH_S
        await asyncio.sleep(begin_s - time.perf_counter())


def fields(message: bytes) -> set[int]:
    """Return the numbers of the top-level fields of a protocol buffer."""
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
    """Read a number stored as seven bits per byte, and return it and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
