import subprocess
import sys

import numpy as np
import pytest

from explorer.data import SOURCES, load, load_items
from explorer.data.imageset import draw_rows, fixed_split
from explorer.errors import DataError
from explorer.words import say
from tests.languages import OPEN, unmarked

HEIC = b"\0\0\0\x18ftypheic"  # how such a photo begins


def test_digits_are_the_1797_of_scikit_learn_spread_over_8_bits():
    images = load("digits")
    assert images.pixels.shape == (1797, 1, 8, 8)
    assert (images.pixels.min(), images.pixels.max()) == (0, 255)
    assert len(np.unique(images.pixels)) == 17
    assert images.labels is not None
    assert images.labels[:10].tolist() == list(range(10))
    assert images.class_names == tuple("0123456789")
    assert images.is_test.sum() == 180


@pytest.mark.parametrize("name", ["digits", "shapes", "faces"])
def test_loading_twice_gives_the_same_set(name):
    first, again = (load(name, n_images=40) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.is_test, again.is_test)
    assert first.item_names == again.item_names


@pytest.mark.parametrize("name", ["digits", "shapes", "faces"])
@pytest.mark.parametrize("image_size", [0, 16])
def test_single_items_equal_those_of_the_loaded_set(name, image_size):
    ids = np.array([7, 0, 39, 7])
    whole = load(name, n_images=40, image_size=image_size)
    items = load_items(name, ids, n_images=40, image_size=image_size)
    assert items is not None
    np.testing.assert_array_equal(items, whole.pixels[ids])


def test_single_items_are_none_when_unavailable(tmp_path):
    assert load_items("mnist", np.array([0]), cache=tmp_path) is None
    assert load_items("openml:554", np.array([0]), cache=tmp_path) is None
    assert load_items(str(tmp_path), np.array([0])) is None
    assert load_items("digits", np.array([1797])) is None
    assert load_items("faces", np.array([-1])) is None


def test_every_choice_without_network_is_what_its_entry_says():
    for choice in SOURCES.all():
        if not choice.needs_network:
            images = load(choice.name, n_images=0 if choice.n_images < 2000 else 20)
            assert images.name == choice.name
            assert images.image_shape == choice.image_shape
            assert choice.description
            assert images.source == say(f"sets.{choice.name}.source")
            assert images.licence == say(f"sets.{choice.name}.licence")
    assert {choice.name for choice in SOURCES.all() if choice.needs_network} == {
        "mnist",
        "fashion-mnist",
        "kmnist",
    }


def test_fewer_digits_keep_the_share_of_test_items_and_their_names():
    whole, few = load("digits"), load("digits", n_images=100)
    assert len(few.pixels) == 100
    assert few.is_test.sum() == 10
    for row, name in enumerate(few.item_names):
        np.testing.assert_array_equal(few.pixels[row], whole.pixels[int(name)])


@pytest.mark.parametrize("n", [2, 3, 10, 99])
def test_drawn_rows_are_ascending_and_fill_both_sides(n):
    is_test = fixed_split(100)
    rows = draw_rows(is_test, n)
    assert len(rows) == n
    assert (np.diff(rows) > 0).all()
    assert 0 < is_test[rows].sum() < n


def test_grey_and_size_can_be_asked_of_any_set():
    assert load("faces", n_images=4, grey=True, image_size=32).image_shape == (1, 32, 32)
    assert load("digits", n_images=4, grey=False, image_size=28).image_shape == (3, 28, 28)


def test_shapes_at_another_size_are_drawn_not_resized():
    large = load("shapes", n_images=4, image_size=64).pixels
    assert large.shape == (4, 1, 64, 64)
    assert ((large == 0) | (large == 255)).mean() > 0.97


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("mnits", "Did you mean mnist"),
        ("Digits", "Did you mean digits?"),
        ("zzz", "Check the spelling"),
        ("", "Check the spelling"),
        ("a\0b", "Check the spelling"),
        ("x" * 5000, "Check the spelling"),
    ],
)
def test_an_unknown_name_lists_the_sets_and_what_is_close(name, hint):
    with pytest.raises(DataError) as caught:
        load(name)
    assert "faces, digits, shapes, mnist, fashion-mnist, kmnist" in str(caught.value)
    assert hint in caught.value.do
    assert len(str(caught.value)) < 1000


def test_a_misspelt_path_offers_the_file_beside_it(tmp_path):
    (tmp_path / "drawings").mkdir()
    with pytest.raises(DataError, match=r"Did you mean .*drawings"):
        load(str(tmp_path / "drawing"))


@pytest.mark.parametrize("n_images", [1, -3])
def test_fewer_than_two_images_cannot_be_asked_for(n_images):
    with pytest.raises(DataError, match="at least 2"):
        load("digits", n_images=n_images)


@pytest.mark.parametrize("image_size", [-1, 7, 129])
def test_a_size_that_no_model_takes_is_refused(image_size):
    with pytest.raises(DataError, match="8 to 128"):
        load("digits", image_size=image_size)


def test_importing_the_room_imports_neither_scikit_learn_nor_pillow():
    code = "import sys, explorer.data; print([m for m in ('sklearn', 'PIL') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_said_of_images_is_in_the_language_in_use(tmp_path, marks):
    for name, content in (("empty.png", b""), ("other.png", b"none"), ("photo.png", HEIC)):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError) as refused:
        load(str(tmp_path))
    said = [str(refused.value)]
    images = load("shapes", n_images=20, report=lambda share, words: said.append(words))
    said += [images.source, images.licence, *(source.description for source in SOURCES.all())]
    assert all(text.count(OPEN) and not unmarked(text).strip() for text in said), said
