import re
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer import store
from explorer.bundle import write_bundle
from explorer.completing import train_command
from explorer.kinds import KINDS
from explorer.ui.words import plain, stage_words

COMPARE = """
from explorer.ui import state
from explorer.ui.views.compare import page
state.remember_pages({})
page.render()
"""
SCRIPT = Path(explorer.__file__).parent / "ui" / "navigation.py"


@pytest.fixture
def nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")


def opened(**query: str) -> AppTest:
    test = AppTest.from_file(str(SCRIPT), default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def test_without_models_the_page_says_how_to_make_one(nothing_shipped):
    page = opened()
    assert not page.exception
    assert "latent-explorer train" in page.info[0].value


def test_a_model_is_drawn_with_its_controls(nothing_shipped, tiny):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    page = opened()
    assert not page.exception
    assert [box.label for box in page.sidebar.selectbox][:1] == ["Map"]
    assert "tiny" in [button.label for button in page.sidebar.button]


def test_choices_go_to_the_address_and_defaults_leave_it(nothing_shipped, tiny):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    page = opened()
    color = next(box for box in page.sidebar.selectbox if box.label == "Colour by")
    color.set_value("kl").run()
    assert page.query_params["color"] in ("kl", ["kl"])
    color = next(box for box in page.sidebar.selectbox if box.label == "Colour by")
    color.set_value("class").run()
    assert "color" not in page.query_params


def test_the_panel_about_a_model_has_scores_sliders_and_factors(nothing_shipped, tiny):
    scores = {**tiny.scores, "coverage": 0.181}
    scored = replace(tiny, factor_r2={"tilt": 0.93}, scores=scores)
    write_bundle(scored, store.bundles_folder() / "tiny")
    page = opened()
    next(b for b in page.sidebar.button if b.label == "About this model").click().run()
    assert not page.exception
    told = "\n".join(element.value for element in page.markdown)
    assert "variational autoencoder" in told
    assert "Reconstruction error: **0.05000**" in told
    assert "miss most of the data: only 18% of real images" in told
    assert "| slant |" in told
    assert re.search(r"\| tilt \| :primary\[━+\] \| 0.93 \|", told)
    assert page.code[0].value == train_command(tiny.config, "tiny")


def test_a_model_without_an_encoder_is_drawn_and_its_panel_says_how_to_score_it(
    nothing_shipped, tiny_gan
):
    write_bundle(tiny_gan, store.bundles_folder() / "gan")
    page = opened()
    assert not page.exception
    color = next(box for box in page.sidebar.selectbox if box.label == "Colour by")
    assert list(color.options) == ["class", "nothing"]
    next(b for b in page.sidebar.button if b.label == "About this model").click().run()
    assert not page.exception
    told = "\n".join(element.value for element in page.markdown)
    assert "GAN" in told
    assert "slider" not in told
    assert "evaluate gan" in page.info[0].value.replace("\\", "")


def test_the_panel_mentions_an_objective_without_kl(nothing_shipped, tiny):
    config = replace(tiny.config, objective="prior-likelihood")
    write_bundle(replace(tiny, config=config), store.bundles_folder() / "tiny")
    page = opened()
    next(b for b in page.sidebar.button if b.label == "About this model").click().run()
    assert any("no KL term" in element.value for element in page.markdown)


def test_words_about_samples_replace_those_about_items():
    stage, of_draws = stage_words(), stage_words(has_encoder=False)
    assert set(of_draws) == set(stage)
    assert of_draws["honestyHelp"] != stage["honestyHelp"]
    for key in ("honesty", "near"):
        levels, levels_of_draws = stage[key], of_draws[key]
        assert isinstance(levels, dict)
        assert isinstance(levels_of_draws, dict)
        assert levels.keys() == levels_of_draws.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words(kind):
    needed = {"name", "summary", "noun", "card", "compared", "gain", "cost"}
    players = {"made", "real"} if KINDS[kind].is_adversarial else set()
    assert all(KINDS[kind].words.get(key) for key in needed | players)


def test_an_unknown_model_is_reported(nothing_shipped, tiny):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    page = opened(model="nobody")
    assert "nobody" in page.warning[0].value


def test_one_damaged_bundle_takes_down_neither_page(nothing_shipped, tiny):
    for name in ("a", "b", "tiny"):
        write_bundle(tiny, store.bundles_folder() / name)
    for file in ("b/config.json", "tiny/preview.png"):
        path = store.bundles_folder() / file
        path.write_bytes(path.read_bytes().replace(b"0.05", b"1" + b"0" * 400)[:-100])
    explore = opened()
    compare = AppTest.from_string(COMPARE, default_timeout=60).run()
    for page in (explore, compare):
        assert not page.exception
        assert {"a", "tiny"} <= {button.label for button in page.sidebar.button}
    assert "config.json" in explore.sidebar.text[0].value


def test_a_bundle_damaged_after_listing_is_an_error_in_words(nothing_shipped, tiny):
    folder = store.bundles_folder() / "tiny"
    write_bundle(tiny, folder)
    (folder / "codes.npz").write_bytes(b"junk")
    page = opened()
    assert not page.exception
    assert "codes.npz" in page.error[0].value.replace("\\", "")


def test_a_bundle_without_labels_or_pack_is_drawn(nothing_shipped, tiny):
    bare = replace(
        tiny,
        pack=None,
        codes=replace(tiny.codes, labels=None, maps={}),
        data=replace(tiny.data, class_names=()),
    )
    write_bundle(bare, store.bundles_folder() / "bare")
    page = opened()
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize("name", ["*a*", "a_b_c", "[x](y)", ":red[x]", "`x`", "<b>", "$x$", "x\\y"])
def test_names_are_shown_as_they_are_and_not_as_markdown(name):
    shown = plain(name)
    assert re.sub(r"\\(.)", r"\1", shown).replace("\u2060", "") == name
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_\[\]:`<$]", shown)
