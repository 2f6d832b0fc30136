"""The life of the server: what it does when it starts, and when it ends.

Knows nothing of pages and of what is served.
"""

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from explorer.ui import pages

LAUNCHED = "LATENT_EXPLORER_LAUNCHED"  # set if a launcher holds the other end of our stdin
_END_S = 5.0  # seconds to shut down before the process exits


def base_path() -> str:
    """Return the path that all addresses start with, such as `/lab`, or an empty string."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}" if base else ""


def routes() -> list[Route]:
    """Return the route, below no base path, that tells the launcher where the pages are."""
    return [Route("/latent/base", _base)]


def _base(request: Request) -> PlainTextResponse:
    return PlainTextResponse(base_path(), headers={"Cache-Control": "no-store"})


@contextlib.asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Start the threads that run beside the server."""
    if os.environ.get(LAUNCHED):
        threading.Thread(target=_end_with_launcher, daemon=True).start()
    threading.Thread(target=_get_ready, daemon=True).start()
    yield


def _get_ready() -> None:
    """Load the pages before the first visitor comes, then freeze what stays for good.

    A full collection walks over every object there is, a tenth of a second in which nobody is
    answered; frozen ones it passes over.
    """
    for name in pages.names():
        pages.render_of(name)
    gc.collect()
    gc.freeze()


def _end_with_launcher() -> None:
    """End the server when its launcher has ended, in whatever way.

    The launcher holds the other end of our input and writes nothing; the system closes it when
    the launcher ends.
    """
    with contextlib.suppress(OSError, ValueError):
        while os.read(sys.stdin.fileno(), 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_S)
    os._exit(0)
