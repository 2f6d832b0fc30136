"""Streamlit's `index.html` with our title and an outline of the page, which appears at once.

Streamlit fetches a megabyte of scripts and runs the page's own before anything is drawn; until
then there would be nothing on the screen. Knows nothing of what the page will hold.
"""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from explorer.ui import pages, serving
from explorer.words import say, tag

_INDEX = Path(st.__file__).parent / "static" / "index.html"
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_TITLE, _ROOT = "<title>Streamlit</title>", '<div id="root"></div>'
_LANGUAGE = '<html lang="en">'


def routes() -> list[Route]:
    """Return a route for each page; none if Streamlit's file has changed.

    Streamlit then answers as ever: the outline is a courtesy.
    """
    start = serving.base_path()
    paths = [pages.path_of(name) for name in pages.names()]
    return [Route(f"{start}/{path}", _page) for path in paths] if page_text() else []


def script_hashes() -> list[str]:
    """Return the hash of each script that stands in the page itself, as a policy lists them."""
    scripts = _SCRIPT.findall(page_text() or _INDEX.read_text(encoding="utf-8"))
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def _page(request: Request) -> Response:
    return HTMLResponse(page_text(), headers={"Cache-Control": "no-cache"})


@cache
def page_text() -> str | None:
    """Return the page before any script has run, or None if Streamlit's file has changed."""
    text = _INDEX.read_text(encoding="utf-8")
    if text.count(_TITLE) != 1 or text.count(_ROOT) != 1:
        return None
    outline, hero = (
        files("explorer").joinpath(name).read_text(encoding="utf-8")
        for name in ("ui/outline.html", "live/explore/decoded.css")
    )
    outline = outline.replace("/* decoded.css */", hero)
    spoken = text.replace(_LANGUAGE, f'<html lang="{tag()}">')
    titled = spoken.replace(_TITLE, f"<title>{say('app.title')}</title>")
    return titled.replace(_ROOT, f"{_ROOT}\n{outline}")
