"""Pages from elsewhere cannot read the app, drive it or frame it."""

import contextlib
import http.server
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import ARGUMENTS, READY, SLOW_MS, Visit, serving, visiting
from tests.tools import chromium

# What each way of asking came to, as a page from elsewhere sees it.
_TRY = """async (app) => {
  const socket = await new Promise((done) => {
    const one = new WebSocket(app.replace('http', 'ws') + '/_stcore/stream', ['streamlit']);
    one.onopen = () => done('open');
    one.onerror = () => done('refused');
  });
  const fetched = await fetch(app + '/_stcore/health').then((a) => a.text(), () => 'refused');
  const image = await new Promise((done) => {
    const one = new Image();
    one.onload = () => done('seen');
    one.onerror = () => done('refused');
    one.src = app + '/favicon.png';
  });
  return { socket, fetched, image };
}"""


@contextlib.contextmanager
def page_from_elsewhere(html: str = "<p>elsewhere</p>") -> Iterator[int]:
    """A web server of somebody else's; its port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def deceived(browser) -> Iterator[Browser]:
    """A browser whose name server points foreign names at this machine."""
    arguments = [*ARGUMENTS, "--host-resolver-rules=MAP *.example 127.0.0.1"]
    own = browser.browser_type.launch(executable_path=chromium(), args=arguments)
    yield own
    own.close()


@pytest.fixture
def elsewhere(deceived) -> Iterator[Page]:
    page = deceived.new_page()
    yield page
    page.close()


def test_a_foreign_name_that_points_here_is_refused_in_words(elsewhere, address):
    port = urlsplit(address).port
    answer = elsewhere.goto(f"http://evil.example:{port}/")
    assert answer.status == 403
    told = elsewhere.locator("body").inner_text()
    assert "evil.example" in told
    assert "--allowed-host evil.example" in told
    # A page of that name at that port, as after its name was pointed elsewhere and back.
    found = elsewhere.evaluate(_TRY, f"http://evil.example:{port}")
    assert found["socket"] == "refused"
    assert "ok" not in found["fetched"]


@pytest.mark.parametrize("name", ["evil.example", "localhost"])
def test_a_page_of_another_origin_opens_reads_and_shows_nothing(elsewhere, address, name):
    with page_from_elsewhere() as port:
        elsewhere.goto(f"http://{name}:{port}/")
        found = elsewhere.evaluate(_TRY, address)
    assert found == {"socket": "refused", "fetched": "refused", "image": "refused"}


def test_the_app_can_be_seen_in_no_frame_of_another_origin(elsewhere, address):
    with page_from_elsewhere(f"<iframe src='{address}/train' width=900 height=700></iframe>") as at:
        elsewhere.goto(f"http://evil.example:{at}/")
        frame = elsewhere.frames[1]
        elsewhere.wait_for_timeout(3_000)
        assert frame.url.startswith("chrome-error:")
        assert frame.get_by_role("button", name="Train").count() == 0


def test_a_link_from_elsewhere_opens_the_app(elsewhere, address):
    with page_from_elsewhere(f"<a href='{address}/?model=digits'>look</a>") as port:
        elsewhere.goto(f"http://evil.example:{port}/")
        elsewhere.get_by_role("link").click()
        elsewhere.wait_for_selector(READY, timeout=SLOW_MS)


def test_an_allowed_host_opens_the_app_by_its_name(deceived, home):
    with serving(home, "--allowed-host", "lab.example") as at:
        port = urlsplit(at).port
        for visit in visiting(deceived, f"http://lab.example:{port}"):
            visit.open("?model=digits")
        page = deceived.new_page()
        assert page.goto(f"http://evil.example:{port}").status == 403
        page.close()


def test_a_foreign_websocket_is_refused_without_a_lookup_outside(elsewhere, home):
    """Streamlit would look its own address up outside, which holds all visitors up."""
    with socket.create_server(("127.0.0.1", 0)) as outside, page_from_elsewhere() as port:
        proxy = f"http://127.0.0.1:{outside.getsockname()[1]}"  # listens, and never answers
        with serving(home, http_proxy=proxy, https_proxy=proxy, all_proxy=proxy) as at:
            elsewhere.goto(f"http://evil.example:{port}/")
            for _ in range(3):
                found = elsewhere.evaluate(_TRY, at)
                assert found["socket"] == "refused"
            elsewhere.goto(f"{at}/_stcore/health")
            assert elsewhere.locator("body").inner_text() == "ok"
        outside.setblocking(False)
        with pytest.raises(BlockingIOError):
            outside.accept()


@pytest.mark.parametrize("how", ["flag", "variable", "file"])
def test_the_app_is_whole_under_a_base_path(browser, home, tmp_path, how):
    flags = ["--base-path", "lab"] if how == "flag" else []
    variables = {"STREAMLIT_SERVER_BASE_URL_PATH": "lab"} if how == "variable" else {}
    if how == "file":
        settings = tmp_path / ".streamlit"
        settings.mkdir()
        (settings / "config.toml").write_text('[server]\nbaseUrlPath = "lab"\n')
        variables = {"HOME": str(tmp_path)}
    with serving(home, *flags, base="/lab", **variables) as at:
        for visit in visiting(browser, at, viewport={"width": 1280, "height": 800}):
            _walk(visit)


def _walk(visit: Visit) -> None:
    page = visit.open("?model=digits").page
    assert urlsplit(page.url).path == "/lab/"
    page.get_by_role("link", name="Compare").click()
    page.wait_for_selector('[data-testid="comparison"][data-ready="true"]', timeout=SLOW_MS)
    assert urlsplit(page.url).path == "/lab/compare"
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name="Train", exact=True).wait_for()
    assert urlsplit(page.url).path == "/lab/train"
    page.get_by_role("link", name="Explore").click()
    visit.ready()
    assert urlsplit(page.url).path in ("/lab", "/lab/")
    page.goto(f"{visit.address}/train")
    page.get_by_role("button", name="Train", exact=True).wait_for()
