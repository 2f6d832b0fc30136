"""Every page in a made-up language: what is still in English on it was not taken from the words."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import explorer
from tests.browser.conftest import SLOW_MS, Visit, serving, visiting
from tests.browser.test_train_page import let_it_settle
from tests.languages import accented, plain_words, write_language
from tests.tools import chromium

# What Streamlit says by itself, which no app can change.
STREAMLIT = """
    Skip to main content Sidebar Collapse Expand sidebar Help Help for Fullscreen Close fullscreen
    Choose an option options Open Close Clear value Link to heading Decrement Increment Remove all
    Upload Browse files Drag and drop files here per file Limit MB Show Hide Press Enter to apply
    Select row column Download as CSV Search Copy to clipboard Data table Selected
    Dismiss Add add files file upload icon check warning error info
"""
READ = """() => {
  const found = [];
  const read = (node) => {
    if (["STYLE", "SCRIPT", "NOSCRIPT"].includes(node.tagName)) return;
    if (node.dataset?.testid === "stIconMaterial") return; // the names of pictures
    // The card that lies in the bundle, in the language it was written in.
    if (node.matches?.('[role="dialog"] [data-testid="stExpanderDetails"]')) return;
    if (node.nodeType === Node.TEXT_NODE) found.push(node.textContent);
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      if (node.getAttribute?.(name)) found.push(node.getAttribute(name));
    for (const child of [...node.childNodes, ...(node.shadowRoot?.childNodes ?? [])]) read(child);
  };
  read(document.body);
  return found;
}"""


def strings(value: object) -> Iterator[str]:
    """Yield all texts that a JSON value holds, its keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from (key, *strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A home with a finished run, and the made-up language."""
    chromium()
    place = tmp_path_factory.mktemp("language")
    write_language(place / "words" / "en-XA", accented)
    home = place / "home"
    home.mkdir()
    train = ["train", "--data", "digits", "--epochs", "2"]
    subprocess.run(
        [sys.executable, "-m", "explorer", *train, "--out", str(home / "bundles" / "m")],
        env=spoken(place),
        cwd=home,
        capture_output=True,
        check=True,
    )
    return place


def spoken(place: Path) -> dict[str, str]:
    return {
        **os.environ,
        "LATENT_EXPLORER_HOME": str(place / "home"),
        "LATENT_EXPLORER_LANGUAGE": str(place / "words" / "en-XA"),
    }


@pytest.fixture(scope="module")
def in_language(place) -> Iterator[str]:
    language = spoken(place)["LATENT_EXPLORER_LANGUAGE"]
    with serving(place / "home", LATENT_EXPLORER_LANGUAGE=language) as at:
        yield at


@pytest.fixture
def visit(browser, in_language) -> Iterator[Visit]:
    yield from visiting(browser, in_language, viewport={"width": 1280, "height": 800})


@pytest.fixture(scope="module")
def known(place) -> str:
    """Names that bundles and data sets bring, which are the same in all languages."""
    pretrained = Path(explorer.__file__).parents[1] / "pretrained"
    configs = [*pretrained.glob("*/config.json"), *place.glob("home/bundles/*/config.json")]
    names = (name for config in configs for name in strings(json.loads(config.read_text())))
    return " ".join([STREAMLIT, *names])


def in_english(page: Page, known: str) -> set[str]:
    """Return the texts of a page that are not in the made-up language."""
    page.wait_for_timeout(1_000)  # the last of what is loaded
    let_it_settle(page)
    return {text for text in page.evaluate(READ) if plain_words(text, known)}


def test_explore_says_nothing_in_english(visit, known):
    visit.open("?model=faces")
    page = visit.page
    assert page.locator("html").get_attribute("lang") == "en"  # whose rules it has
    assert in_english(page, known) == set()
    page.get_by_role("button", name=accented("About this model")).click()
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SLOW_MS)
    assert in_english(page, known) == set()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=accented("Place an image…")).click()
    expect(page.get_by_role("dialog")).to_be_visible(timeout=SLOW_MS)
    assert in_english(page, known) == set()


@pytest.mark.parametrize("query", ["?model=mnist&map=pca3", "?model=fashion-wgan-gp&color=none"])
def test_other_models_and_maps_say_nothing_in_english(visit, known, query):
    visit.open(query)
    assert in_english(visit.page, known) == set()


def test_a_model_that_is_not_there_is_said_to_be_so(visit, known):
    visit.open("?model=zzz")
    assert in_english(visit.page, known) == set()


def test_train_says_nothing_in_english(visit, known):
    page = visit.page
    page.goto(f"{visit.address}/train")
    expect(page.get_by_role("button", name=accented("Train"), exact=True)).to_be_visible(
        timeout=SLOW_MS
    )
    page.get_by_text(accented("Every setting")).click()
    assert in_english(page, known) == set()


def test_a_finished_run_says_nothing_in_english(visit, known):
    page = visit.page
    page.goto(f"{visit.address}/train")
    page.get_by_role("button", name=re.compile("^m")).first.click()
    page.wait_for_selector('[data-testid="run"][data-ready="true"]', timeout=SLOW_MS)
    assert in_english(page, known) == set()


def test_an_upload_that_cannot_be_read_is_refused_in_the_language(visit, known, tmp_path):
    page = visit.page
    page.goto(f"{visit.address}/train")
    expect(page.get_by_role("button", name=accented("Train"), exact=True)).to_be_visible(
        timeout=SLOW_MS
    )
    broken = tmp_path / "123.npz"
    broken.write_bytes(b"no archive")
    page.get_by_text(accented("My own")).click()
    let_it_settle(page)
    page.locator('input[type="file"]').first.set_input_files(broken)
    expect(page.get_by_role("alert").first).to_be_visible(timeout=SLOW_MS)
    assert in_english(page, known) == set()


def test_compare_says_nothing_in_english(visit, known):
    page = visit.page
    page.goto(f"{visit.address}/compare?models=mnist,mnist-2d")
    page.wait_for_selector('[data-testid="comparison"][data-ready="true"]', timeout=SLOW_MS)
    assert in_english(page, known) == set()
