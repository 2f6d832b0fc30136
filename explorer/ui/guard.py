"""Who may ask the server, checked before anything else runs, and what browsers may do with answers.

A page from elsewhere must not drive the app: not by a name of its own that it points at this
machine (DNS rebinding), not by a websocket or a form from another origin, not in a frame. Knows
nothing of what is served.
"""

import ipaddress
import logging
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from explorer.words import say

ALLOWED_HOSTS: Final = "LATENT_EXPLORER_ALLOWED_HOSTS"  # names with commas between

_HERE = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("", "0.0.0.0", "::")  # addresses that stand for all of this machine's
_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_MOST_REPORTED = 100  # a page elsewhere must not fill the log
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Place:
    """A host and a port as a browser writes them, in lower case; port None where none is given."""

    name: str
    port: int | None = None

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


def place(text: str) -> Place | None:
    """Read a Host header, or the part of an Origin that names the host; None if it is neither."""
    try:
        parts = urlsplit(f"//{text.strip().lower()}")
        name, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return Place(name, port) if _NAME.fullmatch(name) or _is_address(name) else None


@dataclass(frozen=True)
class Hosts:
    """The names that the app answers to.

    Attributes:
        own: Names and addresses of this machine, as far as it listens on them.
        added: What a person allows besides: a name, `*.` and a domain, or `*` for any name; with a
            port, pages from that port alone.
        any_address: Whether any address in digits will do. It will where the server listens on all
            of the machine's: those are many, they change, and routers and containers give it
            others. A page cannot point one of them elsewhere, as it can a name.
    """

    own: tuple[str, ...] = _HERE
    added: tuple[Place, ...] = ()
    any_address: bool = False

    def answers_to(self, name: str) -> bool:
        """Whether requests may ask for a host of this name."""
        if name in self.own or (self.any_address and _is_address(name)):
            return True
        return any(added.name == "*" or _is_like(name, added.name) for added in self.added)

    def trusts(self, page: Place) -> bool:
        """Whether a person named the host of a page, so that it counts as the app's own.

        Args:
            page: Where it is from, with its port.
        """
        return any(
            _is_like(page.name, added.name) and added.port in (None, page.port)
            for added in self.added
        )


def hosts(address: str | None, added: Iterable[str] = ()) -> Hosts:
    """Return the names to answer to.

    Args:
        address: What the server listens on; None for all addresses.
        added: Names that a person allows besides; those in the environment count as well.
    """
    named = [*os.environ.get(ALLOWED_HOSTS, "").split(","), *added]
    known = dict.fromkeys(found for found in map(_added, named) if found is not None)
    listens = (address or "").strip().lower().strip("[]")
    is_everywhere = listens in _EVERYWHERE
    own = _HERE if is_everywhere or listens in _HERE else (*_HERE, listens)
    return Hosts(own, tuple(known), is_everywhere)


def _added(text: str) -> Place | None:
    """Read a name that a person allows, or None for what is none."""
    name = text.strip().lower()
    if _is_address(name):
        return Place(name)
    found = place(name.replace("*", "_", 1) if name.startswith("*") else name)
    if found is None or not name.startswith("*"):
        return found
    return Place("*" + found.name.removeprefix("_"), found.port)


def _is_like(name: str, pattern: str) -> bool:
    return name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern


