"""What the page looks like, and how it reads: sizes, titles, legend, big picture, outline."""

import itertools
import re

import numpy as np
import pytest

from explorer import store
from explorer.bundle import read_summary
from tests.browser.conftest import choose, number_of, visiting

DECODED = '[data-testid="decoded"]'
HIDDEN = "document.querySelector('.js-plotly-plot')._fullData.filter((t) => t.visible !== true)"


def summary(name: str):
    return read_summary(store.pretrained_folder() / name)


@pytest.fixture
def wide(browser, address):
    """A page as on a desk."""
    yield from visiting(browser, address, viewport={"width": 1920, "height": 1080})


# ---- the title ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["faces", "fashion-soft-intro-vae"])
def test_the_stage_says_which_model_it_is_and_what_to_look_for(visit, model):
    visit.open(f"?model={model}")
    title = visit.page.locator(".le-title")
    told = summary(model)
    assert title.get_by_role("heading", level=1).inner_text() == told.title
    assert f"{told.config.latent_dim} dimensions" in title.inner_text()
    assert told.look_for in title.inner_text()
    assert visit.page.title() == f"{told.title} · Explore · Latent Explorer"


def test_a_model_without_a_title_is_called_by_its_name(visit):
    visit.open("?model=unpacked")
    assert visit.page.get_by_role("heading", level=1).inner_text() == "unpacked"
    assert visit.page.title().startswith("unpacked · ")


# ---- the gallery --------------------------------------------------------------------------------


def cards(visit) -> list[dict[str, float]]:
    """Top and bottom of each card within the gallery's window, and whether it is chosen."""
    return visit.page.evaluate("""() => {
        const gallery = document.querySelector('.st-key-gallery').getBoundingClientRect();
        const cards = document.querySelectorAll('.st-key-gallery [class*="st-key-card-"]');
        return [...cards].map((c) => {
            const box = c.getBoundingClientRect();
            return {top: box.top - gallery.top, bottom: box.bottom - gallery.bottom,
                chosen: c.querySelector('.stButton button').ariaPressed === 'true'};
        });
    }""")


def test_the_gallery_scrolls_to_the_chosen_card_and_clips_none(visit):
    visit.open("?model=shapes")
    visit.wait("document.querySelectorAll('.st-key-gallery [aria-pressed=true]').length > 0")
    visit.page.wait_for_timeout(400)
    shown = cards(visit)
    (chosen,) = [card for card in shown if card["chosen"]]
    assert chosen["top"] >= -1
    assert chosen["bottom"] <= 1
    for card in shown:
        is_whole = card["top"] >= -1 and card["bottom"] <= 1
        height = visit.box(".st-key-gallery")["height"]
        is_out_of_sight = card["bottom"] <= 1 - height or card["top"] >= height - 1
        assert is_whole or is_out_of_sight


def test_the_gallery_fades_where_there_are_more_cards(visit):
    visit.open("?model=faces")
    gallery = "document.querySelector('.st-key-gallery')"
    sides = f"['above', 'below'].map((s) => {gallery}.hasAttribute('data-more-' + s))"
    visit.wait(f"{sides}.join() === 'false,true'")
    visit.page.locator(".st-key-gallery").evaluate("(g) => { g.scrollTop = g.scrollHeight; }")
    visit.wait(f"{sides}.join() === 'true,false'")


def test_filmstrips_stand_in_columns_however_far_their_sliders_reach(visit):
    visit.open("?model=mnist")
    limits = visit.page.locator(".le-sliders > .le-slider input").evaluate_all(
        "(inputs) => inputs.map((input) => input.max)"
    )
    assert len(set(limits)) > 1
    places = visit.page.locator(".le-sliders > .le-slider").evaluate_all(
        "(rows) => rows.map((row) => [...row.querySelectorAll('.le-frame')]"
        ".map((f) => Math.round(f.getBoundingClientRect().x)).join())"
    )
    assert len(set(places)) == 1


