"""A new tool is one folder and its words: added to a copy of the package, it works on the page."""

import json

import numpy as np
import pytest


def test_a_tool_is_one_folder_and_its_words(visit_with_toys):
    visit = visit_with_toys
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


def test_a_tool_keeps_its_state_in_the_address_under_its_name(visit_with_toys):
    visit = visit_with_toys.open("?model=digits")
    page = visit.page
    panel, field = page.get_by_test_id("panel-toy"), page.locator("[data-testid=panel-toy] input")
    page.get_by_test_id("tool-toy").click()
    field.fill("a & b, ü=1")
    field.press("Enter")
    visit.wait("new URL(location).searchParams.get('toy') === 'a & b, ü=1'")
    link, z = page.url, visit.z
    assert visit.address_bar("model") == "digits"
    assert visit.address_bar("z")

    page.goto("about:blank")
    page.goto(link)
    visit.ready()
    visit.wait("document.querySelector('[data-testid=panel-toy] input')?.value === 'a & b, ü=1'")
    assert panel.is_visible()
    np.testing.assert_allclose(visit.z, z, atol=6e-4)

    field.fill("second")
    field.press("Enter")
    visit.wait("new URL(location).searchParams.get('toy') === 'second'")
    page.get_by_test_id("tool-toy").click()
    visit.wait("!new URL(location).searchParams.has('toy')")
    assert panel.is_hidden()
    page.go_back()
    panel.wait_for(state="visible")
    assert field.input_value() == "second"

    visit.choose_model("faces")
    page.wait_for_selector('[data-model="faces"][data-ready="true"]')
    assert visit.address_bar("toy") is None, "what it keeps belongs to the model"


def test_without_tools_the_page_has_neither_buttons_nor_panels(visit):
    visit.open()
    assert visit.page.locator("[data-testid^=tool-], [data-testid^=panel-]").count() == 0
