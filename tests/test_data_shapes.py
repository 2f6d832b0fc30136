import numpy as np
import pytest

from explorer.data.shapes import (
    FACTOR_NAMES,
    GRID,
    N_SHAPES,
    SHAPE_NAMES,
    draw_shapes,
    shape_factors,
    shape_index,
    shapes,
)
from explorer.errors import DataError

SQUARE, ELLIPSE, HEART = range(3)
MIDDLE = (16, 16)


def place(shape: int, scale: int = 5, turn: int = 0, at: tuple[int, int] = MIDDLE) -> int:
    return int(np.ravel_multi_index((shape, scale, turn, *at), GRID))


def drawn(*places: int, size: int = 64) -> np.ndarray:
    """Pictures in [0, 1], (n, size, size)."""
    return draw_shapes(np.array(places), size)[:, 0] / 255


def middle(picture: np.ndarray) -> tuple[float, float]:
    """Centre of mass as (x, y), in shares of the side."""
    steps = (np.arange(len(picture)) + 0.5) / len(picture)
    return (picture.sum(0) @ steps) / picture.sum(), (picture.sum(1) @ steps) / picture.sum()


def test_the_grid_has_the_737280_pictures_of_dsprites():
    assert N_SHAPES == 3 * 6 * 40 * 32 * 32 == 737_280


def test_a_picture_is_the_same_alone_among_others_and_again():
    index = np.array([0, 400_000, 12_345, N_SHAPES - 1])
    together = draw_shapes(index, 32)
    for row, one in enumerate(index):
        np.testing.assert_array_equal(draw_shapes(np.array([one]), 32)[0], together[row])


def test_the_first_shapes_do_not_depend_on_how_many_are_drawn():
    np.testing.assert_array_equal(shapes(50).pixels, shapes(90).pixels[:50])
    np.testing.assert_array_equal(shape_index(50), shape_index(9000)[:50])
    assert (shapes(50).pixels != shapes(50, seed=1).pixels).any()


def test_no_picture_is_drawn_twice_in_a_set():
    assert len(set(shape_index(N_SHAPES).tolist())) == N_SHAPES


def test_factors_name_every_step_of_the_grid():
    factors = shape_factors(np.arange(N_SHAPES))
    assert factors.shape == (N_SHAPES, len(FACTOR_NAMES))
    steps = [len(np.unique(column)) for column in factors.T]
    assert steps == list(GRID)
    assert factors.min(axis=0).tolist() == [0, 0.5, 0, 0, 0]
    assert factors.max(axis=0).tolist() == [2, 1, 351, 1, 1]


def test_labels_are_the_shapes():
    images = shapes(300)
    assert images.class_names == SHAPE_NAMES
    assert images.labels is not None
    assert images.factors is not None
    np.testing.assert_array_equal(images.labels, images.factors[:, 0])


@pytest.mark.parametrize("size", [32, 64])
@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE])
def test_the_centre_of_mass_moves_as_the_place_factors_say(shape, size):
    for at in [(0, 0), (31, 0), (5, 29), (31, 31)]:
        picture = drawn(place(shape, at=at, turn=3), size=size)[0]
        wanted = tuple(0.25 + 0.5 * step / 31 for step in at)
        assert middle(picture) == pytest.approx(wanted, abs=0.1 / size)


@pytest.mark.parametrize("size", [32, 64])
def test_the_area_drawn_is_the_area_of_the_shape(size):
    sides, lobe = 2 * 0.168, 0.134
    areas = (sides**2, np.pi * 0.235 * 0.125, (2 * lobe) ** 2 + np.pi * lobe**2)
    for shape, area in enumerate(areas):
        for turn in (0, 7):
            assert drawn(place(shape, turn=turn), size=size).mean() == pytest.approx(area, rel=0.02)


def test_half_the_scale_is_a_quarter_of_the_area():
    for shape in (SQUARE, ELLIPSE, HEART):
        small, large = drawn(place(shape, scale=0), place(shape, scale=5)).mean(axis=(1, 2))
        assert small / large == pytest.approx(0.25, rel=0.03)


def test_rotation_has_the_symmetry_of_each_shape():
    """Ten steps are a quarter turn, anticlockwise."""
    for shape, turns in ((SQUARE, (10, 20, 30)), (ELLIPSE, (20,)), (HEART, ())):
        for turn in (10, 20, 30):
            before, after = drawn(place(shape, turn=2), place(shape, turn=2 + turn))
            same = np.abs(before - after).max() < 0.02
            assert same == (turn in turns)


def test_rotation_turns_anticlockwise():
    upright, quarter = drawn(place(HEART), place(HEART, turn=10))
    assert upright[:26].sum() > upright[-26:].sum()  # its lobes are at the top
    assert quarter[:, :26].sum() > quarter[:, -26:].sum()  # now to the left


def test_edges_are_soft_and_one_step_of_place_shows_at_32_pixels():
    left, right = drawn(place(HEART), place(HEART, at=(17, 16)), size=32)
    assert ((left > 0.05) & (left < 0.95)).sum() > 10
    assert np.abs(left - right).max() > 0.3


def test_no_shape_is_cut_off_at_the_corners():
    for shape in (SQUARE, ELLIPSE, HEART):
        for turn in range(0, 40, 5):
            corner = place(shape, turn=turn, at=(0, 31))
            inside, centre = drawn(corner, place(shape, turn=turn)).sum(axis=(1, 2))
            assert inside == pytest.approx(centre, rel=0.01)


@pytest.mark.parametrize("index", [-1, N_SHAPES])
def test_a_place_outside_the_grid_is_refused(index):
    with pytest.raises(DataError, match="numbered from 0 to 737,279"):
        draw_shapes(np.array([3, index]))


def test_more_shapes_than_there_are_is_refused():
    with pytest.raises(DataError, match="There are 737,280"):
        shapes(N_SHAPES + 1)


def test_a_size_out_of_range_is_refused():
    with pytest.raises(DataError, match="8 to 128"):
        draw_shapes(np.array([0]), 129)


def test_drawing_reports_progress():
    told: list[float] = []
    shapes(20_000, size=8, report=lambda fraction, words: told.append(fraction))
    assert told == sorted(told)
    assert len(told) >= 2
    assert 0 <= told[0] <= told[-1] <= 1
