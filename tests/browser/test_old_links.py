"""Links that earlier versions of the app wrote, and what each must still open."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.browser.conftest import SLOW_MS

LINKS = json.loads((Path(__file__).parents[1] / "fixtures" / "old-links.json").read_text())


@pytest.mark.parametrize("link", LINKS, ids=[link["why"] for link in LINKS])
def test_an_old_link_opens_what_it_was_copied_from(visit, link):
    page, opens = visit.page, link["opens"]
    page.goto(f"{visit.address}/{link['page']}?{link['query']}")
    if link["page"] == "":
        visit.ready()
    if "item" in opens:
        page.locator(".le-item-name", has_text=opens["item"]).wait_for()
    if "z" in opens:
        np.testing.assert_allclose(visit.z, opens["z"], atol=6e-4)
    if "items" in opens:
        shown = page.locator('[data-testid="comparison"][data-ready="true"]')
        shown.wait_for(timeout=SLOW_MS)
        first, second = (shown.get_attribute(name) for name in ("data-item", "data-item2"))
        assert [first, second] == opens["items"]
        slot = page.get_by_test_id("compare-slot-a").inner_text()
        assert f"Item {first}" in slot
    if "slider" in opens:
        sliders = page.locator('[data-testid^="compare-slider-"] + span').all_inner_texts()
        assert any(opens["slider"] in text for text in sliders)
    if "says" in opens:
        page.get_by_text(opens["says"]).first.wait_for()


def test_the_same_image_has_the_same_number_on_explore_and_compare(visit):
    page = visit.page
    visit.open("?model=mnist&item=60028")
    name = page.locator(".le-item-name").inner_text()
    assert name == "Item 60028: 0"
    image = page.get_by_test_id("original").evaluate(_PIXELS)
    page.goto(f"{visit.address}/compare?models=mnist,mnist-2d&item=60028")
    page.wait_for_selector('[data-testid="comparison"][data-ready="true"]', timeout=SLOW_MS)
    assert page.get_by_test_id("compare-slot-a").inner_text().endswith("Item 60028: 0")
    visit.wait("document.querySelector('[data-testid=compare-original-0]').offsetParent !== null")
    assert page.get_by_test_id("compare-original-0").evaluate(_PIXELS) == image


_PIXELS = """async (shown) => {
    if (shown.decode) await shown.decode();
    const canvas = new OffscreenCanvas(28, 28);
    const context = canvas.getContext("2d");
    context.drawImage(shown, 0, 0, 28, 28);
    return Array.from(context.getImageData(0, 0, 28, 28).data);
}"""
