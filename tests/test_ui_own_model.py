"""A run and the model it made find each other, whatever else bears the name by now."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs, store
from explorer.bundle import read_bundle
from explorer.config import TrainConfig
from explorer.errors import TrainingError
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.jobs.worker import work
from tests.test_ui_clearing import boxes, keyed, managed, says
from tests.train_page import button, drawn, links

CONFIG = TrainConfig(
    data="digits",
    arch="mlp",
    hidden=(32,),
    latent_dim=4,
    epochs=40,
    n_images=100,
    learning_rate=0.01,
    patience=4,
)


def trained(name: str, number: int) -> RunFolder:
    """A run that is over, with two ends to choose from."""
    run = RunFolder(store.runs_folder() / f"2026010{number}-000000-{name}")
    run.create(Record(name=name, out=store.bundles_folder() / name, config=CONFIG))
    assert work(run.path)
    assert jobs.can_keep_other(run)
    return run


def weights(name: str) -> bytes:
    return (store.bundles_folder() / name / "weights.safetensors").read_bytes()


def keep_buttons(page: AppTest) -> list[str]:
    assert not page.exception
    return [str(b.key) for b in page.button if str(b.key).startswith("keep-")]


@pytest.mark.slow
def test_a_run_whose_model_was_deleted_leaves_the_next_one_of_its_name_alone():
    old = trained("again", 1)
    button(managed("again"), "Delete this model").click().run()
    assert not store.is_known("again")
    new = trained("again", 2)
    kept = weights("again")

    page = drawn(run=old.id)
    assert keep_buttons(page) == []
    assert links(page) == []
    assert "Also delete its model" not in boxes(page)
    with pytest.raises(TrainingError, match="Only one set of weights"):
        jobs.keep_other(old)
    assert weights("again") == kept

    page = drawn(run=new.id)
    assert links(page) == ["Open in Explore"]
    keyed(page, f"keep-{new.id}").click().run()
    assert not page.exception
    assert weights("again") != kept


@pytest.mark.slow
def test_a_run_follows_its_model_that_comes_back_under_another_name():
    old = trained("dup", 1)
    first = weights("dup")
    page = drawn(run=old.id)
    boxes(page)["Also delete its model"].set_value(True).run()
    keyed(page, f"delete-{old.id}-yes").click().run()
    trained("dup", 2)
    second = weights("dup")
    button(page, "Undo").click().run()
    assert "dup-2" in says(page)
    assert weights("dup-2") == first
    assert (store.bundles_folder() / "dup-2" / "README.md").read_text().startswith("# dup-2\n")

    page = drawn(run=old.id)
    link = next(link for link in page.get("page_link") if link.proto.label == "Open in Explore")
    assert "dup-2" in link.proto.query_string
    keyed(page, f"keep-{old.id}").click().run()
    assert not page.exception
    assert weights("dup") == second
    assert weights("dup-2") != first


@pytest.mark.slow
def test_a_model_deleted_by_itself_comes_back_to_its_run_under_another_name():
    old = trained("mine", 1)
    page = managed("mine")
    button(page, "Delete this model").click().run()
    trained("mine", 2)
    button(page, "Undo").click().run()
    assert jobs.model_of(old) == "mine-2"
    page = managed("mine-2")
    page.text_input[0].set_value("ours").run()
    button(page, "Rename").click().run()
    assert jobs.model_of(old) == "ours"


@pytest.mark.slow
def test_a_sweep_never_shows_the_scores_of_another_model_of_the_name():
    old = trained("again", 1)
    assert jobs.trial_made_by(old) is not None
    button(managed("again"), "Delete this model").click().run()
    trained("again", 2)
    assert jobs.trial_made_by(old) is None


@pytest.mark.slow
def test_a_run_and_a_model_of_an_earlier_version_know_each_other_by_name():
    run = trained("old", 1)
    for file in (run.path / "run.json", store.bundles_folder() / "old" / "config.json"):
        values = json.loads(file.read_text())
        assert values.pop("origin")
        file.write_text(json.dumps(values))
    assert read_bundle(store.bundles_folder() / "old").origin == ""
    assert jobs.model_of(run) == "old"
    assert jobs.can_keep_other(run)


@pytest.mark.slow
def test_a_model_is_brought_back_beside_another_one_of_its_name():
    old = trained("again", 1)
    button(managed("again"), "Delete this model").click().run()
    trained("again", 2)
    kept = weights("again")
    page = drawn(run=old.id)
    button(page, "Bring the model back").click().run()
    assert not page.exception
    assert weights("again") == kept
    assert jobs.model_of(old) == "again-2"
    assert (store.bundles_folder() / "again-2" / "README.md").read_text().startswith("# again-2\n")
