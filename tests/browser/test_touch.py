"""Fingers on the stage: on the map, on sliders, and on a phone held either way."""

import numpy as np
import pytest
from playwright.sync_api import FloatRect

from explorer import store
from explorer.bundle import Codes, read_bundle
from tests.browser.conftest import Visit

RANGES = (
    "(({xaxis, yaxis}) => [...xaxis.range, ...yaxis.range])"
    "(document.querySelector('[data-testid=map] .js-plotly-plot')._fullLayout)"
)
PAGE = "[scrollY, document.querySelector('[data-testid=stMain]').scrollTop, visualViewport.scale]"


@pytest.fixture(scope="module")
def faces() -> Codes:
    return read_bundle(store.pretrained_folder() / "faces", weights=False).codes


class Fingers:
    """One or two fingers on the screen of a phone."""

    def __init__(self, visit: Visit) -> None:
        self.send = visit.page.context.new_cdp_session(visit.page).send

    def _touch(self, kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        self.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def down(self, *places: tuple[float, float]) -> None:
        for n in range(len(places)):
            self._touch("touchStart", *places[: n + 1])

    def move(self, *ways: tuple[tuple[float, float], tuple[float, float]], steps: int = 10) -> None:
        """Move each finger from one place to another, all at once."""
        for step in range(1, steps + 1):
            part = step / steps
            self._touch(
                "touchMove",
                *((x0 + part * (x1 - x0), y0 + part * (y1 - y0)) for (x0, y0), (x1, y1) in ways),
            )

    def up(self) -> None:
        self._touch("touchEnd")


def map_centre(visit: Visit) -> tuple[float, float]:
    visit.page.get_by_test_id("map").scroll_into_view_if_needed()
    box = visit.page.get_by_test_id("map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_finger_drags_a_slider(phone):
    phone.open()
    index = phone.first_slider()
    left, width, y = phone.slider(index)
    before = phone.z
    finger = Fingers(phone)
    at = left + width * (0.5 + before[index] / 6), y
    finger.down(at)
    finger.move((at, (at[0] + 60, y)))
    moved = phone.z
    finger.up()
    assert np.flatnonzero(moved != before).tolist() == [index]


@pytest.mark.parametrize("way", [(4, -300), (-12, -300), (0, -300)])
def test_a_swipe_that_begins_on_a_slider_scrolls_the_page_and_leaves_the_code(phone, way):
    phone.open()
    left, width, y = phone.slider(phone.first_slider())
    before, page = phone.z, phone.page.evaluate(PAGE)
    at = left + 0.9 * width, y
    finger = Fingers(phone)
    finger.down(at)
    finger.move((at, (at[0] + way[0], at[1] + way[1])), steps=20)
    finger.up()
    phone.page.wait_for_timeout(400)
    assert phone.page.evaluate(PAGE) != page
    np.testing.assert_array_equal(phone.z, before)
    shown = phone.page.get_by_test_id(f"slider-{phone.first_slider()}").input_value()
    assert float(shown) == pytest.approx(before[phone.first_slider()], abs=0.01)


def test_a_tap_on_the_track_of_a_slider_sets_it(phone):
    phone.open()
    index = phone.first_slider()
    left, width, y = phone.slider(index)
    before = phone.z
    phone.page.touchscreen.tap(left + 0.8 * width, y)
    assert np.flatnonzero(phone.z != before).tolist() == [index]


def test_the_legend_of_a_phone_fades_where_it_scrolls_and_shows_the_way_back_first(phone):
    phone.open("?model=mnist")
    row = phone.page.locator(".le-classes")
    phone.wait("document.querySelector('.le-classes.le-more-after') !== null")
    assert phone.page.get_by_text("Choose a class to see it alone").is_visible()
    row.evaluate("(row) => { row.scrollLeft = row.scrollWidth; }")
    phone.wait("document.querySelector('.le-classes.le-more-before:not(.le-more-after)') !== null")
    phone.page.get_by_role("button", name="9", exact=True).tap()
    back, screen = phone.box(".le-all"), phone.box(".le-legend")
    assert abs(back["x"] - screen["x"]) < 20
    phone.page.get_by_role("button", name="Show all").tap()
    phone.page.locator(".le-all").wait_for(state="hidden")


def test_the_sidebar_of_a_phone_makes_way_for_the_model_that_was_chosen(phone):
    phone.open()
    phone.page.get_by_test_id("stExpandSidebarButton").click()
    phone.page.locator(".st-key-model-mnist button:visible").first.tap()
    phone.page.wait_for_selector('[data-model="mnist"][data-ready="true"]')
    phone.wait(
        "document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right < 1"
    )


def test_scrolled_content_on_a_phone_passes_below_the_sidebar_button(phone):
    phone.open()
    background = "getComputedStyle(document.querySelector('.stAppHeader')).backgroundColor"
    assert phone.page.evaluate(background) == "rgb(255, 255, 255)"
    assert phone.box(".stAppHeader")["height"] <= phone.box(".le-title")["y"]


def test_two_taps_that_show_the_whole_map_leave_the_code(phone):
    phone.open("?map=pca")
    map_centre(phone)
    before, (_, x, y) = phone.z, phone.dot()
    for _ in range(2):
        phone.page.touchscreen.tap(x, y)
    phone.page.wait_for_timeout(500)
    np.testing.assert_array_equal(phone.z, before)


def test_a_tap_picks_a_dot(phone, faces):
    phone.open()
    map_centre(phone)
    item, x, y = phone.dot()
    phone.page.touchscreen.tap(x, y)
    np.testing.assert_allclose(phone.z, faces.mu[item], atol=1e-4)


def test_a_finger_that_slides_over_the_map_decodes_there_and_stays_where_it_is_lifted(phone):
    phone.open("?map=pca")
    x, y = map_centre(phone)
    before, picture, page = phone.z, phone.pixels(), phone.page.evaluate(PAGE)
    finger = Fingers(phone)
    finger.down((x - 60, y - 60))
    seen = []
    for step in range(6):
        places = (x - 60 + 20 * step, y - 60 + 20 * step), (x - 40 + 20 * step, y - 40 + 20 * step)
        finger.move(places, steps=3)
        seen.append(phone.z)
    assert len({tuple(z) for z in seen}) == 6
    assert np.abs(phone.pixels().astype(int) - picture).mean() > 1
    finger.up()
    np.testing.assert_array_equal(phone.z, seen[-1])
    assert phone.page.evaluate(PAGE) == page, "the page moved under the finger"
    phone.wait("location.search.includes('z=')")
    phone.page.get_by_test_id("undo").tap()
    np.testing.assert_array_equal(phone.z, before)


def test_a_finger_that_leaves_the_map_leaves_the_code_as_it_was(phone):
    phone.open("?map=pca")
    x, y = map_centre(phone)
    before = phone.z
    finger = Fingers(phone)
    finger.down((x, y))
    finger.move(((x, y), (x + 50, y)))
    assert np.abs(phone.z - before).max() > 0.1
    finger.move(((x + 50, y), (x + 50, 5)))
    finger.up()
    np.testing.assert_array_equal(phone.z, before)


def test_a_finger_that_rests_on_the_map_decodes_there(phone):
    phone.open("?map=pca")
    map_centre(phone)
    before, place = phone.z, phone.empty_place()
    finger = Fingers(phone)
    finger.down(place)
    phone.page.wait_for_timeout(700)
    rested = phone.z
    finger.up()
    assert np.abs(rested - before).max() > 0.1
    np.testing.assert_array_equal(phone.z, rested)


def test_two_fingers_move_and_zoom_the_map_and_a_double_tap_shows_all_of_it(phone):
    phone.open("?map=pca")
    x, y = map_centre(phone)
    code, page, whole = phone.z, phone.page.evaluate(PAGE), phone.page.evaluate(RANGES)
    fingers = Fingers(phone)

    def gesture(*ways: tuple[tuple[float, float], tuple[float, float]]) -> list[float]:
        fingers.down(*(start for start, _ in ways))
        fingers.move(*ways)
        fingers.up()
        phone.page.wait_for_timeout(500)
        return phone.page.evaluate(RANGES)

    apart = gesture(((x - 30, y), (x - 90, y)), ((x + 30, y), (x + 90, y)))
    assert apart[1] - apart[0] == pytest.approx((whole[1] - whole[0]) / 3, rel=0.02)
    assert apart[3] - apart[2] == pytest.approx((whole[3] - whole[2]) / 3, rel=0.02)
    aside = gesture(((x - 30, y), (x + 20, y)), ((x + 30, y), (x + 80, y)))
    assert aside[1] - aside[0] == pytest.approx(apart[1] - apart[0], rel=0.02)
    assert aside[0] < apart[0] - 0.1
    assert phone.page.evaluate(PAGE) == page, "the page moved or grew under the fingers"
    np.testing.assert_array_equal(phone.z, code)
    for _ in range(10):  # on a busy machine two taps may come too far apart
        for _ in range(2):
            phone.page.touchscreen.tap(x, y)
        phone.page.wait_for_timeout(700)
        if phone.page.evaluate(RANGES) == pytest.approx(whole, abs=1e-3):
            return
    pytest.fail("a double tap does not show the whole map")


def test_in_space_one_finger_turns_two_zoom_and_a_tap_picks(phone, faces):
    phone.open("?map=pca3")
    phone.page.wait_for_timeout(1000)
    x, y = map_centre(phone)
    before, page = phone.z, phone.page.evaluate(PAGE)
    eye = (
        "(() => { const {x, y, z} = document.querySelector('[data-testid=map] .js-plotly-plot')"
        "._fullLayout.scene._scene.getCamera().eye; return [x, y, z]; })()"
    )
    fingers, first = Fingers(phone), np.array(phone.page.evaluate(eye))
    fingers.down((x, y))
    fingers.move(((x, y), (x + 80, y)))
    fingers.up()
    turned = np.array(phone.page.evaluate(eye))
    assert np.abs(turned - first).max() > 0.1
    assert np.linalg.norm(turned) == pytest.approx(np.linalg.norm(first), rel=0.02)
    fingers.down((x - 30, y), (x + 30, y))
    fingers.move(((x - 30, y), (x - 60, y)), ((x + 30, y), (x + 60, y)))
    fingers.up()
    phone.page.wait_for_timeout(500)
    assert np.linalg.norm(phone.page.evaluate(eye)) == pytest.approx(
        np.linalg.norm(first) / 2, rel=0.1
    )
    np.testing.assert_array_equal(phone.z, before)
    assert phone.page.evaluate(PAGE) == page
    phone.page.touchscreen.tap(x + 10, y)
    picked = phone.z
    assert np.abs(faces.mu - picked).max(axis=1).min() < 1e-4
    assert np.abs(picked - before).max() > 1e-3


def test_help_on_touch_screens_speaks_of_fingers(phone):
    phone.open("?map=tsne")
    note = phone.page.get_by_test_id("stage").get_by_text("approximate").inner_text()
    for words in ("Slide a finger", "tap a dot", "Two fingers", "double tap"):
        assert words in note
    for words in ("Scroll", "click", "Point at"):
        assert words not in note


SMALL = """() => [...document.querySelectorAll(
    '[data-testid=stage] :is(button:not(.le-frame), input, summary)')]
  .filter((e) => e.checkVisibility()).map((e) => [e.textContent || e.dataset.testid,
    e.getBoundingClientRect()]).filter(([, box]) => Math.min(box.width, box.height) < 43.9)
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("model", ["faces", "mnist"])
def test_touch_targets_are_44_px_large(phone, model):
    phone.open(f"?model={model}")
    assert phone.page.evaluate(SMALL) == []
    frame = phone.page.locator(".le-frame").first.bounding_box()
    assert frame is not None
    assert min(frame["width"], frame["height"]) > 34


def in_sight(visit: Visit, test_id: str) -> FloatRect:
    box = visit.page.get_by_test_id(test_id).bounding_box()
    height = visit.page.evaluate("innerHeight")
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height, f"{test_id} is cut off"
    return box


def test_on_its_side_a_phone_shows_map_and_picture_beside_each_other(phone_on_its_side):
    phone = phone_on_its_side
    phone.open()
    phone.page.wait_for_timeout(500)
    left, right = in_sight(phone, "map"), in_sight(phone, "decoded")
    assert left["x"] + left["width"] <= right["x"]
    assert left["width"] > 300
    assert left["height"] > 220
    assert right["width"] >= 120
    test_id = phone.page.locator(".le-sliders > .le-slider input").last.get_attribute("data-testid")
    index = int((test_id or "").removeprefix("slider-"))
    phone.slider(index)  # scrolled to
    phone.page.wait_for_timeout(300)
    in_sight(phone, "map")
    in_sight(phone, "decoded")
    start, width, y = phone.slider(index)
    before, finger = phone.z, Fingers(phone)
    at = start + width * (0.5 + before[index] / 6), y
    finger.down(at)
    finger.move((at, (at[0] + 40, y)))
    moved = phone.z
    finger.up()
    assert np.flatnonzero(moved != before).tolist() == [index]
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= 844
