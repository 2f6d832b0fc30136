"""A set of images of one's own, registered in one place, is a set like any other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from explorer import data, originals
from explorer.completing import complete
from explorer.config import TrainConfig
from explorer.data.imageset import ImageSet, ReportProgress, fixed_split
from explorer.data.reading import Wanted
from explorer.training import train
from explorer.ui.previews import look_at

N = 60


def stripes(rows: np.ndarray) -> np.ndarray:
    """A bright row for each image, further down from image to image, (n, 1, 8, 8)."""
    pixels = np.zeros((len(rows), 1, 8, 8), np.uint8)
    pixels[np.arange(len(rows)), 0, rows % 8] = 200
    return pixels


def load(wanted: Wanted, report: ReportProgress | None, cache: Path | None) -> ImageSet:
    n = wanted.n_images or N
    return ImageSet(name="stripes", pixels=stripes(np.arange(n)), is_test=fixed_split(n))


@pytest.fixture(autouse=True)
def toy() -> Iterator[data.DataSource]:
    source = data.DataSource(
        name="stripes",
        n_images=N,
        image_shape=(1, 8, 8),
        load=load,
        items=lambda rows, wanted, cache: stripes(rows),
    )
    data.SOURCES.register(source)
    yield source
    data.SOURCES.forget(source)


def test_a_registered_set_loads_by_its_name(toy):
    assert toy in data.SOURCES.all()
    assert data.is_name("stripes")
    images = data.load("stripes", n_images=20, image_size=16)
    assert images.image_shape == (1, 16, 16)
    assert len(images.pixels) == 20
    assert look_at(TrainConfig(data="stripes")).n_images == N


def test_a_registered_set_trains_and_shows_its_originals(own_home):
    config = TrainConfig(data="stripes", arch="mlp", hidden=(8,), latent_dim=2, epochs=1)
    *_, last = train(data.load_for(config), config, name="stripes")
    assert last.bundle is not None
    bundle = complete(last.bundle)
    ids = bundle.codes.ids[:3]
    assert originals.at_hand(bundle)
    shown = originals.load(bundle, ids)
    assert shown is not None
    np.testing.assert_array_equal(shown, stripes(ids))
    elsewhere = replace(bundle, config=replace(config, data="checks"))
    assert originals.load(elsewhere, ids) is None


def test_sets_on_openml_need_no_record_of_their_own():
    source = data.source_named("openml:40926")
    assert source is not None
    assert source.needs_network
    assert source not in data.SOURCES.all()
