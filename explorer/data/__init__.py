"""Images by name or path, all as one `ImageSet`: `load`, `load_for`, `built_in`, `load_items`.

Importing this room is cheap; what a set needs is imported when that set is asked for.
"""

import difflib
import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from explorer.config import Fit, TrainConfig
from explorer.data.fitting import Fitting
from explorer.data.imageset import ImageSet, ReportProgress, draw_rows
from explorer.data.naming import keepable
from explorer.data.reading import FOUND_OUT, Reading, Wanted, told
from explorer.errors import DataError
from explorer.foreign import door, printable

_OPENML = "openml:"
_MOST_DRAWN = 737_280  # of a set that is drawn, so that one of its images can be drawn again


@dataclass(frozen=True, kw_only=True)
class DataChoice:
    """A set that can be asked for by name.

    Attributes:
        name: What to ask for.
        description: What it shows, in one line.
        n_images: How many images it has, or draws unless told otherwise.
        image_shape: (c, h, w) unless told otherwise.
        needs_network: Whether it is downloaded at first use.
    """

    name: str
    description: str
    n_images: int
    image_shape: tuple[int, int, int]
    needs_network: bool = False


_CHOICES = (
    DataChoice(
        name="faces",
        description="Cartoon faces drawn by this program; smile, gaze, hair and more are known.",
        n_images=20_000,
        image_shape=(3, 64, 64),
    ),
    DataChoice(
        name="digits",
        description="Small handwritten digits, scanned in the 1990s; good for a first try.",
        n_images=1_797,
        image_shape=(1, 8, 8),
    ),
    DataChoice(
        name="shapes",
        description="Squares, ellipses and hearts; size, rotation and place are known.",
        n_images=50_000,
        image_shape=(1, 32, 32),
    ),
    DataChoice(
        name="mnist",
        description="Handwritten digits, the classic of machine learning.",
        n_images=70_000,
        image_shape=(1, 28, 28),
        needs_network=True,
    ),
    DataChoice(
        name="fashion-mnist",
        description="Clothes, shoes and bags from a shop's catalogue.",
        n_images=70_000,
        image_shape=(1, 28, 28),
        needs_network=True,
    ),
    DataChoice(
        name="kmnist",
        description="Handwritten Japanese characters from old books, 10 kinds.",
        n_images=70_000,
        image_shape=(1, 28, 28),
        needs_network=True,
    ),
)


def built_in() -> tuple[DataChoice, ...]:
    """Return the sets that `load` knows by name."""
    return _CHOICES


def load(
    name_or_path: str,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    fit: Fit = "pad",
    reading: Reading = FOUND_OUT,
    report: ReportProgress | None = None,
    cache: Path | None = None,
) -> ImageSet:
    """Read or draw a set of images.

    The same words give the same images, in the same order, with the same split.

    Args:
        name_or_path: A name that `built_in` lists, `openml:` and the name or number of a set on
            openml.org, or the path of a folder or file (see `files.load_path`). A name comes first;
            for a folder of that name write ./name.
        image_size: Side of the images, 8 to 128; 0 keeps their own (see `files.load_path`).
        n_images: How many to draw, or to take at most; 0 takes all, or the set's own number.
        grey: True makes all grey, False all RGB, None keeps what they are.
        fit: What to do with images that are not square: `pad`, `crop` or `stretch`.
        reading: How images from files are to be understood.
        report: Told how far it is, and what is being done, in a few words.
        cache: Folder in which downloads are kept; None is `openml.cache_folder()`.

    Raises:
        DataError: There is no such set or file, or its images cannot be used.
        MachineError: A download is needed and the network is not there, or the disk is full.
    """
    from explorer.data.pictures import bring_to, check_size

    check_size(image_size)
    if n_images < 0 or n_images == 1:
        raise DataError(
            f"{n_images} images were asked for.",
            "A model needs at least 2: one to learn from and one to be tested on.",
            "Ask for more, or for 0 to use all.",
        )
    if name_or_path == "faces":
        from explorer.data.faces import faces

        images = faces(n_images, report=report) if n_images else faces(report=report)
    elif name_or_path == "shapes":
        from explorer.data.shapes import DEFAULT_N_IMAGES, DEFAULT_SIZE, shapes

        images = shapes(
            n_images or DEFAULT_N_IMAGES, size=image_size or DEFAULT_SIZE, report=report
        )
    elif name_or_path == "digits" or _is_on_openml(name_or_path):
        images = _whole(name_or_path, cache, report)
        if n_images:
            images = images.subset(draw_rows(images.is_test, n_images))
    else:
        from explorer.data.files import load_path

        path = _existing(name_or_path)
        wanted = Wanted(
            image_size=image_size, n_images=n_images, grey=grey, fit=fit, reading=reading
        )
        with door(lambda why: _unreadable(path, why)):
            images = load_path(path, wanted, report=report)
        return keepable(_with_copies_noted(images))
    pixels = bring_to(images.pixels, image_size=image_size, grey=grey)
    notes = (told("also_a_path", name=name_or_path),) if os.path.exists(name_or_path) else ()
    fitting = _changed(images.pixels, pixels)
    return keepable(replace(images, pixels=pixels, fitting=fitting, notes=notes))


