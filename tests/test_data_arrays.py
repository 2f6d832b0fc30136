import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from explorer.data import array_files, load
from explorer.errors import DataError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (12, 16, 16), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)


def npz(folder: Path, **arrays) -> str:
    np.savez_compressed(folder / "set.npz", **arrays)
    return str(folder / "set.npz")


def npy(folder: Path, images: np.ndarray) -> str:
    np.save(folder / "set.npy", images)
    return str(folder / "set.npy")


@pytest.mark.parametrize(
    ("images", "channels"), [(GREY, 1), (GREY[..., None], 1), (COLOUR, 3)], ids=["hw", "hw1", "hw3"]
)
def test_npy_and_npz_give_the_pixels_back(tmp_path, images, channels):
    for path in (npy(tmp_path, images), npz(tmp_path, images=images)):
        found = load(path)
        assert found.pixels.shape == (12, channels, 16, 16)
        expected = images.reshape(12, 16, 16, channels).transpose(0, 3, 1, 2)
        np.testing.assert_array_equal(found.pixels, expected)
        assert found.item_names == tuple(str(row) for row in range(12))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_fractions_are_spread_over_8_bits(tmp_path, dtype):
    found = load(npy(tmp_path, (GREY / 255).astype(dtype)))
    assert np.abs(found.pixels[:, 0].astype(int) - GREY).max() <= (dtype == "f2")


@pytest.mark.parametrize("dtype", ["i8", "u2", "i2", ">i4"])
def test_whole_numbers_of_any_width_are_taken_as_0_to_255(tmp_path, dtype):
    np.testing.assert_array_equal(load(npy(tmp_path, GREY.astype(dtype))).pixels[:, 0], GREY)


@pytest.mark.parametrize("dtype", ["bool", "u1", "i8"])
def test_zeros_and_ones_are_black_and_white(tmp_path, dtype):
    found = load(npy(tmp_path, (GREY > 127).astype(dtype)))
    np.testing.assert_array_equal(found.pixels[:, 0], (GREY > 127) * 255)


def test_column_order_does_not_matter(tmp_path):
    np.testing.assert_array_equal(
        load(npy(tmp_path, np.asfortranarray(COLOUR))).pixels, load(npy(tmp_path, COLOUR)).pixels
    )


def test_alpha_is_laid_on_white(tmp_path):
    alpha = np.zeros((12, 16, 16, 1), dtype=np.uint8)
    alpha[:, 8:] = 255
    found = load(npy(tmp_path, np.concatenate([COLOUR, alpha], axis=3)))
    assert (found.pixels[:, :, :8] == 255).all()
    np.testing.assert_array_equal(found.pixels[:, :, 8:], COLOUR.transpose(0, 3, 1, 2)[:, :, 8:])


def test_labels_and_class_names_are_kept(tmp_path):
    labels = np.arange(12) % 3
    found = load(npz(tmp_path, images=GREY, labels=labels, class_names=["cat", "חתול", "猫", "x"]))
    np.testing.assert_array_equal(found.labels, labels)
    assert found.class_names == ("cat", "חתול", "猫", "x")


@pytest.mark.parametrize(
    ("labels", "class_names", "first"),
    [
        (np.arange(12) % 2 * 5 + 10, ("10", "15"), [0, 1]),
        (np.arange(12) % 2 == 0, ("0", "1"), [1, 0]),
        ((np.arange(12) % 2).astype(float), ("0", "1"), [0, 1]),
        ((np.arange(12) % 2)[:, None], ("0", "1"), [0, 1]),
        (np.array(["item 10", "item 9"] * 6), ("item 9", "item 10"), [1, 0]),
        (np.array(["b", "é"] * 6).astype("U1"), ("b", "é"), [0, 1]),
        (np.array([b"b", b"a"] * 6), ("a", "b"), [1, 0]),
    ],
    ids=["gaps", "bool", "float", "column", "text", "unicode", "bytes"],
)
def test_labels_without_names_are_numbered_from_0_and_named_after_themselves(
    tmp_path, labels, class_names, first
):
    found = load(npz(tmp_path, images=GREY, labels=labels))
    assert found.class_names == class_names
    assert found.labels is not None
    assert found.labels[:2].tolist() == first


