from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from explorer.data import decoding
from explorer.data.decoding import Guess, Traits, decode_all, read_one
from explorer.data.imageset import Skipped
from explorer.data.pictures import (
    bring_to,
    in_colour_or_grey,
    square_up,
    stack,
    to_picture,
    to_square,
)
from explorer.data.reading import FOUND_OUT
from explorer.errors import DataError

RNG = np.random.default_rng(0)


def noise(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decode(data: bytes, name: str) -> np.ndarray | Skipped:
    """The first picture of a file, or why it cannot be read."""
    found = next(decode_all(data, name, Guess(), FOUND_OUT, Traits()))
    return found if isinstance(found, Skipped) else found[1]


def read(data: bytes) -> np.ndarray:
    found = decode(data, "x")
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.uint8
    return found


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
@pytest.mark.parametrize("shape", [(9, 12), (9, 12, 3)])
def test_lossless_formats_come_back_as_they_were(kind, shape):
    picture = noise(*shape)
    np.testing.assert_array_equal(read(encoded(Image.fromarray(picture), kind)), picture)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "GIF"])
def test_other_formats_come_back_nearly(kind):
    picture = np.full((16, 16, 3), (200, 80, 40), dtype=np.uint8)
    found = read(encoded(Image.fromarray(picture), kind))
    assert np.abs(found.astype(int) - picture).max() < 12


def test_formats_that_run_programs_are_not_read():
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n"
    assert isinstance(decode(postscript, "x"), Skipped)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparent_pixels_become_white(mode):
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((10, 10, 10, 255), (0, 0, 4, 8))
    found = read(encoded(image.convert(mode)))
    assert (found[:, :4] == 10).all()
    assert (found[:, 4:] == 255).all()


def test_half_transparent_black_is_half_way_to_white():
    found = read(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128))))
    assert np.abs(found.astype(int) - 127).max() <= 1


def test_a_phone_photo_on_its_side_is_put_upright():
    picture = noise(10, 20, 3)
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate a quarter clockwise to show
    found = read(encoded(Image.fromarray(picture), exif=exif))
    np.testing.assert_array_equal(found, np.rot90(picture, -1))


