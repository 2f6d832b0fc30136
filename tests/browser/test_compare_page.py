"""Models side by side in a real browser: one item, one slider, one seed for all of them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import store
from explorer.bundle import ModelBundle, read_bundle, read_summary, write_bundle
from explorer.models.spec import expected_weights
from tests.browser.conftest import SLOW_MS, Visit, serving
from tests.conftest import with_settings
from tests.tools import chromium

READY = '[data-testid="comparison"][data-ready="true"]'
SAME_PICTURES = ("mnist", "mnist-2d", "mnist-50")
ODD = "ünïcode, *שלום* <b> 50%#?&"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    """Where the app runs, with copies of shipped models, one of which has a wicked name."""
    chromium()
    home: Path = tmp_path_factory.mktemp("home")
    for name, copy in (("mnist-2d", "mnist-2d-again"), ("digits", "digits-again"), ("digits", ODD)):
        bundle = read_bundle(store.pretrained_folder() / name)
        write_bundle(replace(bundle, name=copy, title=copy), home / "bundles" / copy)
    write_bundle(without_encoder(), home / "bundles" / "generator")
    with serving(home) as at:
        yield at


def without_encoder() -> ModelBundle:
    """The decoder of the digits as a generator by itself, with codes of but 60 test images."""
    bundle = read_bundle(store.pretrained_folder() / "digits")
    off = {"beta": 1.0, "beta_end": 0.0, "kl_warmup_epochs": 0, "likelihood": "bernoulli"}
    gan = with_settings(bundle, kind="gan", **off)
    found = np.arange(len(bundle.codes.mu)) < 60
    assert bundle.codes.labels is not None
    codes = replace(
        bundle.codes,
        ids=np.where(found, bundle.codes.ids, -1),
        labels=np.where(found, bundle.codes.labels, -1),
    )
    weights = {key: bundle.weights[key] for key in expected_weights(gan.model)}
    return replace(gan, name="generator", weights=weights, codes=codes, start_item=None)


class Comparison:
    """A visit to the Compare page."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page

    def open(self, query: str) -> "Comparison":
        self.page.goto(f"{self.visit.address}/compare{query}")
        return self.ready()

    def ready(self) -> "Comparison":
        self.page.wait_for_selector(READY, timeout=SLOW_MS)
        return self

    def part(self, name: str):
        return self.page.get_by_test_id(f"compare-{name}")

    def pictures(self, name: str, n: int) -> list[np.ndarray]:
        return [self.visit.pixels(f"compare-{name}-{i}") for i in range(n)]

    def item(self, slot: str = "item") -> int:
        return int(self.page.get_by_test_id("comparison").get_attribute(f"data-{slot}") or "")

    def mark(self, of: str, name: str) -> tuple[float, float] | None:
        """Where a mark stands on a plane, in percent of its side; None if it is nowhere."""
        mark = self.part(of).locator(f".le-mark-{name}")
        if not mark.count() or not mark.is_visible():
            return None
        left, top = mark.evaluate("m => m.style.translate").split(" ")
        return float(left.rstrip("%")), float(top.rstrip("%"))

    def drag(self, size: int, index: int, to: float) -> None:
        slider = self.part(f"slider-{size}-{index}")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        for step in range(1, 21):
            share = 0.5 + (to - 0.5) * step / 20
            self.page.mouse.move(box["x"] + share * box["width"], y)


@pytest.fixture
def comparison(visit) -> Comparison:
    return Comparison(visit)


@pytest.fixture
def on_phone(phone) -> Comparison:
    return Comparison(phone)


def changed(before: list[np.ndarray], after: list[np.ndarray]) -> list[bool]:
    return [bool((a != b).any()) for a, b in zip(before, after, strict=True)]


def test_the_page_opens_on_models_of_the_same_pictures(comparison):
    comparison.open("")
    n = comparison.page.locator("canvas[data-testid^=compare-live]").count()
    assert n >= 2
    starts = comparison.pictures("reconstruction", n)
    for shown, start in zip(comparison.pictures("live", n), starts, strict=True):
        assert shown.std() > 20
        np.testing.assert_array_equal(shown, start)


def test_one_slider_moves_each_model_whose_code_has_its_size(comparison):
    comparison.open("?models=mnist,mnist-2d,mnist-50,fashion")
    before = comparison.pictures("live", 4)
    sent = len(comparison.visit.sent)
    comparison.drag(1, 0, 0.8)  # the second size: two numbers
    assert changed(before, comparison.pictures("live", 4)) == [False, True, False, False]
    assert len(comparison.visit.sent) == sent  # nothing during a drag
    comparison.page.mouse.up()
    comparison.visit.wait("location.search.includes('z=')")
    frames = "performance.getEntriesByName('latent:frame').length"
    assert comparison.page.evaluate(frames) > 10


