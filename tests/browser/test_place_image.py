"""A picture of one's own: seen as the model will see it, placed, and kept on the stage."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tests.browser.conftest import choose


def drawing(text: str = "3", *, turned: int = 0, exif: int = 0) -> bytes:
    """A page with a small black figure in one corner, as a scanner or a paint program gives it."""
    page = Image.new("L", (300, 400), 255)
    font = ImageFont.load_default(size=120)
    ImageDraw.Draw(page).text((60, 70), text, fill=0, font=font, stroke_width=4)
    page = page.rotate(turned, expand=True, fillcolor=255)
    stream = io.BytesIO()
    tags = Image.Exif()
    if exif:
        tags[0x0112] = exif  # orientation
    page.save(stream, "JPEG", quality=95, exif=tags)
    return stream.getvalue()


def upload(visit, data: bytes) -> None:
    visit.page.get_by_role("button", name="Place an image").click()
    visit.page.locator('[role=dialog] input[type="file"]').set_input_files(
        {"name": "mine.jpg", "mimeType": "image/jpeg", "buffer": data}
    )
    visit.page.locator(".st-key-place-seen img").wait_for()


def seen(visit) -> np.ndarray:
    """What the preview shows, (h, w) uint8, once it stands still."""
    visit.page.wait_for_timeout(400)
    visit.page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")
    visit.page.wait_for_timeout(400)
    picture = visit.page.locator(".st-key-place-seen img")
    values = picture.evaluate(
        """async (img) => {
          await img.decode();
          const c = document.createElement('canvas');
          [c.width, c.height] = [img.naturalWidth, img.naturalHeight];
          c.getContext('2d').drawImage(img, 0, 0);
          return {w: c.width, d: Array.from(c.getContext('2d').getImageData(
            0, 0, c.width, c.height).data)}; }"""
    )
    return np.array(values["d"], np.uint8).reshape(-1, values["w"], 4)[:, :, 0]


def switch(visit, label: str):
    return visit.page.get_by_role("dialog").get_by_role("switch", name=label)


def press(visit, label: str) -> None:
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_role("button", name=label).or_(dialog.get_by_role("radio", name=label)).click()


def explore(visit) -> np.ndarray:
    """Go to the stage; returns the code there."""
    visit.page.get_by_role("button", name="Explore from here").click()
    visit.page.get_by_role("dialog").wait_for(state="hidden")
    visit.page.get_by_test_id("own-marker").wait_for()
    visit.page.wait_for_timeout(800)
    return visit.z


def test_a_black_three_on_white_is_inverted_cropped_and_placed_among_threes(visit):
    visit.open("?model=mnist")
    upload(visit, drawing())
    assert switch(visit, "Invert").is_checked()
    assert visit.page.get_by_text("the opposite background").is_visible()
    shown = seen(visit)
    assert shown[0].max() < 60  # black around it
    rows = np.flatnonzero((shown > 128).any(1))
    assert 0.55 < (rows[-1] - rows[0]) / len(shown) < 0.9  # as large as MNIST's digits
    explore(visit)
    assert "nearest are “3”" in visit.page.get_by_test_id("honesty").inner_text()
    original = visit.page.get_by_test_id("original")
    assert original.is_visible()
    assert original.get_attribute("src").startswith("data:image/png;base64,")
    assert visit.page.locator("figcaption", has_text="Your picture").is_visible()
    visit.wait("document.querySelector('[data-testid=redrawn]').dataset.of === 'own'")
    assert "test images" in visit.page.get_by_test_id("redrawn").inner_text()


def test_the_switches_change_what_the_model_sees(visit):
    visit.open("?model=mnist")
    upload(visit, drawing())
    first = seen(visit)
    press(visit, "Turn right")
    np.testing.assert_allclose(seen(visit).astype(int), np.rot90(first, -1).astype(int), atol=24)
    press(visit, "Turn left")
    np.testing.assert_array_equal(seen(visit), first)
    visit.page.get_by_role("dialog").get_by_text("Mirror").click()
    np.testing.assert_allclose(seen(visit).astype(int), first[:, ::-1].astype(int), atol=24)
    visit.page.get_by_role("dialog").get_by_text("Mirror").click()
    press(visit, "Whole image")
    whole = seen(visit)
    assert (whole > 128).sum() < (first > 128).sum() / 2  # the page is mostly empty
    press(visit, "The drawing")
    visit.page.get_by_role("dialog").get_by_text("Invert", exact=True).click()
    np.testing.assert_array_equal(seen(visit), 255 - first)


def test_a_photo_that_lies_on_its_side_stands_upright(visit):
    visit.open("?model=mnist")
    upload(visit, drawing(turned=90, exif=6))
    sideways = seen(visit)
    visit.page.keyboard.press("Escape")
    visit.page.get_by_role("dialog").wait_for(state="hidden")
    upload(visit, drawing())
    np.testing.assert_allclose(sideways.astype(int), seen(visit).astype(int), atol=40)


def test_ones_own_picture_stays_while_one_moves(visit):
    visit.open("?model=mnist")
    upload(visit, drawing())
    placed = explore(visit)
    page = visit.page
    back, marker = page.get_by_test_id("own-back"), page.get_by_test_id("own-marker")
    assert back.is_hidden()
    page.get_by_test_id(f"slider-{visit.first_slider()}").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(800)
    assert not np.allclose(visit.z, placed, atol=0.5)
    assert page.get_by_test_id("original").is_visible()
    assert back.is_visible()
    marker.click()
    np.testing.assert_array_equal(visit.z, placed)
    assert back.is_hidden()
    choose(visit, "Map", "t-SNE, neighbours together")
    page.get_by_text("approximate").wait_for()
    choose(visit, "Dots shown", "500")
    marker.wait_for()
    np.testing.assert_array_equal(visit.z, placed)
    page.get_by_test_id("sample").click()
    page.wait_for_timeout(500)
    page.get_by_test_id("undo").click()
    np.testing.assert_array_equal(visit.z, placed)
    page.get_by_test_id("sample").click()
    back.click()
    np.testing.assert_array_equal(visit.z, placed)
    page.get_by_test_id("reset").click()
    marker.focus()
    page.keyboard.press("Enter")
    np.testing.assert_array_equal(visit.z, placed)
    assert "data:" not in page.url


def test_ones_own_picture_is_there_again_on_return_from_another_model(visit):
    visit.open("?model=mnist")
    upload(visit, drawing())
    placed = explore(visit)
    page = visit.page
    marker, caption = page.get_by_test_id("own-marker"), page.locator("figcaption")
    page.get_by_role("button", name="Tiny digits, beta-VAE", exact=True).click()
    page.wait_for_selector('[data-model="digits"][data-ready="true"]')
    assert marker.is_hidden()
    assert caption.filter(has_text="Your picture").count() == 0
    visit.choose_model("mnist")
    page.wait_for_selector('[data-model="mnist"][data-ready="true"]')
    marker.wait_for()
    assert caption.filter(has_text="Your picture").is_visible()
    np.testing.assert_array_equal(visit.z, placed)


def test_explore_is_as_it_was_left_on_return_from_another_page(visit):
    visit.open("?model=mnist")
    upload(visit, drawing())
    explore(visit)
    choose(visit, "Map", "t-SNE, neighbours together")
    choose(visit, "Colour by", "reconstruction error")
    visit.page.get_by_test_id("sample").click()
    visit.wait("!location.search.includes('item=')")
    visit.page.wait_for_timeout(800)
    left, address = visit.z, visit.page.url
    for other in ("Train", "Compare"):
        visit.page.get_by_role("link", name=other, exact=True).first.click()
        visit.wait(f"location.pathname === '/{other.lower()}'")
        visit.page.locator(".st-key-page-links").get_by_role("link", name="Explore").click()
        visit.ready()
        visit.page.get_by_test_id("own-marker").wait_for()
        np.testing.assert_allclose(visit.z, left, atol=6e-4)
        assert visit.page.url == address


def test_without_an_encoder_the_code_is_searched_for_when_asked(visit):
    visit.open("?model=fashion-wgan-gp")
    upload(visit, drawing())
    assert visit.page.locator(".st-key-place-drawn").count() == 0
    press(visit, "Find its code")
    visit.page.locator(".st-key-place-drawn img").wait_for()
    explore(visit)
    assert visit.page.get_by_test_id("original").is_visible()
    visit.wait("document.querySelector('[data-testid=redrawn]').dataset.of === 'own'")