def test_choosing_a_card_says_so_to_those_who_do_not_see_it(visit):
    visit.open()
    visit.choose_model("mnist")
    visit.page.wait_for_selector('[data-model="mnist"][data-ready="true"]')
    visit.wait(
        "document.querySelector('.st-key-model-mnist button').ariaPressed === 'true'"
        " && document.querySelector('.st-key-model-faces button').ariaPressed === 'false'"
    )
    assert visit.page.title().startswith(summary("mnist").title)


# ---- room for the picture -----------------------------------------------------------------------


def sees_a_whole_slider(visit) -> bool:
    box = visit.box(".le-sliders .le-slider")
    size = visit.page.viewport_size
    return box["y"] >= 0 and box["y"] + box["height"] <= size["height"]


def scrolls(visit) -> bool:
    return visit.page.locator(".stMain").evaluate("m => m.scrollHeight > m.clientHeight")


@pytest.mark.parametrize("model", ["faces", "mnist", "fashion-wgan-gp"])
def test_on_a_laptop_the_picture_has_300_pixels_and_sliders_are_in_reach(visit, model):
    visit.open(f"?model={model}")
    picture, plot = visit.box(DECODED), visit.box('[data-testid="map"]')
    assert min(picture["width"], picture["height"]) >= 300
    assert plot["width"] >= 400
    assert sees_a_whole_slider(visit)
    assert not scrolls(visit)


def test_on_a_desk_the_picture_has_440_pixels(wide):
    wide.open()
    picture = wide.box(DECODED)
    assert min(picture["width"], picture["height"]) >= 440
    assert wide.box('[data-testid="map"]')["width"] >= 800
    assert sees_a_whole_slider(wide)
    assert not scrolls(wide)


def test_the_bitmap_stays_the_image_however_large_it_is_shown(wide):
    wide.open("?model=digits")
    assert wide.pixels().shape == (8, 8, 4)


# ---- the legend ---------------------------------------------------------------------------------


def entry(visit, name: str):
    return visit.page.locator(".le-legend").get_by_role("button", name=name, exact=True)


def test_a_click_shows_a_class_alone_and_dots_of_others_are_not_found_any_more(visit):
    visit.open("?model=digits")
    item, x, y = visit.dot()
    caption = visit.page.locator(".le-card")
    visit.page.mouse.move(x, y)
    caption.wait_for()
    name = caption.inner_text().rsplit(": ", 1)[1]
    other = "3" if name != "3" else "4"
    axes = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"
    before = visit.page.evaluate(axes)
    assert visit.page.get_by_text("Choose a class to see it alone").is_visible()
    entry(visit, other).click()
    visit.wait(f"{HIDDEN}.length === 9")
    assert entry(visit, other).get_attribute("aria-pressed") == "true"
    assert entry(visit, name).get_attribute("aria-pressed") == "false"
    assert visit.page.evaluate(axes) == pytest.approx(before, abs=0.03)  # a pixel or two
    visit.page.mouse.move(x, y + 1)
    visit.page.mouse.move(x, y)
    visit.drawn()
    assert caption.is_hidden() or f"Item {number_of(item, 'digits')}:" not in caption.inner_text()
    visit.page.get_by_role("button", name="Show all").click()
    visit.wait(f"{HIDDEN}.length === 0")


def test_more_classes_are_added_and_left_out_by_pointer_and_by_key(visit):
    visit.open("?model=digits")
    entry(visit, "3").click()
    visit.wait(f"{HIDDEN}.length === 9")
    entry(visit, "4").focus()
    visit.page.keyboard.press("Space")
    visit.wait(f"{HIDDEN}.length === 8")
    visit.page.keyboard.press("Enter")
    visit.wait(f"{HIDDEN}.length === 9")
    entry(visit, "3").click()  # none is chosen now, so all are shown
    visit.wait(f"{HIDDEN}.length === 0")
    assert visit.page.get_by_role("button", name="Show all").is_hidden()


