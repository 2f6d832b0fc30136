"""Pictures of any size to square pixels and back: fit, make grey or colour, lay on a background.

A picture here is an array (h, w) grey or (h, w, 3) RGB, uint8. Knows nothing of files.
"""

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image

from explorer.config import Fit
from explorer.data import scratch
from explorer.errors import DataError

LEAST_SIZE, MOST_SIZE = 8, 128
COMMON_SIZE = 64  # where pictures differ in size, or their own is out of range
_LIGHT = 200  # of 255, from which on things are hard to see on white
_LEAST_CLEAR = 0.05  # of a picture


def check_size(image_size: int) -> None:
    """Refuse a side that no model here takes; 0 stands for the pictures' own.

    Raises:
        DataError: The side is neither 0 nor within 8 to 128.
    """
    if image_size and not LEAST_SIZE <= image_size <= MOST_SIZE:
        raise DataError(
            "data.image_size", image_size=image_size, least_size=LEAST_SIZE, most_size=MOST_SIZE
        )


def to_square(picture: np.ndarray, size: int, fit: Fit = "pad") -> np.ndarray:
    """Bring a picture to a square.

    Args:
        picture: Shape (h, w) or (h, w, 3), uint8.
        size: Side of the square in pixels.
        fit: `pad` keeps its proportions and adds a border in the colour of its edge, `crop` keeps
            the square in its middle, `stretch` changes its proportions.

    Returns:
        Shape (size, size) or (size, size, 3), uint8.
    """
    h, w = picture.shape[:2]
    if fit == "crop" and h != w:
        side = min(h, w)
        top, left = (h - side) // 2, (w - side) // 2
        picture = np.ascontiguousarray(picture[top : top + side, left : left + side])
        h = w = side
    if fit == "stretch":
        return _resized(picture, size, size)
    scale = size / max(h, w)
    picture = _resized(picture, max(1, round(h * scale)), max(1, round(w * scale)))
    return picture if h == w else _padded(picture, size)


def _resized(picture: np.ndarray, h: int, w: int) -> np.ndarray:
    if picture.shape[:2] == (h, w):
        return picture
    resample = Image.Resampling.LANCZOS
    return np.asarray(Image.fromarray(picture).resize((w, h), resample, reducing_gap=3.0))


def _padded(picture: np.ndarray, size: int) -> np.ndarray:
    """Lay a picture in the middle of a square of the colour of its border."""
    h, w = picture.shape[:2]
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    square = np.empty((size, size, *picture.shape[2:]), dtype=np.uint8)
    square[:] = np.rint(np.median(border, axis=0)).astype(np.uint8)
    top, left = (size - h) // 2, (size - w) // 2
    square[top : top + h, left : left + w] = picture
    return square


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return (1 or 3, h, w) uint8 as an image that can be saved."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))


def as_png(pixels: np.ndarray) -> bytes:
    """Return (1 or 3, h, w) uint8 as a PNG."""
    stream = io.BytesIO()
    as_image(pixels).save(stream, "PNG")
    return stream.getvalue()


def to_picture(x: np.ndarray) -> Image.Image:
    """Return an image (c, h, w) in [0, 1] as a picture of 8-bit pixels, rounded to the nearest."""
    return as_image(np.rint(np.clip(x, 0, 1) * 255).astype(np.uint8))


def size_to_take(h: int, w: int, fit: Fit = "pad") -> int:
    """The side of the squares for pictures that are all h x w and may keep their size."""
    own = min(h, w) if fit == "crop" else max(h, w)
    return own if LEAST_SIZE <= own <= MOST_SIZE else COMMON_SIZE


def square_up(
    pictures: Iterable[np.ndarray], image_size: int, fit: Fit = "pad"
) -> list[np.ndarray]:
    """Bring pictures, taken one at a time, to squares of one size.

    Args:
        pictures: Grey or RGB pictures of any size.
        image_size: Side of the squares; 0 keeps the pictures' own side if all are of one size and
            that is within 8 to 128, and takes 64 otherwise. Of a picture that is not square it is
            the longer side, or to crop it the shorter.
        fit: What to do with pictures that are not square.

    Returns:
        One square per picture, grey or RGB as it came.
    """
    kept: list[np.ndarray] = []  # as they are while they agree, then as squares
    size, own = image_size, 0
    for picture in pictures:
        if not size:
            h, w = picture.shape[:2]
            own = size_to_take(h, w, fit)
            agrees = not kept or kept[0].shape[:2] == (h, w)
            keeps = own in (h, w)
            if not (agrees and keeps):
                size = COMMON_SIZE
                kept = [to_square(earlier, size, fit) for earlier in kept]
        kept.append(to_square(picture, size, fit) if size else picture)
    return kept if size else [to_square(picture, own, fit) for picture in kept]


