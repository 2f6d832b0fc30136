"""The form of the Train page: settings, kinds, and starting a run."""

import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs
from explorer.config import SETTINGS, SHAPING, all_settings
from explorer.kinds import KINDS
from explorer.ui.views.train.settings import _GROUPS
from explorer.words import say
from tests.train_page import button, choose_kind, drawn, of_kind

pytestmark = pytest.mark.usefixtures("no_process")


def test_pressing_train_begins_a_run_with_the_preset_and_watches_it():
    page = drawn()
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
    page = drawn()
    box = next(b for b in page.number_input if b.label.startswith("Latent dimensions"))
    box.set_value(3).run()
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    assert run.record().config.latent_dim == 3


def labels_of_settings(page: AppTest) -> set[str]:
    controls = (*page.selectbox, *page.number_input, *page.text_input, *page.toggle)
    return {control.label for control in controls}


def number(page: AppTest, name: str):
    return next(b for b in page.number_input if b.label == say(f"settings.{name}"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_sentence_its_own_settings_and_can_be_started(kind):
    page = choose_kind(drawn(), kind)
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
    page = drawn()
    number(page, "epochs").set_value(7).run()
    number(page, "learning_rate").set_value(0.02).run()
    page = choose_kind(page, "gan")
    assert number(page, "epochs").value == 7
    assert number(page, "learning_rate").value == KINDS["gan"].defaults["learning_rate"]


def test_an_impossible_number_is_refused_as_it_was_typed():
    page = drawn()
    for name, value in (("epochs", -1), ("learning_rate", -0.5)):
        box = number(page, name)
        before = box.value
        assert box.proto.has_min is False, "or the browser keeps what is typed from us"
        box.set_value(value).run()
        assert f"{name} is {value}" in page.error[0].value.replace("\\", "")
        number(page, name).set_value(before).run()
    assert not page.error


def test_conflicting_settings_are_reported_and_nothing_is_lost():
    page = drawn()
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
    page = drawn()
    assert not page.info
    box = next(b for b in page.selectbox if b.label == say("settings.objective"))
    box.set_value("prior-likelihood").run()
    assert "no KL term" in page.info[0].value
    assert any(b.label == "Train" for b in page.button)


def test_a_sweep_of_a_kind_without_an_encoder_is_refused_in_words():
    page = choose_kind(drawn(), "gan")
    page.toggle(key="several").set_value(True).run()
    assert "no encoder" in page.error[0].value.replace("\\", "")


def test_settings_that_cannot_work_together_are_refused_and_nothing_starts():
    page = choose_kind(drawn(), "beta-vae")
    number(page, "beta").set_value(1.0).run()
    assert "beta is 1" in page.error[0].value.replace("\\", "")
    assert not any(b.label == "Train" for b in page.button)


def test_a_taken_name_is_refused_in_words(tmp_path):
    page = drawn()
    next(b for b in page.text_input if b.label == "Name of the model").set_value("faces").run()
    button(page, "Train").click().run()
    assert "already" in page.error[0].value
    assert jobs.runs() == []


def test_every_setting_has_a_control():
    shown = {name for name, about in SETTINGS.items() if about.group in _GROUPS}
    elsewhere = {"data", "kind", *SHAPING}  # chosen before
    assert shown | elsewhere == set(all_settings())
