"""Choosing images on the Train page: uploads, and a look at them."""

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from explorer import jobs, store
from explorer.config import TrainConfig
from explorer.ui.previews import look_at
from explorer.words import say
from tests.train_page import archive, button, drawn, picture

pytestmark = pytest.mark.usefixtures("no_process")


def test_an_uploaded_archive_is_kept_and_looked_at():
    path = store.keep_upload([("drawings ü.zip", archive())]).path
    assert path == store.keep_upload([("drawings ü.zip", archive())]).path
    look = look_at(TrainConfig(data=str(path), image_size=16))
    assert look.image_shape == (3, 16, 16)
    assert look.classes == (("möon", 3), ("sun", 3))
    assert [left.name for left in look.skipped] == ["sun/notes.png"]
    assert look.sheet.shape[2] == 4


def test_single_pictures_become_one_set():
    files = [(f"{i}.png", picture((0, 50 * i, 0))) for i in range(4)]
    path = store.keep_upload(files).path
    assert path == store.keep_upload(files[::-1]).path
    assert look_at(TrainConfig(data=str(path), colours="grey")).image_shape == (1, 20, 20)


@pytest.mark.parametrize("name", ["../../x.zip", "a/b.zip", ".zip", "…" * 90 + ".zip", "c:\\x.zip"])
def test_an_upload_lands_in_its_own_folder_whatever_it_is_called(name):
    path = store.keep_upload([(name, archive())]).path
    assert path.is_relative_to(store.home() / "uploads")
    assert path.is_file()


def test_a_set_that_is_drawn_is_looked_at_without_drawing_all_of_it():
    look = look_at(TrainConfig(data="faces"))
    assert look.n_images == 20_000
    assert look.image_shape == (3, 64, 64)


def own(way: str = "files") -> AppTest:
    """The form, where own pictures are to be dropped."""
    page = drawn()
    page.segmented_control(key="source-kind").set_value("upload").run()
    return page.segmented_control(key="upload-way").set_value(way).run()


def drop(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    """All that the form says of the pictures."""
    said = (*page.markdown, *page.caption, *page.info, *page.warning, *page.error)
    return "\n".join(part.value for part in said)


def test_two_drops_of_equal_names_are_ten_pictures():
    cats = [(f"{i}.png", picture((0, 20 * i, 0))) for i in range(5)]
    dogs = [(f"{i}.png", picture((20 * i, 0, 99))) for i in range(5)]
    page = drop(own(), *cats, *dogs)
    assert "10 images of 20×20" in told(page)
    assert say("train.upload_renamed", count=5) in told(page)
    page = drop(own(), *cats, *cats)
    assert "5 images of 20×20" in told(page)
    assert say("train.upload_repeated", count=5) in told(page)


def test_pictures_dropped_one_by_one_are_kept_once():
    page = own()
    files = [(f"{i}.png", picture((0, 20 * i, 0))) for i in range(6)]
    for n in range(2, 7):
        drop(page, *files[:n])
    assert "6 images of 20×20" in told(page)
    assert len(list(store.uploads_folder().iterdir())) == 1


def test_what_was_assumed_is_listed_and_can_be_overridden():
    stream = io.BytesIO()
    np.save(stream, np.random.default_rng(0).integers(0, 16, (12, 12, 40), np.uint8))
    page = drop(own(), ("set.npy", stream.getvalue()))
    assert "seems to come last" in page.error[0].value
    page.selectbox(key="reading-layout").set_value("hwn").run()
    assert "Read as 40 images of 12×12" in told(page)
    assert "No value is above 15" in told(page)
    page.selectbox(key="reading-range").set_value("used").run()
    assert "No value is above" not in told(page)
    assert "The lowest value that occurs, 0, is black" in told(page)
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    config = run.record().config
    assert (config.layout, config.range) == ("hwn", "used")


def test_a_folder_gives_its_sub_folders_as_classes():
    page = own("folder")
    assert page.file_uploader[0].accept_directory
    green = [(f"pets/cats/{i}.png", picture((0, 20 * i, 0))) for i in range(5)]
    red = [(f"pets/dogs/{i}.png", picture((20 * i, 0, 99))) for i in range(5)]
    assert "cats **5** · dogs **5**" in told(drop(page, *green, *red))


def test_an_image_array_and_its_labels_are_one_set_and_others_are_refused():
    def saved(values: np.ndarray) -> bytes:
        stream = io.BytesIO()
        np.save(stream, values)
        return stream.getvalue()

    pixels = np.random.default_rng(0).integers(0, 256, (8, 12, 12), np.uint8)
    files = (("images.npy", saved(pixels)), ("labels.npy", saved(np.arange(8) % 2)))
    assert "0 **4** · 1 **4**" in told(drop(own(), *files))
    page = drop(own(), ("a.npy", saved(pixels)), ("b.npy", saved(pixels)))
    assert "An array named images" in page.error[0].value.replace("\\", "")
    assert not [b for b in page.button if b.label == "Train"]


def test_fitting_of_images_is_described_shown_and_chosen():
    wide = [(f"{i}.png", picture((20 * i, 90, 0), 200, 100)) for i in range(6)]
    page = drop(own(), *wide)
    assert "6 images of 200×100 become 64×64: scaled down. 6 are not square: padded" in told(page)
    page.selectbox[0].set_value(32).run()
    page.selectbox[1].set_value("crop").run()
    page.selectbox[2].set_value("grey").run()
    assert "become 32×32: scaled down. 6 are not square: cropped to the square" in told(page)
    assert "6 are in colour and become grey." in told(page)
    button(page, "Train").click().run()
    (run,) = jobs.runs()
    asked = run.record().config
    assert (asked.image_size, asked.fit, asked.colours) == (32, "crop", "grey")


def test_a_look_shows_a_few_images_before_and_after():
    files = [(f"{i}.png", picture((20 * i, 90, 0), 200, 100)) for i in range(3)]
    look = look_at(TrainConfig(data=str(store.keep_upload(files).path)))
    assert look.pairs is not None
    assert look.pairs[0, 0, 3] == 0, "above the first, which is wide, there is nothing"
    assert tuple(look.pairs[48, 48]) == (0, 90, 0, 255)
    square = [(f"{i}.png", picture((20 * i, 90, 0))) for i in range(3)]
    assert look_at(TrainConfig(data=str(store.keep_upload(square).path))).pairs is None


def test_looking_for_a_set_without_a_name_says_what_is_missing():
    page = drawn()
    page.segmented_control(key="source-kind").set_value("openml").run()
    assert not page.warning
    button(page, "Fetch and look").click().run()
    assert page.warning[0].value == say("train.openml_empty")
