"""Training in front of an audience: from one's own pictures to a model that can be dragged."""

import contextlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from explorer import jobs
from explorer.config import TrainConfig
from tests.browser.conftest import SLOW_MS, choose, number_of, serving, visiting

pytestmark = pytest.mark.usefixtures("no_run_left")

RUN = '[data-testid="run"]'


def control(page: Page, name: str) -> Locator:
    """A button of the page, or one of its links to a model, which look like buttons."""
    main = page.get_by_test_id("stMain")
    button = page.get_by_role("button", name=name, exact=True)
    return button.or_(main.get_by_role("link", name=name, exact=True))


def press(page: Page, name: str) -> None:
    control(page, name).click()


def choose_by_keyboard(page: Page, upload: Locator, file: Path) -> None:
    """Go to the button with Tab and press it; once more where the page was just drawn anew."""
    for _ in range(5):
        for _ in range(20):
            if upload.evaluate("(words) => words.closest('button') === document.activeElement"):
                break
            page.keyboard.press("Tab")
        with contextlib.suppress(PlaywrightTimeoutError):
            with page.expect_file_chooser(timeout=5_000) as chooser:
                page.keyboard.press("Enter")
            chooser.value.set_files(file)
            return
    pytest.fail("Enter opens no chooser of files")


def enter(page: Page, name: str) -> None:
    """Press a button by keyboard."""
    control(page, name).focus()
    page.keyboard.press("Enter")


def wait_for_state(page: Page, *states: str) -> None:
    found = ",".join(f'{RUN}[data-state="{state}"]' for state in states)
    page.wait_for_selector(found, timeout=SLOW_MS)


def let_it_settle(page: Page) -> None:
    page.wait_for_selector('[data-test-script-state="notRunning"]', state="attached")


def open_form(visit) -> None:
    """Open the page and let it come to rest, as somebody does who reads before pressing."""
    page = visit.page
    page.goto(f"{visit.address}/train")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible(timeout=SLOW_MS)
    let_it_settle(page)


def set_epochs(page: Page, count: int) -> None:
    page.get_by_text("Every setting").click()
    wanted = {"Epochs": count, "Patience, epochs": 0}  # an early stop would come in between
    for label, value in wanted.items():
        box = page.get_by_label(label, exact=True)
        if box.count():
            box.fill(str(value))
            box.press("Enter")
            let_it_settle(page)


def begin_long_run(visit, name: str) -> None:
    """Start a run on the digits that does not end by itself while a test looks on."""
    page = visit.page
    open_form(visit)
    set_epochs(page, 2_000)
    box = page.get_by_role("textbox", name="Name of the model")
    box.fill(name)
    box.press("Enter")
    let_it_settle(page)
    press(page, "Train")
    page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)


def step_shown(page: Page) -> int:
    return int(page.locator(RUN).get_attribute("data-step") or 0)


def test_own_pictures_become_a_model_that_can_be_dragged(visit, drawings):
    page = visit.page
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    page.locator('input[type="file"]').set_input_files(drawings)
    expect(page.get_by_text("120 images of 28×28, grey")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("balls 60 · boxes 60")).to_be_visible()
    page.get_by_text("1 left out").click()
    expect(page.get_by_text("notes.png")).to_be_visible()
    set_epochs(page, 2_000)
    press(page, "Train")
    page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
    press(page, "Pause")
    wait_for_state(page, "paused")
    (run,) = jobs.runs()
    paused = run.snapshots()[-1]["step"]
    page.wait_for_selector(f'{RUN}[data-step="{paused}"]', timeout=SLOW_MS)
    page.wait_for_timeout(1_500)
    assert step_shown(page) == paused == run.snapshots()[-1]["step"]
    press(page, "Resume")
    page.wait_for_function(f"Number(document.querySelector('{RUN}').dataset.step) > {paused}")
    press(page, "Stop")
    wait_for_state(page, "stopped")
    press(page, "Open in Explore")
    visit.ready()
    before = visit.pixels().copy()
    left, width, y = visit.slider(visit.first_slider())
    page.mouse.move(left + width / 2, y)
    page.mouse.down()
    page.mouse.move(left + width * 0.95, y, steps=8)
    page.mouse.up()
    assert (visit.pixels() != before).any()


