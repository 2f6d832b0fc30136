"""Clearing up on the Train page, and renaming and deleting models on the Explore page."""

import json
import os
import time
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.config import TrainConfig
from explorer.errors import ExplorerError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus
from explorer.sweeping import grid
from explorer.ui.views.train.gradients import _LESSONS
from tests.inputs import png
from tests.train_page import button, drawn

pytestmark = pytest.mark.usefixtures("no_process")

CONFIG = TrainConfig(data="digits", arch="mlp", hidden=(8,), epochs=1)


def ended(run: RunFolder, tiny) -> RunFolder:
    """Let a run have ended in a model."""
    name = run.record().name
    write_bundle(replace(tiny, origin=run.record().origin), store.bundles_folder() / name)
    run.say(JobStatus(state="finished", out=name, updated_s=time.time()))
    return run


def own() -> set[str]:
    return {folder.name for folder in store.own_folders()}


def says(page: AppTest) -> str:
    told = [*page.markdown, *page.caption, *page.info, *page.toast]
    return "\n".join(element.value for element in told).replace("\\", "")


def boxes(page: AppTest) -> dict[str, Any]:
    return {box.label.split("  ")[0].replace("\\", ""): box for box in page.checkbox}


def keyed(page: AppTest, key: str) -> Any:
    return next(b for b in page.button if b.key == key)


# ---- one run, a sweep, a lesson


def test_a_run_is_deleted_and_its_model_stays_unless_that_is_ticked(tiny):
    run = ended(jobs.begin(CONFIG, "mine"), tiny)
    page = drawn(run=run.id)
    assert not boxes(page)["Also delete its model"].value
    keyed(page, f"delete-{run.id}-yes").click().run()
    assert not page.exception
    assert jobs.runs() == []
    assert own() == {"mine"}
    assert "Deleted the run mine." in says(page)
    button(page, "Undo").click().run()
    assert [run.id for run in jobs.runs()] == [run.id]
    assert "Everything is back" in says(page)
    page = drawn(run=run.id)
    boxes(page)["Also delete its model"].set_value(True).run()
    keyed(page, f"delete-{run.id}-yes").click().run()
    assert own() == set()
    assert "Deleted 1 run and 1 model." in says(page)


def test_a_run_deleted_in_another_tab_is_gone_in_this_one_and_comes_back_whole(tiny):
    run = jobs.begin(CONFIG, "mine")
    said = JobStatus(state="running", step=1, steps=9, updated_s=time.time() - 60, pid=-1)
    run.say(said)
    page, other = drawn(run=run.id), drawn(run=run.id)
    keyed(page, f"delete-{run.id}-yes").click().run()
    other.run()
    assert not other.exception
    assert "There is no run" in other.error[0].value
    assert not run.path.exists()
    button(page, "Undo").click().run()
    assert "Everything is back" in says(page)
    assert [run.id for run in jobs.runs()] == [run.id]


def test_cancel_deletes_nothing(tiny):
    run = ended(jobs.begin(CONFIG, "mine"), tiny)
    page = drawn(run=run.id)
    keyed(page, f"delete-{run.id}-cancel").click().run()
    assert not page.exception
    assert len(jobs.runs()) == 1


def test_a_sweep_is_deleted_with_its_models_and_comes_back(tiny):
    sweep = jobs.new_sweep()
    jobs.begin_sweep(jobs.LocalRuns(sweep), grid(CONFIG, [2, 4]), "mine")
    for run in jobs.runs_of(sweep):
        ended(run, tiny)
    other = jobs.begin(CONFIG, "other")
    page = drawn(sweep=sweep)
    assert "Delete 2 runs?" in says(page)
    assert boxes(page)["Also delete the 2 models they made"].value
    keyed(page, f"delete-{sweep}-yes").click().run()
    assert not page.exception
    assert [run.id for run in jobs.runs()] == [other.id]
    assert own() == set()
    assert "sweep" not in page.query_params
    button(page, "Undo").click().run()
    assert len(jobs.runs()) == 3
    assert own() == {"mine-d2", "mine-d4"}


def test_the_runs_of_a_lesson_are_deleted_and_the_lesson_can_be_taken_again(tiny):
    for key in ("stuck", "silu"):
        ended(jobs.begin(_LESSONS["vanishing"][key], f"gradients-{key}"), tiny)
    jobs.begin(CONFIG, "mine")
    page = drawn(lesson="gradients")
    keyed(page, "delete-lesson-yes").click().run()
    assert not page.exception
    assert [run.record().name for run in jobs.runs()] == ["mine"]
    assert own() == set()
    assert any(b.label == "Train 8 networks for 9 cards" for b in page.button)