def stack(squares: list[np.ndarray], *, grey: bool | None) -> np.ndarray:
    """Put squares of one size into one array, grey if none of them shows a colour.

    Args:
        squares: Shape (s, s) or (s, s, 3) each, uint8; at least one.
        grey: True makes all grey, False all RGB, None finds out.

    Returns:
        Shape (n, 1 or 3, s, s), uint8.
    """
    if grey is None:
        grey = not any(square.ndim == 3 and shows_colour(square) for square in squares)
    side = squares[0].shape[0]
    pixels = np.empty((len(squares), 1 if grey else 3, side, side), dtype=np.uint8)
    for row, square in enumerate(squares):
        channels = square[None] if square.ndim == 2 else square.transpose(2, 0, 1)
        pixels[row] = to_grey(channels) if grey else channels
    return pixels


def in_colour_or_grey(pixels: np.ndarray, *, grey: bool | None) -> np.ndarray:
    """Make pixels (n, c, s, s) grey if True, RGB if False, grey where no colour shows if None."""
    n, c, h, w = pixels.shape
    if grey is None:
        grey = c == 1 or not any(map(shows_colour, pixels.transpose(0, 2, 3, 1)))
    if c == (1 if grey else 3):
        return pixels
    made = scratch.empty((n, 1 if grey else 3, h, w), np.uint8)
    for image, given in zip(made, pixels, strict=True):
        image[:] = to_grey(given) if grey else given
    return made


def to_grey(channels: np.ndarray) -> np.ndarray:
    """Weigh the channels as the eye does: (..., 3, h, w) to (..., 1, h, w), uint8; grey stays.

    Source:
        ITU-R BT.601 luma.
    """
    if channels.shape[-3] == 1:
        return channels
    red, green, blue = (channels[..., i : i + 1, :, :].astype(np.uint32) for i in range(3))
    luma: np.ndarray = (299 * red + 587 * green + 114 * blue + 500) // 1000
    return luma.astype(np.uint8)


def to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Repeat the channel of grey pictures (n, 1, h, w) three times; RGB stays."""
    return pixels if pixels.shape[1] == 3 else pixels.repeat(3, axis=1)


def bring_to(pixels: np.ndarray, *, image_size: int, grey: bool | None) -> np.ndarray:
    """Change the size and the colour of pictures that are square already.

    Args:
        pixels: Shape (n, c, s, s), uint8.
        image_size: Side wanted; 0 keeps it.
        grey: True makes grey, False RGB, None keeps.

    Returns:
        Shape (n, 1 or 3, size, size), uint8.
    """
    check_size(image_size)
    if grey is not None:
        pixels = to_grey(pixels) if grey else to_rgb(pixels)
    if image_size in (0, pixels.shape[-1]):
        return pixels
    brought = np.empty((*pixels.shape[:2], image_size, image_size), dtype=np.uint8)
    for row, channels in enumerate(pixels):
        for plane, channel in enumerate(channels):
            brought[row, plane] = to_square(channel, image_size)
    return brought


def on_background(pixels: np.ndarray, background: int) -> np.ndarray:
    """Lay (m, h, w, 4) uint8 on black (0) or white (255) by its alpha; fewer channels lie so."""
    if pixels.shape[3] != 4:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:].astype(np.uint16)
    laid: np.ndarray = (colour * alpha + background * (255 - alpha) + 127) // 255
    return laid.astype(np.uint8)


def is_mostly_light(layers: Iterable[np.ndarray]) -> bool:
    """Whether most pictures that show something on nothing show light things, lost on white.

    Args:
        layers: Shape (h, w, 4) each, RGB and alpha, uint8.
    """
    lights = [light for layer in layers if (light := _light_of(layer)) is not None]
    return sum(light >= _LIGHT for light in lights) * 2 > len(lights)


def _light_of(layer: np.ndarray) -> float | None:
    """Return how light what is visible is, 0 to 255; None if hardly anything is transparent."""
    alpha = layer[..., 3].astype(np.float64) / 255
    if alpha.mean() > 1 - _LEAST_CLEAR or not alpha.any():
        return None
    return float((layer[..., :3].mean(axis=2) * alpha).sum() / alpha.sum())


def shows_colour(pixels: np.ndarray) -> bool:
    """Whether the channels of any pixel (..., 3) differ."""
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return not (np.array_equal(red, green) and np.array_equal(green, blue))