def test_own_pictures_become_a_model_that_can_be_moved_by_keyboard_alone(visit, drawings):
    open_form(visit)
    page = visit.page
    page.get_by_role("radio", name="My own").focus()
    page.keyboard.press("Space")
    upload = page.get_by_test_id("stFileUploader").get_by_text("Upload", exact=True)
    expect(upload).to_be_visible(timeout=SLOW_MS)
    let_it_settle(page)
    choose_by_keyboard(page, upload, drawings)
    expect(page.get_by_text("120 images of 28×28, grey")).to_be_visible(timeout=SLOW_MS)
    let_it_settle(page)
    page.get_by_role("radio", name="Best").focus()  # which takes longest
    page.keyboard.press("Space")
    let_it_settle(page)
    enter(page, "Train")
    page.wait_for_selector(f"{RUN}[data-step]", timeout=SLOW_MS)
    for name, state in (("Pause", "paused"), ("Resume", "running"), ("Stop", "stopped")):
        enter(page, name)
        wait_for_state(page, state)
    enter(page, "Open in Explore")
    visit.ready()
    before = visit.pixels().copy()
    page.get_by_test_id(f"slider-{visit.first_slider()}").focus()
    page.keyboard.press("PageDown")
    assert (visit.pixels() != before).any()


def test_a_run_can_be_steered_by_keyboard_alone(visit):
    begin_long_run(visit, "keys")
    page = visit.page
    for name, state in (("Pause", "paused"), ("Resume", "running")):
        enter(page, name)
        wait_for_state(page, state)
    scrubber = page.get_by_test_id("run-scrubber")
    scrubber.focus()
    page.keyboard.press("Home")
    page.wait_for_selector(f'{RUN}[data-step="1"]', timeout=SLOW_MS)
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"document.querySelector('{RUN}').dataset.step > 1")
    page.get_by_role("button", name="Stop", exact=True).focus()
    page.keyboard.press("Space")
    wait_for_state(page, "stopped")


def test_the_first_pictures_do_not_wait_for_the_map(visit):
    page = visit.page
    open_form(visit)
    held: list[Route] = []
    page.route(re.compile("plotly"), lambda route: held.append(route))
    press(page, "Train")
    page.wait_for_selector(f"{RUN}[data-step]", timeout=SLOW_MS)
    assert held
    assert page.get_by_test_id("run-reconstructions").locator("canvas").count() > 0
    assert not page.locator(RUN).get_attribute("data-ready")
    held[0].continue_()
    page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
    expect(page.get_by_test_id("run-map").locator(".js-plotly-plot")).to_be_visible()


def test_a_map_that_cannot_be_fetched_is_asked_for_again(visit):
    page = visit.page
    asked: list[Route] = []

    def refuse_once(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=503)
        else:
            route.continue_()

    page.route(re.compile(r"/run/.*/map"), refuse_once)
    begin_long_run(visit, "later")
    expect(page.get_by_test_id("run-map").locator(".js-plotly-plot")).to_be_visible()
    assert len(asked) > 1
    assert [complaint for complaint in visit.complaints if "503" not in complaint] == []
    visit.complaints.clear()


def test_dimensions_are_counted_from_one(visit):
    begin_long_run(visit, "counted")
    page = visit.page
    assert page.locator(".le-run-ticks span").first.inner_text() == "1"
    bar = page.locator(".le-run-bars i").first
    bar.hover()
    expect(bar).to_have_attribute("title", re.compile("^dimension 1: "))


def test_a_run_is_saved_as_a_gif(visit):
    begin_long_run(visit, "moving")
    page = visit.page
    with page.expect_download() as download:
        page.get_by_test_id("run-gif").click()
    assert download.value.suggested_filename == "moving.gif"
    with Image.open(download.value.path()) as gif:
        assert getattr(gif, "n_frames", 1) >= 2


