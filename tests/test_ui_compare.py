import base64
import json
import time
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.completing import complete
from explorer.models.architecture import spec_of
from explorer.models.spec import expected_weights
from explorer.ui import address, compare_view
from explorer.ui.compare_arrays import comparison_buffer, holes_of, telling_item
from explorer.ui.opened import open_model
from tests.conftest import fresh_bundle, with_settings

pytestmark = pytest.mark.slow

PAGE = """
from explorer.ui import state
from explorer.ui.views.compare import page
import streamlit as st
state.remember_pages({})
page.render()
"""
ODD = "b, 50%&=ü#?"


@pytest.fixture(autouse=True)
def nothing_shipped(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")


def keep(name: str, **changes: object) -> None:
    whole = complete(replace(fresh_bundle(name), **changes))  # type: ignore[arg-type]
    write_bundle(whole, store.bundles_folder() / name)


@pytest.fixture
def three():
    """Two models of small digits, and one of larger pictures."""
    keep("a")
    keep(ODD, scores={"mse": 0.01})
    bundle, shape = fresh_bundle("wide"), (1, 12, 12)
    model = spec_of(bundle.settings(), shape)
    keep(
        "wide",
        model=model,
        data=replace(bundle.data, image_shape=shape),
        weights={key: np.zeros(at, np.float32) for key, at in expected_weights(model).items()},
    )


def opened(**query: str) -> AppTest:
    page = AppTest.from_string(PAGE, default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    return page.run()


def in_address(page: AppTest, key: str) -> str:
    value = page.query_params.get(key, "")
    return value[0] if isinstance(value, list) else value


def test_without_models_the_page_says_how_to_make_two():
    page = opened()
    assert not page.exception
    assert "latent-explorer train" in page.info[0].value


def test_models_of_one_shape_are_compared_at_once(three):
    page = opened()
    assert not page.exception
    assert not page.error
    chosen = [b.label for b in page.sidebar.button if b.key and b.key.startswith("compare-")]
    assert len(chosen) == 3
    assert "Learning curves" in page.main.markdown[-1].value


def test_a_model_of_another_shape_cannot_be_picked(three):
    page = opened(models="a")
    buttons = {b.key: b for b in page.sidebar.button}
    assert buttons["compare-wide"].disabled
    assert not buttons[f"compare-{ODD}"].disabled
    assert "two to four" in page.info[0].value


def test_a_link_to_models_of_two_shapes_says_which_fit_together(three):
    page = opened(models="a,wide")
    assert not page.exception
    assert "a makes pictures of 8×8 grey" in page.error[0].value
    assert "wide (12×12 grey)" in page.error[0].value
    told = page.main.markdown[1].value  # after the heading
    assert "- 12×12 grey: wide" in told
    assert "- 8×8 grey: a, " in told


def test_an_unknown_model_is_named(three):
    page = opened(models="a,nobody")
    assert "nobody" in page.warning[0].value


def test_names_with_any_sign_stay_one_name_in_the_address(three):
    page = opened(models="a")
    next(b for b in page.sidebar.button if b.key == f"compare-{ODD}").click().run()
    assert not page.exception
    assert not page.warning
    assert in_address(page, "models").count(",") == 1
    again = opened(models=in_address(page, "models"))
    assert not again.warning
    primary = [b for b in again.sidebar.button if b.proto.type == "primary"]
    assert {b.key for b in primary} == {"compare-a", f"compare-{ODD}"}


def test_all_models_can_be_removed_to_choose_again(three):
    page = opened()
    next(b for b in page.sidebar.button if b.key == "clear").click().run()
    assert in_address(page, "models") == ""
    assert not any(b.disabled for b in page.sidebar.button)


def test_no_more_than_four_fit():
    for i in range(5):
        keep(f"m{i}")
    page = opened(models="m0,m1,m2,m3,m4")
    assert "At most 4" in page.warning[0].value
    fifth = next(b for b in page.sidebar.button if b.key == "compare-m4")
    assert fifth.disabled


def test_models_that_the_browser_cannot_decode_are_not_offered(three):
    whole = complete(fresh_bundle("large"))
    write_bundle(replace(whole, pack=None), store.bundles_folder() / "large")
    page = opened(models=f"a,{quote(ODD)},large")
    assert "compare-large" not in {b.key for b in page.sidebar.button}
    assert any("1 more model has" in caption.value for caption in page.sidebar.caption)
    (told,) = page.warning
    assert 'The decoder of "large" is too large' in told.value


def test_curves_are_drawn_of_runs_and_missed_of_others(three):
    bundle = fresh_bundle("a")
    run = jobs.RunFolder(store.runs_folder() / "1-a")
    out = store.bundles_folder() / "a"
    run.create(jobs.Record(name="a", out=out, config=bundle.settings()))
    keep("a", origin=run.record().origin)
    for epoch in range(1, 4):
        checks = {"loss": 9.0, "elbo": -30.0 + epoch, "log_likelihood": -20.0, "kl": 9.0}
        line = {"step": epoch, "epoch": epoch, "elapsed_s": epoch / 2, "validation": checks}
        run.append("progress.jsonl", line)
    run.say(jobs.JobStatus(state="finished", updated_s=time.time(), out="a"))
    page = opened()
    assert not page.exception
    told = [caption.value for caption in page.main.caption]
    assert any(text.startswith("No curves for b") for text in told)
    (chart,) = page.main.get("plotly_chart")
    drawn = json.loads(chart.proto.spec)
    assert [trace["name"] for trace in drawn["data"]] == ["a"]
    keep("a", origin="")  # another model of that name
    assert not opened().main.get("plotly_chart")


# ---- what is handed to the browser


def opened_models(*names: str):
    return [open_model(name) for name in names]


def test_the_scene_has_models_sliders_and_scores():
    keep("a", scores={"mse": 0.05, "elbo_nats": -20.5})
    keep("b", scores={"mse": 0.04})
    scene = compare_view.scene(opened_models("a", "b"), address.SharedStart(item=10))
    said = json.loads(json.dumps(scene))
    assert [model["shares"] for model in said["models"]] == [True, True]
    assert said["sizes"] == [{"latentDim": 2, "models": [0, 1], "order": said["sizes"][0]["order"]}]
    assert sorted(said["sizes"][0]["order"]) == [0, 1]
    first = said["scores"][0]
    assert [cell["best"] for cell in first["cells"]] == [False, True]
    table = base64.b64decode(said["tables"][0]["url"].partition(",")[2]).decode()
    assert table.splitlines()[0] == ",a,b,remark"
    assert said["start"]["item"] == 10


def test_models_of_one_kind_are_distinguished_by_their_scores():
    keep("a", scores={"mse": 0.05, "coverage": 0.9})
    keep("b", scores={"mse": 0.04, "coverage": 0.8})
    scene = compare_view.scene(opened_models("a", "b"), address.SharedStart())
    one, other = json.loads(json.dumps(scene))["models"]
    assert one["gain"] == "Random pictures cover more of the data: 90%, against 80%."
    assert one["cost"] == "Keeps less of each image: mean error 0.05000, against 0.04000."
    assert other["gain"] == "Keeps more of each image: mean error 0.04000, against 0.05000."
    assert other["cost"] == "Random pictures cover less of the data: 80%, against 90%."


def test_a_vae_without_a_kl_term_is_not_called_a_vae():
    keep("v")
    keep("w", config=replace(fresh_bundle("w").settings(), objective="prior-likelihood"))
    scene = compare_view.scene(opened_models("v", "w"), address.SharedStart())
    one, other = json.loads(json.dumps(scene))["models"]
    assert one["kind"] == "VAE"
    assert other["kind"] == "VAE without a KL term"
    assert "mean image" in other["cost"]


def test_models_of_other_pictures_share_no_item():
    keep("a")
    keep("b")
    keep("c", config=replace(fresh_bundle("c").settings(), n_images=300))
    assert compare_view.sharing(opened_models("a", "c")) == [False, False]
    assert compare_view.sharing(opened_models("c", "a", "b")) == [False, True, True]
    scene = compare_view.scene(opened_models("a", "c"), address.SharedStart())
    assert scene["firstItem"] is None


def test_draws_of_a_model_without_an_encoder_are_not_counted_as_codes():
    bundle = fresh_bundle("g")
    gan = with_settings(bundle, kind="gan")
    found = np.arange(32) < 20
    assert bundle.codes.labels is not None
    codes = replace(
        bundle.codes,
        ids=np.where(found, bundle.codes.ids, -1),
        labels=np.where(found, bundle.codes.labels, -1),
    )
    weights = {key: np.zeros(at, np.float32) for key, at in expected_weights(gan.model).items()}
    keep("g", config=gan.config, model=gan.model, codes=codes, weights=weights)
    (opened,) = opened_models("g")
    assert telling_item(opened) in codes.ids[:20]
    plane, draws = holes_of(opened)
    assert plane.blur == pytest.approx(20 ** (-1 / 6))
    assert len(draws.z) == 400
    assert len(comparison_buffer(opened)) > draws.z.nbytes // 2
    said = compare_view.scene([opened, opened], address.SharedStart())["models"]
    assert [model["searched"] for model in said] == [True, True]


def test_what_the_browser_says_is_remembered_only_if_it_fits():
    keep("a")
    keep("b")
    page = AppTest.from_string(
        """
        import streamlit as st
        from explorer.ui import compare_view
        from explorer.ui.opened import open_model
        view = {"item": 10, "item2": 20, "seed": 3, "z": [[0.5, -1]], "spots": [None, 7]}
        both = [open_model("a"), open_model("b")]
        compare_view._remember(view, both)
        for wrong in ({"z": []}, {"z": "x"}, {"spots": None}):
            compare_view._remember(view | wrong, both)
        """
    ).run()
    assert not page.exception
    expected = {"models": "a,b", "item": "10", "item2": "20", "seed": "3", "z": "0.50,-1.00"}
    assert {key: in_address(page, key) for key in expected} == expected
    assert in_address(page, "spots") == "_7"


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ({}, address.SharedStart(shifts=(None, None), spots=(None, None))),
        (
            {"item": "7", "seed": "2", "z": "1,2_3", "spots": "_5"},
            address.SharedStart(7, None, 2, ((1.0, 2.0), (3.0,)), (None, 5)),
        ),
        (
            {"item": "-1", "item2": "x", "seed": "1e9", "z": "nan,1_inf", "spots": "_____"},
            address.SharedStart(shifts=(None, None), spots=(None, None)),
        ),
    ],
)
def test_addresses_say_where_to_begin_and_bent_ones_do_no_harm(query, start, monkeypatch):
    monkeypatch.setattr("streamlit.query_params", query)
    assert address.asked_comparison([2, 1], 2) == start
