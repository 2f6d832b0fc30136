"""From a sweep over beta to a tidy home, as a teacher goes about it."""

import os
import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.config import TrainConfig
from tests.browser.conftest import SLOW_MS
from tests.browser.test_train_page import let_it_settle, open_form, press, set_epochs


@pytest.fixture(autouse=True)
def nothing_left(home, monkeypatch):
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(home))
    yield
    for run in jobs.runs():
        jobs.delete(run)


def own() -> set[str]:
    return {folder.name for folder in store.own_folders()}


def choose_pills(page: Page, group: str, *, off: tuple[str, ...] = (), on: tuple[str, ...] = ()):
    pills = page.get_by_role("toolbar", name=group)
    for label in (*off, *on):
        pills.get_by_role("button", name=label, exact=True).click()
        let_it_settle(page)


def sweep_over_beta(visit, name: str) -> None:
    """Begin it in the form, and wait until its models are there."""
    page = visit.page
    open_form(visit)
    set_epochs(page, 2)
    page.get_by_text("Try several sizes of the code, or several β").click()
    box = page.get_by_role("textbox", name="Name of the models")
    box.fill(name)
    box.press("Enter")
    let_it_settle(page)
    choose_pills(page, "Dimensions of the code", off=("2", "4", "16", "32"))
    choose_pills(page, "KL weight β", on=("4",))
    expect(page.get_by_text("2 models answer: Which β?")).to_be_visible()
    press(page, "Train 2 models")
    expect(page.get_by_text(re.compile(r"Recommended: β = [14]"))).to_be_visible(timeout=SLOW_MS)


