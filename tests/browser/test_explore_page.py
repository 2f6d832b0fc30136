"""The page around the stage: models, controls, links, and what goes wrong."""

import numpy as np
import pytest

from tests.browser.conftest import choose, number_of


def test_a_link_restores_the_view(visit):
    visit.open("?model=digits&map=tsne&color=error")
    visit.page.get_by_test_id("sample").click()
    visit.wait("location.search.includes('z=') && !location.search.includes('item=')")
    before, link = visit.z, visit.page.url
    assert visit.address_bar("model") == "digits"
    assert visit.address_bar("map") == "tsne"
    assert visit.address_bar("color") == "error"
    visit.page.goto("about:blank")
    visit.page.goto(link)
    visit.ready()
    np.testing.assert_allclose(visit.z, before, atol=6e-4)
    assert visit.page.get_by_test_id("stage").get_attribute("data-model") == "digits"
    assert visit.page.get_by_text("approximate").is_visible()


def test_a_link_to_an_item_restores_it_exactly(visit):
    visit.open()
    item, x, y = visit.dot(2)
    visit.page.mouse.click(x, y)
    before = visit.z
    visit.wait(f"location.search.includes('item={number_of(item)}')")
    visit.page.reload()
    visit.ready()
    np.testing.assert_array_equal(visit.z, before)


@pytest.mark.parametrize(
    "query",
    ["?z=1,2&item=999999", "?z=nan,inf&map=none&color=<b>&points=-1", "?item=-1&z=&model=faces"],
)
def test_a_bent_link_still_opens_a_whole_page(visit, query):
    visit.open(query)
    assert visit.page.get_by_test_id("stage").get_attribute("data-model") == "faces"


def test_an_unknown_model_is_named_and_replaced(visit):
    visit.open("?model=nobody")
    assert visit.page.get_by_text("There is no model called").is_visible()
    assert visit.page.get_by_test_id("stage").get_attribute("data-model") == "faces"


def test_the_gallery_switches_models_and_drops_the_old_code(visit):
    visit.open("?item=3")
    visit.choose_model("digits")
    visit.page.wait_for_selector('[data-model="digits"][data-ready="true"]')
    assert visit.address_bar("model") == "digits"
    assert visit.address_bar("item") is None
    assert visit.pixels().shape == (8, 8, 4)


def test_the_map_can_be_changed_without_losing_the_code(visit):
    visit.open()
    visit.page.get_by_test_id("sample").click()
    before = visit.z
    choose(visit, "Map", "t-SNE, neighbours together")
    visit.page.get_by_text("approximate").wait_for()
    choose(visit, "Colour by", "smile")
    visit.page.locator(".js-plotly-plot").get_by_text("smile").wait_for()
    choose(visit, "Dots shown", "500")
    visit.wait(
        "document.querySelector('.js-plotly-plot')._fullData"
        ".reduce((sum, trace) => sum + trace.x.length, 0) === 500"
    )
    np.testing.assert_array_equal(visit.z, before)


def test_two_sliders_can_be_the_map(visit):
    visit.open()
    choose(visit, "Map", "Two sliders against each other")
    visit.page.get_by_role("combobox", name="Horizontal").wait_for()
    index = visit.first_slider()
    name = visit.page.locator(".le-name").first.inner_text()
    title = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.title.text"
    visit.wait(f"{title} === {name!r}")
    cursor = "document.querySelector('.le-cursor').getBoundingClientRect()"
    visit.page.get_by_test_id("reset").click()
    start = visit.page.evaluate(f"{cursor}.x")
    visit.page.get_by_test_id(f"slider-{index}").focus()
    for _ in range(8):
        visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate(f"{cursor}.x") > start + 10


def test_a_broken_bundle_is_reported_and_the_rest_works(visit):
    visit.open()
    visit.page.get_by_text("more cannot be opened").click()
    assert visit.page.get_by_text("config.json").first.is_visible()


