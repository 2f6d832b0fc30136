"""A run on the Train page: while it works, when it fails, and once it is over."""

import dataclasses
import io
import json
import shutil

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import data, jobs, store
from explorer.config import TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus, Record
from explorer.jobs.worker import work
from explorer.kinds import KINDS
from explorer.remedies import remedies_for
from explorer.ui import run_routes
from explorer.ui.opened import OpenedModel, open_model
from explorer.ui.run_view import scene
from explorer.words import say
from tests.conftest import ADVERSARIAL
from tests.train_page import button, drawn, links, of_kind

pytestmark = [pytest.mark.usefixtures("no_process"), pytest.mark.slow]


def test_a_finished_run_can_be_opened_in_explore(at_home):
    page = drawn(run=at_home.id)
    assert not page.exception
    assert "Open in Explore" in links(page)
    assert "Pause" not in [b.label for b in page.button]


def test_a_missing_run_is_reported(at_home):
    page = drawn(run="no-such-run")
    assert "no run" in page.error[0].value.replace("\\", "")


def test_slow_motion_follows_other_tabs_and_keeps_a_click():
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    run.say(JobStatus(state="running", updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn(run=run.id).run()
    assert not page.toggle[0].proto.set_value
    page.toggle[0].set_value(True).run()
    assert run.asked().slow
    assert not page.run().toggle[0].proto.set_value
    jobs.slow_down(run, False)
    assert page.run().toggle[0].value is False
    assert run.asked().slow is False
    run.say(JobStatus(state="finishing", updated_s=2e9, steps=10, step=1, pid=1))
    assert not page.run().toggle
    jobs.slow_down(run, True)
    run.say(JobStatus(state="paused", updated_s=2e9, steps=10, step=1, pid=1))
    assert page.run().toggle[0].value is True


def test_a_run_at_work_can_be_paused_stopped_and_slowed():
    config = TrainConfig(data="digits")
    run = jobs.begin(config, "mine")
    run.say(JobStatus(state="running", updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn(run=run.id)
    assert not page.exception
    page.toggle[0].set_value(True).run()
    assert run.asked().slow
    button(page, "Pause").click().run()
    assert run.asked().pause
    run.say(JobStatus(state="paused", updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn(run=run.id)
    button(page, "Resume").click().run()
    assert not run.asked().pause
    button(page, "Stop").click().run()
    assert run.asked().finish


@pytest.mark.parametrize(("health", "resumes"), [("healthy", True), ("exploding", False)])
def test_a_failed_run_resumes_unless_it_would_fail_again(health, resumes):
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    error = ("It stopped.", "It must not.", "Try again.")
    run.say(JobStatus(state="failed", health=health, error=error, steps=10, step=1))
    page = drawn(run=run.id)
    assert not page.exception
    labels = [b.label for b in page.button]
    assert ("Resume" in labels) is resumes
    assert ("a tenth of the learning rate" in labels) is not resumes


def test_the_originals_of_an_upload_are_shown_until_it_is_gone():
    stream = io.BytesIO()
    np.save(stream, np.random.default_rng(0).integers(0, 256, (40, 12, 12), np.uint8))
    path = store.keep_upload([("our drawings ü.npy", stream.getvalue())]).path
    run = RunFolder(store.runs_folder() / "own")
    config = TrainConfig(data=str(path), arch="mlp", hidden=(8,), latent_dim=3, image_size=16)
    run.create(Record(name="own", out=store.bundles_folder() / "own", config=config))
    assert work(run.path)
    opened = open_model("own")
    assert opened.has_originals
    pixels = data.load(str(path), image_size=16).pixels
    np.testing.assert_array_equal(opened.original(2), pixels[opened.bundle.codes.ids[2]])
    path.unlink()
    assert not OpenedModel(opened.bundle, "again").has_originals


def test_only_what_was_uploaded_counts_as_an_upload(tmp_path):
    (tmp_path / "mine.npy").write_bytes(b"")
    assert not store.is_upload(str(tmp_path / "mine.npy"))
    assert not store.is_upload("digits")
    assert not store.is_upload(str(store.home() / "uploads" / "torn\0name"))
    assert not store.is_upload(str(store.home() / "uploads" / ".." / ".." / "mine.npy"))


def test_a_failed_run_says_why_without_a_traceback():
    run = jobs.begin(TrainConfig(data="nothing"), "mine")
    work(run.path)
    assert not drawn(run=run.id).exception
    with TestClient(Starlette(routes=run_routes.routes())) as client:
        news = client.get(run_routes.urls(run)["progress"]).json()
    assert (news["state"], news["snapshots"]) == ("failed", [])
    assert "nothing" in news["error"][0]


def test_a_deleted_run_is_no_longer_listed():
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    page = drawn(run=run.id)
    button(page, "Delete").click().run()
    assert jobs.runs() == []
    assert "run" not in page.query_params


def test_remedies_change_one_setting_each():
    config = TrainConfig(data="digits", activation="sigmoid", optimizer="sgd")
    found = remedies_for("vanishing", config)
    changes = [
        {k for k, v in other.applied(config).to_json().items() if v != config.to_json()[k]}
        for other in found
    ]
    assert changes == [{"norm"}, {"arch"}, {"activation"}, {"optimizer"}, {"optimizer"}]
    assert remedies_for("healthy", config) == ()
    assert len(remedies_for("exploding", config)) == 3


def test_remedies_of_lost_adversarial_training_change_one_setting_each():
    config = TrainConfig(data="digits", kind="gan", learning_rate=0.03)

    def changes(verdict: str) -> list[set[str]]:
        return [
            {k for k, v in remedy.change.items() if v != getattr(config, k)}
            for remedy in remedies_for(verdict, config)
        ]

    assert changes("mode-collapse") == [{"spectral_norm"}, {"kind"}, {"learning_rate"}]
    assert changes("discriminator-won") == [{"spectral_norm"}, {"discriminator_learning_rate"}]
    assert remedies_for("even", config) == ()


@pytest.fixture
def by_heart() -> RunFolder:
    """A run that has learnt few images by heart and is over, with both its ends."""
    run = RunFolder(store.runs_folder() / "heart")
    few = {"n_images": 100, "batch_size": 16, "learning_rate": 0.01, "epochs": 40, "patience": 8}
    config = TrainConfig(data="digits", arch="mlp", hidden=(64,), latent_dim=8, **few)  # type: ignore[arg-type]
    run.create(Record(name="heart", out=store.bundles_folder() / "heart", config=config))
    assert work(run.path)
    return run


def test_a_run_that_is_over_says_which_weights_it_kept_and_changes_that_on_a_click(by_heart):
    page = drawn(run=by_heart.id)
    assert not page.exception
    said = [text.value.replace("\\", "") for text in page.markdown]
    ends = jobs.read_ends(by_heart)
    assert ends is not None
    assert ends.best is not None
    assert any(f"the weights of step {ends.best.step}" in text for text in said)
    assert any("Verdict" in text for text in said)
    button(page, "Keep the last weights instead").click().run()
    assert not page.exception
    said = [text.value.replace("\\", "") for text in page.markdown]
    assert any("as you chose: the last weights" in text for text in said)
    button(page, "Keep the best weights instead").click().run()
    assert jobs.read_ends(by_heart).kept == "best"  # type: ignore[union-attr]


def test_a_run_whose_model_left_no_weights_says_so_and_can_be_trained_again(by_heart):
    shutil.rmtree(by_heart.path / "ends")
    shutil.rmtree(store.bundles_folder() / "heart")
    page = drawn(run=by_heart.id)
    assert not page.exception
    said = [text.value for text in page.markdown]
    assert any("was deleted, and so were its weights" in text for text in said)
    assert not any("Kept" in text for text in said)
    button(page, "Train it again").click().run()
    assert not page.exception
    (other,) = [run for run in jobs.runs() if run.id != by_heart.id]
    assert other.record().config == by_heart.record().config


def test_a_finding_starts_the_run_that_may_do_better(by_heart):
    ends = jobs.read_ends(by_heart)
    assert ends is not None
    remedies = [found.remedy for found in ends.end.findings if found.remedy]
    assert remedies
    page = drawn(run=by_heart.id)
    button(page, f"Try {remedies[0].words()}").click().run()
    assert not page.exception
    (other,) = [run for run in jobs.runs() if run.id != by_heart.id]
    assert other.record().config == remedies[0].applied(by_heart.record().config)
    assert page.query_params["run"] in (other.id, [other.id])


def test_a_run_of_an_earlier_version_is_shown_without_a_verdict(by_heart):
    (by_heart.path / "ends.json").unlink()
    page = drawn(run=by_heart.id)
    assert not page.exception
    assert not any("Verdict" in text.value for text in page.markdown)


@pytest.mark.parametrize("kind", ADVERSARIAL)
@pytest.mark.parametrize("verdict", ["mode-collapse", "discriminator-won"])
def test_every_lost_adversarial_run_can_be_helped_or_leaves_no_heading(kind, verdict):
    run = jobs.begin(TrainConfig(data="digits", kind=kind), "lost")
    run.say(JobStatus(state="paused", health=verdict, updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn(run=run.id)
    assert not page.exception
    has_heading = any(say("train.remedies") in text.value for text in page.markdown)
    offered = [b.label for b in page.button if b.key and b.key.startswith("remedy-")]
    assert has_heading == bool(offered)
    if offered:
        button(page, offered[0]).click().run()
        assert len(jobs.runs()) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_of_a_run_names_the_players_of_adversarial_training_alone(kind):
    config = of_kind(kind)
    run = jobs.begin(config, "mine")
    told = scene(run)
    json.dumps(told)
    assert told["hasEncoder"] == config.has_encoder
    assert (told["adversarial"] is not None) == config.is_adversarial


def test_a_run_without_an_encoder_is_served_without_a_map_and_saved_as_gif():
    run = RunFolder(store.runs_folder() / "gan")
    small = TrainConfig(data="digits", arch="mlp", hidden=(16,), latent_dim=3, epochs=2)
    config = dataclasses.replace(small, kind="gan")
    run.create(Record(name="gan", out=store.bundles_folder() / "gan", config=config))
    assert work(run.path)
    with TestClient(Starlette(routes=run_routes.routes())) as client:
        urls = run_routes.urls(run)
        news = client.get(urls["progress"]).json()
        assert news["health"]["verdict"] == "even"
        assert news["health"]["words"]
        assert news["reports"][-1]["adversarial"]["diversity"] > 0
        assert client.get(f"{urls['snapshot']}/latest").status_code == 200
        assert client.get(urls["map"]).status_code == 404
        assert client.get(scene(run)["replays"][0]["url"]).content.startswith(b"GIF89a")