def test_a_sweep_over_beta_shows_its_models_compares_them_and_is_cleared_up(visit):
    page, before = visit.page, own()
    sweep_over_beta(visit, "of-beta")
    expect(
        page.get_by_role("heading", name=re.compile(r"^Which β\? digits, \d+ \w+ \d\d:\d\d"))
    ).to_be_visible()
    for label in ("Original", "β = 1", "β = 4"):
        picture = page.get_by_role("img", name=label, exact=True).first  # two amid a rerun
        expect(picture).to_be_visible(timeout=SLOW_MS)
    press(page, "Compare these")
    expect(page.get_by_test_id("compare-same")).to_be_visible(timeout=SLOW_MS)
    assert visit.address_bar("models") == "of-beta-d8-beta1,of-beta-d8-beta4"

    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("button", name="Clear up")).to_be_visible(timeout=SLOW_MS)
    press(page, "Clear up")
    group = page.get_by_role("checkbox", name=re.compile("^digits, .*2 runs and 2 models"))
    page.get_by_text(re.compile("^digits, .*2 runs and 2 models")).click()
    expect(group).to_be_checked()
    press(page, "Delete selected: 2 runs and 2 models")
    expect(page.get_by_text("Deleted 2 runs and 2 models.")).to_be_visible(timeout=SLOW_MS)
    assert (own(), jobs.runs()) == (before, [])
    press(page, "Undo")
    expect(page.get_by_text("Everything is back.")).to_be_visible(timeout=SLOW_MS)
    assert own() == before | {"of-beta-d8-beta1", "of-beta-d8-beta4"}
    assert len(jobs.runs()) == 2

    page.get_by_role("button", name=re.compile("^digits, ")).click()
    page.get_by_role("button", name="Delete this sweep").click()
    let_it_settle(page)
    press(page, "Cancel")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_hidden(timeout=SLOW_MS)
    assert len(jobs.runs()) == 2
    page.get_by_role("button", name="Delete this sweep").click()
    press(page, "Delete")
    expect(page.get_by_text("Deleted 2 runs and 2 models.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("link", name="Explore").click()
    visit.ready()
    assert own() == before
    assert not (store.home() / ".cleared").exists(), "gone for good once the page is left"


def test_a_model_is_renamed_and_deleted_where_it_is_explored(visit, tiny):
    write_bundle(tiny, store.bundles_folder() / "drawings")
    before = own() - {"drawings"}
    page = visit.open("?model=drawings&map=tsne").page
    press(page, "Rename or delete")
    box = page.get_by_role("textbox", name="Name")
    box.fill("Our drawings")
    box.press("Enter")
    let_it_settle(page)
    press(page, "Rename")
    expect(page.get_by_role("heading", name="Our drawings")).to_be_visible(timeout=SLOW_MS)
    assert "model=Our+drawings" in page.url or "model=Our%20drawings" in page.url
    assert visit.address_bar("map") == "tsne"
    assert own() == before | {"Our drawings"}

    page = visit.open("?model=drawings").page  # a link of before
    expect(page.get_by_role("heading", name="Our drawings")).to_be_visible(timeout=SLOW_MS)
    press(page, "Rename or delete")
    top = visit.box('[data-testid="stage"]')["y"]
    press(page, "Delete this model")
    expect(page.get_by_text("Deleted the model Our drawings.")).to_be_visible(timeout=SLOW_MS)
    visit.ready()
    assert visit.box('[data-testid="stage"]')["y"] == top, "the page has jumped"
    assert own() == before
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("Everything is back.")).to_be_visible(timeout=SLOW_MS)
    assert own() == before | {"Our drawings"}


def test_a_run_deleted_in_one_tab_is_gone_in_the_other_and_comes_back_by_undo(visit):
    long = TrainConfig(data="digits", arch="mlp", hidden=(64,), epochs=20_000)
    run = jobs.begin(long, "two-tabs")
    tabs = [visit.page, visit.page.context.new_page()]
    for tab in tabs:
        tab.goto(f"{visit.address}/train?run={run.id}")
        tab.wait_for_selector('[data-testid="run"][data-ready="true"]', timeout=SLOW_MS)
    first, second = tabs
    first.get_by_role("button", name="Delete", exact=True).click()
    first.locator(f".st-key-delete-{run.id}-yes button").click()
    expect(first.get_by_text("Deleted the run two-tabs.")).to_be_visible(timeout=SLOW_MS)
    expect(second.get_by_text("There is no run").first).to_be_visible(timeout=SLOW_MS)
    second.wait_for_timeout(4_000)  # in which its parts that follow the run would run again
    expect(second.get_by_test_id("stException")).to_have_count(0)
    assert not run.path.exists()
    press(first, "Undo")
    expect(first.get_by_text("Everything is back.")).to_be_visible(timeout=SLOW_MS)
    assert run.status().state == "paused"
    # A tab may have asked for news of the run in the instant in which it went.
    visit.complaints[:] = [told for told in visit.complaints if f"/run/{run.id}/" not in told]


def test_a_run_of_the_command_line_is_watched_stopped_and_opened_on_the_page(visit, home, tmp_path):
    page = visit.page
    command = [sys.executable, "-m", "explorer", "train", "--data", "digits", "--arch", "mlp"]
    command += ["--hidden", "64", "--epochs", "20000", "--out", str(tmp_path / "by-hand"), "--json"]
    environment = os.environ | {"LATENT_EXPLORER_HOME": str(home)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        try:
            page.goto(f"{visit.address}/train")
            page.get_by_role("button", name=re.compile("by-hand")).click(timeout=SLOW_MS)
            page.wait_for_selector('[data-testid="run"][data-ready="true"]', timeout=SLOW_MS)
            expect(page.get_by_text("This run was started in a terminal.")).to_be_visible()
            page.wait_for_function(
                "Number(document.querySelector('[data-testid=run]').dataset.step) > 50",
                timeout=SLOW_MS,
            )
            press(page, "Stop")
            printed, _ = running.communicate(timeout=120)
        finally:
            running.kill()
    assert '"stopped_early": true' in printed
    press(page, "Open in Explore")
    visit.ready()
    assert visit.address_bar("model") == "by-hand"