def test_16_bit_grey_becomes_8_bit():
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    found = read(encoded(Image.fromarray(levels)))
    np.testing.assert_array_equal(found, (levels.astype(int) * 255 // 65535))


def test_black_and_white_palette_and_print_colours_are_read():
    assert set(np.unique(read(encoded(Image.fromarray(noise(8, 8)).convert("1"))))) <= {0, 255}
    assert read(encoded(Image.fromarray(noise(8, 8, 3)).convert("P"))).shape == (8, 8, 3)
    cmyk = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    assert read(encoded(cmyk, "TIFF"))[0, 0].tolist() == [255, 0, 0]


def test_pixels_that_are_not_finite_are_named():
    depths = np.full((8, 8), np.nan, np.float32)
    found = decode(encoded(Image.fromarray(depths), "TIFF"), "depth.tif")
    assert found == Skipped("depth.tif", "holds values that are not finite")


def test_of_an_animation_the_first_frame_is_taken():
    frames = [Image.new("L", (8, 8), level) for level in (50, 200)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (read(data) == 50).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM"])
def test_no_damage_to_a_file_becomes_a_traceback(kind):
    """Flip, cut and repeat bytes: each time a picture or a named reason comes back."""
    whole = encoded(Image.fromarray(noise(24, 24, 3)), kind)
    rng = np.random.default_rng(1)
    for _ in range(120):
        data = bytearray(whole)
        for at in rng.integers(0, min(len(data), 400), rng.integers(1, 6)):
            data[at] = rng.integers(0, 256)
        cut = rng.integers(1, len(data)) if rng.random() < 0.3 else len(data)
        found = decode(bytes(data[:cut]), "x")
        assert isinstance(found, Skipped) or found.dtype == np.uint8


def test_a_square_of_the_right_size_is_left_alone():
    picture = noise(16, 16, 3)
    np.testing.assert_array_equal(to_square(picture, 16), picture)


def test_fitting_keeps_the_aspect_and_pads_with_the_colour_of_the_border():
    picture = np.full((10, 40, 3), (200, 100, 50), dtype=np.uint8)
    picture[4:6, 10:30] = 0
    found = to_square(picture, 40)
    assert found.shape == (40, 40, 3)
    assert (found[:15] == (200, 100, 50)).all()
    assert (found[25:] == (200, 100, 50)).all()
    np.testing.assert_array_equal(found[15:25], picture)


@pytest.mark.parametrize(("h", "w"), [(1, 1000), (1000, 1), (1, 1), (3, 200), (129, 128)])
def test_any_size_fits_any_square(h, w):
    assert to_square(noise(h, w), 32).shape == (32, 32)
    assert to_square(noise(h, w, 3), 8).shape == (8, 8, 3)


def test_one_size_within_range_is_kept_and_otherwise_64_is_taken():
    def side(*sizes: tuple[int, int], image_size: int = 0) -> set[int]:
        squares = square_up((noise(h, w) for h, w in sizes), image_size)
        assert len(squares) == len(sizes)
        return {len(square) for square in squares}

    assert side((28, 28), (28, 28)) == {28}
    assert side((20, 28), (20, 28)) == {28}  # padded, not resized
    assert side((28, 28), (28, 29)) == {64}
    assert side((7, 7), (7, 7)) == {64}
    assert side((129, 40), (129, 40)) == {64}
    assert side((28, 28), (300, 200), image_size=48) == {48}


def test_fitting_a_picture_does_not_depend_on_the_one_before():
    pictures = [noise(20, 30), noise(20, 30), noise(50, 10)]
    forwards = square_up(iter(pictures), 0)
    backwards = square_up(reversed(pictures), 0)[::-1]
    np.testing.assert_array_equal(forwards, backwards)


def test_a_set_is_grey_only_if_no_picture_shows_a_colour():
    grey, colour = noise(8, 8), noise(8, 8, 3)
    grey_rgb = np.repeat(grey[..., None], 3, axis=2)
    assert stack([grey, grey_rgb], grey=None).shape == (2, 1, 8, 8)
    mixed = stack([grey, colour], grey=None)
    assert mixed.shape == (2, 3, 8, 8)
    np.testing.assert_array_equal(mixed[1], colour.transpose(2, 0, 1))
    assert (mixed[0] == grey).all()
    assert stack([grey, colour], grey=True).shape == (2, 1, 8, 8)
    assert stack([grey], grey=False).shape == (1, 3, 8, 8)


def test_arrays_and_single_pictures_agree_on_colour():
    pictures = [noise(8, 8, 3) for _ in range(3)]
    pixels = np.stack(pictures).transpose(0, 3, 1, 2)
    for grey in (None, True, False):
        np.testing.assert_array_equal(
            stack(pictures, grey=grey), in_colour_or_grey(pixels, grey=grey)
        )


def test_grey_weighs_colours_as_the_eye_does():
    picture = noise(8, 8, 3)
    found = bring_to(picture.transpose(2, 0, 1)[None], image_size=0, grey=True)[0, 0]
    expected = np.asarray(Image.fromarray(picture).convert("L"))
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize(("grey", "channels"), [(True, 1), (False, 3)])
def test_one_picture_comes_at_the_size_and_in_the_colours_asked_for(grey, channels):
    file = encoded(Image.fromarray(noise(30, 20, 3)))
    assert read_one(file, "x.png", size=16, grey=grey).shape == (channels, 16, 16)


def test_one_picture_at_its_size_stays_as_it_is():
    picture = noise(12, 12, 3)
    read = read_one(encoded(Image.fromarray(picture)), "x.png", size=12, grey=False)
    np.testing.assert_array_equal(read, picture.transpose(2, 0, 1))


def test_one_picture_that_cannot_be_read_is_named(monkeypatch):
    with pytest.raises(DataError, match=r'"x.png" is not an image .*Choose another file'):
        read_one(b"junk", "x.png", size=8, grey=True)
    with pytest.raises(DataError, match=r'"x\.png" is empty'):
        read_one(b"", "x.png", size=8, grey=True)
    monkeypatch.setattr(decoding, "MAX_PICTURE_BYTES", 3)
    with pytest.raises(DataError, match=r'"x\.png" has more than'):
        read_one(b"junk", "x.png", size=8, grey=True)


def test_a_picture_rounds_to_the_nearest_of_256():
    x = np.array([[[0.0, 0.4 / 255, 0.6 / 255, 1.0]]], np.float32)
    assert np.asarray(to_picture(x)).tolist() == [[0, 0, 1, 255]]
    colour = np.stack([np.full((2, 3), value, np.float32) for value in (0.0, 0.5, 2.0)])
    assert to_picture(colour).size == (3, 2)
    assert to_picture(colour).getpixel((0, 0)) == (0, 128, 255)
