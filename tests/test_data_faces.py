import numpy as np
import pytest
from sklearn.metrics import r2_score

from explorer.data.faces import FACTOR_NAMES, draw_faces, face_factors, faces
from explorer.errors import DataError, ShapeError

K = len(FACTOR_NAMES)
HAIR_LENGTH, BACKGROUND = FACTOR_NAMES.index("hair length"), FACTOR_NAMES.index("background colour")

# Where a factor may act: rows, columns. The head's and the hair's own size reach far.
REGION = {
    "smile": (slice(34, 56), slice(20, 44)),
    "mouth open": (slice(34, 56), slice(20, 44)),
    "eye size": (slice(21, 38), slice(14, 50)),
    "eye spacing": (slice(15, 38), slice(14, 50)),
    "gaze": (slice(21, 38), slice(14, 50)),
    "brow tilt": (slice(14, 28), slice(14, 50)),
    "face width": (slice(3, 64), slice(4, 60)),
    "face height": (slice(30, 64), slice(8, 56)),
    "hair length": (slice(3, 64), slice(3, 61)),
    "hair colour": (slice(3, 64), slice(3, 61)),
    "skin tone": (slice(8, 64), slice(6, 58)),
    "shirt colour": (slice(50, 64), slice(3, 61)),
    "background colour": (slice(0, 64), slice(0, 64)),
}


def plain_face(**factors: float) -> np.ndarray:
    """One row of factors, all in the middle but those given (spaces written as _)."""
    row = np.full((1, K), 0.5, dtype=np.float32)
    for name, value in factors.items():
        row[0, FACTOR_NAMES.index(name.replace("_", " "))] = value
    return row


