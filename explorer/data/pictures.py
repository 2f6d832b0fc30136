"""Pictures of any size and kind to square 8-bit pixels: decode, fit, make grey or colour.

A picture here is an array (h, w) grey or (h, w, 3) RGB, uint8. Knows nothing of folders,
archives or classes.
"""

import struct
import warnings
import zlib
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from explorer.config import Fit
from explorer.data.imageset import Skipped
from explorer.errors import DataError

LEAST_SIZE, MOST_SIZE = 8, 128
COMMON_SIZE = 64  # where pictures differ in size, or their own is out of range
MAX_PICTURE_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # a phone's 50 megapixels pass; 200 MB of RGB is the most that is decoded

# How names of such files end.
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".avif", ".ppm")

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM")
_QUARTER_TURNS = (5, 6, 7, 8)  # values of the orientation tag for pictures on their side
_DRAFT_SIZE = (256, 256)  # a JPEG may come at an eighth of its size, but no smaller than this
# What Pillow has been seen to raise on damaged files.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def check_size(image_size: int) -> None:
    """Refuse a side that no model here takes; 0 stands for the pictures' own.

    Raises:
        DataError: The side is neither 0 nor within 8 to 128.
    """
    if image_size and not LEAST_SIZE <= image_size <= MOST_SIZE:
        raise DataError(
            f"An image size of {image_size} was asked for.",
            f"Images can be {LEAST_SIZE} to {MOST_SIZE} pixels wide and high.",
            "Choose a size in that range, or 0 to keep the images' own.",
        )


def decode(data: bytes, name: str) -> np.ndarray | Skipped:
    """Turn a file's bytes into a picture, upright and on white, or say why that cannot be.

    The pixel count is read from the header and checked before anything is decoded. Of an
    animation the first frame is taken. 16-bit grey becomes 8-bit.

    Args:
        data: The whole file.
        name: What to call it in the reason.
    """
    found = decode_with_size(data, name)
    return found if isinstance(found, Skipped) else found[0]


def decode_with_size(data: bytes, name: str) -> tuple[np.ndarray, tuple[int, int]] | Skipped:
    """Do as `decode` does, and return the picture's width and height as well.

    Large JPEGs are decoded at a fraction of their size; what is returned is their own.
    """
    if not data:
        return Skipped(name, "is empty")
    too_large = Skipped(name, f"has more than {MAX_PIXELS // 10**6} million pixels")
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd metadata; size is checked here
            with Image.open(BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    return too_large
                image.draft(None, _DRAFT_SIZE)
                is_turned = image.getexif().get(ExifTags.Base.Orientation) in _QUARTER_TURNS
                picture = _to_array(ImageOps.exif_transpose(image), name)
    except Image.DecompressionBombError:
        return too_large
    except UnidentifiedImageError:
        return Skipped(name, "is not an image in a format read here (such as PNG or JPEG)")
    except _DAMAGE:
        return Skipped(name, "is cut short or damaged")
    if isinstance(picture, Skipped):
        return picture
    return picture, (height, width) if is_turned else (width, height)


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


def size_to_take(h: int, w: int, fit: Fit = "pad") -> int:
    """The side of the squares for pictures that are all h x w and may keep their size."""
    own = min(h, w) if fit == "crop" else max(h, w)
    return own if LEAST_SIZE <= own <= MOST_SIZE else COMMON_SIZE


def open_picture(data: bytes, name: str) -> np.ndarray:
    """Return the one picture of a file as `decode` does, or refuse it.

    Raises:
        DataError: It is no picture that can be read.
    """
    too_large = len(data) > MAX_PICTURE_BYTES
    picture = (
        Skipped(name, f"has more than {MAX_PICTURE_BYTES // 2**20} MB")
        if too_large
        else decode(data, name)
    )
    if isinstance(picture, Skipped):
        raise DataError(
            f'"{picture.name}" {picture.reason}.',
            "An image, such as a PNG or JPEG file, was needed.",
            "Choose another file, or save this one again as PNG.",
        )
    return picture


def read_one(data: bytes, name: str, *, size: int, grey: bool, fit: Fit = "pad") -> np.ndarray:
    """Bring the one picture of a file to the size and the colours that a model reads.

    Args:
        data: The whole file.
        name: What to call it in an error.
        size: Side of the square.
        grey: Whether the model reads grey images.
        fit: What to do if it is not square.

    Returns:
        Shape (1 or 3, size, size), uint8.

    Raises:
        DataError: It is no picture that can be read.
    """
    picture = open_picture(data, name)
    pixels: np.ndarray = stack([to_square(picture, size, fit)], grey=grey)[0]
    return pixels


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
    if grey is None:
        grey = pixels.shape[1] == 1 or not shows_colour(pixels.transpose(0, 2, 3, 1))
    return to_grey(pixels) if grey else to_rgb(pixels)


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


def _to_array(image: Image.Image, name: str) -> np.ndarray | Skipped:
    """Flatten onto white and keep grey grey; (h, w) or (h, w, 3), uint8."""
    if image.mode == "F":
        return Skipped(name, "holds measurements rather than 8- or 16-bit pixels")
    if image.mode.startswith("I"):  # 16-bit grey; some formats carry it in 32 bits
        levels = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
        return (levels * 255 // 65535).astype(np.uint8)
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        paper = Image.new("RGBA", layer.size, "white")
        return np.asarray(Image.alpha_composite(paper, layer).convert("RGB"))
    return np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))


def shows_colour(pixels: np.ndarray) -> bool:
    """Whether the channels of any pixel (..., 3) differ."""
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return not (np.array_equal(red, green) and np.array_equal(green, blue))
