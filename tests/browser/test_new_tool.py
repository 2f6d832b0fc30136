"""A new tool is one folder and its words: added to a copy of the package, it works on the page."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from tests.browser.conftest import Visit, serving, visiting
from tests.tools import chromium

TOOL = """
export function make({ code }) {
  const element = document.createElement("output");
  const show = () => {
    element.textContent = JSON.stringify(Array.from(code.z));
    element.dataset.shown = String(Number(element.dataset.shown ?? 0) + 1);
  };
  return { element, show };
}
"""
WORDS = {"toy": {"name": "Toy", "help": "Shows the code as numbers"}}


@pytest.fixture(scope="module")
def with_toy(tmp_path_factory, home) -> Iterator[str]:
    """Where an app runs whose package has one folder more, and words for it."""
    chromium()
    place = tmp_path_factory.mktemp("package")
    source = Path(explorer.__file__).parent
    package = place / "explorer"
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "pretrained").symlink_to(source.parent / "pretrained")
    tool = package / "live" / "tools" / "toy"
    tool.mkdir(parents=True)
    (tool / "tool.js").write_text(TOOL)
    section = package / "words" / "en" / "stage.json"
    words = json.loads(section.read_text(encoding="utf-8"))
    words["tools"] = WORDS
    section.write_text(json.dumps(words), encoding="utf-8")
    with serving(home, PYTHONPATH=str(place)) as at:
        yield at


@pytest.fixture
def visit_with_toy(browser, with_toy) -> Iterator[Visit]:
    """A page of that app."""
    yield from visiting(browser, with_toy, viewport={"width": 1280, "height": 800})


def test_a_tool_is_one_folder_and_its_words(visit_with_toy):
    visit = visit_with_toy
    page = visit.page
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    visit.open()
    button, panel = page.get_by_test_id("tool-toy"), page.get_by_test_id("panel-toy")
    assert button.inner_text() == "Toy"
    assert panel.is_hidden()
    assert not any("/tools/" in url for url in fetched), "it is fetched when it is first opened"
    button.click()
    visit.wait("document.querySelector('[data-testid=panel-toy] output')")
    assert panel.is_visible()
    assert sum(url.endswith("/tools/toy/tool.js") for url in fetched) == 1
    output = panel.locator("output")
    before = int(output.get_attribute("data-shown"))
    left, width, y = visit.slider(visit.first_slider())
    page.mouse.move(left + width / 2, y)
    page.mouse.down()
    for share in (0.6, 0.7, 0.8):
        page.mouse.move(left + share * width, y)
        visit.drawn()
        assert json.loads(output.inner_text()) == pytest.approx(visit.z, abs=1e-5)
    assert int(output.get_attribute("data-shown")) >= before + 3
    page.mouse.up()
    button.click()
    assert panel.is_hidden()


def test_without_tools_the_page_has_neither_buttons_nor_panels(visit):
    visit.open()
    assert visit.page.locator("[data-testid^=tool-], [data-testid^=panel-]").count() == 0
