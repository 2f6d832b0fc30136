"""Images from a path: a folder, a zip of one, an .npy or an .npz file.

Knows nothing of named sets.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path

import numpy as np

from explorer.config import Fit
from explorer.data.arrays import load_arrays
from explorer.data.fitting import Seen
from explorer.data.imageset import ImageSet, ReportProgress, Skipped, fixed_split
from explorer.data.members import (
    Listing,
    Member,
    list_archive,
    list_folder,
    natural_key,
    open_archive,
    plain_name,
)
from explorer.data.pictures import (
    MAX_PICTURE_BYTES,
    check_size,
    decode_with_size,
    shows_colour,
    square_up,
    stack,
)
from explorer.errors import DataError

_UNSORTED = "unsorted"  # class of pictures that lie beside the folders of the others


def load_path(
    path: Path,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    fit: Fit = "pad",
    report: ReportProgress | None = None,
) -> ImageSet:
    """Read the images of a folder or file that exists.

    Args:
        path: A folder of images (sub-folders are classes), a zip of one, `.npy` (n, h, w[, c]) or
            `.npz` with `images`, `labels`, `class_names`, or with `train_images`, ....
        image_size: Side to bring them to; 0 keeps their own if they agree on one within 8 to
            128, and takes 64 otherwise.
        n_images: How many to take at most, drawn evenly; 0 takes all.
        grey: True makes all grey, False all RGB, None keeps grey what is grey.
        fit: What to do with images that are not square: `pad`, `crop` or `stretch`.
        report: Told how far the reading is.

    Returns:
        The images that could be read; the others are named in `skipped`.

    Raises:
        DataError: It is of another kind, damaged, over a limit, or holds fewer than 2 images.
    """
    check_size(image_size)
    suffix = path.suffix.lower()
    if path.is_dir():
        listing = list_folder(path, max_bytes=MAX_PICTURE_BYTES)
        return _read(path, listing, image_size, n_images, grey, fit, report)
    if suffix == ".zip":
        with open_archive(path) as archive:
            listing = list_archive(archive, max_bytes=MAX_PICTURE_BYTES)
            return _read(path, listing, image_size, n_images, grey, fit, report)
    if suffix in (".npy", ".npz"):
        return load_arrays(path, image_size=image_size, n_images=n_images, grey=grey, fit=fit)
    raise DataError(
        f'"{plain_name(path.name)}" is a single file of another kind.',
        "A folder of images, a zip of one, or an .npy or .npz file was needed.",
        "Put your images into a folder, one sub-folder for each class if you have classes, and "
        "give the folder.",
    )


def _read(
    path: Path,
    listing: Listing,
    image_size: int,
    n_images: int,
    grey: bool | None,
    fit: Fit,
    report: ReportProgress | None,
) -> ImageSet:
    """Read what was listed, sort it into classes, split it."""
    members = _draw(listing.members, n_images)
    used: list[Member] = []
    skipped = list(listing.skipped)
    seen = Seen()
    pictures = _readable(members, used, skipped, seen, report)
    squares = square_up(pictures, image_size, fit)
    skipped.sort(key=lambda entry: natural_key(entry.name))
    if not squares:
        raise _nothing_to_read(path, skipped)
    labels, class_names = _classes([member.parts[:-1] for member in used])
    pixels = stack(squares, grey=grey)
    return ImageSet(
        name=plain_name(path.stem if path.is_file() else path.resolve().name),
        pixels=pixels,
        is_test=fixed_split(len(squares)),
        labels=labels,
        class_names=class_names,
        item_names=tuple(member.name for member in used),
        source=f'images read from "{plain_name(path.name)}"',
        licence="as set by the owner of the images",
        skipped=tuple(skipped),
        fitting=seen.fitting(pixels.shape[-1], fit, _n_made_grey(squares, pixels)),
    )


def _n_made_grey(squares: list[np.ndarray], pixels: np.ndarray) -> int:
    """Return how many pictures lost their colours."""
    if pixels.shape[1] == 3:
        return 0
    return sum(1 for square in squares if square.ndim == 3 and shows_colour(square))


def _draw(members: tuple[Member, ...], n_images: int) -> tuple[Member, ...]:
    """Choose n members, the same ones every time, and keep their order."""
    if not 0 < n_images < len(members):
        return members
    chosen = np.random.default_rng(0).permutation(len(members))[:n_images]
    return tuple(members[row] for row in np.sort(chosen))


def _readable(
    members: tuple[Member, ...],
    used: list[Member],
    skipped: list[Skipped],
    seen: Seen,
    report: ReportProgress | None,
) -> Iterator[np.ndarray]:
    """Decode one picture after another; note which were used and which could not be."""
    n = len(members)
    for row, member in enumerate(members):
        if report and row % max(n // 100, 1) == 0:
            report(row / n, f"reading images, {row:,} of {n:,}")
        data = member.read()
        found = data if isinstance(data, Skipped) else decode_with_size(data, member.name)
        if isinstance(found, Skipped):
            skipped.append(found)
        else:
            picture, size = found
            used.append(member)
            seen.note(picture, size)
            yield picture


def shared_depth(folders: Sequence[tuple[str, ...]]) -> int:
    """Return how many folders from the top on all pictures have in common."""
    if not folders:
        return 0
    pairs = zip(min(folders), max(folders), strict=False)  # what these share, all share
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _classes(folders: list[tuple[str, ...]]) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Take the first folder in which the pictures part ways as their class."""
    shared = shared_depth(folders)
    if all(len(folder) == shared for folder in folders):
        return None, ()
    classes = [folder[shared] if len(folder) > shared else _UNSORTED for folder in folders]
    names = sorted(set(classes), key=natural_key)
    rank = {name: label for label, name in enumerate(names)}
    return np.array([rank[name] for name in classes], dtype=np.int64), tuple(names)


def _nothing_to_read(path: Path, skipped: list[Skipped]) -> DataError:
    """Tell that there is no image, with the first reasons if files were there."""
    so = f'"{plain_name(path.name)}" is empty.'
    if skipped:
        first = "; ".join(f"{entry.name} {entry.reason}" for entry in skipped[:3])
        more = f"; and {len(skipped) - 3:,} more" if len(skipped) > 3 else ""
        so = f'"{plain_name(path.name)}" holds no image that can be read: {first}{more}.'
    return DataError(
        so,
        "At least 2 images, such as PNG or JPEG files, were needed.",
        "Add images, or choose another folder or file.",
    )
