"""Who is let in: hosts, origins, frames, and what answers say to browsers."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from explorer.ui import guard
from tests.tools import awaited

OWN = "http://localhost:8501"


def visitor(address: str | None = "127.0.0.1", *allowed: str, scripts=()) -> TestClient:
    """A client of a guarded server that says which host it believes to be asked for."""

    def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.headers["host"])

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(socket.headers["host"])
        await socket.close()

    middleware = Middleware(guard.Guard, hosts=guard.hosts(address, allowed), scripts=scripts)
    routes = [
        Route("/", page, methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
        WebSocketRoute("/stream", stream),
    ]
    return TestClient(Starlette(routes=routes, middleware=[middleware]), base_url=OWN)


def status(client: TestClient, host: str, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get("/", headers={"host": host} | sent).status_code


def connects(client: TestClient, host: str, origin: str | None) -> bool:
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    try:
        with client.websocket_connect("/stream", headers=headers) as socket:
            socket.receive_text()
    except WebSocketDisconnect as refusal:
        return refusal.code != 1008
    return True


@pytest.mark.parametrize(
    "host",
    ["localhost:8501", "localhost", "LOCALHOST:8501", "localhost.:1", "127.0.0.1:8501", "[::1]:9"],
)
def test_this_machine_is_answered_by_its_own_names_on_any_port(host):
    assert status(visitor(), host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "localhost@evil.example",
        "evil.example#localhost",
        "localhost:8501@evil.example",
        "192.168.1.20:8501",
        "0.0.0.0:8501",
        "[::1",
        "localhost:99999999",
        "localhost:http",
        "localhost/..",
        "local host",
        "",
        ":8501",
    ],
)
def test_foreign_and_malformed_hosts_are_refused(host):
    client = visitor()
    assert status(client, host) == 403
    assert not connects(client, host, None)


def test_a_request_with_no_host_or_with_two_is_refused():
    def sent_with(*hosts: bytes) -> int:
        statuses = []

        async def send(message) -> None:
            statuses.append(message.get("status"))

        async def run() -> None:
            headers = [(b"host", host) for host in hosts]
            scope = {"type": "http", "headers": headers, "method": "GET", "path": "/"}
            await guard.Guard(Starlette(), guard.hosts(None))(scope, None, send)  # type: ignore[arg-type]

        awaited(run())
        return statuses[0]

    assert sent_with() == 403
    assert sent_with(b"localhost", b"evil.example") == 403
    assert sent_with("löcalhost".encode()) == 403


def test_the_address_it_listens_on_is_answered():
    client = visitor("192.168.1.20")
    assert status(client, "192.168.1.20:8501") == 200
    assert status(client, "localhost:8501") == 200
    assert status(client, "192.168.1.21:8501") == 403
    assert status(visitor("lab.local"), "lab.local:8501") == 200


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::", None, ""])
def test_on_all_addresses_digits_are_answered_and_names_are_not(everywhere):
    client = visitor(everywhere)
    for host in ("192.168.1.20:8501", "[fe80::1]:8501", "10.0.0.1", "localhost:8501"):
        assert status(client, host) == 200
    for host in ("evil.example", "1.2.3.4.evil.example", "192.168.1.20.nip.io", "0x7f.1"):
        assert status(client, host) == 403


def test_a_refusal_says_which_host_and_which_flag():
    told = visitor().get("/", headers={"host": "lab.example.org:8501"})
    assert told.status_code == 403
    assert told.headers["content-type"].startswith("text/plain")
    assert told.headers["x-content-type-options"] == "nosniff"
    assert '"lab.example.org"' in told.text
    assert "latent-explorer app --allowed-host lab.example.org" in told.text


@pytest.mark.parametrize(
    ("allowed", "host"),
    [
        ("lab.example.org", "lab.example.org"),
        ("Lab.Example.org.", "lab.example.org:443"),
        ("*.example.org", "a.b.example.org"),
        ("*", "whatever.example"),
        ("10.1.2.3", "10.1.2.3:8501"),
        ("::2", "[::2]:8501"),
        ("lab.example.org:8080", "lab.example.org"),
    ],
)
def test_a_host_is_let_in_by_one_flag(allowed, host, monkeypatch):
    assert status(visitor("127.0.0.1", allowed), host) == 200
    assert status(visitor("127.0.0.1"), host) == 403
    monkeypatch.setenv(guard.ALLOWED_HOSTS, f"other.example,{allowed}")
    assert status(visitor("127.0.0.1"), host) == 200


def test_a_domain_allows_its_subdomains_and_nothing_with_the_same_ending():
    client = visitor("127.0.0.1", "*.example.org")
    assert status(client, "badexample.org") == 403
    assert status(client, "example.org") == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://localhost:8501"),
        ("localhost:8501", None),
        ("[::1]:8501", "http://[::1]:8501"),
        ("localhost", "http://localhost"),
        ("localhost", "https://localhost"),  # behind something that speaks TLS
        ("localhost:443", "https://localhost"),
    ],
)
def test_the_apps_own_pages_are_answered(host, origin):
    client = visitor()
    assert connects(client, host, origin)
    assert status(client, host, **({} if origin is None else {"origin": origin})) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://evil.example:8501",
        "http://localhost:3000",
        "http://localhost",
        "http://127.0.0.1:8501",
        "https://localhost",
        "null",
        "file://",
        "chrome-extension://abcdef",
        "http://localhost:8501@evil.example",
        "",
    ],
)
def test_pages_from_elsewhere_are_refused(origin):
    client = visitor()
    assert not connects(client, "localhost:8501", origin)
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = client.request(method, "/", headers={"origin": origin})
        assert answer.status_code == 403


def test_a_name_pointed_at_this_machine_gets_nothing_by_agreeing_with_itself():
    client = visitor(None)
    assert not connects(client, "evil.example:8501", "http://evil.example:8501")


def test_behind_a_proxy_the_allowed_name_is_an_origin_and_stands_for_the_host():
    client = visitor("127.0.0.1", "lab.example.org")
    headers = {"host": "127.0.0.1:8501", "origin": "https://lab.example.org"}
    with client.websocket_connect("/stream", headers=headers) as socket:
        assert socket.receive_text() == "lab.example.org"  # so Streamlit looks nothing up
    assert not connects(client, "127.0.0.1:8501", "https://evil.example")
    any_name = visitor("127.0.0.1", "*")
    assert not connects(any_name, "127.0.0.1:8501", "https://evil.example")


def test_another_port_of_this_machine_is_let_in_by_itself_alone():
    told = visitor().get("/", headers={"origin": "http://localhost:8080"}).text
    assert "--allowed-host localhost:8080" in told  # and not all of localhost
    client = visitor("127.0.0.1", "localhost:8080")
    assert connects(client, "localhost:8501", "http://localhost:8080")
    assert not connects(client, "localhost:8501", "http://localhost:3000")


def test_requests_of_other_sites_are_refused_and_links_from_them_work():
    client = visitor()
    for site in ("cross-site", "same-site"):
        fetch = {"sec_fetch_site": site}
        assert status(client, "localhost:8501", **fetch, sec_fetch_mode="no-cors") == 403
        assert status(client, "localhost:8501", **fetch, sec_fetch_mode="navigate") == 200
    for site in ("same-origin", "none"):
        own = {"sec_fetch_site": site, "sec_fetch_mode": "no-cors"}
        assert status(client, "localhost:8501", **own) == 200


def policy(client: TestClient, host: str = "localhost:8501") -> dict[str, list[str]]:
    told = client.get("/", headers={"host": host}).headers["content-security-policy"]
    return {name: rest for name, *rest in (part.split() for part in told.split(";"))}


def test_every_answer_has_the_headers_that_restrict_browsers():
    client = visitor(scripts=["'sha256-abc='"])
    headers = client.get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    told = policy(client)
    assert told["frame-ancestors"] == ["'self'"]
    assert told["default-src"] == ["'self'"]
    assert told["object-src"] == ["'none'"]
    assert "'unsafe-inline'" not in told["script-src"]
    assert not {"*", "data:", "http:", "https:"} & set(told["script-src"])
    assert "'sha256-abc='" in told["script-src"]
    assert "ws://localhost:8501" in told["connect-src"]


def test_allowed_hosts_may_frame_the_app_and_the_star_frames_nothing():
    client = visitor("127.0.0.1", "lab.example.org", "*", "localhost:8080")
    assert policy(client)["frame-ancestors"] == ["'self'", "lab.example.org:*", "localhost:8080"]


@pytest.mark.slow
def test_a_refusal_is_logged_once(caplog):
    client = visitor()
    for _ in range(3):
        assert not connects(client, "localhost:8501", "http://evil.example")
    assert len(caplog.records) == 1
    assert "--allowed-host evil.example" in caplog.text
    for i in range(500):
        status(client, f"name{i}.example")
    assert len(caplog.records) <= 100
