"""The app as a newcomer starts it, and pages of Chromium that look at it."""

import contextlib
import io
import json
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    TimeoutError,
    WebSocket,
    sync_playwright,
)

import explorer
from explorer import jobs, store
from explorer.bundle import read_bundle, write_bundle
from explorer.completing import complete
from tests.conftest import fresh_bundle
from tests.tools import chromium, page_of_lengths, started

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
READY = '[data-testid="stage"][data-ready="true"]'
SLOW_MS = 120_000  # machines that test may be busy


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> Path:
    """A home with a bundle too large for the browser, one with a wicked name, and a broken one."""
    home = tmp_path_factory.mktemp("home")
    bundles = home / "bundles"
    whole = complete(fresh_bundle("unpacked"))
    write_bundle(replace(whole, pack=None), bundles / "unpacked")
    odd = replace(whole, name="ünïcode *שלום* <b> 50%#?")
    write_bundle(odd, bundles / odd.name)
    broken = bundles / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    return home


@pytest.fixture(scope="session")
def address(home) -> Iterator[str]:
    """Where the app runs, started by its command."""
    chromium()
    with serving(home) as at:
        yield at


@pytest.fixture(scope="session")
def drawings(tmp_path_factory) -> Path:
    """A zip of 120 drawings of two kinds, as a class might make them."""
    rng = random.Random(0)
    path = tmp_path_factory.mktemp("drawings") / "our drawings ü.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(120):
            image = Image.new("L", (28, 28))
            x, y, r = rng.randint(9, 18), rng.randint(9, 18), rng.randint(4, 8)
            shape = ImageDraw.Draw(image)
            draw = shape.ellipse if i % 2 else shape.rectangle
            draw((x - r, y - r, x + r, y + r), outline=255, width=2)
            stream = io.BytesIO()
            image.save(stream, "PNG")
            archive.writestr(f"{'balls' if i % 2 else 'boxes'}/{i}.png", stream.getvalue())
        archive.writestr("balls/notes.png", b"this is no picture")
    return path


@pytest.fixture
def no_run_left(home, monkeypatch) -> Iterator[None]:
    """Share the app's home with the test, and end all runs that it leaves there."""
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(home))
    yield
    for run in jobs.runs():
        jobs.delete(run)


