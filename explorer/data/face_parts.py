"""The parts of a cartoon face: where each lies, and how it is painted.

A part is computed only inside the small window it can reach; `face_brush.py` has the brush and the
units. Knows nothing of image sets, seeds or files.
"""

from dataclasses import dataclass

import numpy as np

from explorer.data.face_brush import SIZE, Canvas, Colour, Window, band, mix, rgb, rounded


def _between(low: float, high: float, t: np.ndarray) -> np.ndarray:
    return np.float32(low) + np.float32(high - low) * t


def _colour_path(stops: tuple[Colour, Colour, Colour, Colour], t: np.ndarray) -> Colour:
    """Walk a cubic Bézier curve through colours; it is smooth and never turns back."""
    a, b, c, d = stops
    s = 1 - t
    return np.asarray(s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d)


SKIN = (rgb(255, 227, 206), rgb(248, 194, 152), rgb(186, 116, 74), rgb(128, 82, 62))
HAIR = (rgb(250, 212, 112), rgb(246, 120, 28), rgb(96, 36, 24), rgb(40, 32, 52))
BACKGROUND = (rgb(255, 233, 200), rgb(250, 206, 204), rgb(208, 200, 240), rgb(170, 218, 238))
SHIRT = (rgb(252, 212, 104), rgb(255, 76, 84), rgb(132, 40, 150), rgb(36, 62, 124))
INK = rgb(52, 30, 34)
WHITE = rgb(255, 252, 248)
SHADE = rgb(120, 40, 40)
IRIS = rgb(64, 130, 138)
ROSE = rgb(232, 92, 92)
MOUTH = rgb(104, 26, 38)
CORAL = rgb(226, 70, 56)
LIP = rgb(200, 40, 60)
TONGUE = rgb(236, 112, 112)


@dataclass(frozen=True, kw_only=True)
class Look:
    """Positions (n,) and colours (3, n) of all parts of n faces."""

    smile: np.ndarray  # height of the mouth's curve, negative when sad
    gape: np.ndarray  # height of the open mouth
    mouth_y: np.ndarray
    eye_x: np.ndarray  # distance of each eye from the middle
    eye_rx: np.ndarray
    eye_ry: np.ndarray
    gaze: np.ndarray  # shift of the irises to the right
    brow_rise: np.ndarray  # how much higher the inner end is than the outer
    head_rx: np.ndarray
    chin: np.ndarray
    hair_end: np.ndarray  # y of the tips
    hair_rx: np.ndarray
    skin: Colour
    hair: Colour
    shirt: Colour
    background: Colour


def look(factors: np.ndarray) -> Look:
    """Turn factors (n, 13) in [0, 1], in the order of `faces.FACTOR_NAMES`, into positions."""
    columns = np.ascontiguousarray(factors.T, dtype=np.float32)
    smile, gape, eyes, spacing, gaze, brow, width, height, length, hair, skin, shirt, back = columns
    fall = length * (2 - length)  # quick at first, where ears and cheeks hide most of the hair
    eye_rx = _between(3.3, 5.2, eyes)
    return Look(
        smile=_between(-4.6, 6.2, smile),
        gape=_between(0, 5.0, gape),
        mouth_y=_between(41.8, 44.4, height),
        eye_x=_between(7.2, 10.0, spacing),
        eye_rx=eye_rx,
        eye_ry=_between(3.5, 5.8, eyes),
        gaze=_between(-0.5, 0.5, gaze) * eye_rx,
        brow_rise=_between(-2.6, 2.6, brow),
        head_rx=_between(17.0, 21.4, width),
        chin=_between(50.4, 56.6, height),
        hair_end=_between(31, 64, fall),
        hair_rx=_between(20.0, 24.4, width) + np.float32(3.4) * fall,
        skin=_colour_path(SKIN, skin),
        hair=_colour_path(HAIR, hair),
        shirt=_colour_path(SHIRT, shirt),
        background=_colour_path(BACKGROUND, back),
    )


WHOLE = Window(0, SIZE)
EYE_Y, HEAD_Y, HAIR_Y = 29.6, 33.0, 27.0
NOSE_R = np.float32(2.8)  # the same in all faces


def _hair_outline(window: Window, face: Look) -> np.ndarray:
    """Return coverage of all the hair as seen from behind."""
    down = np.where(window.y < HAIR_Y, np.float32(22.5), face.hair_end - np.float32(HAIR_Y))
    return rounded(window, (0, HAIR_Y), (face.hair_rx, down), exponent=2.5)