def _unreadable(path: Path, why: str) -> DataError:
    return DataError(
        f'"{printable(path.name)}" cannot be read: {why}.',
        "Images that are whole, and fit into memory together, were needed.",
        "Save or download them again, or use fewer or smaller images.",
    )


def _with_copies_noted(images: ImageSet) -> ImageSet:
    """Say how many images to test on are copies of images to learn from, which flatters scores."""
    digest = [hashlib.blake2b(image, digest_size=16).digest() for image in images.pixels]
    known = {digest[row] for row in images.train_index}
    n_copies = sum(digest[row] in known for row in images.test_index)
    if not n_copies:
        return images
    note = told("copies", count=f"{n_copies:,}", of=f"{len(images.test_index):,}")
    return replace(images, notes=(*images.notes, note))


def _changed(given: np.ndarray, pixels: np.ndarray) -> Fitting | None:
    """Say how square images became others, (n, c, s, s) each; None if they stayed as they are."""
    from explorer.data.fitting import Seen
    from explorer.data.pictures import shows_colour

    if given.shape == pixels.shape:
        return None
    side, is_colour = given.shape[-1], given.shape[1] == 3
    seen, n_in_colour = Seen(), 0
    for image in given:
        picture = image.transpose(1, 2, 0) if is_colour else image[0]
        n_in_colour += is_colour and shows_colour(picture)
        seen.note(picture, (side, side))
    return seen.fitting(pixels.shape[-1], "pad", n_in_colour if pixels.shape[1] == 1 else 0)


def load_for(config: TrainConfig, *, report: ReportProgress | None = None) -> ImageSet:
    """Read the images of a training run as it asked for them; errors are those of `load`."""
    return load(
        config.data,
        image_size=config.image_size,
        n_images=config.n_images,
        grey=config.grey,
        fit=config.fit,
        reading=Reading.of(config),
        report=report,
    )