@contextlib.contextmanager
def serving(home: Path, *flags: str, base: str = "", **variables: str) -> Iterator[str]:
    """The app as its command starts it, with a home; its runs go on when it ends.

    Args:
        home: Its home.
        *flags: Further flags of the command.
        base: The base path that its pages are under, such as `/lab`.
        **variables: Further variables of its environment.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "explorer", "app", "--no-browser", "--port", str(port), *flags]
    environment = {"LATENT_EXPLORER_HOME": str(home), "PATH": "/usr/bin:/bin"} | variables
    with started(command, env=environment, cwd=home, stdout=subprocess.DEVNULL) as server:
        at = f"http://127.0.0.1:{port}{base}"
        try:
            _wait_for(at, server)
            yield at
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(at: str, server: subprocess.Popen) -> None:
    for _ in range(240):
        assert server.poll() is None, "the app ended at its start"
        try:
            urllib.request.urlopen(at, timeout=2).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    pytest.fail("the app did not answer within a minute")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield found
        found.close()


@dataclass
class Visit:
    """A page on the app, and what it said to the server and to its console."""

    page: Page
    address: str
    sent: list[object]
    complaints: list[str]

    def open(self, query: str = "") -> "Visit":
        self.page.goto(f"{self.address}/{query}")
        return self.ready()

    def ready(self) -> "Visit":
        self.page.wait_for_selector(READY, timeout=SLOW_MS)
        return self

    def drawn(self) -> None:
        """Wait for what the next frame draws: of two moves in one frame the second waits for it."""
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    @property
    def z(self) -> np.ndarray:
        """The code on show."""
        self.drawn()
        text = self.page.get_by_test_id("stage").get_attribute("data-z")
        return np.array(json.loads(text or "[]"))

    @property
    def model(self) -> str:
        """The name of the model on show."""
        return self.page.get_by_test_id("stage").get_attribute("data-model") or ""

    def pixels(self, test_id: str = "decoded") -> np.ndarray:
        """The bitmap of a canvas, (h, w, 4) uint8."""
        self.drawn()
        canvas = self.page.get_by_test_id(test_id)
        values = canvas.evaluate(
            "c => ({w: c.width, h: c.height, data:"
            " Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)})"
        )
        return np.array(values["data"], np.uint8).reshape(values["h"], values["w"], 4)

    def slider(self, index: int) -> tuple[float, float, float]:
        """Left end, width and middle height of a slider's track on the screen."""
        handle = self.page.get_by_test_id(f"slider-{index}")
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        assert box is not None
        return box["x"] + 8, box["width"] - 16, box["y"] + box["height"] / 2

    def first_slider(self) -> int:
        """The coordinate at the top of the list."""
        top = self.page.locator("input[type=range]").first.get_attribute("data-testid")
        return int(re.sub(r"\D", "", top or ""))

    def choose_model(self, name: str) -> None:
        """Click a card of the gallery; it shows the title, and its key has the name."""
        self.page.locator(f".st-key-model-{name} button").first.click()

    def box(self, selector: str) -> dict[str, float]:
        """Where the first match is on the screen: x, y, width, height."""
        box = self.page.locator(selector).first.bounding_box()
        assert box is not None, f"{selector} is not on the screen"
        return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}

    def dot(self, order: int = 0) -> tuple[int, float, float]:
        """The item of a dot that no other is close to, and where it is on the screen."""
        found = self.page.get_by_test_id("map").evaluate(_LONE_DOTS)
        return tuple(found[order])

    def empty_place(self) -> tuple[float, float]:
        """A place on the map with no dot near it, on the screen."""
        return tuple(self.page.get_by_test_id("map").evaluate(_EMPTY_PLACE))

    def address_bar(self, key: str) -> str | None:
        found = re.search(rf"[?&]{key}=([^&]*)", self.page.url)
        return found.group(1).replace("%2C", ",") if found else None

    def wait(self, condition: str) -> None:
        """Wait until a JavaScript expression holds."""
        self.page.wait_for_function(condition, timeout=SLOW_MS)


def number_of(item: int, model: str = "faces", *, home: Path | None = None) -> int:
    """What addresses and the screen call an item of a model: its row in the set of images.

    Args:
        item: Its position among the model's codes.
        model: A bundle that is shipped, or that is in a home.
        home: That home.
    """
    folder = home / "bundles" if home else store.pretrained_folder()
    return int(read_bundle(folder / model, weights=False).codes.ids[item])


def choose(visit: Visit, label: str, option: str) -> None:
    """Pick an option of one of Streamlit's select boxes, which a rerun would close."""
    box = visit.page.get_by_role("combobox", name=label)
    choice = visit.page.get_by_role("option", name=option, exact=True)
    for _ in range(5):
        visit.page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
        visit.page.wait_for_timeout(500)
        box.click()
        try:
            return choice.click(timeout=3_000)
        except TimeoutError:
            visit.page.keyboard.press("Escape")
    pytest.fail(f"{label} does not offer {option}")


# Both read the figure as Plotly drew it, through the same axes a person sees.
_DOTS = """
    const plot = map.querySelector('.js-plotly-plot');
    const {xaxis, yaxis} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    const dots = plot._fullData.flatMap((trace) => Array.from(trace.customdata, (item, i) => [
      Number(item), box.left + xaxis._offset + xaxis.l2p(trace.x[i]),
      box.top + yaxis._offset + yaxis.l2p(trace.y[i])]));
    const gap = (x, y, self) => Math.min(...dots.map(
      (d) => d === self ? Infinity : Math.hypot(d[1] - x, d[2] - y)));
"""
_LONE_DOTS = f"""(map) => {{ {_DOTS}
    return dots.map((d) => [d, gap(d[1], d[2], d)]).sort((a, b) => b[1] - a[1])
      .slice(0, 20).map(([d]) => d); }}"""