def test_no_item_is_marked_or_picked_on_the_map_of_other_pictures(comparison):
    comparison.open("?models=mnist,mnist-2d,fashion")
    assert [bool(comparison.mark(f"map-{i}", "a")) for i in range(3)] == [True, True, False]
    item = comparison.item()
    comparison.part("map-2").click()
    comparison.page.keyboard.press("ArrowRight")
    assert comparison.item() == item
    assert comparison.mark("map-2", "hint") is None


def test_one_slider_moves_all_models_of_one_size(comparison):
    comparison.open("?models=mnist-2d,mnist-2d-again")
    before = comparison.pictures("live", 2)
    comparison.drag(0, 1, 0.2)
    comparison.page.mouse.up()
    assert changed(before, comparison.pictures("live", 2)) == [True, True]
    comparison.part("back").click()
    assert changed(before, comparison.pictures("live", 2)) == [False, False]


def test_a_dot_picked_in_one_map_is_marked_in_all(comparison):
    comparison.open(f"?models={','.join(SAME_PICTURES)}")
    before = [comparison.mark(f"map-{i}", "a") for i in range(3)]
    item, reconstructions = comparison.item(), comparison.pictures("reconstruction", 3)
    box = comparison.part("map-1")
    box.scroll_into_view_if_needed()
    at = box.bounding_box()
    comparison.page.mouse.move(at["x"] + at["width"] * 0.5, at["y"] + at["height"] * 0.45)
    assert all(comparison.mark(f"map-{i}", "hint") for i in range(3))
    comparison.page.mouse.click(at["x"] + at["width"] * 0.5, at["y"] + at["height"] * 0.45)
    assert comparison.item() != item
    after = [comparison.mark(f"map-{i}", "a") for i in range(3)]
    assert all(b != a and a is not None for b, a in zip(before, after, strict=True))
    assert all(changed(reconstructions, comparison.pictures("reconstruction", 3)))
    comparison.visit.wait(f"location.search.includes('item={comparison.item()}')")


def test_the_second_picture_is_where_the_way_ends(comparison):
    comparison.open("?models=mnist,mnist-2d")
    first, second = comparison.item(), comparison.item("item2")
    comparison.part("slot-b").click()
    comparison.part("next").click()
    assert comparison.item() == first
    assert comparison.item("item2") != second
    comparison.page.wait_for_timeout(500)
    for i, shown in enumerate(comparison.pictures("live", 2)):
        start = (
            comparison.part(f"walk-{i}")
            .locator("canvas")
            .first.evaluate(
                "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
            )
        )
        np.testing.assert_allclose(np.array(start), shown.ravel(), atol=1)


def test_arrow_keys_go_through_items_and_holes(comparison):
    comparison.open("?models=mnist,mnist-2d")
    item = comparison.item()
    comparison.part("map-0").focus()
    comparison.page.keyboard.press("ArrowRight")
    assert comparison.item() > item
    spots = comparison.pictures("spot", 2)
    comparison.part("holes-1").focus()
    comparison.page.keyboard.press("ArrowRight")
    assert changed(spots, comparison.pictures("spot", 2)) == [False, True]
    comparison.visit.wait("location.search.includes('spots=')")


def test_random_codes_are_decoded_under_the_pointer(comparison):
    comparison.open("?models=mnist,mnist-2d")
    before = comparison.pictures("spot", 2)
    plane = comparison.part("holes-0")
    plane.scroll_into_view_if_needed()
    at = plane.bounding_box()
    comparison.page.mouse.move(at["x"] + at["width"] * 0.5, at["y"] + at["height"] * 0.5)
    assert changed(before, comparison.pictures("spot", 2)) == [True, False]
    comparison.page.mouse.move(at["x"] + at["width"] * 0.5, at["y"] - 60)
    assert changed(before, comparison.pictures("spot", 2)) == [False, False]