def test_odd_names_are_shown_as_they_are(visit):
    visit.open()
    visit.page.get_by_role("button", name="שלום").click()
    visit.page.wait_for_selector('[data-model^="ünïcode"][data-ready="true"]')
    button = visit.page.get_by_role("button", name="שלום")
    assert button.inner_text() == "ünïcode *שלום* <b> 50%#?"
    assert button.locator("b, em").count() == 0


def test_developers_tools_stay_out_of_sight(visit):
    visit.open()
    assert visit.page.get_by_text("Deploy").count() == 0


def test_two_pages_do_not_disturb_each_other(visit, browser, address):
    visit.open("?model=digits")
    other = browser.new_page()
    other.goto(f"{address}/?model=faces")
    other.wait_for_selector('[data-ready="true"]')
    before = visit.z
    other.get_by_test_id("sample").click()
    other.wait_for_timeout(800)
    other.close()
    np.testing.assert_array_equal(visit.z, before)
    assert visit.page.get_by_test_id("stage").get_attribute("data-model") == "digits"


def test_controls_speak_of_the_model_on_show(visit):
    visit.open("?model=faces")
    visit.choose_model("digits")
    visit.page.wait_for_selector('[data-model="digits"][data-ready="true"]')
    shown = visit.page.get_by_role("combobox", name="Dots shown")
    assert shown.input_value() == "all 180"


def test_the_picture_of_a_card_chooses_its_model(visit):
    visit.open("?model=faces")
    box = visit.page.locator('[class*="st-key-card-"] img').nth(1).bounding_box()
    visit.page.mouse.click(box["x"] + 20, box["y"] + 20)
    visit.page.wait_for_selector('[data-testid="stage"]:not([data-model="faces"])')


def test_going_back_in_the_browser_goes_back_in_latent_space(visit):
    visit.open()
    start = visit.z
    visit.page.get_by_test_id("reset").click()
    visit.wait("location.search.includes('z=')")
    visit.page.wait_for_timeout(1500)
    visit.page.get_by_test_id("sample").click()
    sampled = visit.z
    visit.page.wait_for_timeout(2500)
    np.testing.assert_array_equal(visit.z, sampled)
    visit.page.go_back()
    visit.wait("!JSON.parse(document.querySelector('[data-testid=stage]').dataset.z).some(v => v)")
    visit.page.go_back()
    visit.wait("!location.search.includes('z=')")
    visit.wait("JSON.parse(document.querySelector('[data-testid=stage]').dataset.z).some(v => v)")
    np.testing.assert_array_equal(visit.z, start)


def test_going_to_another_model_and_back_forgets_the_old_code(visit):
    visit.open("?model=faces")
    visit.page.get_by_test_id("sample").click()
    visit.wait("location.search.includes('z=')")
    for name in ("digits", "faces"):
        visit.choose_model(name)
        visit.page.wait_for_selector(f'[data-model="{name}"][data-ready="true"]')
    visit.page.wait_for_timeout(1500)
    assert visit.address_bar("z") is None


@pytest.mark.parametrize("name", ["doodles", "mnist-2d", "fashion-wgan-gp"])
def test_the_original_stands_beside_its_reconstruction_without_a_download(visit, name):
    visit.open()
    visit.page.locator(f".st-key-model-{name} button").first.click()
    visit.wait(f"document.querySelector('[data-testid=stage]')?.dataset.model === '{name}'")
    visit.ready()
    visit.wait("document.querySelector('[data-testid=original]')?.naturalWidth === 28")
    original = visit.page.get_by_test_id("original").evaluate(
        "i => { const c = document.createElement('canvas'); c.width = c.height = 28;"
        " c.getContext('2d').drawImage(i, 0, 0); return Array.from("
        "c.getContext('2d').getImageData(0, 0, 28, 28).data); }"
    )
    x = np.array(original).reshape(28, 28, 4) / 255
    assert np.mean((x - visit.pixels("reconstruction") / 255) ** 2) < 0.04
    assert "Typical" in visit.page.get_by_test_id("honesty").inner_text()