def test_a_split_that_the_file_makes_is_kept(tmp_path):
    path = npz(
        tmp_path,
        train_images=GREY[:9],
        train_labels=np.arange(9) % 3,
        test_images=GREY[9:],
        test_labels=np.arange(3),
        class_names=["a", "b", "c"],
    )
    found = load(path)
    np.testing.assert_array_equal(found.pixels[:, 0], GREY)
    assert found.test_index.tolist() == [9, 10, 11]
    assert found.item_names[8:10] == ("train 8", "test 0")
    few = load(path, n_images=4)
    assert (len(few.train_index), len(few.test_index)) == (3, 1)


def test_training_images_alone_are_split_here(tmp_path):
    found = load(npz(tmp_path, train_images=GREY))
    assert 0 < found.is_test.sum() < 12


def test_source_and_licence_may_ride_along(tmp_path):
    found = load(npz(tmp_path, images=GREY, source="my own hand", licence="CC0"))
    assert (found.source, found.licence) == ("my own hand", "CC0")


def test_other_arrays_are_passed_over_unread(tmp_path):
    extra = np.array([{"a": 1}], dtype=object)
    assert load(npz(tmp_path, images=GREY, extra=extra)).image_shape == (1, 16, 16)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"a": GREY, "b": GREY}, r"holds a \(12, 16, 16\), b .*array named images.*images_key"),
        ({"numbers": np.arange(12)}, r"holds numbers \(12,\).*array named images"),
        ({"images": GREY[0]}, r"shape \(16, 16\).*\(n, h, w\)"),
        ({"images": np.zeros((12, 16, 16, 2))}, r"shape \(12, 16, 16, 2\).*\(n, h, w, 3\)"),
        ({"images": np.zeros((12, 0, 16))}, r"shape \(12, 0, 16\)"),
        ({"images": GREY.astype("U3")}, "type <U3"),
        ({"images": GREY.astype(complex)}, "values of type complex128"),
        ({"images": GREY.astype(object)}, 'array "images".*Python objects.*never opened'),
        ({"images": GREY[:0]}, "holds no images"),
        ({"images": GREY[:1]}, "holds 1 image.*at least 2"),
        ({"images": GREY / 100}, "fractions from 0 to 2.55.*setting range"),
        ({"images": GREY.astype(int) * 300}, "whole numbers from 0 to 76500"),
        ({"images": GREY.astype(int) - 9}, "whole numbers from -9 to"),
        ({"images": np.where(GREY == GREY[3, 5, 5], np.nan, 0.5)}, "hold NaN or infinite"),
        ({"images": np.where(GREY == GREY[3, 5, 5], np.inf, 0.5)}, "hold NaN or infinite"),
        ({"images": GREY, "labels": np.arange(11)}, r"12 images, but its labels.*\(11,\)"),
        ({"images": GREY, "labels": np.array(3)}, r"labels have shape \(\)"),
        (
            {"images": GREY, "labels": np.arange(12), "class_names": ["a", "b"]},
            "labels.*from 0 to 11, but there are 2 class_names",
        ),
        (
            {"images": GREY, "labels": np.arange(12) - 1, "class_names": ["a"] * 12},
            "labels.*from -1 to 10",
        ),
        ({"train_images": GREY, "test_images": GREY[:, :8]}, "All need the same height"),
        (
            {"train_images": GREY, "train_labels": np.arange(12), "test_images": GREY},
            r"12 test_images, but its test_labels have shape \(0,\)",
        ),
    ],
)
def test_arrays_that_cannot_be_used_say_why(tmp_path, arrays, words):
    with pytest.raises(DataError, match=words):
        load(npz(tmp_path, **arrays))


