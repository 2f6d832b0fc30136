"""The meter says where a code lies and, beside it, how well the model redraws what is there."""

from pathlib import Path

import numpy as np

from explorer.bundle import read_bundle
from explorer.latent.encode import decode, encode

PRETRAINED = Path(__file__).parents[2] / "pretrained"
SETTLED = "!document.querySelector('[data-testid=redrawn]').matches('.le-stale, .le-unknown')"


def redrawn(visit):
    """The line on redrawing, once it has settled."""
    visit.page.wait_for_timeout(400)
    visit.wait(SETTLED)
    return visit.page.get_by_test_id("redrawn")


def drift(bundle, z: np.ndarray) -> np.ndarray:
    """What the browser measures, by torch: mean squared change after two rounds, shape (n,)."""
    first = last = decode(bundle, z.astype(np.float32))
    for _ in range(2):
        last = decode(bundle, encode(bundle, last).mu)
    return np.asarray(np.square(last - first).mean((1, 2, 3)))


def test_a_scribble_in_a_typical_place_is_distinguished_from_a_digit(visit):
    visit.open("?model=mnist")
    bundle = read_bundle(PRETRAINED / "mnist")
    rows = np.arange(150) * len(bundle.codes.mu) // 150
    of_items = drift(bundle, bundle.codes.mu[rows])
    levels = {}
    for _ in range(60):
        visit.page.get_by_test_id("sample").click()
        line = redrawn(visit)
        assert line.get_attribute("data-of") == "code"
        place = visit.page.get_by_test_id("honesty").get_attribute("data-level")
        if place == "typical":
            levels[line.get_attribute("data-level")] = visit.z
        if {"badly", "well"} <= set(levels):
            break
    changes = drift(bundle, np.stack([levels["well"], levels["badly"]]))
    shares = [(of_items < change).mean() for change in changes]
    assert shares[0] < 0.5
    assert shares[1] >= 0.95


def test_the_meter_of_an_item_shows_the_rank_of_its_error(visit):
    visit.open("?model=mnist")
    item, x, y = visit.dot(0)
    visit.page.mouse.click(x, y)
    line = redrawn(visit)
    visit.wait("document.querySelector('[data-testid=redrawn]').dataset.of === 'image'")
    error = read_bundle(PRETRAINED / "mnist").codes.error
    worse = 100 * (error < error[item]).mean()
    percent = min(int(100 - worse if worse < 50 else worse), 99)
    assert f"{percent}% of test images" in line.inner_text()


def test_the_line_is_hidden_at_once_and_settles_when_the_hand_rests(visit):
    visit.open("?model=mnist")
    before = redrawn(visit).inner_text()
    index = visit.first_slider()
    left, width, y = visit.slider(index)
    visit.page.mouse.move(left + width / 2, y)
    visit.page.mouse.down()
    visit.page.mouse.move(left + width - 4, y, steps=4)
    assert not visit.page.evaluate(SETTLED)
    assert visit.page.get_by_test_id("redrawn").is_hidden()
    visit.page.mouse.up()
    assert redrawn(visit).inner_text() != before


def test_without_an_encoder_only_the_place_is_judged(visit):
    visit.open("?model=fashion-wgan-gp")
    visit.page.get_by_test_id("sample").click()
    visit.page.wait_for_timeout(1500)
    assert visit.page.get_by_test_id("redrawn").is_hidden()
    assert visit.page.get_by_test_id("honesty").get_attribute("data-level")


def test_nothing_of_the_encoder_is_fetched_before_the_stage_is_ready(visit):
    asked = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.open("?model=faces")
    late = ("encoder.pack", "redraw-worker")
    early = [url for url in asked if any(part in url for part in late)]
    assert early == []
    visit.page.get_by_test_id("sample").click()
    redrawn(visit)
    assert any("encoder.pack" in url for url in asked)
