"""A model without an encoder on the Explore page, and a picture of one's own in any model."""

import io

import numpy as np
import pytest
from PIL import Image

from explorer.bundle import Codes, write_bundle
from explorer.completing import complete, train_command
from explorer.config import TrainConfig
from explorer.data.digits import digits
from explorer.training import train

Z = "JSON.parse(document.querySelector('[data-testid=stage]').dataset.z)"


@pytest.fixture(scope="module")
def dreamer(home) -> Codes:
    """A GAN of digits in the home, barely trained; its codes."""
    config = TrainConfig(
        data="digits", kind="gan", arch="mlp", hidden=(32,), latent_dim=4, epochs=3
    )
    *_, last = train(digits(), config, name="dreamer")
    assert last.bundle is not None
    bundle = complete(last.bundle, command=train_command(config, "dreamer"))
    write_bundle(bundle, home / "bundles" / "dreamer")
    return bundle.codes


def picture(kind: str = "PNG") -> dict[str, object]:
    """A digit, enlarged, as a file that somebody chooses."""
    file = io.BytesIO()
    Image.fromarray(digits().pixels[3, 0]).resize((64, 64)).convert("RGB").save(file, kind)
    return {"name": f"mine.{kind.lower()}", "mimeType": "image/png", "buffer": file.getvalue()}


def choose_file(visit, file: dict[str, object]) -> None:
    visit.page.get_by_role("button", name="Place an image…").click()
    visit.page.get_by_role("dialog").wait_for()
    visit.page.locator("input[type=file]").set_input_files(file)


def test_the_page_says_what_the_dots_are_and_begins_at_an_image(visit, dreamer):
    visit.open("?model=dreamer")
    assert visit.page.get_by_text("This model has no encoder: grey dots are samples").is_visible()
    assert visit.page.locator(".le-item-name").inner_text().startswith("Item ")
    assert visit.page.get_by_test_id("original").is_visible()
    start = np.flatnonzero((np.abs(dreamer.mu - visit.z) < 1e-4).all(axis=1))
    assert dreamer.ids[start[0]] >= 0


def test_a_drag_redraws_the_picture(visit, dreamer):
    visit.open("?model=dreamer")
    before = visit.pixels()
    left, width, y = visit.slider(visit.first_slider())
    visit.page.mouse.move(left + 0.2 * width, y)
    visit.page.mouse.down()
    visit.page.mouse.move(left + 0.9 * width, y, steps=20)
    visit.page.mouse.up()
    assert not np.array_equal(visit.pixels(), before)


def test_a_draw_has_no_original_and_no_class(visit, dreamer):
    row = int(np.flatnonzero(dreamer.ids < 0)[6])
    visit.open("?model=dreamer&item=-7")
    np.testing.assert_allclose(visit.z, dreamer.mu[row], atol=1e-4)
    assert visit.page.locator(".le-item-name").inner_text() == "Sample 7"
    assert not visit.page.get_by_test_id("original").is_visible()
    assert not visit.page.get_by_test_id("reconstruction").is_visible()
    assert "undefined" not in visit.page.get_by_test_id("stage").inner_text()
    item, x, y = visit.dot()
    visit.page.mouse.move(x, y)
    card = visit.page.locator(".le-card")
    assert card.inner_text().split(" ")[0] == ("Item" if dreamer.ids[item] >= 0 else "Sample")


def test_a_picture_is_placed_by_search_and_explored_from_there(visit, dreamer):
    visit.open("?model=dreamer")
    before = visit.z
    choose_file(visit, picture())
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_text("What the model sees").wait_for()
    dialog.get_by_role("button", name="Find its code").click()
    dialog.get_by_text("found by a search of 200 steps").wait_for()
    assert dialog.locator("img").count() == 2
    visit.page.get_by_role("button", name="Explore from here").click()
    dialog.wait_for(state="detached")
    visit.wait("location.search.includes('z=')")
    shown = np.array([float(part) for part in (visit.address_bar("z") or "").split(",")])
    assert np.abs(shown - before).max() > 0.01
    visit.wait(f"{Z}.every((value, i) => Math.abs(value - {shown.tolist()}[i]) < 1e-3)")
    assert visit.address_bar("model") == "dreamer"


def test_an_encoder_places_a_picture_and_other_files_are_refused(visit):
    visit.open("?model=digits")
    choose_file(visit, {"name": "mine.png", "mimeType": "image/png", "buffer": b"no picture"})
    dialog = visit.page.get_by_role("dialog")
    dialog.get_by_text("is not an image in a format that can be read").wait_for()
    visit.page.locator("input[type=file]").set_input_files(picture("JPEG"))
    dialog.get_by_text("The encoder found the code.").wait_for()
    visit.page.get_by_role("button", name="Explore from here").click()
    dialog.wait_for(state="detached")
    visit.wait("location.search.includes('z=') && !location.search.includes('item=')")
