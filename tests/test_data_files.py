import os
import stat
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer.data import load
from explorer.data import members as members_module
from explorer.data.members import natural_key, plain_name
from explorer.errors import DataError


def picture(seed: int = 0, h: int = 16, w: int = 16, *, colour: bool = False) -> Image.Image:
    shape = (h, w, 3) if colour else (h, w)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def save(path: Path, image: Image.Image | None = None, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (image or picture(zlib.crc32(path.name.encode()))).save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two cats and two dogs, 16 pixels wide, grey."""
    for name in ("cat/1.png", "cat/2.png", "dog/1.png", "dog/10.png"):
        save(tmp_path / "pets" / name)
    return tmp_path / "pets"


def zipped(folder: Path, *, under: str = "") -> Path:
    """A zip of a folder, beside it."""
    path: Path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, under + str(file.relative_to(folder)))
    return path


def with_members(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """A zip of two good pictures and the given members."""
    good = [save(path.parent / "good" / name) for name in ("a.png", "b.png")]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in good:
            archive.write(file, file.name)
        for name, data in members:
            archive.writestr(name, data)
    return path


def reasons(path: Path) -> dict[str, str]:
    return {entry.name: entry.reason for entry in load(str(path)).skipped}


def everything_under(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def test_sub_folders_are_classes_and_items_keep_their_names(folder):
    images = load(str(folder))
    assert images.name == "pets"
    assert images.class_names == ("cat", "dog")
    assert images.labels is not None
    assert images.labels.tolist() == [0, 0, 1, 1]
    assert images.item_names == ("cat/1.png", "cat/2.png", "dog/1.png", "dog/10.png")
    assert images.image_shape == (1, 16, 16)
    expected = np.asarray(Image.open(folder / "dog" / "10.png"))
    np.testing.assert_array_equal(images.pixels[3, 0], expected)
    assert 0 < images.is_test.sum() < 4


@pytest.mark.parametrize("under", ["", "pets/", "a/b/"])
def test_a_zip_reads_like_its_folder(folder, under):
    from_folder, from_zip = load(str(folder)), load(str(zipped(folder, under=under)))
    np.testing.assert_array_equal(from_folder.pixels, from_zip.pixels)
    np.testing.assert_array_equal(from_folder.labels, from_zip.labels)
    np.testing.assert_array_equal(from_folder.is_test, from_zip.is_test)
    assert from_folder.class_names == from_zip.class_names
    assert from_zip.item_names == tuple(under + name for name in from_folder.item_names)


def test_the_order_in_which_a_folder_lists_its_files_does_not_matter(folder, monkeypatch):
    first = load(str(folder))
    walk = os.walk

    def backwards(top, **options):
        for place, folders, files in walk(top, **options):
            yield place, folders, files[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    again = load(str(folder))
    assert first.item_names == again.item_names
    np.testing.assert_array_equal(first.pixels, again.pixels)


def test_names_are_ordered_as_people_count():
    names = ["b10.png", "B9.png", "a1/x", "a10/x", "a2/x", "", "b010.png", "²"]
    ordered = sorted(names, key=natural_key)
    assert ordered == ["", "a1/x", "a2/x", "a10/x", "B9.png", "b010.png", "b10.png", "²"]
    assert sorted(reversed(names), key=natural_key) == ordered


def test_pictures_beside_class_folders_are_unsorted(folder):
    save(folder / "stray.png")
    assert load(str(folder)).class_names == ("cat", "dog", "unsorted")


def test_a_folder_without_sub_folders_has_no_classes(folder):
    images = load(str(folder / "cat"))
    assert images.labels is None
    assert images.class_names == ()


def test_one_bad_file_of_each_kind_is_named_and_the_rest_is_used(folder):
    (folder / "notes.png").write_text("these are words, not an image")
    (folder / "empty.png").write_bytes(b"")
    whole = save(folder / "cut.png", picture(1, 300, 300)).read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    jpeg = save(folder / "cut.jpg", picture(1, 300, 300)).read_bytes()
    (folder / "cut.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    images = load(str(folder))
    assert len(images.pixels) == 4
    assert {entry.name: entry.reason for entry in images.skipped} == {
        "cut.jpg": "is cut short or damaged",
        "cut.png": "is cut short or damaged",
        "empty.png": "is empty",
        "notes.png": "is not an image in a format that can be read (such as PNG or JPEG)",
    }


def test_a_picture_of_20000_x_20000_pixels_is_refused_from_its_header(folder):
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    with (folder / "huge.png").open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        rows = zlib.compress(bytes(20_001 * 200), 9)
        for kind, body in ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + kind + body)
            file.write(struct.pack(">I", zlib.crc32(kind + body)))
    assert "too large to decode" in reasons(folder)["huge.png"]


@pytest.mark.slow
@pytest.mark.parametrize("side", [10_000, 13_000])
def test_no_warning_of_pillow_about_large_pictures_leaks(folder, side):
    Image.new("RGB", (side, side)).save(folder / "large.png")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert "too large to decode" in reasons(folder)["large.png"]
    assert not caught


def test_hidden_files_and_litter_of_systems_are_passed_over_in_silence(folder):
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX/._a.png", ".git/x.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"litter")
    assert load(str(folder)).skipped == ()
    images = load(str(zipped(folder)))
    assert images.skipped == ()
    assert len(images.pixels) == 4


def test_unicode_and_right_to_left_names_are_kept(tmp_path):
    for name in ("猫/一.png", "猫/二.png", "כלב/אחד.png", "كلب/صورة.png"):
        save(tmp_path / "חיות" / name)
    images = load(str(tmp_path / "חיות"))
    assert images.name == "חיות"
    assert set(images.class_names) == {"猫", "כלב", "كلب"}
    assert "كلب/صورة.png" in images.item_names
    assert load(str(zipped(tmp_path / "חיות"))).item_names == images.item_names


def test_names_are_made_fit_to_print():
    assert plain_name("a\x1b[31m\nb") == "a\ufffd[31m\ufffdb"
    assert plain_name("a\udcffb").encode()
    assert plain_name("e\u0301") == "é"
    assert len(plain_name("x" * 70_000)) < 300


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such file names")
def test_a_file_name_of_broken_bytes_can_be_loaded_and_printed(folder):
    (folder / "cat" / "1.png").rename(os.fsdecode(os.fsencode(folder) + b"/cat/\xff\n.png"))
    names = load(str(folder)).item_names
    assert len(names) == 4
    assert all(name.encode() and "\n" not in name for name in names)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_in_a_folder_are_followed_and_those_to_nothing_named(folder, tmp_path):
    outside = save(tmp_path / "outside" / "mine.png")
    (folder / "file.png").symlink_to(outside)
    (folder / "elsewhere").symlink_to(outside.parent)
    (folder / "broken.png").symlink_to(tmp_path / "nowhere.png")
    (folder / "circle").symlink_to("circle")
    (folder / "inside.png").symlink_to(folder / "cat" / "1.png")
    images = load(str(folder))
    assert {"elsewhere/mine.png", "file.png", "inside.png"} < set(images.item_names)
    assert len(images.pixels) == 7
    assert {entry.name: entry.reason for entry in images.skipped} == {
        "broken.png": "is a link to nothing",
        "circle": "is a link to nothing",
    }


def test_links_in_a_circle_come_to_an_end(folder):
    (folder / "cat" / "back").symlink_to(folder)
    assert len(load(str(folder)).pixels) == 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes")
def test_a_pipe_in_a_folder_is_named_and_does_not_block(folder):
    os.mkfifo(folder / "pipe.png")
    assert reasons(folder) == {"pipe.png": "is not an ordinary file"}


def test_a_file_over_the_cap_is_named_with_its_size(folder):
    with (folder / "film.mov").open("wb") as file:
        file.truncate(65 * 2**20)
    assert reasons(folder) == {"film.mov": "is 65 MB large; at most 64 MB are read"}


def test_too_many_files_are_refused(folder, monkeypatch):
    monkeypatch.setattr(members_module, "MAX_MEMBERS", 3)
    for path in (folder, zipped(folder)):
        with pytest.raises(DataError, match="holds more than 3 files"):
            load(str(path))


def test_an_empty_folder_says_so(tmp_path):
    with pytest.raises(DataError, match=r"is empty.*At least 2 images"):
        load(str(tmp_path))


def test_an_empty_zip_says_so(tmp_path):
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    with pytest.raises(DataError, match=r'"none.zip" is empty'):
        load(str(tmp_path / "none.zip"))


def test_one_image_is_too_few(tmp_path):
    save(tmp_path / "one" / "a.png")
    with pytest.raises(DataError, match=r"holds 1 image.*at least 2"):
        load(str(tmp_path / "one"))


def test_a_folder_without_any_image_gives_the_first_reasons(tmp_path):
    for at in range(5):
        (tmp_path / f"{at}.txt").write_text("words")
    with pytest.raises(DataError) as caught:
        load(str(tmp_path))
    assert "0.txt is not an image" in str(caught.value)
    assert "and 2 more" in str(caught.value)


@pytest.mark.parametrize("name", ["weights.pt", "pictures.tar.gz"])
def test_a_single_file_of_another_kind_is_refused(tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DataError, match=r"single file of another kind.*folder of images"):
        load(str(tmp_path / name))


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "fake.zip").write_text("no archive")
    with pytest.raises(DataError, match="cannot be opened as a zip archive"):
        load(str(tmp_path / "fake.zip"))


def test_a_cut_zip_is_refused(folder):
    path = zipped(folder)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cannot be opened as a zip archive"):
        load(str(path))


def test_a_damaged_member_is_named_and_the_rest_is_used(folder):
    path = zipped(folder)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("cat/2.png").header_offset
    data[start + 60] ^= 0xFF
    path.write_bytes(bytes(data))
    assert reasons(path) == {"cat/2.png": "is damaged in the archive"}


def test_a_zip_bomb_is_refused_before_anything_is_unpacked(tmp_path):
    path = with_members(tmp_path / "bomb.zip", ("bomb.png", bytes(150 * 2**20)))
    with pytest.raises(DataError, match=r"would unpack to 150 MB.*Nothing was unpacked"):
        load(str(path))


def test_a_zip_over_the_cap_on_unpacked_bytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(members_module, "MAX_UNPACKED_BYTES", 1000)
    path = with_members(tmp_path / "large.zip", ("noise.bin", os.urandom(1200)))
    with pytest.raises(DataError, match="would unpack to"):
        load(str(path))


def test_a_member_that_unpacks_to_more_than_it_says_is_named(tmp_path):
    path = with_members(tmp_path / "liar.zip", ("liar.png", bytes(100_000)))
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 100_000), struct.pack("<I", 10)))
    assert reasons(path) == {"liar.png": "is damaged in the archive"}


def test_members_that_lead_out_of_the_archive_are_named_and_written_nowhere(tmp_path):
    good = save(tmp_path / "x.png").read_bytes()
    names = ("../up.png", "a/../../up.png", "/root.png", "C:\\up.png", "..\\aside.png")
    path = with_members(tmp_path / "inner" / "slip.zip", *((name, good) for name in names))
    before = everything_under(tmp_path)
    found = reasons(path)
    assert len(found) == 5
    assert set(found.values()) == {"has a path that leads out of the archive"}
    assert everything_under(tmp_path) == before


def test_a_link_in_a_zip_is_named(tmp_path):
    link = zipfile.ZipInfo("link.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = with_members(tmp_path / "links.zip", (link, b"/etc/passwd"))
    assert reasons(path) == {"link.png": "is a link, which is not followed"}


def test_a_zip_in_a_zip_is_named(tmp_path):
    inner = with_members(tmp_path / "inner.zip").read_bytes()
    path = with_members(tmp_path / "outer.zip", ("inner.zip", inner))
    assert reasons(path) == {"inner.zip": "is an archive inside the archive, which is not opened"}


def test_a_locked_member_is_named(tmp_path):
    path = with_members(tmp_path / "locked.zip", ("locked.png", b"secret"))
    data = bytearray(path.read_bytes())
    for mark, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(mark) + flags_at] |= 1
    path.write_bytes(bytes(data))
    assert reasons(path) == {"locked.png": "is locked with a password"}


def test_fewer_images_are_drawn_evenly_and_the_same_ones_each_time(folder):
    for at in range(20):
        save(folder / "cat" / f"more {at}.png")
    first, again = (load(str(folder), n_images=5) for _ in range(2))
    assert len(first.pixels) == 5
    assert first.item_names == again.item_names
    assert list(first.item_names) == sorted(first.item_names, key=natural_key)


def test_reading_reports_progress(folder):
    told: list[tuple[float, str]] = []
    load(str(folder), report=lambda fraction, words: told.append((fraction, words)))
    assert next(words for _, words in told) == "reading images, 0 of 4"
    assert [fraction for fraction, _ in told] == [0, 0.25, 0.5, 0.75]
