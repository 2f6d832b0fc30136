"""Images by name or path, all as one `ImageSet`: `load`, `load_for`, `load_items`.

Importing this room is cheap; what a set needs is imported when that set is asked for.
"""

import difflib
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from explorer.config import Fit, TrainConfig
from explorer.data.fitting import Fitting
from explorer.data.imageset import ImageSet, ReportProgress
from explorer.data.naming import keepable
from explorer.data.reading import FOUND_OUT, Reading, Wanted, remark
from explorer.data.sources import SOURCES, DataSource, source_named
from explorer.errors import DataError
from explorer.foreign import door, printable

__all__ = [
    "SOURCES",
    "DataSource",
    "factor_sense",
    "is_name",
    "load",
    "load_for",
    "load_items",
    "source_named",
]

_MOST_DRAWN = 737_280  # of a set that is drawn, so that one of its images can be drawn again


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
        name_or_path: A name in `SOURCES`, `openml:` and the name or number of a set on
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
        raise DataError("data.n_images", n_images=n_images)
    wanted = Wanted(image_size=image_size, n_images=n_images, grey=grey, fit=fit, reading=reading)
    source = source_named(name_or_path)
    if source is None:
        return _of_path(_existing(name_or_path), wanted, report)
    images = source.load(wanted, report, cache)
    pixels = bring_to(images.pixels, image_size=image_size, grey=grey)
    notes = (remark("also_a_path", name=name_or_path),) if os.path.exists(name_or_path) else ()
    fitting = _changed(images.pixels, pixels)
    return keepable(replace(images, pixels=pixels, fitting=fitting, notes=notes))


def _of_path(path: Path, wanted: Wanted, report: ReportProgress | None) -> ImageSet:
    from explorer.data.files import load_path

    with door(lambda why: _unreadable(path, why)):
        images = load_path(path, wanted, report=report)
    return keepable(_with_copies_noted(images))


def _unreadable(path: Path, why: str) -> DataError:
    return DataError("data.unreadable", name=printable(path.name), why=why)


def _with_copies_noted(images: ImageSet) -> ImageSet:
    """Say how many images to test on are copies of images to learn from, which flatters scores."""
    digest = [hashlib.blake2b(image, digest_size=16).digest() for image in images.pixels]
    known = {digest[row] for row in images.train_index}
    n_copies = sum(digest[row] in known for row in images.test_index)
    if not n_copies:
        return images
    note = remark("copies", count=n_copies, of=len(images.test_index))
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
    source = source_named(name)
    if source is None:
        return None
    n, highest = n_images or source.n_images, int(ids.max(initial=-1))
    if ids.min(initial=0) < 0 or highest >= n > 0 or highest >= _MOST_DRAWN:
        return None
    wanted = Wanted(image_size=image_size, n_images=n_images, grey=grey)
    pixels = source.items(ids, wanted, cache)
    return None if pixels is None else bring_to(pixels, image_size=image_size, grey=grey)


def factor_sense(name: str, factor: str) -> str:
    """Return what the picture goes from and to as a factor rises, such as "light to dark".

    Args:
        name: What was given to `load`.
        factor: One of the set's factor names.

    Returns:
        Empty where the factor's own name says it, as with "smile", or nothing is known.
    """
    source = source_named(name)
    return source.factor_senses.get(factor, "") if source else ""


def is_name(name_or_path: str) -> bool:
    """Whether `load` takes a text for the name of a set, and not for a path."""
    return source_named(name_or_path) is not None


def _existing(name_or_path: str) -> Path:
    """Take a text for a path, or offer the names that are close to it."""
    from explorer.data.members import plain_name

    path = os.path.expanduser(name_or_path)
    if name_or_path and os.path.exists(path):
        return Path(path)
    names = [source.name for source in SOURCES.all()]
    near = difflib.get_close_matches(name_or_path.lower(), names, n=2, cutoff=0.5)
    near += [
        plain_name(os.path.join(os.path.dirname(name_or_path), name))
        for name in _names_beside(path)
    ]
    asked = {"name": plain_name(name_or_path), "names": ", ".join(names)}
    if not near:
        raise DataError("data.unknown", **asked)
    if len(near) == 1:
        raise DataError("data.unknown_near", **asked, near=near[0])
    raise DataError("data.unknown_near_two", **asked, near=near[0], next=near[1])


def _names_beside(path: str) -> list[str]:
    """Names of files and folders near a path that does not exist, for a hint."""
    try:
        names = os.listdir(os.path.dirname(path) or ".")
    except (OSError, ValueError):
        return []
    return difflib.get_close_matches(os.path.basename(path), names, n=2, cutoff=0.7)