@pytest.mark.slow
def test_a_gan_is_trained_watched_steered_and_explored(visit):
    page = visit.page
    open_form(visit)
    page.get_by_role("combobox", name="Kind of model").click()
    page.get_by_role("option", name="GAN", exact=True).click()
    expect(page.get_by_text("A generator tries to fool a discriminator")).to_be_visible(
        timeout=SLOW_MS
    )
    set_epochs(page, 2_000)
    press(page, "Train")
    page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
    charts = page.get_by_test_id("run-game")
    for line in (1, 2):  # of the generator, and of the discriminator
        drawn = charts.locator(f".le-run-chart >> nth=0 >> .scatterlayer .trace:nth-child({line})")
        expect(drawn.locator("path.js-line")).to_have_count(1, timeout=SLOW_MS)
    expect(charts.get_by_text("discriminator, real images")).to_be_visible()
    expect(page.get_by_text("This kind of model has no encoder")).to_be_visible()
    expect(page.get_by_test_id("run-samples").locator("canvas")).to_have_count(48)
    for absent in ("run-map", "run-originals", "run-reconstructions", "run-kl"):
        expect(page.get_by_test_id(absent)).to_have_count(0)
    for name, state in (("Pause", "paused"), ("Resume", "running"), ("Pause", "paused")):
        press(page, name)
        wait_for_state(page, state)
    scrubber = page.get_by_test_id("run-scrubber")
    scrubber.focus()
    page.keyboard.press("Home")
    page.wait_for_selector(f'{RUN}[data-step="1"]', timeout=SLOW_MS)
    press(page, "Stop")
    wait_for_state(page, "stopped")
    press(page, "Open in Explore")
    visit.ready()
    before = visit.pixels().copy()
    page.get_by_test_id(f"slider-{visit.first_slider()}").focus()
    page.keyboard.press("End")
    assert (visit.pixels() != before).any()


def test_slow_motion_shows_batch_after_batch(visit):
    begin_long_run(visit, "slow")
    page = visit.page
    page.get_by_text("Slow motion", exact=True).click()
    expect(page.get_by_text("every batch is shown")).to_be_visible(timeout=SLOW_MS)
    page.wait_for_timeout(1_000)
    first = step_shown(page)
    page.wait_for_timeout(2_000)
    assert 1 <= step_shown(page) - first <= 8


def test_two_tabs_see_and_steer_the_same_run(visit, browser, address):
    begin_long_run(visit, "shared")
    for other in visiting(browser, address):
        other.page.goto(visit.page.url)
        other.page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
        press(other.page, "Pause")
        wait_for_state(other.page, "paused")
        wait_for_state(visit.page, "paused")
        press(visit.page, "Stop")
        wait_for_state(other.page, "stopped")


