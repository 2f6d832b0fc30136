import json
from dataclasses import replace

import numpy as np
import pytest

from explorer import data, store
from explorer.bundle import write_bundle
from explorer.ui import maps
from explorer.ui.opened import open_model
from tests.conftest import N_PLACED, with_settings


@pytest.fixture
def opened(tiny, own_home):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    return open_model("tiny")


def figure(opened, code: str, color: str = "none", n_points: int = 0) -> dict:
    return json.loads(
        maps.map_figure(opened, maps.figure_choice(opened, code, color, n_points, "light"))
    )


def drawn(figure: dict) -> int:
    return sum(trace["customdata"]["bdata"] != "" for trace in figure["data"])


def test_with_two_coordinates_they_come_first_and_space_is_not_offered(opened):
    more = [method.name for method in maps.makeable(opened)]  # where the extra is installed
    assert list(maps.map_choices(opened)) == ["z", "pca", "tsne", *more]


def test_every_map_and_colour_on_offer_draws(opened):
    for method in maps.map_choices(opened):
        code = maps.MapChoice(method, "none", 0, 0, 1).code
        for color in maps.color_choices(opened):
            assert drawn(figure(opened, code, color)) >= 1


def test_a_colour_bar_names_its_ends_and_gives_errors_in_percent(opened):
    config = replace(opened.bundle.config, data="faces")
    codes = replace(
        opened.bundle.codes, factors=np.tile([[0.2, 0.8]], (len(opened.bundle.codes.mu), 1))
    )
    facts = replace(opened.bundle.data, factor_names=("hair colour", "smile"))
    of_faces = replace(
        opened, bundle=replace(opened.bundle, config=config, codes=codes, data=facts)
    )

    def marker(color: str) -> dict:
        return figure(of_faces, "pca", color)["data"][0]["marker"]

    assert marker("hair colour")["colorbar"]["title"]["text"] == "hair colour: fair to dark"
    assert marker("smile")["colorbar"]["title"]["text"] == "smile"
    shown = marker("error")
    assert shown["colorbar"]["title"]["text"].startswith("error, %")
    assert shown["cmax"] <= 100 * np.sqrt(codes.error.max()) * 1.001


def test_an_autoencoder_offers_no_colours_by_kl(opened):
    assert "kl" in maps.color_choices(opened)
    of_points = replace(opened, bundle=with_settings(opened.bundle, kind="ae"))
    assert "kl" not in maps.color_choices(of_points)


@pytest.mark.parametrize("code", ["", "z", "z1", "z0-7", "z-1-0", "zz", "pca9", "../x"])
def test_an_unknown_map_becomes_the_pca(opened, code):
    title = figure(opened, code)["layout"]["xaxis"]["title"]["text"]
    assert title.startswith("Principal component 1")


def test_the_axes_of_two_dimensions_have_their_names(opened):
    layout = figure(opened, "z1-0")["layout"]
    assert layout["xaxis"]["title"]["text"] == "slant"
    assert layout["yaxis"]["title"]["text"] == "Dimension 1"


def test_fewer_dots_are_spread_over_the_items(opened):
    import base64

    import numpy as np

    [trace] = figure(opened, "pca", n_points=4)["data"]
    rows = np.frombuffer(
        base64.b64decode(trace["customdata"]["bdata"]), trace["customdata"]["dtype"]
    )
    assert rows.tolist() == [0, 10, 20, 31]


@pytest.fixture
def dreamer(tiny_gan, own_home):
    write_bundle(tiny_gan, store.bundles_folder() / "gan")
    return open_model("gan")


def names_of(figure: dict) -> list[str]:
    return [trace["name"] for trace in figure["data"]]


def test_without_an_encoder_meaningless_choices_are_left_out(dreamer):
    assert list(maps.color_choices(dreamer)) == ["class", "none"]
    assert "tsne" not in maps.map_choices(dreamer)


def test_draws_lie_beneath_the_classes_and_beneath_images_of_none(dreamer):
    assert names_of(figure(dreamer, "pca", "class")) == ["prior samples", "zero", "one"]
    assert names_of(figure(dreamer, "pca", "none")) == ["prior samples", "test images"]
    assert names_of(figure(dreamer, "pca", "error")) == ["prior samples", "test images"]


def test_of_fewer_dots_the_images_stay(dreamer):
    rows = maps._spread_rows(dreamer.bundle.codes.of_images, 15)
    assert list(rows[:N_PLACED]) == list(range(N_PLACED))
    assert len(rows) == 15
    assert len(maps._spread_rows(dreamer.bundle.codes.of_images, 5)) == 5


def test_the_page_begins_at_the_chosen_item_or_else_at_a_typical_one(opened, tiny):
    chosen = replace(opened, bundle=replace(opened.bundle, start_item=70))
    assert chosen.start_item == 7  # ids go in tens
    mu = tiny.codes.mu.copy()
    mu[0] = (9, 9)  # far from all others, though it comes back best
    error = tiny.codes.error.copy()
    error[0] = 0
    codes = replace(opened.bundle.codes, mu=mu, error=error)
    start = replace(opened, bundle=replace(opened.bundle, codes=codes)).start_item
    assert start != 0
    assert error[start] <= np.median(error)


def test_the_page_begins_at_an_image_and_draws_have_no_original(dreamer):
    assert dreamer.bundle.codes.of_images[dreamer.start_item]
    assert dreamer.has_originals
    assert dreamer.original(N_PLACED) is None
    ids = dreamer.bundle.codes.ids
    expected = data.load_items("digits", ids[3:4])
    assert expected is not None
    np.testing.assert_array_equal(dreamer.original(3), expected[0])