def test_a_class_has_its_shape_on_the_map_in_the_legend_and_on_the_card(visit):
    visit.open("?model=digits")
    shapes = visit.page.evaluate(
        "document.querySelector('.js-plotly-plot')._fullData.map((t) => t.marker.symbol)"
    )
    assert len(set(shapes)) == 5
    drawn = visit.page.locator(".le-legend .le-sign path")
    outlines = [drawn.nth(i).get_attribute("d") for i in range(10)]
    assert len(set(outlines)) == 5
    _, x, y = visit.dot()
    visit.page.mouse.move(x, y)
    visit.page.locator(".le-card").wait_for()
    label = int(visit.page.locator(".le-card").inner_text().rsplit(": ", 1)[1])
    assert visit.page.locator(".le-card .le-sign path").get_attribute("d") == outlines[label]


def test_a_class_shown_alone_stays_so_on_another_map(visit):
    visit.open("?model=digits")
    entry(visit, "7").click()
    visit.wait(f"{HIDDEN}.length === 9")
    choose(visit, "Map", "t-SNE, neighbours together")
    visit.page.get_by_text("approximate").wait_for()
    visit.wait(f"{HIDDEN}.length === 9")
    assert "7" not in visit.page.evaluate(f"{HIDDEN}.map((t) => t.name)")
    assert entry(visit, "7").get_attribute("aria-pressed") == "true"


def test_a_finger_shows_a_class_alone(phone):
    phone.open("?model=mnist")
    box = phone.box(".le-legend .le-class")
    assert box["height"] >= 44
    phone.page.locator(".le-legend .le-class").first.tap()
    phone.wait(f"{HIDDEN}.length === 9")


# ---- the big picture ----------------------------------------------------------------------------


def first_of_big(visit) -> int:
    """The coordinate of the first slider beside the big picture."""
    slider = visit.page.locator(".le-big input[type=range]").first
    return int((slider.get_attribute("data-testid") or "").removeprefix("slider-"))


def test_the_big_picture_fills_the_screen_and_everything_keeps_working(visit):
    visit.open()
    order = "[...document.querySelectorAll('.le-slider input')].map((i) => i.dataset.testid).join()"
    before = visit.page.evaluate(order)
    visit.page.get_by_test_id("big").click()
    visit.page.get_by_test_id("big-picture").wait_for()
    picture = visit.box(DECODED)
    assert min(picture["width"], picture["height"]) > 500
    assert visit.page.locator(".le-big input[type=range]").count() == 3
    assert visit.page.get_by_test_id("honesty").is_visible()
    start, pixels, index = visit.z, visit.pixels(), first_of_big(visit)
    left, width, y = visit.slider(index)
    visit.page.mouse.move(left + width / 2, y)
    visit.page.mouse.down()
    visit.page.mouse.move(left + 0.9 * width, y, steps=8)
    visit.page.mouse.up()
    assert np.flatnonzero(visit.z != start).tolist() == [index]
    assert np.abs(visit.pixels().astype(int) - pixels).mean() > 1
    visit.page.get_by_test_id("sample").click()
    assert np.count_nonzero(visit.z != start) > 8
    visit.page.keyboard.press("Escape")
    visit.wait("!document.querySelector('.le-big').open && !document.fullscreenElement")
    assert visit.page.evaluate(order) == before
    assert visit.box(DECODED)["width"] < 400


def test_the_big_picture_opens_and_closes_by_its_key_and_takes_arrow_keys(visit):
    visit.open()
    visit.page.keyboard.press("f")
    visit.page.get_by_test_id("big-picture").wait_for()
    visit.wait("document.activeElement.type === 'range'")
    index, before = first_of_big(visit), visit.z
    visit.page.keyboard.press("ArrowRight")
    assert visit.z[index] == pytest.approx(before[index] + 0.1, abs=1e-3)
    visit.page.keyboard.press("f")
    visit.wait("!document.querySelector('.le-big').open")
    visit.page.locator(".le-name").first.click()
    visit.page.keyboard.type("fluffy")
    assert not visit.page.get_by_test_id("big-picture").is_visible()
    assert visit.page.locator(".le-rename").input_value().endswith("fluffy")


