"""The Train page: choosing images and settings, and the runs that are watched."""

import dataclasses
import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

import explorer
from explorer import data, jobs, store
from explorer.config import SETTINGS, SHAPING, TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import JobStatus, Record
from explorer.jobs.worker import work
from explorer.kinds import KINDS, Kind
from explorer.remedies import remedies_for
from explorer.ui import run_routes
from explorer.ui.opened import OpenedModel, open_model
from explorer.ui.previews import look_at
from explorer.ui.run_view import scene
from explorer.ui.views.train.settings import _GROUPS
from explorer.words import say
from tests.conftest import ADVERSARIAL

SCRIPT = Path(explorer.__file__).parent / "ui" / "navigation.py"


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """Runs that are begun wait for ever: their processes are tested elsewhere."""
    monkeypatch.setattr("explorer.jobs.processes._spawn", lambda run: None)
    monkeypatch.setattr("explorer.jobs.warm_up", lambda: None)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> RunFolder:
    """A short run that is over."""
    home = tmp_path_factory.mktemp("home")
    run = RunFolder(home / "runs" / "20260101-000000-short")
    config = TrainConfig(data="digits", arch="mlp", hidden=(16,), latent_dim=3, epochs=2)
    run.create(Record(name="short", out=home / "bundles" / "short", config=config))
    assert work(run.path)
    return run


@pytest.fixture
def at_home(finished, monkeypatch) -> RunFolder:
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(finished.path.parents[1]))
    return finished


def opened(**query: str) -> AppTest:
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    test.switch_page("train")
    return test