def test_a_link_restores_the_comparison(comparison):
    comparison.open("?models=mnist-2d,mnist")
    comparison.part("next").click()
    comparison.part("slot-b").click()
    comparison.part("next").click()
    comparison.part("again").click()
    comparison.drag(0, 0, 0.7)
    comparison.page.mouse.up()
    comparison.part("holes-1").focus()
    comparison.page.keyboard.press("ArrowDown")
    comparison.visit.wait(
        "['z=', 'item=', 'item2=', 'seed=1', 'spots='].every((p) => location.search.includes(p))"
    )
    comparison.page.wait_for_timeout(500)
    before = [comparison.pictures(name, 2) for name in ("live", "spot", "reconstruction")]
    items, link = (comparison.item(), comparison.item("item2")), comparison.page.url
    comparison.page.goto("about:blank")
    comparison.page.goto(link)
    comparison.ready()
    assert (comparison.item(), comparison.item("item2")) == items
    after = [comparison.pictures(name, 2) for name in ("live", "spot", "reconstruction")]
    np.testing.assert_allclose(np.array(after, int), np.array(before, int), atol=4)


def test_going_back_goes_back(comparison):
    comparison.open("?models=mnist-2d,mnist")
    comparison.part("next").click()
    comparison.visit.wait("location.search.includes('item=')")
    first = comparison.item()
    comparison.page.wait_for_timeout(1000)
    comparison.part("next").click()
    comparison.visit.wait(f"!location.search.includes('item={first}')")
    comparison.page.wait_for_timeout(1000)
    comparison.page.go_back()
    comparison.visit.wait(f"document.querySelector('{READY}').dataset.item === '{first}'")


def test_models_of_different_shapes_are_refused_with_what_fits(comparison):
    comparison.page.goto(f"{comparison.visit.address}/compare?models=mnist,faces")
    told = comparison.page.get_by_text("mnist makes pictures of 28×28 grey")
    told.wait_for()
    assert "faces (64×64 colour)" in told.inner_text()
    comparison.page.locator("li", has_text="64×64 colour: faces").wait_for()
    comparison.page.get_by_role("button", name="faces", disabled=True).wait_for()


def test_models_of_other_pictures_share_no_item_but_all_the_rest(comparison):
    comparison.open("?models=fashion,doodles")
    assert comparison.page.get_by_text("no test image in common").is_visible()
    assert comparison.part("walk").count() == 0
    assert all(picture.std() > 5 for picture in comparison.pictures("live", 2))
    assert comparison.page.get_by_text("measured on different images").first.is_visible()


def test_the_comparison_is_saved_as_a_picture_and_a_table(comparison, tmp_path):
    comparison.open("?models=mnist,mnist-2d")
    with comparison.page.expect_download() as picture:
        comparison.part("savePicture").click()
    assert picture.value.suggested_filename == "mnist_vs_mnist-2d.png"
    picture.value.save_as(tmp_path / "all.png")
    drawn = np.asarray(Image.open(tmp_path / "all.png").convert("L"))
    assert drawn.shape[1] == 2 * 676
    assert (drawn < 128).mean() > 0.05
    comparison.part("pictureSize").select_option("2704 px")
    with comparison.page.expect_download() as larger:
        comparison.part("savePicture").click()
    larger.value.save_as(tmp_path / "larger.png")
    fine = np.asarray(Image.open(tmp_path / "larger.png").convert("L"))
    assert fine.shape == (2 * drawn.shape[0], 2 * drawn.shape[1])
    halved = fine.reshape(drawn.shape[0], 2, drawn.shape[1], 2).mean(axis=(1, 3))
    assert np.abs(halved - drawn).mean() < 6, "the same picture"
    enlarged = np.repeat(np.repeat(drawn, 2, axis=0), 2, axis=1)
    assert (fine != enlarged).mean() > 0.02, "drawn anew, not blown up"
    with comparison.page.expect_download() as table:
        comparison.part("saveTable").click()
    table.value.save_as(tmp_path / "all.csv")
    lines = list(csv.reader(io.StringIO((tmp_path / "all.csv").read_text("utf-8"))))
    assert lines[0] == ["", "mnist", "mnist-2d", "remark"]
    assert float(next(line for line in lines if line[0] == "mse")[1]) < 0.02
    comparison.part("tableFormat").select_option("Markdown")
    with comparison.page.expect_download() as readme:
        comparison.part("saveTable").click()
    assert readme.value.suggested_filename == "mnist_vs_mnist-2d.md"
    assert "| Reconstruction error | " in Path(readme.value.path()).read_text("utf-8")


def test_better_scores_are_marked_in_the_table(comparison):
    comparison.open("?models=mnist,mnist-2d")
    row = comparison.part("scores").locator("tr", has_text="Reconstruction error")
    cells = row.locator("td").all_inner_texts()
    assert cells[0].startswith("✓")
    assert not cells[1].startswith("✓")


