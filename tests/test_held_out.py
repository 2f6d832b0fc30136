"""Own images are on the map, those held out are marked, and scores come from those alone."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from explorer import cli, data, store
from explorer.bundle import read_bundle, write_bundle
from explorer.data.imageset import ImageSet, fixed_split
from explorer.errors import BundleError
from explorer.figures import ByClass, ByValue, latent_map
from explorer.training.shown import rows_on_the_map, split_of
from explorer.ui import maps, routes
from explorer.ui.compare_arrays import telling_item
from explorer.ui.opened import OpenedModel, open_model
from tests.conftest import N_ITEMS

QUICK = ["--arch", "mlp", "--hidden", "8", "--latent-dim", "2", "--epochs", "1"]
HELD = np.arange(N_ITEMS) % 4 == 0


def a_set(n: int) -> ImageSet:
    return ImageSet(
        name="bars", pixels=np.zeros((n, 1, 8, 8), np.uint8), is_test=fixed_split(n, test_share=0.1)
    )


# ---- which images are on the map


@pytest.mark.parametrize("n", [2, 120, 5_000])
@pytest.mark.parametrize("asked", ["our drawings.zip", "digits"])
def test_a_set_that_fits_on_the_map_is_there_whole(n, asked):
    images = a_set(n)
    rows = rows_on_the_map(images, asked, 5_000)
    np.testing.assert_array_equal(rows, np.arange(n))
    np.testing.assert_array_equal(split_of(images, rows) == 1, images.is_test)


def test_maps_show_both_parts_of_own_images_and_held_out_ones_of_large_sets():
    images = a_set(20_000)
    own = rows_on_the_map(images, "./drawings", 3_000)
    assert len(own) == len(set(own)) == 3_000
    assert images.is_test[own].sum() == 1_500
    named = rows_on_the_map(images, "mnist", 1_000)
    assert images.is_test[named].all()
    assert split_of(images, named) is None


# ---- bundles


@pytest.fixture
def parted(tiny):
    """A bundle of which every fourth item was held out."""
    return replace(tiny, codes=replace(tiny.codes, split=HELD.astype(np.int64)))


@pytest.fixture
def opened(parted, own_home) -> OpenedModel:
    write_bundle(parted, store.bundles_folder() / "parted")
    return open_model("parted")


def test_which_items_were_held_out_is_written_and_read(opened, tiny):
    np.testing.assert_array_equal(opened.bundle.codes.held_out, HELD)
    assert tiny.codes.split is None
    assert tiny.codes.held_out.all(), "bundles of earlier versions hold test images alone"


@pytest.mark.parametrize(
    "split",
    [
        np.full(N_ITEMS, 2),
        np.zeros(N_ITEMS, np.int64),
        np.ones(N_ITEMS - 1, np.int64),
        HELD.astype(np.int32),
    ],
    ids=["unknown", "none held out", "too few", "of another type"],
)
def test_a_split_that_cannot_be_is_refused(parted, tmp_path, split):
    broken = replace(parted, codes=replace(parted.codes, split=split))
    with pytest.raises(BundleError, match="split"):
        write_bundle(broken, tmp_path / "broken")


def test_draws_are_in_neither_part(tiny_gan, tmp_path):
    placed = tiny_gan.codes.of_images
    split = np.where(placed, np.arange(len(placed)) % 2, -1)
    parted = replace(tiny_gan, codes=replace(tiny_gan.codes, split=split))
    write_bundle(parted, tmp_path / "gan")
    read = read_bundle(tmp_path / "gan").codes
    assert not read.held_out[~placed].any()
    assert read.held_out.sum() == (split == 1).sum()


def test_comparisons_with_test_images_use_held_out_ones(opened):
    codes = opened.bundle.codes
    for error in np.quantile(codes.error, [0.2, 0.5, 0.9]):
        assert opened.share_drawn_better(error) == (codes.error[HELD] < error).mean()
    assert codes.held_out[list(codes.ids).index(telling_item(opened))]


# ---- maps


def figure(opened: OpenedModel, part: str, code: str = "pca", color: str = "class") -> dict:
    return json.loads(
        maps.map_figure(opened, maps.figure_choice(opened, code, color, 0, "light", part))
    )


def items(figure: dict, *, hollow: bool | None = None) -> list[int]:
    """The items on a map; only the hollow ones, or only the filled ones."""
    found = []
    for trace in figure["data"]:
        is_hollow = trace["marker"].get("line", {}).get("width", 0) > 0
        if hollow in (None, is_hollow):
            of = trace["customdata"]
            found += (
                np.frombuffer(base64.b64decode(of["bdata"]), of["dtype"])
                if isinstance(of, dict)
                else of
            ).tolist()
    return sorted(found)


@pytest.mark.parametrize("color", ["class", "error", "none"])
@pytest.mark.parametrize("code", ["pca", "tsne", "z0-1"])
def test_a_map_shows_each_item_once_and_those_held_out_hollow(opened, code, color):
    drawn = figure(opened, "both", code, color)
    assert items(drawn) == list(range(N_ITEMS))
    assert items(drawn, hollow=True) == np.flatnonzero(HELD).tolist()


def test_a_map_shows_the_chosen_part(opened):
    assert items(figure(opened, "held")) == np.flatnonzero(HELD).tolist()
    assert items(figure(opened, "learnt")) == np.flatnonzero(~HELD).tolist()
    assert items(figure(opened, "nonsense")) == list(range(N_ITEMS))


def test_a_map_in_space_marks_them_too_and_its_legend_names_a_class_once():
    xy = np.random.default_rng(0).normal(size=(N_ITEMS, 3))
    labels = np.arange(N_ITEMS) % 3
    color = ByClass(labels=labels, names=["a", "b", "c"])
    drawn = json.loads(latent_map(xy, color=color, hollow=HELD).to_json())
    assert items(drawn, hollow=True) == np.flatnonzero(HELD).tolist()
    assert [trace["name"] for trace in drawn["data"] if trace["showlegend"]] == ["a", "b", "c"]
    symbols = {trace["marker"]["symbol"] for trace in drawn["data"]}
    assert {"circle", "circle-open"} <= symbols
    groups = {(trace["name"], trace["legendgroup"]) for trace in drawn["data"]}
    assert groups == {("a", "a"), ("b", "b"), ("c", "c")}


def test_a_colour_bar_is_drawn_once():
    xy, values = np.zeros((N_ITEMS, 2)), np.arange(N_ITEMS, dtype=float)
    drawn = latent_map(xy, color=ByValue(values=values, title="error"), hollow=HELD)
    assert [trace.marker.colorbar.title.text for trace in drawn.data] == ["error", None]
    only = latent_map(xy, color=ByValue(values=values, title="e"), hollow=np.full(N_ITEMS, True))
    assert [trace.marker.colorbar.title.text for trace in only.data] == ["e"]


def test_a_bundle_of_test_images_alone_looks_as_before(tiny, own_home):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    opened = open_model("tiny")
    assert maps.part_choices(opened) == {}
    assert items(figure(opened, "both"), hollow=True) == []


# ---- the page


def test_the_part_shown_is_a_control_that_lives_in_the_address(opened):
    def script():
        import streamlit as st

        from explorer.ui import state
        from explorer.ui.opened import open_model
        from explorer.ui.views.explore.page import _controls

        state.remember_pages({"explore": st.Page(lambda: None, title="Explore")})
        st.text(repr(_controls(open_model("parted"))))

    page = AppTest.from_function(script, default_timeout=60).run()
    choice = next(box for box in page.selectbox if box.label == "Images shown")
    assert choice.value == "both"
    assert choice.options == ["both (32)", "trained on (24)", "held out (8)"]
    choice.set_value("held").run()
    assert page.query_params["part"] in ("held", ["held"])
    assert "part='held'" in page.text[0].value
    dots = next(box for box in page.selectbox if box.label == "Dots shown")
    assert "8" in dots.options[0]


@pytest.fixture
def drawings(tmp_path):
    """A model trained from a folder of 40 images of two classes."""
    rng = np.random.default_rng(0)
    for i in range(40):
        kind = tmp_path / "pets" / ("cats", "dogs")[i % 2]
        kind.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), np.uint8)).save(kind / f"{i}.png")
    out = tmp_path / "mine"
    assert cli.main(["train", "--data", str(tmp_path / "pets"), *QUICK, "--out", str(out)]) == 0
    return open_model("mine")


def test_each_own_image_is_on_the_map_and_known_by_its_file(drawings, tmp_path):
    codes, whole = drawings.bundle.codes, data.load(str(tmp_path / "pets"))
    assert len(codes.mu) == 40
    np.testing.assert_array_equal(codes.held_out, whole.is_test)
    assert drawings.item_names == whole.item_names
    for item in range(40):
        np.testing.assert_array_equal(drawings.original(item), whole.pixels[item])
    assert drawings.bundle.scores["mse"] == pytest.approx(codes.error[codes.held_out].mean())


def test_known_file_names_are_served(drawings, opened, own_home):
    client = TestClient(Starlette(routes=routes.routes()))
    assert client.get(routes.urls(drawings)["names"]).json() == list(drawings.item_names or ())
    assert client.get(routes.urls(opened)["names"]).json() is None