def draw_hair_back(canvas: Canvas, face: Look) -> None:
    """Paint the hair behind neck and head, in shadow close to them."""
    canvas.blend(WHOLE, face.hair, _hair_outline(WHOLE, face))
    window = Window(28, 64, -24, 24)
    near = rounded(window, (0, 42), (face.head_rx + np.float32(1), 17), softness=5)
    near *= _hair_outline(window, face)
    canvas.blend(window, mix(face.hair, SHADE, 0.35), near)


def draw_body(canvas: Canvas, face: Look) -> None:
    """Paint neck, shirt and collar."""
    neck = Window(46, 64, -9, 9)
    canvas.blend(neck, face.skin, rounded(neck, (0, 56), (7, 14), exponent=4))
    chest = Window(53, 64, -29, 29)
    canvas.blend(chest, face.shirt, rounded(chest, (0, 73), (27, 17), exponent=2.5))
    collar = Window(53, 64, -11, 11)
    canvas.blend(collar, mix(face.shirt, INK, 0.25), rounded(collar, (0, 55), (9.5, 7)))
    canvas.blend(collar, face.skin, rounded(collar, (0, 54.5), (7.5, 6)))


def draw_locks(canvas: Canvas, face: Look) -> None:
    """Paint the hair that falls in front of the shoulders."""
    window = Window(50, 64)
    beside_neck = np.clip((np.abs(window.x) - np.float32(10)) / 2, 0, 1)
    fade_in = np.clip((window.y - np.float32(50)) / 6, 0, 1)  # no seam with the hair behind
    canvas.blend(window, face.hair, _hair_outline(window, face) * (beside_neck * fade_in))


def draw_ears(canvas: Canvas, face: Look) -> None:
    """Paint both ears with a darker inside."""
    for left, side in ((-26, -1), (13, 1)):
        window = Window(27, 38, left, left + 13)
        x = side * (face.head_rx + np.float32(0.4))
        canvas.blend(window, mix(face.skin, ROSE, 0.12), rounded(window, (x, 32.5), (3.1, 4.2)))
        canvas.blend(window, mix(face.skin, ROSE, 0.45), rounded(window, (x, 32.5), (1.5, 2.4)))


def _head(window: Window, face: Look, drop: float = 0) -> np.ndarray:
    down = np.where(window.y < HEAD_Y, np.float32(24), face.chin - np.float32(HEAD_Y))
    return rounded(window, (0, HEAD_Y + drop), (face.head_rx, down), exponent=2.5)


def draw_head(canvas: Canvas, face: Look) -> None:
    """Paint the head, its shadow on the neck, and two rosy cheeks."""
    shade = Window(48, 63, -14, 14)
    bare = rounded(shade, (0, 54.5), (7.3, np.where(shade.y < 54.5, 40, 6)))
    canvas.blend(shade, mix(face.skin, SHADE, 0.35), bare * _head(shade, face, drop=2.5))
    window = Window(11, 58, -22, 22)
    head = _head(window, face)
    canvas.blend(window, face.skin, head)
    tall = np.where(window.y < HEAD_Y - 2, np.float32(24), face.chin - np.float32(HEAD_Y))
    light = rounded(window, (-1.5, HEAD_Y - 2), (face.head_rx, tall), softness=7)
    canvas.blend(window, mix(face.skin, SHADE, 0.25), head * (1 - light))
    for left, side in ((-20, -1), (4, 1)):
        cheek = Window(32, 46, left, left + 16)
        x = side * (face.head_rx - np.float32(6.6))
        blush = rounded(cheek, (x, 38.8), (4.0, 3.1), softness=3) * np.float32(0.36)
        canvas.blend(cheek, mix(face.skin, ROSE, 0.85), blush)


def draw_fringe(canvas: Canvas, face: Look) -> None:
    """Paint the hair in front of the forehead, its shadow and its shine."""
    window = Window(4, 34, -29, 29)
    u = window.x / face.head_rx
    fourth = u * u * u * u
    hairline = np.float32(14.6) + np.float32(10.5) * np.minimum(fourth * fourth, 1.2)
    part = np.clip(1 - ((u + 0.34) / 0.5) ** 2, 0, 1)
    hairline = hairline - np.float32(3.6) * part * part
    slope = np.gradient(hairline, axis=0)
    steep = np.sqrt(1 + slope * slope)
    outline = _hair_outline(window, face)
    shadow = np.clip((hairline + np.float32(2.2) - window.y) / steep + np.float32(0.5), 0, 1)
    inside = np.clip((face.head_rx - np.abs(window.x)), 0, 1)
    canvas.blend(window, mix(face.skin, SHADE, 0.3), shadow * inside * outline)
    front = np.clip((hairline - window.y) / steep + np.float32(0.5), 0, 1) * outline
    canvas.blend(window, face.hair, front)
    shine = Window(5, 14, -8, 18)
    t = (shine.x - np.float32(5)) / np.float32(10)
    arc = np.float32(7.4) + np.float32(2.4) * t * t
    thick = np.clip(1 - t * t, 0, 1)
    canvas.blend(shine, mix(face.hair, WHITE, 0.3), band(shine, arc - thick, arc + thick * 0.6))


