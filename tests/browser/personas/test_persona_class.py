"""A teacher and a class: from a zip of 120 drawings to a comparison, and a tidy app afterwards."""

import re
from pathlib import Path

from playwright.sync_api import expect

from explorer import store
from tests.browser.conftest import SLOW_MS, number_of
from tests.browser.test_train_page import (
    let_it_settle,
    open_form,
    press,
    set_epochs,
    wait_for_state,
)

COMPARED = '[data-testid="comparison"][data-ready="true"]'


def train(visit, archive: Path, name: str, kind: str, epochs: int) -> None:
    page = visit.page
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    page.locator('input[type="file"]').set_input_files(archive)
    expect(page.get_by_text("120 images of 28×28, grey")).to_be_visible(timeout=SLOW_MS)
    let_it_settle(page)
    if kind != "VAE":
        page.get_by_role("combobox", name="Kind of model").click()
        page.get_by_role("option", name=kind, exact=True).click()
        let_it_settle(page)
    set_epochs(page, epochs)
    box = page.get_by_role("textbox", name="Name of the model")
    box.fill(name)
    box.press("Enter")
    let_it_settle(page)
    press(page, "Train")


def test_a_class_trains_on_its_drawings_compares_and_clears_up(visit, drawings, home):
    page = visit.page
    train(visit, drawings, "our drawings", "VAE", 400)
    page.wait_for_selector('[data-testid="run"][data-ready="true"]', timeout=SLOW_MS)

    # One's own drawing is found on the map while the run goes on: all 120 are there.
    dots = page.get_by_test_id("run-map").evaluate(
        "(map) => map.querySelector('.js-plotly-plot')._fullData"
        ".reduce((sum, {customdata}) => sum + customdata.length, 0)"
    )
    assert dots == 120

    press(page, "Stop")
    wait_for_state(page, "stopped")
    press(page, "Open in Explore")
    visit.ready()
    item, x, y = visit.dot()
    page.mouse.move(x, y)
    card = page.locator(".le-card")
    number = number_of(item, visit.model, home=home)
    expect(card).to_contain_text(re.compile(rf"Item {number}: (balls|boxes)"))
    expect(card).to_contain_text(re.compile(r"held out|trained on"))
    page.mouse.click(x, y)
    expect(page.get_by_test_id("original")).to_be_visible(timeout=SLOW_MS)

    # A second model of the same drawings, with beta 4, beside the first.
    train(visit, drawings, "with beta 4", "Beta-VAE", 3)
    wait_for_state(page, "finished")
    page.goto(f"{visit.address}/compare?models=")
    for model in ("our drawings", "with beta 4"):
        page.get_by_role("button", name=re.compile(model)).first.click()
        let_it_settle(page)
    page.wait_for_selector(COMPARED, timeout=SLOW_MS)
    expect(page.locator(".le-facts")).to_contain_text("β = 4")
    expect(page.get_by_test_id("compare-original-0")).to_be_visible()

    # Clear up: nothing of the class is left, and what came with the program is.
    page.goto(f"{visit.address}/train")
    press(page, "Clear up")
    press(page, "Clear this class's work")
    press(page, "Delete")
    expect(page.get_by_text("Deleted", exact=False).first).to_be_visible(timeout=SLOW_MS)
    press(page, "Undo")
    expect(page.get_by_text("Everything is back", exact=False)).to_be_visible(timeout=SLOW_MS)
    assert store.is_known("our drawings")
