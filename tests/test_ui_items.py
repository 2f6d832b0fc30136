"""What addresses and the screen call an item, and which one an address means."""

import numpy as np
import pytest

from explorer import store
from explorer.bundle import write_bundle
from explorer.ui import live_decoder
from explorer.ui.address import Start
from explorer.ui.opened import OpenedModel, open_model
from tests.conftest import N_PLACED


@pytest.fixture
def opened(tiny, own_home) -> OpenedModel:
    write_bundle(tiny, store.bundles_folder() / "tiny")  # the numbers of its items go in tens
    return open_model("tiny")


def rounded(opened: OpenedModel, item: int) -> tuple[float, ...]:
    return tuple(float(f"{value:.3f}") for value in opened.bundle.codes.mu[item])


def test_items_are_called_by_their_rows_and_samples_count_down_from_minus_one(tiny_gan, own_home):
    write_bundle(tiny_gan, store.bundles_folder() / "gan")
    numbers = open_model("gan").numbers
    np.testing.assert_array_equal(numbers[:N_PLACED], tiny_gan.codes.ids[:N_PLACED])
    assert numbers[N_PLACED:].tolist() == [-1 - k for k in range(len(numbers) - N_PLACED)]


def test_an_item_is_meant_by_its_number(opened):
    assert live_decoder._item_meant(opened, Start(item=20)) == 20
    assert live_decoder._item_meant(opened, Start(item=20, z=rounded(opened, 2))) == 20


def test_in_an_old_link_it_is_meant_by_its_position_as_the_code_beside_it_tells(opened):
    assert live_decoder._item_meant(opened, Start(item=20, z=rounded(opened, 20))) == 200
    assert live_decoder._item_meant(opened, Start(item=7)) == 70, "there is no row 7"


@pytest.mark.parametrize("item", [None, -1, 999_999, 32])
def test_an_item_that_the_model_does_not_have_is_not_meant(opened, item):
    assert len(opened.numbers) == 32
    assert live_decoder._item_meant(opened, Start(item=item)) is None


def test_a_code_that_is_neither_leaves_the_number(opened):
    assert live_decoder._item_meant(opened, Start(item=20, z=(5.0, 5.0))) == 20