def draw_eyes(canvas: Canvas, face: Look) -> None:
    """Paint both eyes: lash line, white, iris, pupil, highlight."""
    for left, side in ((-17, -1), (0, 1)):
        window = Window(22, 38, left, left + 17)
        x, rx, ry = side * face.eye_x, face.eye_rx, face.eye_ry
        lid = rounded(window, (x, EYE_Y - 0.9), (rx + np.float32(0.7), ry + np.float32(0.3)))
        canvas.blend(window, INK, lid)
        white = rounded(window, (x, EYE_Y), (rx, ry))
        canvas.blend(window, WHITE, white)
        r = ry * np.float32(0.66)
        iris_x, iris_y = x + face.gaze, np.float32(EYE_Y + 0.3)
        gleam = iris_x - np.float32(0.38) * r, iris_y - np.float32(0.42) * r
        for colour, centre, radius in (
            (IRIS, (iris_x, iris_y), r),
            (INK, (iris_x, iris_y), np.float32(0.58) * r),
            (WHITE, gleam, np.float32(0.34) * r),
        ):
            canvas.blend(window, colour, white * rounded(window, centre, (radius, radius)))


def draw_brows(canvas: Canvas, face: Look) -> None:
    """Paint both brows, thick in the middle, tilted about their middles."""
    colour = mix(face.hair, INK, 0.88)  # dark enough to show on any skin
    for left, side in ((-17, -1), (1, 1)):
        window = Window(15, 28, left, left + 16)
        t = (window.x * side - face.eye_x + np.float32(0.3)) / np.float32(4.7)
        centre = np.float32(20.9) + face.brow_rise * t + np.float32(0.9) * t * t
        half = np.float32(1.35) * np.sqrt(np.clip(1 - t * t, 0, 1))
        canvas.blend(window, colour, band(window, centre - half, centre + half))


def draw_nose(canvas: Canvas, face: Look) -> None:
    """Paint a button nose, darker below, with a highlight."""
    window = Window(31, 42, -6, 6)
    r = NOSE_R
    low = r * np.float32(0.82)
    canvas.blend(window, mix(face.skin, MOUTH, 0.55), rounded(window, (0, 36.2), (r, low)))
    front = rounded(window, (0, 35.6), (r * np.float32(0.94), low))
    canvas.blend(window, mix(face.skin, CORAL, 0.5), front)
    spot = (r * np.float32(0.34), r * np.float32(0.26))
    gleam = rounded(window, (r * np.float32(-0.3), 35.8 - spot[0]), spot)
    canvas.blend(window, mix(face.skin, WHITE, 0.65), gleam)


def draw_mouth(canvas: Canvas, face: Look) -> None:
    """Paint lips, the dark inside, teeth and tongue between two parabolas."""
    window = Window(33, 57, -13, 13)
    t = window.x / (np.float32(9.0) + np.float32(0.2) * face.smile)
    round_off = np.clip(1 - t * t, 0, 1)
    taper = np.sqrt(round_off)
    middle = face.mouth_y + np.float32(0.36) * face.smile
    top = middle - face.smile * t * t
    bottom = top + face.gape * round_off
    line = np.float32(1.15) * taper
    lip = bottom + line + np.float32(0.9) * taper
    canvas.blend(window, mix(face.skin, LIP, 0.5), band(window, top, lip))
    canvas.blend(window, MOUTH, band(window, top - line, bottom + line))
    tongue = rounded(window, (0, middle + face.gape + 1), (3.4, 2.6))
    canvas.blend(window, TONGUE, tongue * band(window, top, bottom))
    teeth = top + np.float32(0.36) * (bottom - top)
    canvas.blend(window, WHITE, band(window, top, teeth))


def paint(factors: np.ndarray) -> np.ndarray:
    """Paint faces back to front; factors (n, 13) in [0, 1] give pixels (n, 3, 64, 64), uint8."""
    face = look(factors)
    canvas = Canvas(face.background)
    for draw in (
        draw_hair_back,
        draw_body,
        draw_locks,
        draw_ears,
        draw_head,
        draw_fringe,
        draw_mouth,
        draw_eyes,
        draw_nose,
        draw_brows,
    ):
        draw(canvas, face)
    levels = (canvas.pixels * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(3, 0, 1, 2))