_EMPTY_PLACE = f"""(map) => {{ {_DOTS}
    let best = [0, 0, 0];
    for (let i = 1; i < 20; i++) for (let j = 1; j < 20; j++) {{
      const x = box.left + xaxis._offset + xaxis._length * i / 20;
      const y = box.top + yaxis._offset + yaxis._length * j / 20;
      const free = Math.min(gap(x, y, null), 60);
      if (free > best[2]) best = [x, y, free];
    }}
    return best.slice(0, 2); }}"""


# What the page's policy forbids is told to nobody else: a library may take it for something else.
_TELL_OF_THE_POLICY = """addEventListener("securitypolicyviolation", (told) =>
  console.error("Refused by the policy:", told.violatedDirective, told.blockedURI))"""


def visiting(browser: Browser, address: str, **options: object) -> Iterator[Visit]:
    """Open a fresh page, and see at its end that nothing went wrong unseen."""
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(SLOW_MS)
    page.add_init_script(_TELL_OF_THE_POLICY)
    visit = Visit(page, address, [], [])

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: visit.sent.append(frame))

    def hear(message: ConsoleMessage) -> None:
        # On a page with a path of its own, Streamlit asks there before it asks at the root; and it
        # forgets a picture at once that a rerun has replaced, maybe before the browser has it.
        complaint = f"{message.text} {message.location['url']}"
        is_its_own = any(part in complaint for part in ("/_stcore/", "/media/"))
        if message.type == "error" and not is_its_own:
            visit.complaints.append(complaint)

    page.on("websocket", listen)
    page.on("console", hear)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    yield visit
    context.close()
    assert visit.complaints == []


# Shows the code as numbers, and keeps what is typed into a field.
TOOL = """
export function make({ code }) {
  const [element, output, field] = ["div", "output", "input"].map((tag) =>
    document.createElement(tag));
  element.append(output, field);
  field.addEventListener("change", () => code.rest());
  const show = () => {
    output.textContent = JSON.stringify(Array.from(code.z));
    output.dataset.shown = String(Number(output.dataset.shown ?? 0) + 1);
  };
  const state = { get: () => field.value, set: (text) => { field.value = text; } };
  return { element, show, state };
}
"""


@pytest.fixture(scope="session")
def with_toys(tmp_path_factory, home) -> Iterator[str]:
    """Where an app runs whose package has one tool and one page more, and their words."""
    chromium()
    place = tmp_path_factory.mktemp("package")
    source = Path(explorer.__file__).parent
    package = place / "explorer"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "pretrained").symlink_to(source.parent / "pretrained")
    tool, words = package / "live" / "tools" / "toy", package / "words" / "en"
    tool.mkdir(parents=True)
    (tool / "tool.js").write_text(TOOL)
    of_stage = json.loads((words / "stage.json").read_text("utf-8"))
    of_stage["tools"] = {"toy": {"name": "Toy", "help": "Shows the code as numbers"}}
    (words / "stage.json").write_text(json.dumps(of_stage), encoding="utf-8")
    page_of_lengths(package / "ui" / "views", words)
    with serving(home, PYTHONPATH=str(place)) as at:
        yield at


@pytest.fixture
def visit_with_toys(browser, with_toys) -> Iterator[Visit]:
    """A page of that app."""
    yield from visiting(browser, with_toys, viewport={"width": 1280, "height": 800})


@pytest.fixture
def visit(browser, address) -> Iterator[Visit]:
    """A page as on a small laptop."""
    yield from visiting(browser, address, viewport={"width": 1280, "height": 800})


@pytest.fixture
def phone(browser, address) -> Iterator[Visit]:
    """A page as on a phone."""
    size = {"width": 390, "height": 844}
    yield from visiting(browser, address, viewport=size, has_touch=True, is_mobile=True)


@pytest.fixture
def phone_on_its_side(browser, address) -> Iterator[Visit]:
    """A page as on a phone that is held sideways."""
    size = {"width": 844, "height": 390}
    agent = "Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0.0.0 Mobile Safari/537.36"
    options = {"viewport": size, "has_touch": True, "is_mobile": True, "user_agent": agent}
    yield from visiting(browser, address, **options)