def test_without_the_fullscreen_api_the_big_picture_fills_the_window(phone):
    phone.page.add_init_script("Element.prototype.requestFullscreen = undefined")
    phone.open()
    phone.page.get_by_test_id("big").scroll_into_view_if_needed()
    phone.page.get_by_test_id("big").tap()
    box = phone.box(".le-big")
    assert (box["width"], box["height"]) == (390, 844)
    assert phone.box(DECODED)["width"] > 330
    assert phone.page.get_by_test_id(f"slider-{first_of_big(phone)}").is_visible()
    phone.page.get_by_test_id("big").tap()
    phone.page.get_by_test_id("big-picture").wait_for(state="hidden")


# ---- how it reads -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "title"),
    [("", "· Explore ·"), ("train", "Train ·"), ("compare", "· Compare ·")],
)
def test_each_page_has_one_heading_of_the_first_rank_and_the_rest_in_order(visit, path, title):
    visit.page.goto(f"{visit.address}/{path}")
    visit.page.wait_for_selector("h1", state="attached")
    visit.page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
    visit.page.wait_for_timeout(1500)
    ranks = visit.page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((h) => Number(h.tagName[1]))"
    )
    assert ranks.count(1) == 1
    assert ranks[0] == 1
    assert all(rank <= before + 1 for before, rank in itertools.pairwise(ranks))
    assert title in visit.page.title()
    assert visit.page.title().endswith("Latent Explorer")


def test_the_focus_goes_through_the_stage_as_it_is_seen(visit):
    visit.open("?model=digits")
    visit.page.locator(".le-class").first.focus()
    places = []
    for _ in range(60):
        inside, left, top = visit.page.evaluate(
            "(() => { const a = document.activeElement, b = a.getBoundingClientRect();"
            " const list = a.closest('.le-sliders');"
            " return [!!a.closest('.le-stage'), b.left, b.top + (list?.scrollTop ?? 0)]; })()"
        )
        if not inside:
            break
        places.append((left >= visit.box(".le-right")["x"] - 8, top))
        visit.page.keyboard.press("Tab")
    columns = [is_right for is_right, _ in places]
    assert columns == sorted(columns)  # the map, then what is beside it
    for side in (False, True):
        tops = [top for is_right, top in places if is_right == side]
        assert all(a <= b + 30 for a, b in itertools.pairwise(tops))


def test_the_current_page_and_the_focus_look_different(visit):
    visit.open()
    links = visit.page.locator(".st-key-page-links a")
    look = "a => [getComputedStyle(a).backgroundColor, getComputedStyle(a).outlineStyle]"
    visit.wait("document.querySelector('.st-key-page-links a').ariaCurrent === 'page'")
    current = links.nth(0).evaluate(look)
    links.nth(0).focus()
    visit.page.keyboard.press("Tab")
    focused = links.nth(1).evaluate(look)
    assert focused[1] == "solid"
    assert current[1] == "none"
    assert focused[0] != current[0]


# ---- the first moments --------------------------------------------------------------------------


def test_the_outline_is_there_before_any_script_and_gone_with_the_stage(browser, address):
    for visit in visiting(browser, address, viewport={"width": 1280, "height": 800}):
        visit.page.route(re.compile(r"/static/js/"), lambda route: route.abort())
        visit.page.goto(visit.address, wait_until="commit")
        visit.page.locator(".le-first-map").wait_for(timeout=3_000)
        assert visit.page.title() == "Latent Explorer"
        visit.page.unroute_all()
        visit.complaints.clear()  # of the scripts withheld
        visit.open()
        assert visit.page.locator(".le-first").is_hidden()


def test_nothing_jumps_when_the_model_is_there(visit):
    gate = []
    visit.page.route(re.compile(r"decoder\.pack$"), lambda route: gate.append(route))
    visit.page.goto(visit.address)
    visit.page.wait_for_selector(".le-blank-picture")
    before = [visit.box(s) for s in (".le-blank-picture", ".le-blank-map", ".le-title h1")]
    while not gate:
        visit.page.wait_for_timeout(50)
    gate[0].continue_()
    visit.ready()
    after = [visit.box(s) for s in (DECODED, '[data-testid="map"]', ".le-title h1")]
    for one, other in zip(before, after, strict=True):
        for side in ("x", "y", "width"):
            assert one[side] == pytest.approx(other[side], abs=2)
