"""The live loop in a real browser: sliders, map and picture are one code."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from explorer import store
from explorer.bundle import Codes, read_bundle
from tests.browser.conftest import number_of, visiting


@pytest.fixture(scope="module")
def faces() -> Codes:
    return read_bundle(store.pretrained_folder() / "faces", weights=False).codes


def torch_decode(model: str, z: np.ndarray, tmp_path) -> np.ndarray:
    """What the command line decodes, (h, w, c)."""
    file = tmp_path / "decoded.png"
    code = json.dumps(z.tolist())
    command = [sys.executable, "-m", "explorer", "decode", model, "--z", code, "--out", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return np.asarray(Image.open(io.BytesIO(file.read_bytes())))


def drag(visit, index: int, start: float, end: float, steps: int = 40) -> None:
    left, width, y = visit.slider(index)
    visit.page.mouse.move(left + start * width, y)
    visit.page.mouse.down()
    for step in range(steps + 1):
        visit.page.mouse.move(left + (start + (end - start) * step / steps) * width, y)


def test_the_page_opens_on_faces_with_everything_on_it(visit):
    visit.open()
    assert visit.page.get_by_test_id("stage").get_attribute("data-model") == "faces"
    for part in ("map", "decoded", "sample", "reset", "animate", "honesty", "reconstruction"):
        assert visit.page.get_by_test_id(part).is_visible()
    assert visit.page.get_by_test_id("original").is_visible()
    assert visit.pixels().shape == (64, 64, 4)
    assert visit.pixels().std() > 20


def test_the_original_looks_like_its_reconstruction(visit):
    visit.open()
    visit.wait("document.querySelector('[data-testid=original]').complete")
    original = visit.page.get_by_test_id("original").evaluate(
        "i => { const c = document.createElement('canvas'); c.width = c.height = 64;"
        " c.getContext('2d').drawImage(i, 0, 0); return Array.from("
        "c.getContext('2d').getImageData(0, 0, 64, 64).data); }"
    )
    x = np.array(original).reshape(64, 64, 4) / 255
    x_hat = visit.pixels("reconstruction") / 255
    assert np.mean((x - x_hat) ** 2) < 0.01


@pytest.mark.parametrize("model", ["faces", "digits"])
def test_the_canvas_shows_the_picture_that_torch_decodes(visit, tmp_path, model):
    visit.open(f"?model={model}")
    visit.page.get_by_test_id("sample").click()
    drag(visit, visit.first_slider(), 0.5, 0.8, steps=10)
    visit.page.mouse.up()
    expected = torch_decode(model, visit.z, tmp_path)
    shown = visit.pixels()[..., :3]
    expected = expected[..., None] if expected.ndim == 2 else expected
    assert np.abs(shown.astype(int) - expected.astype(int)).max() <= 1


def test_dragging_redraws_without_a_word_to_the_server(visit):
    visit.open()
    visit.page.wait_for_timeout(1500)
    before, picture, index = visit.z, visit.pixels(), visit.first_slider()
    frames = "performance.getEntriesByName('latent:frame').length"
    said, drawn = len(visit.sent), visit.page.evaluate(frames)
    drag(visit, index, 0.5, 0.9)
    moved = visit.z
    assert len(visit.sent) == said
    assert visit.page.evaluate(frames) - drawn > 10
    assert np.flatnonzero(moved != before).tolist() == [index]
    assert moved[index] > 1.5
    assert np.abs(visit.pixels().astype(int) - picture).mean() > 1
    visit.page.mouse.up()
    visit.wait("location.search.includes('z=')")
    assert len(visit.sent) > said


def test_every_drawn_frame_has_its_measures(visit):
    visit.open()
    visit.page.get_by_test_id("sample").click()
    for name in ("latent:frame", "latent:decode"):
        last = f"performance.getEntriesByName('{name}').at(-1).duration"
        assert 0 < visit.page.evaluate(last) < 60_000


def test_slider_number_and_code_agree(visit):
    visit.open()
    index = visit.first_slider()
    drag(visit, index, 0.5, 0.25, steps=5)
    visit.page.mouse.up()
    value = visit.page.get_by_test_id(f"slider-value-{index}").inner_text()
    assert float(value.replace("\u2212", "-")) == pytest.approx(visit.z[index], abs=0.006)


def test_clicking_a_dot_loads_its_code(visit, faces):
    visit.open()
    item, x, y = visit.dot()
    visit.page.mouse.move(x, y)
    visit.page.mouse.click(x, y)
    np.testing.assert_allclose(visit.z, faces.mu[item], atol=1e-4)
    visit.wait(f"location.search.includes('item={faces.ids[item]}')")
    assert visit.page.locator(".le-item-name").inner_text() == f"Item {faces.ids[item]}"


@pytest.mark.parametrize("method", ["pca", "tsne", "z"])
def test_hovering_an_empty_place_decodes_there_and_leaving_returns(visit, method):
    visit.open(f"?map={method}")
    visit.page.mouse.move(5, 5)
    before, picture = visit.z, visit.pixels()
    visit.page.mouse.move(*visit.empty_place())
    assert np.abs(visit.z - before).max() > 0.1
    assert np.abs(visit.pixels().astype(int) - picture).mean() > 1
    visit.page.mouse.move(5, 5)
    np.testing.assert_array_equal(visit.z, before)


def test_a_double_click_shows_the_whole_map_and_leaves_the_code(visit):
    visit.open()
    visit.page.get_by_test_id("sample").click()
    before, picture = visit.z, visit.pixels()
    visit.page.wait_for_timeout(400)
    _, x, y = visit.dot()
    visit.page.mouse.move(x, y)
    for count in (1, 2):  # as a hand does it, with a moment in between
        visit.page.mouse.down(click_count=count)
        visit.page.mouse.up(click_count=count)
        visit.page.wait_for_timeout(150)
        if count == 1:
            assert np.abs(visit.z - before).max() > 0.1
    np.testing.assert_array_equal(visit.z, before)
    np.testing.assert_array_equal(visit.pixels(), picture)
    visit.page.get_by_test_id("undo").click()
    assert np.abs(visit.z - before).max() > 0.1, "there was no step to undo in between"


def test_hovering_a_dot_shows_its_picture(visit):
    visit.open()
    item, x, y = visit.dot()
    visit.page.mouse.move(x, y)
    card = visit.page.locator(".le-card")
    assert card.is_visible()
    assert f"Item {number_of(item)}" in card.inner_text()


def test_clicking_an_empty_place_stays_there(visit):
    visit.open()
    before = visit.z
    visit.page.mouse.click(*visit.empty_place())
    visit.page.mouse.move(5, 5)
    assert np.abs(visit.z - before).max() > 0.1
    assert visit.page.get_by_test_id("original").is_hidden()


def test_tsne_says_that_it_is_approximate(visit):
    visit.open("?map=tsne")
    assert visit.page.get_by_text("approximate").is_visible()


def test_dots_in_space_can_be_clicked_and_show_where_the_code_is(visit, faces):
    visit.open("?map=pca3")
    visit.page.wait_for_timeout(1000)
    place = visit.page.locator(".le-cursor").bounding_box()
    assert place is not None
    visit.page.get_by_test_id("sample").click()
    visit.page.mouse.move(place["x"], place["y"])
    visit.wait("!document.querySelector('.le-card').hidden")
    shown = visit.page.locator(".le-card").inner_text()
    visit.page.mouse.down()
    visit.page.mouse.up()
    number = int("".join(filter(str.isdigit, shown.split(":")[0])))
    np.testing.assert_allclose(visit.z, faces.mu[faces.ids == number][0], atol=1e-4)


def test_keys_move_a_slider(visit):
    visit.open()
    index = visit.first_slider()
    visit.page.get_by_test_id("reset").click()
    visit.page.get_by_test_id(f"slider-{index}").focus()
    visit.page.keyboard.press("ArrowRight")
    assert visit.z[index] == pytest.approx(0.1)
    visit.page.keyboard.press("PageDown")
    assert visit.z[index] == pytest.approx(-0.4)
    visit.page.keyboard.press("End")
    assert visit.z[index] >= 3
    visit.page.keyboard.press("Home")
    assert visit.z[index] <= -3


def test_keys_move_on_the_map_and_pick_the_nearest_item(visit, faces):
    visit.open()
    visit.page.get_by_test_id("reset").click()
    visit.page.get_by_test_id("map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        visit.page.keyboard.press(key)
    assert np.abs(visit.z).max() > 0
    visit.page.keyboard.press("Enter")
    gaps = np.abs(faces.mu - visit.z).max(axis=1)
    assert gaps.min() < 1e-4


def test_double_click_sets_one_slider_to_zero(visit):
    visit.open()
    visit.page.get_by_test_id("sample").click()
    index = visit.first_slider()
    visit.page.get_by_test_id(f"slider-{index}").dblclick()
    assert visit.z[index] == 0
    assert np.count_nonzero(visit.z) > 3


def test_reset_sample_and_undo(visit):
    visit.open()
    start = visit.z
    visit.page.get_by_test_id("reset").click()
    assert not visit.z.any()
    visit.page.wait_for_timeout(400)
    visit.page.get_by_test_id("sample").click()
    sampled = visit.z
    assert np.abs(sampled).max() > 0.5
    visit.page.wait_for_timeout(400)
    visit.page.get_by_test_id("undo").click()
    assert not visit.z.any()
    visit.page.wait_for_timeout(400)
    visit.page.keyboard.press("Control+z")
    np.testing.assert_array_equal(visit.z, start)


def test_wandering_moves_until_it_is_stopped(visit):
    visit.open()
    visit.page.get_by_test_id("reset").click()
    visit.page.get_by_test_id("animate").click()
    visit.wait("JSON.parse(document.querySelector('[data-testid=stage]').dataset.z)[0] !== 0")
    visit.page.get_by_test_id("animate").click()
    still = visit.z
    visit.page.wait_for_timeout(300)
    np.testing.assert_array_equal(visit.z, still)


def test_far_from_all_data_the_page_says_so(visit):
    visit.open()
    honesty = visit.page.get_by_test_id("honesty")
    assert honesty.get_attribute("data-level") == "typical"
    for index in range(4):
        visit.page.get_by_test_id(f"slider-{index}").focus()
        visit.page.keyboard.press("End")
    assert honesty.get_attribute("data-level") == "empty"
    assert "No data near here" in honesty.inner_text()


def test_the_verdict_follows_also_where_items_have_classes(visit):
    visit.open("?model=digits")
    honesty = visit.page.get_by_test_id("honesty")
    assert "nearest are" in honesty.inner_text()
    for index in range(4):
        visit.page.get_by_test_id(f"slider-{index}").focus()
        visit.page.keyboard.press("End")
    assert honesty.get_attribute("data-level") == "empty"
    assert "nearest are" not in honesty.inner_text()


def test_undo_in_haste_loses_nothing(visit):
    visit.open()
    start = visit.z
    for _ in range(2):
        visit.page.get_by_test_id("sample").click()
    for _ in range(4):
        visit.page.keyboard.press("Control+z")
    np.testing.assert_array_equal(visit.z, start)


def test_a_slider_moves_on_from_where_a_walk_was(visit):
    visit.open()
    visit.page.get_by_test_id("reset").click()
    visit.page.get_by_test_id("animate").click()
    visit.page.wait_for_timeout(700)
    index = visit.first_slider()
    visit.page.get_by_test_id(f"slider-{index}").focus()
    visit.page.keyboard.press("ArrowRight")
    assert np.count_nonzero(visit.z) > 8


def test_without_motion_wandering_goes_in_single_steps(browser, address):
    for visit in visiting(browser, address, reduced_motion="reduce"):
        visit.open()
        frames = "performance.getEntriesByName('latent:frame').length"
        before = visit.page.evaluate(frames)
        visit.page.get_by_test_id("animate").click()
        visit.page.wait_for_timeout(1000)
        assert 1 <= visit.page.evaluate(frames) - before <= 2


def test_a_name_is_kept_and_never_taken_for_markup(visit):
    visit.open()
    name = "<img src=x onerror=alert(1)>"[:24]
    visit.page.locator(".le-name").first.click()
    visit.page.keyboard.type(name)
    visit.page.keyboard.press("Enter")
    assert visit.page.locator(".le-name").first.inner_text() == name
    visit.page.reload()
    visit.ready()
    assert visit.page.locator(".le-name").first.inner_text() == name
    assert visit.page.locator(".le-name img").count() == 0


def test_nothing_overflows_a_narrow_page(phone):
    phone.open()
    widths = phone.page.evaluate(
        "[document.documentElement.scrollWidth, ...Array.from("
        "document.querySelectorAll('[data-testid=stage] *'), e => e.getBoundingClientRect().right)]"
    )
    assert max(widths) <= 391


def test_a_decoder_too_large_for_the_browser_still_explores(visit, home, tmp_path):
    visit.open("?model=unpacked")
    assert visit.page.get_by_text("too large for the browser").is_visible()
    visit.page.get_by_test_id("slider-0").focus()
    with visit.page.expect_response(lambda answer: "/decode?" in answer.url):
        visit.page.keyboard.press("PageUp")
    visit.page.wait_for_timeout(500)
    expected = torch_decode(str(home / "bundles" / "unpacked"), visit.z, tmp_path)
    assert np.abs(visit.pixels()[..., 0].astype(int) - expected).max() <= 1