def load_items(
    name: str,
    ids: np.ndarray,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    cache: Path | None = None,
) -> np.ndarray | None:
    """Return single images of a set that `load` knows by name, without any network.

    Faces and shapes are drawn again, only those asked for; sets from OpenML are read if they were
    downloaded before. Images of a path may have changed since, and are not read.

    Args:
        name: What was given to `load`.
        ids: Rows of the set as `load` returned it, shape (m,).
        image_size: What was given to `load`.
        n_images: What was given to `load`.
        grey: What was given to `load`.
        cache: What was given to `load`.

    Returns:
        Shape (m, c, h, w), uint8; None if the images are not at hand.
    """
    from explorer.data.pictures import bring_to

    ids = np.asarray(ids, dtype=np.int64)
    default = next((choice.n_images for choice in _CHOICES if choice.name == name), 0)
    n = n_images or default
    if ids.size and (ids.min() < 0 or ids.max() >= n > 0):
        return None
    n_drawn = int(ids.max(initial=-1)) + 1
    if n_drawn > _MOST_DRAWN:
        return None
    if name == "faces":
        from explorer.data.faces import draw_faces, face_factors

        pixels = draw_faces(face_factors(n_drawn)[ids])
    elif name == "shapes":
        from explorer.data.shapes import DEFAULT_SIZE, draw_shapes, shape_index

        pixels = draw_shapes(shape_index(n_drawn)[ids], image_size or DEFAULT_SIZE)
    elif name == "digits" or _is_on_openml(name):
        whole = _whole_at_hand(name, cache)
        if whole is None:
            return None
        rows = draw_rows(whole.is_test, n_images or len(whole.is_test))
        if ids.size and ids.max() >= len(rows):
            return None
        pixels = whole.pixels[rows[ids]]
    else:
        return None
    return bring_to(pixels, image_size=image_size, grey=grey)


def factor_sense(name: str, factor: str) -> str:
    """Return what the picture goes from and to as a factor rises, such as "light to dark".

    Args:
        name: What was given to `load`.
        factor: One of the set's factor names.

    Returns:
        Empty where the factor's own name says it, as with "smile", or nothing is known.
    """
    if name == "faces":
        from explorer.data.faces import FACTOR_SENSES
    elif name == "shapes":
        from explorer.data.shapes import FACTOR_SENSES
    else:
        return ""
    return FACTOR_SENSES.get(factor, "")


def is_name(name_or_path: str) -> bool:
    """Whether `load` takes a text for the name of a set, and not for a path."""
    return name_or_path in {choice.name for choice in _CHOICES} or _is_on_openml(name_or_path)


def _is_on_openml(name: str) -> bool:
    return name.startswith(_OPENML) or any(
        choice.name == name and choice.needs_network for choice in _CHOICES
    )


def _whole(name: str, cache: Path | None, report: ReportProgress | None) -> ImageSet:
    """Read all of a set that has an end, from the network if need be."""
    if name == "digits":
        from explorer.data.digits import digits

        return digits()
    from explorer.data.openml import cache_folder, openml

    return openml(name, cache=cache or cache_folder(), report=report)


def _whole_at_hand(name: str, cache: Path | None) -> ImageSet | None:
    """Read all of a set that has an end, or None if that would take the network."""
    if name == "digits":
        return _whole(name, cache, None)
    from explorer.data.openml import cache_folder, cached

    try:
        return cached(name, cache=cache or cache_folder())
    except DataError:  # a bundle from elsewhere may name anything
        return None


def _existing(name_or_path: str) -> Path:
    """Take a text for a path, or offer the names that are close to it."""
    from explorer.data.members import plain_name

    path = os.path.expanduser(name_or_path)
    if name_or_path and os.path.exists(path):
        return Path(path)
    names = [choice.name for choice in _CHOICES]
    near = difflib.get_close_matches(name_or_path.lower(), names, n=2, cutoff=0.5)
    near += [
        plain_name(os.path.join(os.path.dirname(name_or_path), name))
        for name in _names_beside(path)
    ]
    raise DataError(
        f'There is no data set and no folder or file called "{plain_name(name_or_path)}".',
        f"A path was needed, {_OPENML}NAME, or one of: {', '.join(names)}.",
        f"Did you mean {' or '.join(near)}?" if near else "Check the spelling, or choose a name.",
    )


def _names_beside(path: str) -> list[str]:
    """Names of files and folders near a path that does not exist, for a hint."""
    try:
        names = os.listdir(os.path.dirname(path) or ".")
    except (OSError, ValueError):
        return []
    return difflib.get_close_matches(os.path.basename(path), names, n=2, cutoff=0.7)