def test_originals_and_differences_are_shown_where_available(comparison):
    comparison.open("?models=digits,digits-again")
    comparison.visit.wait(
        "!document.querySelector('[data-testid=compare-original-1]').parentElement.hidden"
    )
    one, other = comparison.pictures("original", 2)
    np.testing.assert_array_equal(one, other)
    assert comparison.pictures("residual", 2)[0][..., 3].any()


def test_a_generator_shares_the_items_whose_codes_were_found(comparison):
    comparison.open("?models=digits,generator")
    assert comparison.part("same").get_by_text("Nearest found").is_visible()
    assert comparison.part("maps").get_by_text("Grey: random codes.").is_visible()
    assert comparison.part("holes").get_by_text("learnt from random codes alone").is_visible()
    one, other = comparison.pictures("reconstruction", 2)
    np.testing.assert_array_equal(one, other)  # the same decoder and codes
    for _ in range(3):
        comparison.part("any").click()
        assert all(comparison.mark(f"map-{i}", "a") for i in range(2))


def test_names_are_text(comparison):
    comparison.page.goto(f"{comparison.visit.address}/compare?models=digits")
    comparison.page.get_by_role("button", name="שלום").click()
    comparison.ready()
    assert comparison.page.locator(".le-names h2").nth(1).inner_text() == ODD
    assert comparison.page.locator(".le-compare b b").count() == 0
    comparison.page.reload()
    comparison.ready()
    assert comparison.page.locator(".le-names h2").nth(1).inner_text() == ODD


def test_on_a_phone_nothing_is_cut_off(on_phone):
    on_phone.open(f"?models={','.join(SAME_PICTURES)}")
    assert on_phone.page.evaluate(
        "Array.from(document.querySelectorAll('.le-compare :not(.le-mark)')).every("
        "(e) => e.getBoundingClientRect().right <= innerWidth + 1)"
    )
    on_phone.part("next").tap()
    plane = on_phone.part("map-0")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    item = on_phone.item()
    on_phone.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert on_phone.item() != item


FAMILY = "?models=fashion,fashion-ae,fashion-soft-intro-vae,fashion-wgan-gp"


def test_the_page_states_the_measured_share_of_random_codes(comparison):
    comparison.open("?models=fashion,fashion-vae")
    facts = comparison.page.locator(".le-facts .le-cell").all_inner_texts()
    coverages = [
        read_summary(store.pretrained_folder() / name).scores["coverage"]
        for name in ("fashion", "fashion-vae")
    ]
    for text, coverage in zip(facts, coverages, strict=True):
        assert f"{round(100 * coverage)}% of real images" in text


@pytest.mark.parametrize(("width", "height", "least"), [(1280, 800, 200), (1920, 1080, 300)])
def test_pictures_of_four_models_use_the_room_there_is(comparison, width, height, least):
    comparison.page.set_viewport_size({"width": width, "height": height})
    comparison.open(FAMILY)

    def width_of(selector: str) -> float:
        box = comparison.page.locator(selector).first.bounding_box()
        assert box is not None
        return box["width"]

    assert width_of("[data-testid=compare-live-0]") >= least
    assert width_of(".le-sheet canvas") >= 56
    right_of_walk = comparison.page.locator(".le-walk canvas").evaluate_all(
        "all => Math.max(...all.map((c) => c.getBoundingClientRect().right))"
    )
    assert right_of_walk > 0.9 * width


def test_a_caption_stands_on_one_line(comparison):
    comparison.page.set_viewport_size({"width": 1280, "height": 800})
    comparison.open(FAMILY)
    lines = comparison.page.locator(".le-triple figcaption:visible").evaluate_all(
        "all => all.filter((c) => c.textContent === 'Reconstruction')"
        ".map((c) => c.getBoundingClientRect().height / parseFloat(getComputedStyle(c).lineHeight))"
    )
    assert lines
    assert max(lines) < 1.5


@pytest.mark.parametrize("names", ["mnist,mnist-2d", "fashion,fashion-vae"])
def test_shipped_models_show_originals_without_a_download(comparison, names):
    comparison.open(f"?models={names}")
    comparison.visit.wait(
        "!document.querySelector('[data-testid=compare-original-0]').parentElement.hidden"
    )
    original = comparison.pictures("original", 1)[0] / 255
    reconstruction = comparison.pictures("reconstruction", 1)[0] / 255
    assert original.std() > 0.1
    assert np.mean((original - reconstruction) ** 2) < 0.1
