"""Maps of a bundle beside its PCA: named, noted, made later, and offered by the page."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import explorer
from explorer import mapping, store
from explorer.bundle import LatentMap, ModelBundle, read_bundle, write_bundle
from explorer.errors import BundleError
from explorer.projection import METHODS, MapMethod, MapStep, place_by_neighbours
from explorer.ui import maps
from explorer.ui.opened import open_model
from tests.tools import installed


def ring(codes: np.ndarray, seed: int) -> Iterator[MapStep]:
    """Lay codes on a circle, in their order."""
    turn = np.linspace(0, 2 * np.pi, len(codes), endpoint=False)
    xy = np.column_stack([np.cos(turn), np.sin(turn)]).astype(np.float32)
    yield MapStep(xy=xy, iteration=1, n_iterations=1)


@pytest.fixture
def toy() -> Iterator[MapMethod]:
    method = MapMethod(
        name="ring", title="On a ring", is_exact=False, fit=ring, place=place_by_neighbours
    )
    METHODS.register(method)
    yield method
    METHODS.forget(method)


ELSEWHERE = """
import numpy as np
from explorer.projection import MapMethod, MapStep, place_by_neighbours

def fit(codes, seed):
    turn = np.linspace(0, 2 * np.pi, len(codes), endpoint=False)
    xy = np.column_stack([np.cos(turn), np.sin(turn)]).astype(np.float32)
    yield MapStep(xy=xy, iteration=1, n_iterations=1)

METHOD = MapMethod(
    name="circle", title="On a circle", is_exact=False, fit=fit, place=place_by_neighbours
)
"""
PAGE = Path(explorer.__file__).parent / "ui" / "navigation.py"


def with_ring(bundle: ModelBundle) -> ModelBundle:
    (step,) = ring(bundle.codes.mu, 0)
    placed = LatentMap(xy=step.xy, method="ring", settings={"turns": 1, "way": "left"})
    codes = replace(bundle.codes, maps={**bundle.codes.maps, "round": placed})
    return replace(bundle, codes=codes)


def figure(opened, code: str) -> dict:
    choice = maps.figure_choice(opened, code, "none", 0, "light")
    return json.loads(maps.map_figure(opened, choice))


def test_a_bundle_keeps_any_number_of_named_maps_and_how_they_came_about(tiny, tmp_path):
    bundle = with_ring(tiny)
    write_bundle(bundle, tmp_path / "more")
    read = read_bundle(tmp_path / "more").codes.maps
    assert sorted(read) == ["round", "tsne"]
    assert read["round"].facts == bundle.codes.maps["round"].facts
    assert read["tsne"].facts.settings == {"perplexity": 30}
    np.testing.assert_array_equal(read["round"].xy, bundle.codes.maps["round"].xy)


def test_a_bundle_with_the_usual_maps_says_no_more_than_before(tiny, tmp_path):
    write_bundle(tiny, tmp_path / "usual")
    assert "maps" not in json.loads((tmp_path / "usual" / "config.json").read_text())
    with np.load(tmp_path / "usual" / "codes.npz") as arrays:
        assert "tsne" in arrays
        assert not any(name.startswith("map_") for name in arrays)


@pytest.mark.parametrize("name", ["pca", "mu", "Ring", "two words", "a" * 21, ""])
def test_each_map_has_a_short_name_of_its_own(tiny, tmp_path, name):
    codes = replace(tiny.codes, maps={name: tiny.codes.maps["tsne"]})
    with pytest.raises(BundleError, match="maps"):
        write_bundle(replace(tiny, codes=codes), tmp_path / "named")


def test_a_map_that_is_noted_but_not_there_is_refused(tiny, tmp_path):
    write_bundle(with_ring(tiny), tmp_path / "lost")
    config = tmp_path / "lost" / "config.json"
    config.write_text(config.read_text().replace('"round"', '"square"'))
    with pytest.raises(BundleError, match="square"):
        read_bundle(tmp_path / "lost")


def test_a_registered_method_is_offered_and_its_map_draws(toy, tiny, own_home):
    write_bundle(tiny, store.bundles_folder() / "mine")
    opened = open_model("mine")
    assert maps.map_choices(opened)["ring"] == "On a ring"
    (step,) = ring(tiny.codes.mu, 0)
    placed = LatentMap(xy=step.xy, method="ring")
    codes = replace(tiny.codes, maps={**tiny.codes.maps, "ring": placed})
    write_bundle(replace(tiny, codes=codes), store.bundles_folder() / "mine")
    opened = open_model("mine")
    assert toy not in maps.makeable(opened)
    assert maps.map_choices(opened)["ring"] == "On a ring"
    assert figure(opened, "ring") != figure(opened, "pca")
    assert maps.figure_choice(opened, "ring", "none", 0, "light").code == "ring"


@pytest.mark.slow
def test_a_map_made_later_is_kept_and_opened_with_its_bundle(tiny, own_home):
    method = METHODS.named("tsne")
    assert method is not None
    bare = replace(tiny, codes=replace(tiny.codes, maps={}))
    write_bundle(bare, store.bundles_folder() / "bare")
    before = open_model("bare")
    assert method in maps.makeable(before)
    made = mapping.make(bare.codes, method, lambda done: None)
    np.testing.assert_allclose(made.xy, tiny.codes.maps["tsne"].xy, atol=1e-5)
    after = open_model("bare")
    assert after.version != before.version, "so that browsers fetch its codes again"
    assert after is open_model("bare")
    assert list(after.bundle.codes.maps) == ["tsne"]
    assert figure(after, "tsne") != figure(after, "pca")
    (kept,) = (own_home / "maps").rglob("*.npz")
    kept.write_bytes(b"damaged")
    assert open_model("bare").version == before.version


def test_a_method_of_another_package_is_chosen_on_the_page_and_made_there(
    tiny, own_home, tmp_path, monkeypatch
):
    write_bundle(tiny, store.bundles_folder() / "mine")
    monkeypatch.setattr(METHODS, "_found", None)  # as in a process that has just started
    with installed(tmp_path, "toy_circle", ELSEWHERE, "latent_explorer.maps", "METHOD"):
        page = AppTest.from_file(str(PAGE), default_timeout=60)
        page.query_params["model"] = "mine"
        page.run()
        box = next(box for box in page.sidebar.selectbox if box.label == "Map")
        box.set_value("circle").run()
        assert not page.exception
        assert not page.error
        made = open_model("mine").bundle.codes.maps["circle"]
    (step,) = ring(tiny.codes.mu, 0)
    np.testing.assert_array_equal(made.xy, step.xy)


def test_prior_samples_are_laid_on_no_map_of_neighbours(tiny_gan):
    for method in METHODS.all():
        assert not mapping.can_make(tiny_gan.codes, method)


def test_maps_are_read_once_so_that_deleting_or_replacing_them_meanwhile_does_no_harm(
    tiny, own_home, toy, monkeypatch
):
    write_bundle(tiny, store.bundles_folder() / "mine")
    (step,) = ring(tiny.codes.mu, 0)
    found = [mapping._map(toy, step.xy), mapping._map(toy, -step.xy)]
    for one in found:
        reads = [{"ring": one}]
        monkeypatch.setattr(mapping, "kept", lambda codes, left=reads: left.pop() if left else {})
        np.testing.assert_array_equal(open_model("mine").bundle.codes.maps["ring"].xy, one.xy)
