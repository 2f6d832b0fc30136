"""How images of any size become squares, and what is said of it."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from explorer import data
from explorer.completing import train_command
from explorer.config import TrainConfig
from explorer.data.decoding import read_one
from explorer.data.pictures import square_up, to_square

RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)


def stripes(width: int, height: int) -> Image.Image:
    """Red at the left quarter, blue at the right one, green between."""
    image = Image.new("RGB", (width, height), GREEN)
    image.paste(RED, (0, 0, width // 4, height))
    image.paste(BLUE, (width - width // 4, 0, width, height))
    return image


def folder_of(at: Path, *sizes: tuple[int, int], mode: str = "RGB") -> Path:
    at.mkdir(parents=True)
    for i, size in enumerate(sizes):
        stripes(*size).convert(mode).save(at / f"{i}.png")
    return at


def told(path: Path, **asked) -> str:
    fitting = data.load(str(path), **asked).fitting
    assert fitting is not None
    return " ".join(fitting.notes())


def test_padding_keeps_all_of_an_image_cropping_its_middle_stretching_its_edges():
    wide = np.asarray(stripes(64, 32))
    padded, cropped, stretched = (to_square(wide, 32, fit) for fit in ("pad", "crop", "stretch"))
    assert [tuple(padded[16, x]) for x in (0, 16, 31)] == [RED, GREEN, BLUE]
    assert tuple(padded[0, 16]) not in (RED, BLUE)
    assert (padded[0] == padded[0, 0]).all(), "one colour above"
    assert (cropped == GREEN).all()
    assert [tuple(stretched[0, x]) for x in (0, 16, 31)] == [RED, GREEN, BLUE]


@pytest.mark.parametrize("fit", ["pad", "crop", "stretch"])
def test_square_images_are_the_same_however_others_are_fitted(fit):
    square = np.asarray(stripes(48, 48))
    np.testing.assert_array_equal(to_square(square, 20, fit), to_square(square, 20))


@pytest.mark.parametrize(("fit", "side"), [("pad", 64), ("crop", 48), ("stretch", 64)])
def test_images_of_one_size_keep_as_much_of_it_as_there_is(fit, side):
    pictures = [np.asarray(stripes(48, 64))] * 3
    assert {square.shape for square in square_up(iter(pictures), 0, fit)} == {(side, side, 3)}


def test_resizing_of_images_of_one_size_is_reported(tmp_path):
    path = folder_of(tmp_path / "large", *[(200, 200)] * 4)
    assert told(path) == "4 images of 200×200 become 64×64: scaled down."
    assert told(path, image_size=128) == "4 images of 200×200 become 128×128: scaled down."
    small = folder_of(tmp_path / "small", *[(28, 28)] * 3)
    assert told(small) == "All images are already 28×28."
    assert told(small, image_size=64) == "3 images of 28×28 become 64×64: scaled up."
    tall = folder_of(tmp_path / "tall", *[(48, 64)] * 3)
    assert told(tall).startswith("3 images of 48×64 become 64×64. 3 are not square: padded")
    assert told(tall, fit="crop").startswith(
        "3 images of 48×64 become 48×48. 3 are not square: cro"
    )


def test_resizing_of_images_of_several_sizes_is_reported(tmp_path):
    path = folder_of(tmp_path / "mixed", (200, 200), (40, 40), (300, 100))
    assert told(path) == (
        "3 images, 40×40 to 200×200, become 64×64: scaled. "
        "1 is not square: padded with the colour of its border."
    )
    two = folder_of(tmp_path / "two", (80, 80), (90, 90))
    assert told(two) == "2 images of 80×80 or 90×90 become 64×64: scaled down."
    assert "1 is not square: stretched, which changes its proportions." in told(path, fit="stretch")
    assert told(path, grey=True).endswith("3 are in colour and become grey.")
    grey = folder_of(tmp_path / "grey", *[(28, 28)] * 2, mode="L")
    assert told(grey, grey=True) == "All images are already 28×28."


def test_a_photograph_is_described_at_its_own_size_and_upright(tmp_path):
    (tmp_path / "photos").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn to the right to be upright
    for i in range(2):
        stripes(1600, 1200).save(tmp_path / "photos" / f"{i}.jpg", exif=exif)
    assert told(tmp_path / "photos").startswith("2 images of 1200×1600 become 64×64: scaled down.")


def test_arrays_are_fitted_and_described_like_files(tmp_path):
    pixels = np.stack([np.asarray(stripes(48, 24))] * 5)
    np.save(tmp_path / "wide.npy", pixels)
    images = data.load(str(tmp_path / "wide.npy"), fit="crop")
    assert images.image_shape == (3, 24, 24)
    assert (images.pixels.transpose(0, 2, 3, 1) == GREEN).all()
    assert "5 are not square: cropped" in told(tmp_path / "wide.npy", fit="crop")


def test_resizing_is_mentioned_only_where_it_happened():
    assert data.load("digits", n_images=20).fitting is None
    fitting = data.load("digits", n_images=20, image_size=28).fitting
    assert fitting is not None
    assert fitting.notes() == ["20 images of 8×8 become 28×28: scaled up."]


def test_the_images_of_a_run_are_read_as_it_asked(tmp_path):
    path = folder_of(tmp_path / "wide", *[(64, 32)] * 4)
    config = TrainConfig(data=str(path), fit="crop", image_size=16)
    assert (data.load_for(config).pixels.transpose(0, 2, 3, 1) == GREEN).all()
    padded = data.load_for(dataclasses.replace(config, fit="pad"))
    assert not np.array_equal(padded.pixels, data.load_for(config).pixels)


def test_a_bundle_without_a_record_of_fitting_padded_its_images():
    values = TrainConfig(data="x").to_json()
    assert values.pop("fit") == "pad"
    assert TrainConfig.from_json(values).fit == "pad"


def test_the_command_that_makes_a_model_again_says_how_images_were_fitted():
    assert " --fit crop " in train_command(TrainConfig(data="x", fit="crop"), "x")
    assert "--fit" not in train_command(TrainConfig(data="x"), "x")


def test_a_single_picture_is_fitted_as_its_model_asks():
    wide = Path("wide.png")
    content = _png(stripes(64, 32))
    assert (read_one(content, wide.name, size=16, grey=False, fit="crop")[1] == 255).all()
    assert not (read_one(content, wide.name, size=16, grey=False)[1] == 255).all()


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
