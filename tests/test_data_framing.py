"""A picture is turned, cropped and inverted to look like those a model knows."""

from typing import get_args

import numpy as np
import pytest

from explorer.config import Fit
from explorer.data.framing import Framing, Habit, framed, habit_of, shrunk, suggested

DIGITS = Habit(darkest=0.0, lightest=0.02, filled=0.7)
FACES = Habit(darkest=0.2, lightest=0.9, filled=1.0)


def page(*, ink: int = 0, paper: int = 255) -> np.ndarray:
    """A tall page with an L in one corner."""
    picture = np.full((60, 40), paper, np.uint8)
    picture[10:26, 8:12] = picture[22:26, 8:20] = ink
    return picture


def look(picture: np.ndarray, **framing: object) -> np.ndarray:
    """The grey square that comes of a framing, (28, 28)."""
    made = Framing(**framing)  # type: ignore[arg-type]
    return framed(picture, made, DIGITS, size=28, grey=True)[0]


def box(square: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, bottom and right of what is dark."""
    rows, columns = (np.flatnonzero((square < 128).any(axis)) for axis in (1, 0))
    return rows[0], columns[0], rows[-1] + 1, columns[-1] + 1


def test_a_habit_is_the_border_and_size_of_drawings():
    images = np.zeros((5, 1, 20, 20), np.uint8)
    images[:, :, 5:15, 8:12] = 255
    assert habit_of(images) == Habit(darkest=0, lightest=0, filled=0.5)
    assert habit_of(images).is_even
    assert not FACES.is_even


def test_a_black_drawing_is_inverted_for_a_model_of_white_ones():
    assert suggested(page(), DIGITS, grey=True) == Framing(part="drawing", invert=True)


def test_a_white_drawing_is_left_as_it_is():
    picture = page(ink=255, paper=0)
    assert suggested(picture, DIGITS, grey=True) == Framing(part="drawing", invert=False)


def test_colours_are_never_inverted_unasked():
    picture = np.stack([page()] * 3, axis=-1)
    assert not suggested(picture, DIGITS, grey=False).invert


def test_where_borders_differ_nothing_is_suggested():
    assert suggested(page(), FACES, grey=True) == Framing()


def test_a_photo_without_an_even_border_is_taken_whole():
    photo = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    assert suggested(photo, DIGITS, grey=True).part == "whole"


def test_whole_is_padded_with_the_colour_of_the_border():
    square = look(page(paper=200), part="whole")
    assert square.shape == (28, 28)
    np.testing.assert_allclose(square[:, :4], 200, atol=1)


def test_an_image_of_the_right_size_is_not_touched():
    image = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    np.testing.assert_array_equal(look(image), image)


def test_a_drawing_is_scaled_as_in_the_data_and_centred():
    top, left, bottom, right = box(look(page(), part="drawing"))
    assert bottom - top == pytest.approx(0.7 * 28, abs=1.5)
    assert top + bottom == pytest.approx(28, abs=2)
    assert left + right == pytest.approx(28, abs=2)


def test_the_middle_is_the_largest_square():
    picture = np.zeros((60, 28), np.uint8)
    picture[16:44] = 255
    np.testing.assert_array_equal(look(picture, part="middle"), 255)


def test_four_turns_and_two_mirrors_change_nothing():
    once = look(page(), turns=1, part="drawing")
    np.testing.assert_allclose(
        once.astype(int), np.rot90(look(page(), part="drawing"), -1).astype(int), atol=8
    )
    mirrored = look(page(), mirror=True)
    np.testing.assert_allclose(mirrored.astype(int), look(page())[:, ::-1].astype(int), atol=8)


def test_zoom_brings_it_closer_and_shifts_move_it():
    top, left, bottom, _ = box(look(page(), part="drawing"))
    near = box(look(page(), part="drawing", zoom=1.3))
    assert near[2] - near[0] == pytest.approx(1.3 * (bottom - top), abs=2)
    moved = box(look(page(), part="drawing", right=0.25, down=-0.1))
    assert moved[1] - left == pytest.approx(0.25 * 14, abs=1)
    assert top - moved[0] == pytest.approx(0.1 * 14, abs=1)


def test_inverting_is_its_own_opposite():
    np.testing.assert_array_equal(look(page(), invert=True), 255 - look(page()))


def test_a_model_of_stretched_images_gets_one_stretched():
    photo = np.random.default_rng(0).integers(0, 256, (56, 28), np.uint8)
    parts = {fit: suggested(photo, FACES, grey=True, fit=fit).part for fit in get_args(Fit)}
    assert parts == {"pad": "whole", "crop": "middle", "stretch": "stretched"}
    half = np.repeat(np.repeat([[0], [255]], 28, axis=0), 28, axis=1).astype(np.uint8)
    np.testing.assert_array_equal(
        look(half, part="stretched")[[0, 13, 14, 27], 5] > 128, [0, 0, 1, 1]
    )


def test_an_empty_page_stays_empty():
    np.testing.assert_array_equal(look(np.full((9, 50), 77, np.uint8), part="drawing"), 77)


def test_colour_comes_out_for_a_model_of_colour():
    picture = np.zeros((30, 30, 3), np.uint8)
    picture[..., 0] = 255
    square = framed(picture, Framing(), FACES, size=16, grey=False)
    assert square.shape == (3, 16, 16)
    assert square[0].min() == 255
    assert square[1:].max() == 0


def test_large_pictures_are_shrunk_before_they_are_worked_on():
    assert shrunk(np.zeros((3000, 1500, 3), np.uint8)).shape == (1024, 512, 3)
    assert shrunk(page()).shape == (60, 40)