def drawn(view: str, **query: str) -> AppTest:
    """The page itself, without the frame that AppTest cannot step through."""

    def script():
        import streamlit as st

        from explorer.ui import state
        from explorer.ui.views.train import page

        names = ("explore", "train", "compare")
        state.remember_pages({name: st.Page(page.render, title=name) for name in names})
        page.navigation_links = lambda: None  # type: ignore[attr-defined]
        page.render()

    test = AppTest.from_function(script, default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def links(page: AppTest) -> list[str]:
    """What the links to other pages are called."""
    return [link.proto.label for link in page.get("page_link")]


def button(page: AppTest, label: str):
    return next(b for b in page.button if read(b.label) == read(label))


def read(markdown: str) -> str:
    """A label as a page shows it."""
    return markdown.replace("\\", "").replace("\u2060", "")


# ---- the form


def test_pressing_train_begins_a_run_with_the_preset_and_watches_it():
    page = drawn("setup")
    assert not page.exception
    button(page, "Train").click().run()
    assert not page.exception
    (run,) = jobs.runs()
    record = run.record()
    assert record.name == "digits-2", "digits came along"
    assert record.config.data == "digits"
    assert record.fitted == ("batch_size", "likelihood")
    assert page.query_params["run"] in (run.id, [run.id])


def test_a_setting_that_is_changed_is_the_one_that_is_used():
    page = drawn("setup")
    box = next(b for b in page.number_input if b.label.startswith("Latent dimensions"))
    box.set_value(3).run()
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    assert run.record().config.latent_dim == 3


def of_kind(kind: Kind) -> TrainConfig:
    return dataclasses.replace(TrainConfig(data="digits"), kind=kind, **KINDS[kind].defaults)  # type: ignore[arg-type]


def choose_kind(page: AppTest, kind: str) -> AppTest:
    return next(b for b in page.selectbox if b.label == "Kind of model").set_value(kind).run()


def labels_of_settings(page: AppTest) -> set[str]:
    controls = (*page.selectbox, *page.number_input, *page.text_input, *page.toggle)
    return {control.label for control in controls}


def number(page: AppTest, name: str):
    return next(b for b in page.number_input if b.label == say(f"settings.{name}"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_sentence_its_own_settings_and_can_be_started(kind):
    page = choose_kind(drawn("setup"), kind)
    assert not page.exception
    assert KINDS[kind].words["summary"] in [caption.value for caption in page.caption]
    shown, config = labels_of_settings(page), of_kind(kind)
    for name in (name for name, about in SETTINGS.items() if about.group in _GROUPS):
        assert (say(f"settings.{name}") in shown) == config.uses(name), name
    button(page, "Train").click().run()
    assert not page.exception
    (run,) = jobs.runs()
    asked = run.record().config
    assert asked.kind == kind
    for name, value in KINDS[kind].defaults.items():
        assert getattr(asked, name) == value
        assert name not in run.record().fitted


def test_choosing_another_kind_keeps_what_both_have_and_loads_what_it_starts_well_with():
    page = drawn("setup")
    number(page, "epochs").set_value(7).run()
    number(page, "learning_rate").set_value(0.02).run()
    page = choose_kind(page, "gan")
    assert number(page, "epochs").value == 7
    assert number(page, "learning_rate").value == KINDS["gan"].defaults["learning_rate"]


def test_a_number_that_cannot_be_is_told_as_it_stands_in_the_box():
    page = drawn("setup")
    for name, value in (("epochs", -1), ("learning_rate", -0.5)):
        box = number(page, name)
        before = box.value
        assert box.proto.has_min is False, "or the browser keeps what is typed from us"
        box.set_value(value).run()
        assert f"{name} is {value}" in page.error[0].value.replace("\\", "")
        number(page, name).set_value(before).run()
    assert not page.error


def test_settings_that_do_not_go_together_are_told_and_nothing_is_lost():
    page = drawn("setup")
    number(page, "epochs").set_value(7).run()
    next(box for box in page.selectbox if box.label == say("settings.arch")).set_value(
        "resnet"
    ).run()
    tied = next(t for t in page.toggle if t.label == say("settings.tied"))
    tied.set_value(True).run()
    assert "not in residual blocks" in page.error[0].value
    tied = next(t for t in page.toggle if t.label == say("settings.tied"))
    tied.set_value(False).run()
    assert not page.error
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    config = run.record().config
    assert (config.tied, config.arch, config.epochs) == (False, "resnet", 7)


def test_the_objective_without_a_kl_term_is_explained():
    page = drawn("setup")
    assert not page.info
    box = next(b for b in page.selectbox if b.label == say("settings.objective"))
    box.set_value("prior-likelihood").run()
    assert "no KL term" in page.info[0].value
    assert any(b.label == "Train" for b in page.button)


def test_a_sweep_of_a_kind_without_an_encoder_is_refused_in_words():
    page = choose_kind(drawn("setup"), "gan")
    page.toggle(key="several").set_value(True).run()
    assert "no encoder" in page.error[0].value.replace("\\", "")


def test_settings_that_cannot_work_together_are_told_and_nothing_starts():
    page = choose_kind(drawn("setup"), "beta-vae")
    number(page, "beta").set_value(1.0).run()
    assert "beta is 1" in page.error[0].value.replace("\\", "")
    assert not any(b.label == "Train" for b in page.button)


def test_a_taken_name_is_told(tmp_path):
    page = drawn("setup")
    next(b for b in page.text_input if b.label == "Name of the model").set_value("faces").run()
    button(page, "Train").click().run()
    assert "already" in page.error[0].value
    assert jobs.runs() == []


def test_every_setting_has_a_control():
    shown = {name for name, about in SETTINGS.items() if about.group in _GROUPS}
    elsewhere = {"data", "kind", *SHAPING}  # chosen before
    assert shown | elsewhere == set(TrainConfig.__dataclass_fields__)


# ---- images


def picture(color: tuple[int, int, int], width: int = 20, height: int = 0) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height or width), color).save(stream, "PNG")
    return stream.getvalue()


def archive(n: int = 6) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as out:
        for i in range(n):
            out.writestr(f"{'sun' if i % 2 else 'möon'}/{i}.png", picture((40 * i, 0, 90)))
        out.writestr("sun/notes.png", b"no picture")
    return stream.getvalue()


def test_an_uploaded_archive_is_kept_and_looked_at():
    path = store.keep_upload([("drawings ü.zip", archive())]).path
    assert path == store.keep_upload([("drawings ü.zip", archive())]).path
    look = look_at(TrainConfig(data=str(path), image_size=16))
    assert look.image_shape == (3, 16, 16)
    assert look.classes == (("möon", 3), ("sun", 3))
    assert [left.name for left in look.skipped] == ["sun/notes.png"]
    assert look.sheet.shape[2] == 4


def test_single_pictures_become_one_set():
    files = [(f"{i}.png", picture((0, 50 * i, 0))) for i in range(4)]
    path = store.keep_upload(files).path
    assert path == store.keep_upload(files[::-1]).path
    assert look_at(TrainConfig(data=str(path), colours="grey")).image_shape == (1, 20, 20)


@pytest.mark.parametrize("name", ["../../x.zip", "a/b.zip", ".zip", "…" * 90 + ".zip", "c:\\x.zip"])
def test_an_upload_lands_in_its_own_folder_whatever_it_is_called(name):
    path = store.keep_upload([(name, archive())]).path
    assert path.is_relative_to(store.home() / "uploads")
    assert path.is_file()


def test_a_set_that_is_drawn_is_looked_at_without_drawing_all_of_it():
    look = look_at(TrainConfig(data="faces"))
    assert look.n_images == 20_000
    assert look.image_shape == (3, 64, 64)


def own(way: str = "files") -> AppTest:
    """The form, where own pictures are to be dropped."""
    page = drawn("setup")
    page.segmented_control(key="source-kind").set_value("upload").run()
    return page.segmented_control(key="upload-way").set_value(way).run()


def drop(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    """All that the form says of the pictures."""
    said = (*page.markdown, *page.caption, *page.info, *page.warning, *page.error)
    return "\n".join(part.value for part in said)


def test_two_drops_of_equal_names_are_ten_pictures():
    cats = [(f"{i}.png", picture((0, 20 * i, 0))) for i in range(5)]
    dogs = [(f"{i}.png", picture((20 * i, 0, 99))) for i in range(5)]
    page = drop(own(), *cats, *dogs)
    assert "10 images of 20×20" in told(page)
    assert say("train.upload_renamed", count=5) in told(page)
    page = drop(own(), *cats, *cats)
    assert "5 images of 20×20" in told(page)
    assert say("train.upload_repeated", count=5) in told(page)


def test_pictures_dropped_one_by_one_are_kept_once():
    page = own()
    files = [(f"{i}.png", picture((0, 20 * i, 0))) for i in range(6)]
    for n in range(2, 7):
        drop(page, *files[:n])
    assert "6 images of 20×20" in told(page)
    assert len(list(store.uploads_folder().iterdir())) == 1


def test_what_was_assumed_is_listed_and_can_be_overridden():
    stream = io.BytesIO()
    np.save(stream, np.random.default_rng(0).integers(0, 16, (12, 12, 40), np.uint8))
    page = drop(own(), ("set.npy", stream.getvalue()))
    assert "seems to come last" in page.error[0].value
    page.selectbox(key="reading-layout").set_value("hwn").run()
    assert "Read as 40 images of 12×12" in told(page)
    assert "No value is above 15" in told(page)
    page.selectbox(key="reading-range").set_value("used").run()
    assert "No value is above" not in told(page)
    assert "The lowest value that occurs, 0, is black" in told(page)
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    config = run.record().config
    assert (config.layout, config.range) == ("hwn", "used")


def test_a_folder_gives_its_sub_folders_as_classes():
    page = own("folder")
    assert page.file_uploader[0].accept_directory
    green = [(f"pets/cats/{i}.png", picture((0, 20 * i, 0))) for i in range(5)]
    red = [(f"pets/dogs/{i}.png", picture((20 * i, 0, 99))) for i in range(5)]
    assert "cats **5** · dogs **5**" in told(drop(page, *green, *red))


def test_an_image_array_and_its_labels_are_one_set_and_others_are_refused():
    def saved(values: np.ndarray) -> bytes:
        stream = io.BytesIO()
        np.save(stream, values)
        return stream.getvalue()

    pixels = np.random.default_rng(0).integers(0, 256, (8, 12, 12), np.uint8)
    files = (("images.npy", saved(pixels)), ("labels.npy", saved(np.arange(8) % 2)))
    assert "0 **4** · 1 **4**" in told(drop(own(), *files))
    page = drop(own(), ("a.npy", saved(pixels)), ("b.npy", saved(pixels)))
    assert "An array named images" in page.error[0].value.replace("\\", "")
    assert not [b for b in page.button if b.label == "Train"]


def test_what_will_be_done_to_images_is_said_shown_and_asked_for():
    wide = [(f"{i}.png", picture((20 * i, 90, 0), 200, 100)) for i in range(6)]
    page = drop(own(), *wide)
    assert "6 images of 200×100 become 64×64: scaled down. 6 are not square: padded" in told(page)
    page.selectbox[0].set_value(32).run()
    page.selectbox[1].set_value("crop").run()
    page.selectbox[2].set_value("grey").run()
    assert "become 32×32: scaled down. 6 are not square: cropped to the square" in told(page)
    assert "6 are in colour and become grey." in told(page)
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    asked = run.record().config
    assert (asked.image_size, asked.fit, asked.colours) == (32, "crop", "grey")


def test_a_look_shows_a_few_images_before_and_after():
    files = [(f"{i}.png", picture((20 * i, 90, 0), 200, 100)) for i in range(3)]
    look = look_at(TrainConfig(data=str(store.keep_upload(files).path)))
    assert look.pairs is not None
    assert look.pairs[0, 0, 3] == 0, "above the first, which is wide, there is nothing"
    assert tuple(look.pairs[48, 48]) == (0, 90, 0, 255)
    square = [(f"{i}.png", picture((20 * i, 90, 0))) for i in range(3)]
    assert look_at(TrainConfig(data=str(store.keep_upload(square).path))).pairs is None


def test_looking_for_a_set_without_a_name_says_what_is_missing():
    page = drawn("setup")
    page.segmented_control(key="source-kind").set_value("openml").run()
    assert not page.warning
    button(page, "Fetch and look").click().run()
    assert page.warning[0].value == say("train.openml_empty")


# ---- a run that is watched


@pytest.mark.slow
def test_a_finished_run_can_be_opened_in_explore(at_home):
    page = drawn("run", run=at_home.id)
    assert not page.exception
    assert "Open in Explore" in links(page)
    assert "Pause" not in [b.label for b in page.button]


def test_a_run_that_is_gone_is_told(at_home):
    page = drawn("run", run="no-such-run")
    assert "no run" in page.error[0].value.replace("\\", "")


def test_slow_motion_is_set_where_another_tab_changed_it_and_else_left_to_who_clicks():
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    run.say(JobStatus(state="running", updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn("run", run=run.id).run()
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
    page = drawn("run", run=run.id)
    assert not page.exception
    page.toggle[0].set_value(True).run()
    assert run.asked().slow
    button(page, "Pause").click().run()
    assert run.asked().pause
    run.say(JobStatus(state="paused", updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn("run", run=run.id)
    button(page, "Resume").click().run()
    assert not run.asked().pause
    button(page, "Stop").click().run()
    assert run.asked().finish


@pytest.mark.parametrize(("health", "resumes"), [("healthy", True), ("exploding", False)])
def test_a_failed_run_resumes_unless_it_would_fail_again(health, resumes):
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    error = ("It stopped.", "It must not.", "Try again.")
    run.say(JobStatus(state="failed", health=health, error=error, steps=10, step=1))
    page = drawn("run", run=run.id)
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
    assert not drawn("run", run=run.id).exception
    with TestClient(Starlette(routes=run_routes.routes())) as client:
        news = client.get(run_routes.urls(run)["progress"]).json()
    assert (news["state"], news["snapshots"]) == ("failed", [])
    assert "nothing" in news["error"][0]


def test_a_deleted_run_is_no_longer_listed():
    run = jobs.begin(TrainConfig(data="digits"), "mine")
    page = drawn("run", run=run.id)
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
    page = drawn("run", run=by_heart.id)
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
    page = drawn("run", run=by_heart.id)
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
    page = drawn("run", run=by_heart.id)
    button(page, f"Try {remedies[0].words()}").click().run()
    assert not page.exception
    (other,) = [run for run in jobs.runs() if run.id != by_heart.id]
    assert other.record().config == remedies[0].applied(by_heart.record().config)
    assert page.query_params["run"] in (other.id, [other.id])


def test_a_run_of_an_earlier_version_has_no_verdict_and_is_drawn_all_the_same(by_heart):
    (by_heart.path / "ends.json").unlink()
    page = drawn("run", run=by_heart.id)
    assert not page.exception
    assert not any("Verdict" in text.value for text in page.markdown)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ADVERSARIAL)
@pytest.mark.parametrize("verdict", ["mode-collapse", "discriminator-won"])
def test_every_lost_adversarial_run_can_be_helped_or_leaves_no_heading(kind, verdict):
    run = jobs.begin(TrainConfig(data="digits", kind=kind), "lost")
    run.say(JobStatus(state="paused", health=verdict, updated_s=2e9, steps=10, step=1, pid=1))
    page = drawn("run", run=run.id)
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
        assert client.get(urls["gif"]).content.startswith(b"GIF89a")


# ---- what the browser fetches


@pytest.fixture
def client(at_home):
    with TestClient(Starlette(routes=run_routes.routes())) as client:
        yield client


@pytest.mark.slow
def test_progress_tells_only_what_is_new(at_home, client):
    url = run_routes.urls(at_home)["progress"]
    news = client.get(url).json()
    assert news["state"] == "finished"
    assert news["left_s"] == 0
    assert news["health"]["words"]
    n_reports, n_snapshots = len(news["reports"]), len(news["snapshots"])
    assert n_reports > 0
    assert n_snapshots > 0
    later = client.get(f"{url}?reports={n_reports}&snapshots={n_snapshots - 1}").json()
    assert later["reports"] == []
    assert later["snapshots"] == news["snapshots"][-1:]
    assert client.get(url).headers["cache-control"] == "no-store"


def test_snapshots_items_and_map_are_served(at_home, client):
    urls = run_routes.urls(at_home)
    for which in ("latest", "0"):
        answer = client.get(f"{urls['snapshot']}/{which}")
        assert answer.status_code == 200
        assert b'"xy"' in answer.content
    assert client.get(urls["items"]).status_code == 200
    figure = client.get(f"{urls['map']}?theme=dark").json()
    rows = sorted(row for trace in figure["data"] for row in _values(trace["customdata"]))
    watched = at_home.watched()
    assert watched is not None
    assert rows == list(range(len(watched["labels"])))


def _values(column) -> list[int]:
    """Plotly writes long columns as bytes."""
    if isinstance(column, dict):
        import base64

        return np.frombuffer(base64.b64decode(column["bdata"]), column["dtype"]).tolist()
    return column


def test_a_run_too_short_for_a_gif_says_so(client):
    run = RunFolder(store.runs_folder() / "short")
    run.create(
        Record(
            name="short", out=store.bundles_folder() / "short", config=TrainConfig(data="digits")
        )
    )
    answer = client.get(run_routes.urls(run)["gif"])
    assert answer.status_code == 404
    assert "kept no pictures" in answer.json()["error"]


def test_a_snapshot_whose_number_was_given_anew_is_not_taken_from_the_browsers_cache(
    at_home, client, tmp_path, monkeypatch
):
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    run = RunFolder(tmp_path / "runs" / at_home.id)
    shutil.copytree(at_home.path, run.path)
    url = f"{run_routes.urls(run)['snapshot']}/1"
    first = client.get(url)
    seen = {"If-None-Match": first.headers["etag"]}
    assert "no-cache" in first.headers["cache-control"]
    assert client.get(url, headers=seen).status_code == 304
    step = int(run.snapshots()[1]["step"])  # type: ignore[call-overload]
    run.forget_from(step)  # as a run does that resumes
    shutil.copy(run.path / "snapshots" / "0.npz", run.path / "snapshots" / "1.npz")
    again = client.get(url, headers=seen)
    assert again.status_code == 200
    assert again.content != first.content


@pytest.mark.parametrize("rest", ["snapshot/999999", "snapshot/-1", "snapshot/x", "snapshot/²"])
def test_what_is_not_there_is_not_found(at_home, client, rest):
    assert client.get(f"/latent/run/{at_home.id}/{rest}").status_code == 404


@pytest.mark.parametrize("run", ["nothing", "..", "%2e%2e", "a%2fb"])
def test_an_unknown_run_is_not_found(client, run):
    assert client.get(f"/latent/run/{run}/items").status_code == 404


def test_a_page_that_watches_a_deleted_run_hears_so(client):
    news = client.get("/latent/run/gone/progress").json()
    assert news["state"] == "gone"
    assert news["reports"] == news["snapshots"] == []