def test_nan_counts_the_images_that_hold_it(tmp_path):
    images = GREY / 255
    images[3, 0, 0] = images[5, 2, 2] = images[5, 3, 3] = np.nan
    with pytest.raises(DataError, match="2 of the 12 images"):
        load(npy(tmp_path, images))


class Touch:
    """Unpickled, it would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_an_object_array_is_refused_and_never_unpickled(tmp_path, suffix):
    trap = tmp_path / "trap"
    path = tmp_path / f"objects.{suffix}"
    objects = np.array([Touch(trap)] * 3, dtype=object)
    if suffix == "npy":
        np.save(path, objects)
    else:
        np.savez(path, images=objects)
    with pytest.raises(DataError, match="Python objects"):
        load(str(path))
    assert not trap.exists()


def test_a_bare_pickle_called_npy_is_refused(tmp_path):
    (tmp_path / "set.npy").write_bytes(pickle.dumps(GREY))
    with pytest.raises(DataError, match="cut short or damaged"):
        load(str(tmp_path / "set.npy"))


@pytest.mark.parametrize("keep", [0, 5, 60, 300, -1])
def test_a_cut_npy_is_refused(tmp_path, keep):
    path = Path(npy(tmp_path, GREY))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="cut short or damaged"):
        load(str(path))


@pytest.mark.parametrize(
    "shape", [(10**9, 10**9, 10**9), (-12, 16, 16), (12, 16, 17), (True, 3, 3)]
)
def test_a_header_that_promises_another_size_is_refused_without_the_memory(tmp_path, shape):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    (tmp_path / "set.npy").write_bytes(header.getvalue() + GREY.tobytes())
    with pytest.raises(DataError, match="cut short or damaged"):
        load(str(tmp_path / "set.npy"))


def test_class_names_of_impossible_characters_are_refused(tmp_path):
    names = np.frombuffer(np.array([0x7FFFFFFF], "<u4").tobytes(), "<U1")
    with pytest.raises(DataError, match=r'"class_names".*damaged'):
        load(npz(tmp_path, images=GREY, labels=np.zeros(12, int), class_names=names))


@pytest.mark.slow
def test_an_npz_bomb_is_refused(tmp_path):
    path = npz(tmp_path, images=np.zeros((20, 2600, 2600), np.uint8))
    with pytest.raises(DataError, match="would unpack to 129 MB"):
        load(path)


def test_an_npz_that_is_no_archive_is_refused(tmp_path):
    (tmp_path / "set.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="cannot be opened"):
        load(str(tmp_path / "set.npz"))


def test_a_damaged_array_in_an_npz_is_named(tmp_path):
    path = Path(npz(tmp_path, images=GREY))
    data = bytearray(path.read_bytes())
    data[200] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r'The array "images" of "set.npz" is cut short or damaged'):
        load(str(path))


def test_an_npy_over_the_cap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(array_files, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(DataError, match="Files of up to"):
        load(npy(tmp_path, GREY))


def test_members_of_an_npz_that_lead_elsewhere_are_written_nowhere(tmp_path):
    path = Path(npz(tmp_path, images=GREY))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../images.npy", b"x")
    before = set(tmp_path.parent.rglob("*"))
    load(str(path))
    assert set(tmp_path.parent.rglob("*")) == before


def test_arrays_of_other_sizes_are_fitted(tmp_path):
    path = npy(tmp_path, RNG.integers(0, 256, (4, 20, 28, 3), dtype=np.uint8))
    assert load(path).image_shape == (3, 28, 28)
    assert load(path, image_size=32, grey=True).image_shape == (1, 32, 32)
    tall = npy(tmp_path, RNG.integers(0, 256, (4, 200, 28), dtype=np.uint8))
    assert load(tall).image_shape == (1, 64, 64)


def test_colour_arrays_without_colour_become_grey(tmp_path):
    path = npy(tmp_path, np.repeat(GREY[..., None], 3, axis=3))
    np.testing.assert_array_equal(load(path).pixels[:, 0], GREY)
    assert load(path, grey=False).image_shape == (3, 16, 16)