def test_a_run_goes_on_while_the_app_is_closed_and_is_found_again(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    with serving(tmp_path) as address:
        for visit in visiting(browser, address):
            begin_long_run(visit, "adopted")
            path = visit.page.url.removeprefix(address)
            visit.page.goto("about:blank")
    (run,) = jobs.runs()
    before = run.status()
    assert before.state == "running"
    with serving(tmp_path) as address:
        for visit in visiting(browser, address):
            visit.page.goto(address + path)
            page = visit.page
            page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
            assert run.status().pid == before.pid
            assert run.status().step > before.step
            press(page, "Stop")
            wait_for_state(page, "stopped")


BAD = {
    "empty.zip": b"",
    "torn.zip": b"PK\x03\x04 torn",
    "text.png": b"hello",
    "one.npy": b"\x93NUMPY junk",
    "שלום <b>.zip": b"nothing",
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_upload_is_refused_in_words_and_starts_nothing(visit, name, tmp_path):
    page = visit.page
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    page.locator('input[type="file"]').set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": BAD[name]}
    )
    alert = page.get_by_test_id("stAlert").first
    expect(alert).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Train", exact=True)).to_have_count(0)
    assert not re.search(r"Traceback|Error:", page.locator("body").inner_text())


def test_a_run_that_explodes_before_its_first_picture_shows_no_frame_for_one(visit):
    wild = TrainConfig(data="digits", optimizer="sgd", learning_rate=10.0)
    run = jobs.begin(wild, "wild")
    page = visit.page
    page.goto(f"{visit.address}/train?run={run.id}")
    wait_for_state(page, "failed")
    expect(page.get_by_test_id("run-map")).to_have_count(0)
    expect(page.get_by_test_id("run-kl")).to_have_count(0)
    expect(page.get_by_test_id("run-scrubber")).to_have_count(0)
    expect(page.get_by_test_id("run-curves").locator(".js-plotly-plot").first).to_be_visible()
    page.get_by_role("button", name="gradient clipping at 10").click()
    page.wait_for_url(lambda url: run.id not in url)
    (other,) = [found for found in jobs.runs() if found.id != run.id]
    assert other.record().config == replace(wild, clip_norm=10.0)


def begin_by_heart(name: str) -> jobs.RunFolder:
    """Start a run on so few digits that it learns them by heart, and stops early."""
    few = {"n_images": 100, "batch_size": 16, "learning_rate": 0.01, "epochs": 300, "patience": 25}
    config = TrainConfig(data="digits", arch="mlp", hidden=(64,), latent_dim=8, **few)  # type: ignore[arg-type]
    return jobs.begin(config, name)


def test_choosing_the_last_weights_survives_a_reload(visit):
    run = begin_by_heart("choice")
    page = visit.page
    page.goto(f"{visit.address}/train?run={run.id}")
    wait_for_state(page, "finished")
    press(page, "Keep the last weights instead")
    expect(page.get_by_text("as you chose: the last weights")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_test_id("run-live")).to_have_text("Last (kept)", timeout=SLOW_MS)
    last = jobs.read_ends(run).last.step  # type: ignore[union-attr]
    page.wait_for_selector(f'{RUN}[data-step="{last}"]', timeout=SLOW_MS)
    page.reload()
    expect(page.get_by_role("button", name="Keep the best weights instead")).to_be_visible()
    page.wait_for_selector(f'{RUN}[data-step="{last}"]', timeout=SLOW_MS)


def test_a_deleted_model_is_brought_back_from_its_run(visit):
    run = begin_by_heart("lost")
    page = visit.page
    page.goto(f"{visit.address}/train?run={run.id}")
    wait_for_state(page, "finished")
    press(page, "Open in Explore")
    visit.ready()
    press(page, "Rename or delete")
    expect(page.get_by_text("the weights of its last step but not these")).to_be_visible()
    press(page, "Delete this model")
    expect(page.get_by_text("Deleted the model lost")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("button", name="lost").click()
    expect(page.get_by_text("The model of this run was deleted.")).to_be_visible(timeout=SLOW_MS)
    assert page.get_by_text("Kept:").count() == 0
    expect(page.get_by_test_id("run-best")).to_have_text("Best", timeout=SLOW_MS)
    press(page, "Bring the model back")
    expect(page.get_by_text("as you chose: the last weights")).to_be_visible(timeout=SLOW_MS)
    press(page, "Open in Explore")
    visit.ready()
    assert visit.address_bar("model") == "lost"


def test_a_run_speaks_in_sentences_now_and_then(visit):
    wild = TrainConfig(data="digits", optimizer="sgd", learning_rate=10.0)
    run = jobs.begin(wild, "spoken")
    page = visit.page
    page.goto(f"{visit.address}/train?run={run.id}")
    wait_for_state(page, "failed")
    spoken = page.locator(".le-run-aloud").inner_text()
    assert ".." not in spoken
    assert spoken.startswith("Failed. The loss is no longer")


def test_a_deleted_run_leaves_the_list(visit):
    begin_long_run(visit, "unwanted")
    page = visit.page
    press(page, "Pause")
    wait_for_state(page, "paused")
    press(page, "Delete")
    answer = page.get_by_test_id("stPopoverBody")
    answer.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No runs yet.")).to_be_visible(timeout=SLOW_MS)
    assert jobs.runs() == []


def test_pictures_of_equal_names_are_all_taken_dropped_one_after_the_other(visit, tmp_path):
    page = visit.page
    for name, level in (("cats", 40), ("dogs", 160)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(5):
            image = Image.new("L", (20, 20), level + 9 * i)
            image.save(tmp_path / "pets" / name / f"{i}.png")
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    upload = page.locator('input[type="file"]')
    upload.set_input_files(sorted((tmp_path / "pets" / "cats").iterdir()))
    expect(page.get_by_text("5 images of 20×20, grey")).to_be_visible(timeout=SLOW_MS)
    upload.set_input_files(sorted((tmp_path / "pets" / "dogs").iterdir()))
    expect(page.get_by_text("10 images of 20×20, grey")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("Different images with the same name, all kept: 5.")).to_be_visible()
    page.get_by_text("A folder", exact=True).click()
    page.locator("input[webkitdirectory]").set_input_files(tmp_path / "pets")
    expect(page.get_by_text("cats 5 · dogs 5")).to_be_visible(timeout=SLOW_MS)


def test_pupils_find_their_own_drawings_on_the_map(visit, drawings, home):
    page = visit.page
    open_form(visit)
    page.get_by_text("My own", exact=True).click()
    page.locator('input[type="file"]').set_input_files(drawings)
    expect(page.get_by_text("120 images of 28×28, grey")).to_be_visible(timeout=SLOW_MS)
    set_epochs(page, 12)
    press(page, "Train")
    page.wait_for_selector(f'{RUN}[data-ready="true"]', timeout=SLOW_MS)
    run_map = page.get_by_test_id("run-map")
    expect(page.get_by_test_id("run-part")).to_be_visible()
    assert run_map.evaluate(_DOTS) == {"all": 120, "hollow": 12}
    page.get_by_test_id("run-part").select_option("held")
    page.wait_for_function(f"({_DOTS})(document.querySelector('.le-run-map')).all === 12")
    wait_for_state(page, "finished")
    press(page, "Open in Explore")
    visit.ready()

    stage_map = page.get_by_test_id("map")
    assert stage_map.evaluate(_DOTS) == {"all": 120, "hollow": 12}
    item, x, y = visit.dot()
    card = page.locator(".le-card")
    number = number_of(item, visit.model, home=home)
    kind, part = "(balls|boxes)", "(held out|trained on)"
    visit.wait("performance.getEntriesByType('resource').some(({name}) => name.endsWith('/names'))")
    page.mouse.move(x, y)
    expect(card).to_contain_text(re.compile(rf"Item {number}: {kind} · {part} · {kind}/\d+\.png"))
    mine = (card.text_content() or "").rsplit(" · ", 1)[1]
    with zipfile.ZipFile(drawings) as archive:
        drawn = Image.open(io.BytesIO(archive.read(mine)))
    address = card.locator("img").get_attribute("src")
    shown = page.request.get(f"{visit.address}{address}")
    assert Image.open(io.BytesIO(shown.body())).convert("L").tobytes() == drawn.tobytes()

    choose(visit, "Images shown", "held out (12)")
    visit.wait("location.search.includes('part=held')")
    page.wait_for_function(f"({_DOTS})(document.querySelector('.le-map')).all === 12")
    choose(visit, "Images shown", "trained on (108)")
    page.wait_for_function(f"({_DOTS})(document.querySelector('.le-map')).all === 108")


# How many dots a map shows, and how many of them are hollow.
_DOTS = """(map) => {
    const traces = map.querySelector('.js-plotly-plot')._fullData;
    const count = (some) => some.reduce((sum, {customdata}) => sum + customdata.length, 0);
    return {all: count(traces), hollow: count(traces.filter(({marker}) => marker.line.width))};
}"""
