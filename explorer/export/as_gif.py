"""A training run as an animated GIF: its map, reconstructions and samples, moment by moment.

Knows nothing of runs, folders or models.
"""

import io
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from explorer.data.pictures import as_image
from explorer.errors import DataError
from explorer.export.formats import ExportFormat
from explorer.export.replay import Moment, RunReplay, moments_shown
from explorer.figures import CLASS_COLORS, PLAIN_COLOR
from explorer.projection import spread_heights

MOST_BYTES = 8_000_000

SIZE = (720, 480)  # px, as are all lengths below
_MAP = (16, 56, 388, 428)  # left, top, right, bottom
_BAR = (16, 460, 704, 466)
_TILES_AT, _TILES_TO = 412, 704  # left and right end of the rows of pictures
_N_ACROSS = 5  # pictures in a row
_GAP = 4
_ROWS = ((74, 1), (164, 1), (254, 3))  # top of originals, reconstructions, samples; their rows
_ALONE_ACROSS, _ALONE_ROW = 10, (78, 5)  # samples take all the space if there is nothing else

_PAPER, _PANEL, _LINE = "#ffffff", "#f7f8fa", "#e3e5e9"
_TEXT, _QUIET, _ACCENT = "#1d2230", "#5d6370", "#2f55e0"

_FIXED = (_PAPER, _PANEL, _LINE, _ACCENT, PLAIN_COLOR, *CLASS_COLORS["light"])
_N_COLORS = 255  # and one that stands for "as before", which keeps the file small

_LENGTH_MS, _LONGEST_MS, _HOLD_MS = 10_000, 400, 2_000
_FINER = 3  # drawn this many times larger, then scaled down
_DOT = 3.4  # radius
_OUTSIDE = 0.2  # percent of the dots, over all moments, that may lie beyond either end of the map


def replay_gif(replay: RunReplay) -> bytes:
    """Draw a run as a GIF that plays for about ten seconds, rests on its end, and begins again.

    The axes are the same throughout, and so are the colours.

    Args:
        replay: Of at least two moments; of more than MOST_FRAMES some are left out, and of fewer
            too where the file would become larger than MOST_BYTES.

    Raises:
        DataError: There are fewer than two moments.
    """
    moments = replay.moments
    if len(moments) < 2:
        raise DataError("export.too_few_snapshots", count=len(moments))
    scene = _Scene(replay, _limits([moment.xy for moment in moments]))
    shown = [moments[i] for i in moments_shown(len(moments))]
    content = _drawn(shown, scene)
    while len(content) > MOST_BYTES and len(shown) > 2:
        shown = [*shown[:-1:2], shown[-1]]
        content = _drawn(shown, scene)
    return content