class Guard:
    """Middleware that refuses foreign hosts and origins, and tells browsers what is allowed.

    Args:
        app: What is guarded.
        hosts: The names it answers to.
        scripts: Hashes of the scripts that stand in the page itself, as a policy lists them.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts, scripts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = hosts
        self._scripts = tuple(scripts)
        self._reported: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or websocket, or refuse it before anything has run."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._problem(headers)
        if problem is not None:
            self._report(problem)
            await _refuse(problem, scope, receive, send)
            return
        policy = self._policy(place(headers["host"]))

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _set_headers(MutableHeaders(scope=message), policy)
            await send(message)

        await self._app(_as_the_visitor_calls_it(scope, headers), receive, send_guarded)

    def _problem(self, headers: Headers) -> str | None:
        """Say why a request is refused, or return None."""
        given = headers.getlist("host")
        host = place(given[0]) if len(given) == 1 else None
        if host is None:
            return say("guard.no_host")
        if not self._hosts.answers_to(host.name):
            return say("guard.host", host=host.name, known=", ".join(self._known()))
        origins = headers.getlist("origin")
        origin = _origin(origins[0]) if len(origins) == 1 else None
        if origins and origin is None:
            return say("guard.no_origin", host=host)
        if origin is not None:
            scheme, page = origin
            page, own = _whole(page, scheme), _whole(host, scheme)
            if page != own and not self._hosts.trusts(page):
                # Of this machine, other ports are other programs': name the one that is meant.
                name = page if self._hosts.answers_to(page.name) else page.name
                return say("guard.origin", origin=page, host=host, name=name)
        elif _is_part_of_another_page(headers):
            return say("guard.part", host=host)
        return None

    def _report(self, problem: str) -> None:
        """Tell whoever runs the app, once: of a refused websocket, the page cannot say why."""
        if problem not in self._reported and len(self._reported) < _MOST_REPORTED:
            self._reported.add(problem)
            _logger.warning("%s", problem)

    def _known(self) -> list[str]:
        digits = [say("guard.any_address")] if self._hosts.any_address else []
        return [*self._hosts.own, *digits, *map(str, self._hosts.added)]

    def _policy(self, host: Place | None) -> str:
        """Return what the page may load, and who may frame it, as a Content-Security-Policy.

        Streamlit mounts our components from blobs and writes styles by script. Plotly's maps make
        functions from texts, and without leave to say that there is no WebGL. Networks run in
        WebAssembly. Some browsers do not count a page's own websocket as `'self'`.
        """
        named = [added for added in self._hosts.added if added.name != "*"]
        trusted = [str(one) if one.port else f"{one}:*" for one in named]
        sockets = [f"{scheme}://{name}" for name in (host, *trusted) for scheme in ("ws", "wss")]
        return "; ".join(
            (
                "default-src 'self'",
                " ".join(
                    ("script-src 'self' blob: 'unsafe-eval' 'wasm-unsafe-eval'", *self._scripts)
                ),
                "style-src 'self' 'unsafe-inline'",
                "img-src 'self' data: blob:",
                "media-src 'self' data: blob:",
                "font-src 'self' data:",
                " ".join(("connect-src 'self' data: blob:", *sockets)),
                "worker-src 'self' blob:",
                "object-src 'none'",
                "base-uri 'self'",
                "form-action 'self'",
                " ".join(("frame-ancestors 'self'", *trusted)),
            )
        )


def _set_headers(headers: MutableHeaders, policy: str) -> None:
    headers["Content-Security-Policy"] = policy
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


async def _refuse(problem: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer 403 with the reason; to a websocket without, since no browser shows it."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    await PlainTextResponse(problem + "\n", 403, headers)(scope, receive, send)


def _as_the_visitor_calls_it(scope: Scope, headers: Headers) -> Scope:
    """Return the request with the host that stands in the visitor's address bar.

    A proxy may ask for the app by a name of its own. Streamlit compares the origin of a websocket
    with the host, and where they differ it looks up this machine's external address at a server
    elsewhere, which holds up everybody.
    """
    origin = _origin(headers.get("origin", ""))
    if origin is None:
        return scope
    host = urlsplit(headers["origin"]).netloc.encode("latin-1")
    others = [(key, value) for key, value in scope["headers"] if key != b"host"]
    return {**scope, "headers": [(b"host", host), *others]}


def _origin(text: str) -> tuple[str, Place] | None:
    """Read an Origin header: its scheme and its host; None for `null` and what is none."""
    scheme, _, rest = text.partition("://")
    found = place(rest) if scheme in _PORTS else None
    return None if found is None else (scheme, found)


def _whole(one: Place, scheme: str) -> Place:
    """Return a place with its port, also where that goes without saying."""
    return Place(one.name, one.port or _PORTS[scheme])


def _is_part_of_another_page(headers: Headers) -> bool:
    """Whether a page from elsewhere loads it as a picture or a script; links may come from there.

    Browsers say so wherever the connection is trustworthy, on this machine for one.
    """
    is_foreign = headers.get("sec-fetch-site", "") in ("cross-site", "same-site")
    return is_foreign and headers.get("sec-fetch-mode") != "navigate"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