# ---- the page for clearing up


def test_groups_are_listed_and_the_ticked_parts_are_deleted(tiny):
    sweep = jobs.new_sweep()
    jobs.begin_sweep(jobs.LocalRuns(sweep), grid(CONFIG, [2, 4]), "mine")
    for run in jobs.runs_of(sweep):
        ended(run, tiny)
    alone = ended(jobs.begin(CONFIG, "alone"), tiny)
    ended(jobs.begin(_LESSONS["vanishing"]["stuck"], "gradients-stuck"), tiny)
    write_bundle(tiny, store.bundles_folder() / "orphan")
    page = drawn()
    button(page, "Clear up").click().run()
    assert not page.exception
    found = boxes(page)
    assert "2 runs and 2 models" in next(
        box.label for label, box in found.items() if label.startswith("digits, ")
    )
    assert {"alone", "Why gradients vanish", "orphan"} <= set(found)
    assert not any(name in found for name in ("faces", "mnist")), "they came along"
    assert keyed(page, "clear-selected").disabled
    found["alone"].set_value(True).run()
    boxes(page)["orphan"].set_value(True).run()
    assert keyed(page, "clear-selected").label == "Delete selected: 1 run and 2 models"
    keyed(page, "clear-selected").click().run()
    assert not page.exception
    assert alone.id not in {run.id for run in jobs.runs()}
    assert own() == {"mine-d2", "mine-d4", "gradients-stuck"}
    button(page, "Undo").click().run()
    assert own() == {"mine-d2", "mine-d4", "gradients-stuck", "alone", "orphan"}


def test_without_their_models_only_runs_go(tiny):
    ended(jobs.begin(CONFIG, "mine"), tiny)
    page = drawn(clear="1")
    boxes(page)["mine"].set_value(True).run()
    boxes(page)["Also delete the models of these runs"].set_value(False).run()
    keyed(page, "clear-selected").click().run()
    assert jobs.runs() == []
    assert own() == {"mine"}


def test_a_classs_work_is_cleared_after_one_question_and_can_be_undone(tiny, tmp_path):
    from tests.train_page import archive

    before = {model.name for model in store.models().models}
    ended(jobs.begin(CONFIG, "mine"), tiny)
    upload = store.keep_upload([("drawn.zip", archive())]).path
    write_bundle(tiny, tmp_path / "outside")
    store.remember(tmp_path / "outside")
    page = drawn(clear="1")
    assert "Delete 1 run, 1 model and 1 upload?" in says(page)
    assert "1 model outside the program's own folder" in says(page)
    keyed(page, "clear-class-yes").click().run()
    assert not page.exception
    assert {model.name for model in store.models().models} == before
    assert (tmp_path / "outside").is_dir()
    assert not upload.exists()
    assert "There is nothing to clear up" in says(page)
    assert "Deleted 1 run, 1 model and 1 upload. Removed from the list: 1 model." in says(page)
    button(page, "Undo").click().run()
    assert not page.exception
    assert {model.name for model in store.models().models} == before | {"mine", "outside"}
    assert upload.is_file()


def test_only_the_chosen_time_is_cleared(tiny):
    old = ended(jobs.begin(CONFIG, "old"), tiny)
    values = json.loads((old.path / "run.json").read_text()) | {"created_s": 1e9}
    (old.path / "run.json").write_text(json.dumps(values))
    jobs.begin(CONFIG, "new")
    page = drawn(clear="1")
    span: Any = page.get("button_group")[0]
    span.set_value("week").run()
    keyed(page, "clear-class-yes").click().run()
    assert [run.record().name for run in jobs.runs()] == ["old"]


def test_leaving_the_page_deletes_cleared_things_for_good(tiny):
    run = ended(jobs.begin(CONFIG, "mine"), tiny)
    page = drawn(run=run.id)
    keyed(page, f"delete-{run.id}-yes").click().run()
    aside = store.home() / ".cleared"
    assert list(aside.iterdir())

    def script():
        from explorer.ui.views.undoing import render_undo

        render_undo("explore")

    other = AppTest.from_function(script)
    other.session_state["cleared"] = page.session_state["cleared"]
    other.run()
    assert not other.exception
    assert not aside.exists()
    assert not any(b.label == "Undo" for b in other.button)


def test_two_tabs_that_undo_the_same_do_not_crash(tiny):
    run = ended(jobs.begin(CONFIG, "mine"), tiny)
    page = drawn(run=run.id)
    keyed(page, f"delete-{run.id}-yes").click().run()
    from explorer import clearing

    clearing.sweep_all()  # as the app does at its next start
    button(page, "Undo").click().run()
    assert not page.exception
    assert "can no longer be undone" in says(page)


