"""Somebody who does not program gives a demo: from the first drag to a link that others open."""

import io

import numpy as np
from PIL import Image, ImageDraw

from tests.browser.conftest import READY, SLOW_MS, Visit, choose, number_of, visiting


def face() -> bytes:
    """A drawn face on a light page, as somebody draws it on the spot."""
    page = Image.new("RGB", (320, 320), "#dfe6f2")
    pen = ImageDraw.Draw(page)
    pen.ellipse((70, 50, 250, 290), fill="#e8b48c", outline="#7a4a2a", width=3)
    pen.pieslice((60, 30, 260, 200), 180, 360, fill="#5a3320")
    for x in (125, 195):
        pen.ellipse((x - 18, 140, x + 18, 176), fill="white", outline="#333333")
        pen.ellipse((x - 8, 150, x + 8, 166), fill="#335577")
    pen.arc((115, 180, 205, 250), 20, 160, fill="#b04040", width=8)
    stream = io.BytesIO()
    page.save(stream, "PNG")
    return stream.getvalue()


def moved(visit: Visit, before: np.ndarray) -> None:
    """Wait until another code is on show and at rest in the address."""
    visit.wait(
        "JSON.stringify(JSON.parse(document.querySelector('[data-testid=stage]').dataset.z))"
        f" !== JSON.stringify({before.tolist()})"
    )


def at_rest(visit: Visit) -> np.ndarray:
    """The code on show, once the address has it."""
    visit.page.wait_for_timeout(800)
    visit.page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
    return visit.z


def test_a_demo_goes_from_the_first_drag_to_a_link_in_another_browser(visit, browser, address):
    page = visit.open().page
    start = visit.z

    # Drag a slider: the picture follows while the button is down.
    first = visit.first_slider()
    left, width, y = visit.slider(first)
    picture = visit.pixels()
    page.mouse.move(left + width * (0.5 + start[first] / 6), y)
    page.mouse.down()
    page.mouse.move(left + 0.15 * width, y, steps=15)
    assert (visit.pixels() != picture).any()
    page.mouse.up()
    dragged = at_rest(visit)
    assert dragged[first] < start[first]

    # Point at an empty place: it is decoded there, and the chosen code comes back on leaving.
    page.mouse.move(*visit.empty_place(), steps=5)
    moved(visit, dragged)
    page.mouse.move(2, 2, steps=3)
    visit.wait(
        "document.querySelector('[data-testid=stage]').dataset.z"
        f" === JSON.stringify({dragged.tolist()})"
    )

    # Click a dot: its image and its reconstruction stand beside each other.
    item, x, dot_y = visit.dot()
    page.mouse.click(x, dot_y)
    clicked = at_rest(visit)
    assert visit.address_bar("item") == str(number_of(item, visit.model))
    assert page.get_by_test_id("original").is_visible()

    # The map in 3-D, chosen in the list, and back.
    choose(visit, "Map", "PCA, in 3-D")
    page.wait_for_selector('[data-testid="map"] .gl-container canvas', timeout=SLOW_MS)
    page.wait_for_selector('[data-testid="map"][aria-busy="false"]', timeout=SLOW_MS)
    np.testing.assert_array_equal(visit.z, clicked)
    choose(visit, "Map", "PCA, flat")
    page.wait_for_selector('[data-testid="map"][aria-busy="false"]', timeout=SLOW_MS)

    # Surprise, wander, and undo all of it.
    page.get_by_test_id("sample").click()
    surprised = at_rest(visit)
    assert not np.allclose(surprised, clicked)
    page.get_by_test_id("animate").click()
    moved(visit, surprised)
    page.get_by_test_id("animate").click()
    wandered = at_rest(visit)
    assert not np.allclose(wandered, surprised)
    for before in (surprised, clicked):
        page.get_by_test_id("undo").click()
        np.testing.assert_allclose(at_rest(visit), before, atol=1e-5)

    # Name a slider; the name is still there after a reload.
    name = page.locator(".le-slider .le-name").first
    name.click()
    page.get_by_placeholder("").and_(page.locator(".le-rename")).fill("more hair")
    page.keyboard.press("Enter")
    page.reload()
    page.wait_for_selector(READY, timeout=SLOW_MS)
    assert page.locator(".le-slider .le-name").first.inner_text() == "more hair"

    # Place a picture of one's own, and explore from there.
    page.get_by_role("button", name="Place an image").click()
    page.locator('[role=dialog] input[type="file"]').set_input_files(
        {"name": "my face.png", "mimeType": "image/png", "buffer": face()}
    )
    page.get_by_role("button", name="Explore from here").click(timeout=SLOW_MS)
    page.get_by_role("dialog").wait_for(state="hidden")
    page.get_by_test_id("own-marker").wait_for()
    assert page.locator("figcaption", has_text="Your picture").is_visible()
    placed = at_rest(visit)

    # The link, opened in a second browser, shows the same picture.
    shared = page.url
    for other in visiting(browser, address, viewport={"width": 1280, "height": 800}):
        other.page.goto(shared)
        other.ready()
        np.testing.assert_allclose(other.z, placed, atol=6e-4)
        gap = np.abs(other.pixels().astype(int) - visit.pixels().astype(int))
        assert gap.max() <= 2
        assert other.page.get_by_test_id("own-marker").is_hidden()