def extremes(name: str, n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """The same n faces with one factor at its least and at its most, as floats in [0, 1]."""
    least, most = face_factors(n, seed=7), face_factors(n, seed=7)
    least[:, FACTOR_NAMES.index(name)] = 0
    most[:, FACTOR_NAMES.index(name)] = 1
    return draw_faces(least) / 255, draw_faces(most) / 255


def test_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (faces(20, seed=seed).pixels for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("n", [2, 63, 200])
def test_first_faces_do_not_depend_on_how_many_are_drawn(n):
    np.testing.assert_array_equal(face_factors(n, seed=1), face_factors(500, seed=1)[:n])
    np.testing.assert_array_equal(faces(n, seed=1).pixels, faces(200, seed=1).pixels[:n])


def test_a_face_drawn_alone_equals_the_same_face_drawn_among_others():
    factors = face_factors(70)
    together = draw_faces(factors)
    for i in (0, 5, 63, 64, 69):
        np.testing.assert_array_equal(draw_faces(factors[i : i + 1])[0], together[i])


def test_the_set_knows_its_factors_split_and_licence():
    images = faces(50)
    assert images.image_shape == (3, 64, 64)
    assert images.factors is not None
    assert images.factors.shape == (50, K)
    assert images.factors.dtype == np.float32
    assert images.factor_names == FACTOR_NAMES
    assert len(set(FACTOR_NAMES)) == K >= 12
    assert images.labels is None
    assert len(images.test_index) == 5
    assert images.licence == "MIT"
    assert images.source
    np.testing.assert_array_equal(images.pixels, draw_faces(images.factors))


def test_factors_are_independent_and_their_ends_are_rare():
    factors = face_factors(20_000)
    assert factors.min() >= 0
    assert factors.max() < 1
    np.testing.assert_allclose(factors.mean(axis=0), 0.5, atol=0.01)
    np.testing.assert_allclose(factors.var(axis=0), 5 / 96, atol=0.001)
    assert np.mean((factors < 0.1) | (factors > 0.9)) == pytest.approx(
        2 * 0.1**2 / (2 * 0.75 * 0.25), abs=0.004
    )
    between = np.corrcoef(factors.T) - np.eye(K)
    assert np.abs(between).max() < 0.04


@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_factor_shows_in_every_face_and_in_its_own_region(name):
    least, most = extremes(name)
    change = np.abs(most - least).max(axis=1)  # (n, 64, 64)
    rows, columns = REGION[name]
    inside = change[:, rows, columns]
    assert (np.sort(change.reshape(len(change), -1))[:, -10] > 0.1).all(), "some 10 pixels change"
    assert inside.sum() > 0.97 * change.sum()


@pytest.mark.slow
@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_a_small_step_changes_no_pixel_much(name):
    step = 0.002
    before = face_factors(200, seed=11) * np.float32(1 - step)
    after = before.copy()
    after[:, FACTOR_NAMES.index(name)] += step
    change = draw_faces(after) / 255 - draw_faces(before) / 255
    assert np.abs(change).max() < 0.12


@pytest.mark.parametrize("name", FACTOR_NAMES)
def test_no_two_positions_of_a_factor_look_alike(name):
    path = np.repeat(plain_face(), 7, axis=0)
    path[:, FACTOR_NAMES.index(name)] = np.linspace(0, 1, 7)
    pictures = draw_faces(path).reshape(7, -1) / 255
    apart = np.sqrt(((pictures[:, None] - pictures) ** 2).sum(axis=2))  # (7, 7)
    neighbours = np.diag(apart, 1)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    assert neighbours.min() > 0.25
    assert (np.abs(nearest - np.arange(7)) == 1).all()


@pytest.mark.slow
def test_factors_can_be_read_back_from_the_pixels():
    n, n_train = 3000, 2500
    factors = face_factors(n, seed=2)
    x = draw_faces(factors).reshape(n, -1).astype(np.float32) / 255
    x -= x[:n_train].mean(axis=0)
    gram = (x @ x.T).astype(np.float64)
    # Ridge regression on all products of two pixels: colours scale what shapes do.
    kernel = (1 + gram * (n / np.trace(gram))) ** 2
    ridge = kernel[:n_train, :n_train] + 1e-3 * np.eye(n_train)
    weights = np.linalg.solve(ridge, factors[:n_train] - 0.5)
    guess = kernel[n_train:, :n_train] @ weights + 0.5
    scores = r2_score(factors[n_train:], guess, multioutput="raw_values")
    named = dict(zip(FACTOR_NAMES, scores.round(3), strict=True))
    assert scores.min() > 0.95, named


def test_edges_are_anti_aliased():
    picture = draw_faces(plain_face(hair_colour=1, background_colour=0))[0]
    top_of_hair = picture[1, :16, :]  # dark hair before a pale ground
    ground, hair = int(top_of_hair[0, 0]), int(top_of_hair.min())
    between = np.unique(top_of_hair[(top_of_hair > hair + 60) & (top_of_hair < ground - 5)])
    assert len(between) > 8


def test_gaze_moves_the_irises_from_left_to_right():
    def centre_of_dark(gaze: float) -> float:
        right_eye = draw_faces(plain_face(gaze=gaze))[0, :, 26:35, 34:49].astype(float)
        dark = np.clip(120 - right_eye.max(axis=0), 0, None)
        return float((dark.sum(axis=0) * np.arange(dark.shape[1])).sum() / dark.sum())

    left, ahead, right = (centre_of_dark(gaze) for gaze in (0.0, 0.5, 1.0))
    assert left + 1 < ahead < right - 1


def test_smile_lifts_the_corners_of_the_mouth():
    def corners_above_middle(smile: float) -> float:
        mouth = draw_faces(plain_face(smile=smile, mouth_open=0, skin_tone=0))[0, 1]
        rows = np.arange(38, 52)
        dark = np.clip(170 - mouth[38:52].astype(float), 0, None)  # (rows, 64)

        def height(columns: slice) -> float:
            ink = dark[:, columns].sum(axis=1)
            return float((ink * rows).sum() / ink.sum())

        return height(slice(30, 34)) - (height(slice(25, 27)) + height(slice(37, 39))) / 2

    assert corners_above_middle(0) < -1
    assert corners_above_middle(1) > 1


def test_corners_of_the_picture_are_nothing_but_background_for_any_face():
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 2, (300, K)).astype(np.float32)
    factors[:, BACKGROUND] = 0.3
    pictures = draw_faces(factors)
    for corner in (pictures[:, :, :3, :3], pictures[:, :, :3, -3:]):
        assert (corner == pictures[0, :, :1, :1]).all()


def test_progress_ends_at_one_and_never_goes_back():
    told: list[float] = []
    faces(200, report=lambda done, words: told.append(done))
    assert told == sorted(told)
    assert len(told) > 1
    assert told[-1] == 1


def test_no_rows_give_no_faces():
    assert draw_faces(np.empty((0, K))).shape == (0, 3, 64, 64)


@pytest.mark.parametrize("shape", [(K,), (3, K - 1), (2, 3, K)])
def test_factors_of_another_shape_are_refused_with_their_order(shape):
    with pytest.raises(ShapeError, match=r"needs 13 factors.*smile, mouth open"):
        draw_faces(np.zeros(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.01, 1.01])
def test_a_factor_out_of_range_is_named_with_its_face(value):
    factors = np.full((4, K), 0.5)
    factors[2, HAIR_LENGTH] = value
    with pytest.raises(DataError, match=r'"hair length" of face 2 is .* between 0 and 1'):
        draw_faces(factors)


def test_factors_that_are_not_numbers_are_refused():
    with pytest.raises(DataError, match="type"):
        draw_faces(np.full((2, K), "wide"))


@pytest.mark.parametrize(("n", "words"), [(-1, "-1 faces"), (0, "0 images"), (1, "1 image")])
def test_too_few_faces_are_refused(n, words):
    with pytest.raises(DataError, match=words):
        faces(n)