def _drawn(moments: Sequence[Moment], scene: "_Scene") -> bytes:
    colors = _palette([scene.at(moments[i]) for i in {0, len(moments) // 2, len(moments) - 1}])
    first, *others = (_in_colors(scene.at(moment), colors) for moment in moments)
    each_ms = min(_LENGTH_MS // len(moments), _LONGEST_MS) // 10 * 10  # a GIF counts in 10 ms
    stream = io.BytesIO()
    first.save(
        stream,
        "GIF",
        save_all=True,
        append_images=others,
        duration=[*[each_ms] * len(others), _HOLD_MS],
        loop=0,
    )
    return stream.getvalue()


class _Scene:
    """What all moments share, and how one moment is drawn on it.

    Text and dots are drawn larger and scaled down, which smooths their edges; pictures are pasted
    afterwards.

    Args:
        replay: What is written, the originals and the classes.
        limits: Ends of both axes, shape (2, 2).
    """

    def __init__(self, replay: RunReplay, limits: np.ndarray) -> None:
        self._x = replay.x
        self._titles = replay.titles
        self._labels = replay.labels
        self._limits = limits
        self._names = [] if replay.labels is None else list(replay.class_names)

    def at(self, moment: Moment) -> Image.Image:
        """Draw one moment, in full colour."""
        large = self._still.copy()
        draw = ImageDraw.Draw(large)
        _write(draw, (_BAR[2], 37), moment.caption, 14, _QUIET, anchor="rs")
        _bar(draw, min(max(moment.done, 0.0), 1.0), _ACCENT)
        if self._is_alone:
            picture = large.resize(SIZE, Image.Resampling.BOX)
            _place(picture, moment.samples, *_ALONE_ROW, left=_MAP[0], n_across=_ALONE_ACROSS)
            return picture
        large.paste(self._map(moment.xy), _larger(*_MAP[:2]))
        picture = large.resize(SIZE, Image.Resampling.BOX)
        for pictures, at in zip((self._x, moment.x_hat, moment.samples), _ROWS, strict=True):
            _place(picture, pictures, *at)
        return picture

    @property
    def _is_alone(self) -> bool:
        """Whether there are only samples to show."""
        return not len(self._x)

    @cached_property
    def _still(self) -> Image.Image:
        picture = Image.new("RGB", _larger(*SIZE), _PAPER)
        draw = ImageDraw.Draw(picture)
        _write(draw, (_MAP[0], 37), self._titles.run, 21, _TEXT, width=420)
        _bar(draw, 1.0, _LINE)
        if self._is_alone:
            _write(draw, (_MAP[0], _ALONE_ROW[0] - 7), self._titles.samples, 13, _QUIET)
            return picture
        words = (self._titles.originals, self._titles.reconstructions, self._titles.samples)
        for (top, _), title in zip(_ROWS, words, strict=True):
            _write(draw, (_TILES_AT, top - 7), title, 13, _QUIET, width=_TILES_TO - _TILES_AT)
        self._legend(draw)
        return picture

    def _legend(self, draw: ImageDraw.ImageDraw) -> None:
        """Name the classes below the map, as far as they fit."""
        at, base = float(_MAP[0]), _MAP[3] + 19
        for label, name in enumerate(self._names):
            width = 12 + _width(name, 12)
            if at + width > _MAP[2]:
                _write(draw, (at, base), "...", 12, _QUIET)
                return
            draw.ellipse((*_larger(at, base - 8), *_larger(at + 8, base)), fill=_color_of(label))
            _write(draw, (at + 12, base), name, 12, _QUIET)
            at += width + 12

    def _map(self, xy: np.ndarray) -> Image.Image:
        """Draw the dots, each with a thin rim that separates it from its neighbours."""
        picture = Image.new("RGB", _larger(_MAP[2] - _MAP[0], _MAP[3] - _MAP[1]), _PANEL)
        draw = ImageDraw.Draw(picture)
        low, high = self._limits
        places = (_on_plane(xy) - low) / (high - low) * picture.size
        places[:, 1] = picture.height - places[:, 1]  # rows of pixels count downwards
        radius = _DOT * _FINER
        for i in np.flatnonzero(np.isfinite(places).all(axis=1)):
            x, y = places[i]
            color = PLAIN_COLOR if self._labels is None else _color_of(int(self._labels[i]))
            box = (x - radius, y - radius, x + radius, y + radius)
            draw.ellipse(box, fill=color, outline=_PANEL, width=_FINER // 2)
        return picture


def _limits(all_xy: Sequence[np.ndarray]) -> np.ndarray:
    """Return the lowest and highest (x, y) of a map that holds all moments, shape (2, 2).

    A distance on the plane looks the same in any direction.
    """
    xy = np.concatenate([_on_plane(xy) for xy in all_xy])
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return np.array([[-1.0, -1.0], [1.0, 1.0]])
    low, high = np.percentile(xy, (_OUTSIDE, 100 - _OUTSIDE), axis=0)
    half = np.maximum((high - low) / 2, 1e-6) * 1.08
    if all_xy[0].shape[1] == 2:
        half = np.full(2, half.max())
    middle = (low + high) / 2
    return np.array([middle - half, middle + half])


def _on_plane(xy: np.ndarray) -> np.ndarray:
    """Return places (n, 2); those on a line are spread over the height."""
    xy = np.asarray(xy, np.float64)
    return np.column_stack([xy, spread_heights(len(xy))]) if xy.shape[1] == 1 else xy


def _place(
    onto: Image.Image,
    pictures: np.ndarray,
    top: int,
    n_rows: int,
    *,
    left: int = _TILES_AT,
    n_across: int = _N_ACROSS,
) -> None:
    """Paste as many of some pictures (k, c, h, w) as fit, in rows up to the right end."""
    step = (_TILES_TO - left + _GAP) // n_across
    for i, pixels in enumerate(pictures[: n_rows * n_across]):
        row, column = divmod(i, n_across)
        onto.paste(_as_tile(pixels, step - _GAP), (left + column * step, top + row * step))


def _as_tile(pixels: np.ndarray, side: int) -> Image.Image:
    """Scale (c, h, w) uint8 to the side shown, px; the pixels of small pictures stay visible."""
    picture = as_image(pixels)
    few = max(picture.size) * 3 <= side
    resample = Image.Resampling.NEAREST if few else Image.Resampling.BICUBIC
    return picture.convert("RGB").resize((side, side), resample)


def _color_of(label: int) -> str:
    colors = CLASS_COLORS["light"]
    return colors[label % len(colors)]


def _bar(draw: ImageDraw.ImageDraw, done: float, color: str) -> None:
    left, top, right, bottom = _BAR
    end = max(left + (right - left) * done, left + bottom - top)
    box = (*_larger(left, top), *_larger(end, bottom))
    draw.rounded_rectangle(box, (bottom - top) * _FINER / 2, fill=color)


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    color: str,
    *,
    anchor: str = "ls",
    width: float = SIZE[0],
) -> None:
    """Write one line on a baseline, truncated where it would be wider than `width` px."""
    shown = text
    while text and _width(shown, size) > width:
        text = text[:-1]
        shown = f"{text.rstrip()}..."
    draw.text(_larger(*at), shown, fill=color, font=_font(size), anchor=anchor)


def _width(text: str, size: int) -> float:
    """Return how wide a text is, px."""
    return _font(size).getlength(text) / _FINER


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size * _FINER)


def _larger(x: float, y: float) -> tuple[int, int]:
    """Return a place or a size in the larger pixels of the drawing."""
    return round(x * _FINER), round(y * _FINER)


def _palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return an image with a palette for the given ones, which begins with _FIXED."""
    sheet = Image.new("RGB", (SIZE[0], SIZE[1] * len(pictures)))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (0, SIZE[1] * i))
    found = sheet.quantize(_N_COLORS - len(_FIXED), method=Image.Quantize.MEDIANCUT)
    fixed = [part for color in _FIXED for part in bytes.fromhex(color[1:])]
    palette = Image.new("P", (1, 1))
    palette.putpalette([*fixed, *(found.getpalette() or [])])
    return palette


def _in_colors(picture: Image.Image, palette: Image.Image) -> Image.Image:
    """Map a picture to the colours of a palette, without dithering.

    Pillow takes the nearest of rounded colours, which would tint the paper, so plain areas are set.
    """
    done = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    rgb = np.asarray(picture).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    indices = np.array(done)
    for i, color in enumerate(_FIXED):
        indices[rgb == int(color[1:], 16)] = i
    plain = Image.fromarray(indices)
    plain.putpalette(done.getpalette() or [])
    return plain


FORMAT = ExportFormat(
    name="gif", suffix=".gif", media_type="image/gif", saves=RunReplay, write=replay_gif
)
