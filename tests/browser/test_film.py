"""Filmstrips, and what else shows an earlier code: dimmed at once, redrawn while all moves."""

import numpy as np

STRIPS = """[...document.querySelectorAll('.le-sliders > .le-slider')].map((slider) => ({
    stale: slider.classList.contains('le-stale'),
    opacity: Number(getComputedStyle(slider.querySelector('.le-strip')).opacity),
    pictures: [...slider.querySelectorAll('.le-frame canvas')].map((canvas) => Array.from(
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data)),
}))"""
IS_FRESH = "!document.querySelector('.le-sliders > .le-slider.le-stale')"


def strips(visit) -> list[dict]:
    return visit.page.evaluate(STRIPS)


def test_strips_show_where_a_slider_leads(visit):
    visit.open()
    visit.wait(IS_FRESH)
    for strip in strips(visit):
        assert len({tuple(picture) for picture in strip["pictures"]}) == 5


def test_at_rest_the_middle_of_every_strip_is_the_picture_on_show(visit):
    visit.open("?model=mnist")
    visit.page.get_by_test_id("reset").click()
    visit.page.wait_for_timeout(300)
    visit.wait(IS_FRESH)
    shown = visit.pixels().ravel()
    for strip in strips(visit):
        assert strip["opacity"] == 1
        np.testing.assert_allclose(strip["pictures"][2], shown, atol=1)


def test_while_a_slider_is_dragged_the_others_are_dimmed_and_redrawn_nearest_first(visit):
    visit.open("?model=mnist")
    visit.wait(IS_FRESH)
    before = strips(visit)
    left, width, y = visit.slider(visit.first_slider())
    visit.page.mouse.move(left + 0.5 * width, y)
    visit.page.mouse.down()
    redrawn: list[int] = []
    for step in range(400):
        visit.page.mouse.move(left + (0.55 + 0.3 * (step % 40) / 40) * width, y)
        now = strips(visit) if step % 4 == 0 else []
        for i, strip in enumerate(now):
            assert strip["stale"] == (strip["opacity"] < 1) == (i > 0), f"strip {i}"
            if i not in redrawn and strip["pictures"] != before[i]["pictures"]:
                redrawn.append(i)
        if len(redrawn) > 3:
            break
    visit.page.mouse.up()
    assert {1, 2} <= set(redrawn[:3]), redrawn
    assert 0 not in redrawn, "its own strip has nothing to redraw"
    visit.wait(IS_FRESH)


def test_strips_follow_a_place_that_is_pointed_at_and_come_back(visit):
    visit.open("?model=mnist&map=pca")
    visit.wait(IS_FRESH)
    before = strips(visit)
    visit.page.mouse.move(*visit.empty_place())
    visit.wait("document.querySelectorAll('.le-stale').length > 3")
    visit.wait(IS_FRESH)
    assert strips(visit)[0]["pictures"] != before[0]["pictures"]
    visit.page.mouse.move(5, 5)
    visit.wait("document.querySelectorAll('.le-stale').length > 3")
    visit.wait(IS_FRESH)
    assert strips(visit)[0]["pictures"] == before[0]["pictures"]


def test_while_wandering_original_and_reconstruction_belong_to_the_item_picked_earlier(visit):
    visit.open()
    name = visit.page.locator(".le-item-name")
    item = name.inner_text()
    opacity = "Number(getComputedStyle(document.querySelector('.le-pair')).opacity)"
    assert visit.page.evaluate(opacity) == 1
    visit.page.get_by_test_id("animate").click()
    visit.wait(f"{opacity} < 1")
    assert name.inner_text() == f"{item}, picked earlier"
    visit.page.get_by_test_id("animate").click()
    assert name.inner_text() == ""
    visit.page.get_by_test_id("undo").click()
    visit.wait(f"{opacity} === 1")
    assert name.inner_text() == item
    visit.page.mouse.move(*visit.empty_place())
    visit.wait(f"{opacity} < 1")
    visit.page.mouse.move(5, 5)
    visit.wait(f"{opacity} === 1")


def test_only_what_moves_is_a_layer_of_its_own(visit):
    """A canvas the processor does not paint is a layer, and each costs time in every frame."""
    visit.open()
    settings = "(all) => all.map((c) => c.getContext('2d').getContextAttributes())"
    strip = visit.page.locator(".le-sliders canvas").evaluate_all(settings)
    assert len(strip) >= 50
    assert all(canvas["willReadFrequently"] for canvas in strip)
