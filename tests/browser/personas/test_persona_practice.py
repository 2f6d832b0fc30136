"""A practitioner with a folder of pictures trains on them twice, and compares what came of it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from explorer.bundle import read_bundle
from tests.browser.conftest import SLOW_MS, choose
from tests.browser.test_train_page import (
    let_it_settle,
    open_form,
    press,
    set_epochs,
    wait_for_state,
)

COMPARED = '[data-testid="comparison"][data-ready="true"]'


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """500 small pictures in two sub-folders, which are their classes."""
    rng = np.random.default_rng(0)
    at = tmp_path_factory.mktemp("pictures") / "parts"
    for i in range(500):
        image = Image.new("L", (16, 16))
        x, y = rng.integers(4, 12, 2)
        r = int(rng.integers(2, 5))
        kind = ("bolts", "nuts")[i % 2]
        pen = ImageDraw.Draw(image)
        (pen.rectangle if i % 2 else pen.ellipse)((x - r, y - r, x + r, y + r), fill=255)
        (at / kind).mkdir(parents=True, exist_ok=True)
        image.save(at / kind / f"{i:03}.png")
    return at


def command(home: Path, *words: str) -> dict:
    """Run a command as in a terminal, and return what it prints as JSON."""
    environment = {**os.environ, "LATENT_EXPLORER_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "explorer", *words, "--json"],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_folder_is_trained_on_twice_evaluated_compared_and_its_worst_image_opened(
    visit, home, folder
):
    train = ("train", "--data", str(folder), "--latent-dim", "4", "--epochs", "3", "--seed", "1")
    command(home, *train, "--out", str(home / "bundles" / "from-terminal"))

    page = visit.page
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    zipped = shutil.make_archive(str(folder), "zip", folder)
    page.locator('input[type="file"]').set_input_files(zipped)
    expect(page.get_by_text("500 images of 16×16, grey")).to_be_visible(timeout=SLOW_MS)
    set_epochs(page, 3)
    name = page.get_by_role("textbox", name="Name of the model")
    name.fill("from-page")
    name.press("Enter")
    let_it_settle(page)
    press(page, "Train")
    wait_for_state(page, "finished")

    # Both runs are on the page, each with a way to its model.
    page.goto(f"{visit.address}/train")
    for run in ("from-terminal", "from-page"):
        button = page.get_by_role("button", name=re.compile(run)).first
        expect(button).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name=re.compile("from-terminal")).first.click()
    wait_for_state(page, "finished")

    scores = command(home, "evaluate", "from-page", "--nll-samples", "20", "--keep")
    assert scores["scores"]["psnr_db"] > 5

    # Side by side: their pictures have one size.
    page.goto(f"{visit.address}/compare?models=")
    for model in ("from-terminal", "from-page"):
        page.get_by_role("button", name=re.compile(model)).first.click()
        let_it_settle(page)
    page.wait_for_selector(COMPARED, timeout=SLOW_MS)
    heads = page.locator(".le-names h2").all_inner_texts()
    assert [text.split(",")[0] for text in heads] == ["from-terminal", "from-page"]

    # The largest error: coloured by it, found on the map and opened beside its original.
    visit.open("?model=from-terminal")
    choose(visit, "Colour by", "reconstruction error")
    codes = read_bundle(home / "bundles" / "from-terminal", weights=False).codes
    visit.wait("location.search.includes('color=error')")
    page.wait_for_selector('[data-testid="map"][aria-busy="false"]', timeout=SLOW_MS)
    spot = _at_rest(page)
    assert codes.error[spot["item"]] >= np.quantile(codes.error, 0.97)  # the scale ends there
    page.mouse.click(spot["x"], spot["y"])
    visit.wait("location.search.includes('item=')")
    shown = int(visit.address_bar("item") or -1)
    assert codes.error[codes.ids == shown] >= np.quantile(codes.error, 0.9)
    expect(page.get_by_test_id("original")).to_be_visible(timeout=SLOW_MS)


def _at_rest(page: Page) -> dict[str, Any]:
    """Find the dot of the largest error once the map has made room for the colour bar."""
    spot, before = page.get_by_test_id("map").evaluate(_BRIGHTEST), None
    while spot != before:
        page.wait_for_timeout(200)
        before, spot = spot, page.get_by_test_id("map").evaluate(_BRIGHTEST)
    return spot


# The dot of the brightest or darkest end of the scale that stands for large values.
_BRIGHTEST = """(map) => {
    const plot = map.querySelector('.js-plotly-plot');
    const {xaxis, yaxis} = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    let best = null;
    for (const trace of plot._fullData) {
      Array.from(trace.customdata).forEach((item, i) => {
        const value = trace.marker.color[i];
        if (best && value <= best.value) return;
        best = {value, item: Number(item),
          x: box.left + xaxis._offset + xaxis.l2p(trace.x[i]),
          y: box.top + yaxis._offset + yaxis.l2p(trace.y[i])};
      });
    }
    return best; }"""
