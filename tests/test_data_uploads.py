"""Files that were dropped together become one set, in which none stands in another's place."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.data import load
from explorer.data.imageset import ImageSet
from explorer.data.uploads import Upload, brought_together
from explorer.errors import DataError


def picture(level: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (12, 12), level).save(stream, "PNG")
    return stream.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def array(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


def read(upload: Upload, folder: Path) -> ImageSet:
    path = folder / upload.name
    path.write_bytes(upload.content)
    return load(str(path))


def levels(images: ImageSet) -> list[int]:
    """The grey level of each picture."""
    return [int(pixels.mean()) for pixels in images.pixels]


def by_class(images: ImageSet) -> dict[str, list[int]]:
    assert images.labels is not None
    found = zip(images.labels, levels(images), strict=True)
    pairs = [(images.class_names[label], level) for label, level in found]
    return {name: sorted(v for n, v in pairs if n == name) for name in images.class_names}


CATS = [(f"{i}.png", picture(10 + i)) for i in range(5)]
DOGS = [(f"{i}.png", picture(100 + i)) for i in range(5)]


def test_pictures_of_one_name_are_all_kept(tmp_path):
    upload = brought_together([*CATS, *DOGS])
    assert (upload.n_renamed, upload.n_repeated) == (5, 0)
    images = read(upload, tmp_path)
    assert sorted(levels(images)) == [*range(10, 15), *range(100, 105)]
    assert images.labels is None
    assert "0 (2).png" in images.item_names


def test_a_numbered_name_replaces_no_other(tmp_path):
    names = ("0.png", "0.png", "0 (2).png")
    upload = brought_together([(name, picture(20 * i)) for i, name in enumerate(names)])
    assert len(read(upload, tmp_path).pixels) == 3


def test_folders_of_the_names_are_the_classes(tmp_path):
    files = [(f"cats/{n}", c) for n, c in CATS] + [(f"dogs/{n}", c) for n, c in DOGS]
    upload = brought_together(files)
    assert upload.n_renamed == 0
    assert upload.name == "cats-dogs.zip"
    assert by_class(read(upload, tmp_path)) == {
        "cats": list(range(10, 15)),
        "dogs": list(range(100, 105)),
    }


def test_a_picture_given_twice_is_one(tmp_path):
    upload = brought_together([*CATS, *CATS, ("copy of 0.png", CATS[0][1])])
    assert upload.n_repeated == 6
    assert sorted(levels(read(upload, tmp_path))) == list(range(10, 15))


def test_a_picture_may_lie_in_two_classes(tmp_path):
    files = [("a/0.png", picture(7)), ("b/0.png", picture(7))]
    upload = brought_together(files)
    assert upload.n_repeated == 0
    assert by_class(read(upload, tmp_path)) == {"a": [7], "b": [7]}


@pytest.mark.parametrize(
    "files",
    [
        [*CATS, *DOGS],
        [("cats.zip", zipped(*CATS)), ("dogs.zip", zipped(*DOGS)), ("0.png", picture(200))],
        [("labels.npy", array(np.arange(3))), ("images.npy", array(np.zeros((3, 9, 9))))],
    ],
    ids=["pictures", "archives", "arrays"],
)
def test_the_order_in_which_files_come_does_not_matter(files):
    assert brought_together(files) == brought_together(files[::-1])


def test_a_single_archive_or_array_stays_as_it_is():
    for name, content in (("mine.zip", zipped(*CATS)), ("x.npy", array(np.zeros((3, 9, 9))))):
        upload = brought_together([(name, content)])
        assert (upload.name, upload.content) == (name, content)


@pytest.mark.parametrize("under", ["", "pictures/"])
def test_archives_without_classes_are_a_class_each(tmp_path, under):
    archives = [
        (f"{name}.zip", zipped(*((under + n, c) for n, c in pictures)))
        for name, pictures in (("cats", CATS), ("dogs", DOGS))
    ]
    assert by_class(read(brought_together(archives), tmp_path)) == {
        "cats": list(range(10, 15)),
        "dogs": list(range(100, 105)),
    }


def test_archives_with_the_same_classes_are_put_together(tmp_path):
    one = zipped(("cats/0.png", picture(1)), ("dogs/0.png", picture(2)))
    two = zipped(("all/cats/0.png", picture(3)), ("all/dogs/0.png", picture(4)))
    upload = brought_together([("monday.zip", one), ("tuesday.zip", two)])
    assert by_class(read(upload, tmp_path)) == {"cats": [1, 3], "dogs": [2, 4]}


def test_pictures_beside_an_archive_come_along(tmp_path):
    upload = brought_together([("cats.zip", zipped(*CATS)), ("stray.png", picture(200))])
    assert by_class(read(upload, tmp_path))["unsorted"] == [200]


def test_what_an_archive_must_not_hold_is_named_and_left_out(tmp_path):
    wicked = zipped(*CATS, ("../../etc/x.png", picture(1)), ("more.zip", b"PK"))
    upload = brought_together([("cats.zip", wicked), ("dogs.zip", zipped(*DOGS))])
    assert sorted(left.name for left in upload.skipped) == [
        "cats.zip/../../etc/x.png",
        "cats.zip/more.zip",
    ]
    assert len(read(upload, tmp_path).pixels) == 10


def test_a_damaged_archive_among_others_is_named():
    with pytest.raises(DataError, match=r'"dogs\.zip" cannot be opened'):
        brought_together([("cats.zip", zipped(*CATS)), ("dogs.zip", b"PK no zip")])


def test_arrays_that_belong_together_become_one_set(tmp_path):
    pixels = np.arange(6, dtype=np.uint8)[:, None, None] * np.full((1, 9, 9), 20, np.uint8)
    upload = brought_together(
        [
            ("ours/Images.npy", array(pixels)),
            ("ours/labels.npy", array(np.array([0, 1, 0, 1, 0, 1]))),
            ("ours/class_names.npy", array(np.array(["cat", "dog"]))),
        ]
    )
    assert upload.name == "ours.zip"
    assert by_class(read(upload, tmp_path)) == {"cat": [0, 40, 80], "dog": [20, 60, 100]}


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("images.npy", "set.npz"), "2 arrays were dropped"),
        (("a/images.npy", "b/images.npy"), "2 arrays were dropped"),
        (("images.npy", "0.png"), '"images.npy" is an array'),
        (("images.npz", "cats.zip"), '"images.npz" is an array'),
    ],
)
def test_arrays_that_do_not_go_together_are_refused_by_name(names, told):
    with pytest.raises(DataError, match=told.replace(".", r"\.")):
        brought_together([(name, bytes([i])) for i, name in enumerate(names)])


@pytest.mark.parametrize("name", ["../../x.png", "/etc/x.png", "c:\\pets\\x.png", "a/./../x.png"])
def test_no_name_leads_to_another_place(tmp_path, name):
    upload = brought_together([(name, picture(1)), ("y.png", picture(2))])
    images = read(upload, tmp_path)
    assert images.skipped == ()
    assert len(images.pixels) == 2
