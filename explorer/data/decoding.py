"""Picture files to pixels: any format that people bring, upright, on a background, in 8 bits.

What black, white and nothing are is decided for a whole set alike: a file is decoded as a `Guess`
says, and what it holds is noted in `Traits`, which may say better. Knows nothing of folders.
"""

import importlib.util
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

import numpy as np
from PIL import ExifTags, Image, ImageSequence, UnidentifiedImageError

from explorer.config import Fit
from explorer.data.imageset import Skipped
from explorer.data.levels import Extremes, Levels, levels_of
from explorer.data.members import size_in_words
from explorer.data.pictures import is_mostly_light, on_background, stack, to_square
from explorer.data.reading import FOUND_OUT, Reading, remark
from explorer.errors import DataError
from explorer.words import say

MAX_PICTURE_BYTES = 64 * 2**20
_MOST_DECODED_BYTES = 200_000_000  # of a picture: a PNG of 66 megapixels in colour, 25 with alpha
MAX_FRAMES = 10_000  # of one file
_PIXELS_PER_BYTE = 2_000  # beyond which pictures are blank, or made to keep a machine busy
_PIXELS_ALWAYS_READ = 100_000_000  # of a set

# How names of picture files end; their first bytes say what they hold.
SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".avif", ".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif"),
)

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM")
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")  # whose further images are frames of a film
_DECODED_APART = ("WEBP", "AVIF", "HEIF")  # by a library of their own, and then copied
_QUARTER_TURNS = (5, 6, 7, 8)  # values of the orientation tag for pictures on their side
_UPRIGHT = {  # what brings a picture upright, by that tag
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MOST_STATED = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # which Pillow refuses of itself
_DRAFT_SIZE = (256, 256)  # a JPEG may come at an eighth of its size, but no smaller than this
_LARGE_SIDE = 1_024  # to which pictures are shrunk before anything else is done
_PHOTOMETRIC, _WHITE_IS_ZERO = 262, 0  # a tag of TIFF
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_LOOKED_AT = 48  # pixels, the longer side at which a picture with alpha is judged
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


_SIXTEEN_BITS = Levels(0, 65535)


@dataclass(frozen=True)
class Guess:
    """How the pictures of a set are understood.

    Attributes:
        levels: What is black and white in deep pictures.
        background: What transparent ones are laid on, 0 or 255.
    """

    levels: Levels = _SIXTEEN_BITS
    background: int = 255


@dataclass
class Traits:
    """What the pictures of a set turned out to hold.

    Attributes:
        deep: The values of deep pictures; None if there are none.
        clear: Small copies of transparent pictures, (h, w, 4) uint8 each.
        n_frames_left: Images of files that hold several which were left out.
        n_in_stacks: Images read from files that hold several.
        n_pixels: How many have been decoded.
        n_bytes: Size of the files so far.
    """

    deep: Extremes | None = None
    clear: list[np.ndarray] = field(default_factory=list)
    n_frames_left: int = 0
    n_in_stacks: int = 0
    n_pixels: int = 0
    n_bytes: int = 0

    def guess(self, reading: Reading, notes: list[str]) -> Guess:
        """Return how a set of such pictures is best understood, and note what was assumed."""
        guess = Guess(background=0 if reading.background == "black" else 255)
        if reading.background == "auto" and is_mostly_light(self.clear):
            notes.append(remark("background_black"))
            guess = replace(guess, background=0)
        if self.deep is not None:
            levels = levels_of(self.deep, reading.range, notes)
            levels = levels or levels_of(self.deep, "used", notes)
            assert levels is not None, "used always gives some"
            guess = replace(guess, levels=levels)
        if self.n_frames_left:
            notes.append(remark("frames_left", count=self.n_frames_left))
        if self.n_in_stacks:
            notes.append(remark("frames_read", count=self.n_in_stacks))
        return guess


def decode_all(
    data: bytes, name: str, guess: Guess, reading: Reading, traits: Traits
) -> Iterator[tuple[str, np.ndarray, tuple[int, int]] | Skipped]:
    """Yield the pictures of a file, or why one cannot be read.

    The pixel count is read from the header and checked before anything is decoded. Large JPEGs are
    decoded at a fraction of their size.

    Args:
        data: The whole file.
        name: What to call it.
        guess: How deep and transparent pictures are understood.
        reading: Its `frames` says which images of several are read.
        traits: Takes what they turn out to hold.

    Yields:
        Name of a picture, the picture upright, and its width and height in the file.
    """
    traits.n_bytes += len(data)
    if not data:
        yield Skipped(name, say("data.skipped.empty"))
        return
    if _is_heic(data) and not _reads_heic():
        yield Skipped(name, say("data.skipped.heic"))
        return
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd metadata; size is checked here
            formats = (*_FORMATS, "HEIF") if _is_heic(data) else _FORMATS
            with Image.open(BytesIO(data), formats=formats) as image:
                yield from _frames(image, name, guess, reading, traits)
    except Image.DecompressionBombError:
        yield Skipped(name, say("data.skipped.over_pixels", n=_MOST_STATED // 10**6))
    except UnidentifiedImageError:
        yield Skipped(name, say("data.skipped.no_format"))
    except _DAMAGE:
        yield Skipped(name, say("data.skipped.damaged"))


def open_picture(data: bytes, name: str, reading: Reading = FOUND_OUT) -> np.ndarray:
    """Return the one picture of a file, of several the first, or refuse it.

    Args:
        data: The whole file.
        name: What to call it in an error.
        reading: How it is to be understood.

    Returns:
        Shape (h, w) or (h, w, 3), uint8.

    Raises:
        DataError: It is no picture that can be read.
    """
    found: tuple[str, np.ndarray, tuple[int, int]] | Skipped
    if len(data) > MAX_PICTURE_BYTES:
        found = Skipped(name, say("data.skipped.over_mb", size=size_in_words(MAX_PICTURE_BYTES)))
    else:
        first = replace(reading, frames="first")
        found = next(decode_all(data, name, Guess(), first, traits := Traits()))
        better = traits.guess(first, [])
        if better != Guess():
            found = next(decode_all(data, name, better, first, Traits()))
    if isinstance(found, Skipped):
        raise DataError("data.not_an_image", name=found.name, reason=found.reason)
    return 255 - found[1] if reading.invert else found[1]


def read_one(
    data: bytes,
    name: str,
    *,
    size: int,
    grey: bool,
    fit: Fit = "pad",
    reading: Reading = FOUND_OUT,
) -> np.ndarray:
    """Bring the one picture of a file to the size and the colours that a model reads.

    Args:
        data: The whole file.
        name: What to call it in an error.
        size: Side of the square.
        grey: Whether the model reads grey images.
        fit: What to do if it is not square.
        reading: How it is to be understood.

    Returns:
        Shape (1 or 3, size, size), uint8.

    Raises:
        DataError: It is no picture that can be read.
    """
    picture = open_picture(data, name, reading)
    pixels: np.ndarray = stack([to_square(picture, size, fit)], grey=grey)[0]
    return pixels


def _frames(
    image: Image.Image, name: str, guess: Guess, reading: Reading, traits: Traits
) -> Iterator[tuple[str, np.ndarray, tuple[int, int]] | Skipped]:
    """Yield those images of an opened file that are asked for."""
    n = getattr(image, "n_frames", 1)
    takes_all = reading.frames == "all" or (
        reading.frames == "auto" and image.format not in _ANIMATED
    )
    if n == 1 or not takes_all:
        traits.n_frames_left += n - 1
        yield _one(image, name, guess, traits)
        return
    for at, frame in enumerate(ImageSequence.Iterator(image)):
        if at == MAX_FRAMES:
            traits.n_frames_left += n - MAX_FRAMES
            return
        traits.n_in_stacks += 1
        yield _one(frame, f"{name} #{at + 1}", guess, traits)


def _one(
    image: Image.Image, name: str, guess: Guess, traits: Traits
) -> tuple[str, np.ndarray, tuple[int, int]] | Skipped:
    """Decode one image; errors are those of Pillow."""
    width, height = image.size
    image.draft(None, _DRAFT_SIZE)
    n_pixels = image.width * image.height
    if n_pixels * _bytes_of_pixel(image) > _MOST_DECODED_BYTES:
        return _too_large(name, width, height)
    if traits.n_pixels + n_pixels > max(_PIXELS_PER_BYTE * traits.n_bytes, _PIXELS_ALWAYS_READ):
        return Skipped(name, say("data.skipped.blank"))
    traits.n_pixels += n_pixels
    turn = image.getexif().get(ExifTags.Base.Orientation)
    is_negative = _is_deep(image) and _photometric(image) == _WHITE_IS_ZERO
    picture = _to_array(image, name, guess, traits)
    if isinstance(picture, Skipped):
        return picture
    if turn in _UPRIGHT:
        picture = np.asarray(Image.fromarray(picture).transpose(_UPRIGHT[turn]))
    size = (height, width) if turn in _QUARTER_TURNS else (width, height)
    return name, 255 - picture if is_negative else picture, size


def _to_array(image: Image.Image, name: str, guess: Guess, traits: Traits) -> np.ndarray | Skipped:
    """Return an image as (h, w) or (h, w, 3), uint8."""
    if _is_deep(image):
        values = np.asarray(image)
        if not np.isfinite(values).all():
            return Skipped(name, say("data.skipped.not_finite"))
        traits.deep = Extremes.of(values).and_those(traits.deep)
        return guess.levels.to_bytes(values)
    if image.has_transparency_data:
        layer = _shrunk(image if image.mode == "RGBA" else image.convert("RGBA"))
        small = layer.copy()
        small.thumbnail((_LOOKED_AT, _LOOKED_AT))
        traits.clear.append(np.asarray(small))
        laid: np.ndarray = on_background(np.asarray(layer)[None], guess.background)[0]
        return laid
    mode = "L" if image.mode in ("1", "L") else "RGB"
    return np.array(_shrunk(image if image.mode == mode else image.convert(mode)))


def _shrunk(image: Image.Image) -> Image.Image:
    """Shrink a large image, so that little is copied; it ends far smaller anyway."""
    factor = max(image.size) // _LARGE_SIDE
    return image.reduce(factor) if factor > 1 else image


def _bytes_of_pixel(image: Image.Image) -> int:
    """Return how many bytes a pixel takes once decoded and converted."""
    copies = 2 if image.format in _DECODED_APART else 1
    if image.has_transparency_data or _is_deep(image):
        return 8 * copies
    return copies * {"L": 1, "1": 2, "RGB": 3}.get(image.mode, 6)


def _is_deep(image: Image.Image) -> bool:
    """Whether a grey image has more than 8 bits or fractions."""
    return image.mode == "F" or image.mode.startswith("I")


def _photometric(image: Image.Image) -> int | None:
    tags = getattr(image, "tag_v2", None)
    return None if tags is None else tags.get(_PHOTOMETRIC)


def _is_heic(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS


def _reads_heic() -> bool:
    """Let Pillow read HEIC where the package for it is installed, and say whether it is."""
    if importlib.util.find_spec("pillow_heif") is None:
        return False
    from pillow_heif import register_heif_opener

    register_heif_opener()
    return True


def _too_large(name: str, width: int, height: int) -> Skipped:
    return Skipped(name, say("data.skipped.too_large", width=width, height=height))