def test_a_run_at_work_in_a_terminal_stays_and_the_page_says_so(tmp_path):
    run = jobs.begin(CONFIG, "theirs")
    values = json.loads((run.path / "run.json").read_text()) | {"in_terminal": True}
    (run.path / "run.json").write_text(json.dumps(values))
    run.say(JobStatus(state="running", step=1, steps=9, updated_s=time.time()))
    page = drawn(run=run.id)
    with run.lock():
        keyed(page, f"delete-{run.id}-yes").click().run()
    assert not page.exception
    assert len(jobs.runs()) == 1
    assert "Nothing was deleted." in says(page)
    assert "running in a terminal" in says(page)


# ---- renaming and deleting a model on the Explore page


def managed(model: str) -> AppTest:
    def script(model: str):
        import streamlit as st

        from explorer.ui.views.explore.managing import PAGE, render_managing
        from explorer.ui.views.undoing import render_undo

        render_undo(PAGE)
        if st.query_params.get("model", model):
            render_managing(st.query_params.get("model", model))

    page = AppTest.from_function(script, args=(model,), default_timeout=60)
    page.query_params["model"] = model
    page.query_params["map"] = "tsne"
    return page.run()


def test_a_model_is_renamed_where_it_is_explored(tiny):
    ended(jobs.begin(CONFIG, "mine"), tiny)
    page = managed("mine")
    page.text_input[0].set_value("ours").run()
    button(page, "Rename").click().run()
    assert not page.exception
    assert own() == {"ours"}
    assert page.query_params["model"] in ("ours", ["ours"])
    assert page.query_params["map"] in ("tsne", ["tsne"]), "the view stays"
    assert "now called ours" in says(page)
    page.text_input[0].set_value("faces").run()
    button(page, "Rename").click().run()
    assert "already" in says(page)
    assert own() == {"ours"}


def test_a_model_that_came_along_can_be_neither_renamed_nor_deleted():
    page = managed("faces")
    assert not page.exception
    assert "cannot be renamed or deleted" in says(page)
    assert [b.label for b in page.button] == []
    assert not page.text_input


def test_a_model_elsewhere_is_only_taken_off_the_list(tiny, tmp_path):
    write_bundle(tiny, tmp_path / "outside")
    store.remember(tmp_path / "outside")
    page = managed("outside")
    assert str(tmp_path / "outside") in says(page)
    assert [b.label for b in page.button] == ["Remove from the list"]


def test_deleting_a_model_can_be_undone(tiny, no_stage):
    ended(jobs.begin(CONFIG, "mine"), tiny)
    explored = AppTest.from_function(_explore, default_timeout=60)
    explored.query_params["model"] = "mine"
    explored.run()
    assert not explored.exception
    button(explored, "Delete this model").click().run()
    assert not explored.exception
    assert own() == set()
    assert "model" not in explored.query_params
    assert not explored.warning
    button(explored, "Undo").click().run()
    assert own() == {"mine"}


def test_an_old_address_opens_the_renamed_model(tiny, no_stage):
    ended(jobs.begin(CONFIG, "mine"), tiny)
    from explorer import renaming

    renaming.rename("mine", "ours")
    page = AppTest.from_function(_explore, default_timeout=60)
    page.query_params["model"] = "mine"
    page.run()
    assert not page.exception
    assert not page.warning
    assert page.text_input[-1].value == "ours"


@pytest.fixture
def no_stage(monkeypatch) -> None:
    """Leave out what runs in the browser."""
    monkeypatch.setattr("explorer.ui.live_decoder.stage", lambda opened, choice: None)


def _explore() -> None:
    import streamlit as st

    from explorer.ui import state
    from explorer.ui.views.explore import page

    state.remember_pages({"explore": st.Page(page.render, title="Explore")})
    page.render()


def test_every_error_of_clearing_has_three_beats():
    from explorer import clearing

    with pytest.raises(ExplorerError) as told:
        clearing.put_back("nothing")
    assert all((told.value.so, told.value.needed, told.value.do))


def test_uploads_that_nothing_uses_are_measured_and_deleted(tiny):
    ended(jobs.begin(CONFIG, "mine"), tiny)
    upload = store.keep_upload([("0.png", png(0)), ("1.png", png(1))])
    page = drawn(clear="1")
    assert "Uploaded images take" in says(page)
    assert keyed(page, "drop-uploads").disabled, "somebody may have just dropped them"
    long_ago = time.time() - 3_600
    os.utime(upload.path.parent, (long_ago, long_ago))
    page = drawn(clear="1")
    keyed(page, "drop-uploads").click().run()
    assert not upload.path.exists()
    assert "Uploaded images take" not in says(page)
