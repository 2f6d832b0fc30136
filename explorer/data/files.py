"""Images from a path: a folder or a zip, or a file of arrays.

Knows nothing of named sets.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import numpy as np

from explorer.data.array_files import SUFFIXES as ARRAYS
from explorer.data.array_files import is_array_name
from explorer.data.arrays import load_arrays, load_members
from explorer.data.decoding import MAX_PICTURE_BYTES, Guess, Traits, decode_all
from explorer.data.decoding import SUFFIXES as PICTURES
from explorer.data.fitting import Seen
from explorer.data.imageset import ImageSet, ReportProgress, Skipped, fixed_split
from explorer.data.levels import Extremes, levels_of
from explorer.data.members import (
    MAX_UNPACKED_BYTES,
    Listing,
    Member,
    list_archive,
    list_folder,
    natural_key,
    open_archive,
    plain_name,
)
from explorer.data.pictures import check_size, shows_colour, square_up, stack
from explorer.data.reading import Reading, Wanted, remark
from explorer.data.splits import side_of, split_level, tested_side
from explorer.errors import DataError
from explorer.words import decimal, rounded, say, together

_N_REASONS = 3  # why files could not be read, that an error gives
_DARK = 64  # of 255; where no pixel is lighter, there is little to see
_MASKS = {
    "mask",
    "masks",
    "annotations",
    "groundtruth",
    "ground_truth",
    "gt",
    "seg",
    "segmentation",
}
_UNSORTED = "unsorted"  # class of pictures that lie beside the folders of the others


def load_path(path: Path, wanted: Wanted, *, report: ReportProgress | None = None) -> ImageSet:
    """Read the images of a folder or file that exists.

    Args:
        path: A folder of images (sub-folders are classes, or the sides of a split) or a zip of one;
            `.npy`, `.npz`, `.csv` or idx, as `arrays.load_arrays` takes them; or a folder or zip of
            such arrays.
        wanted: What they are to become.
        report: Told how far the reading is.

    Returns:
        The images that could be read; the others are named in `skipped`, and `notes` says what
        was assumed.

    Raises:
        DataError: It is of another kind, damaged, over a limit, or holds fewer than 2 images.
    """
    check_size(wanted.image_size)
    if path.is_dir():
        return _read(path, list_folder(path, max_bytes=most_bytes), wanted, report)
    if path.suffix.casefold() == ".zip":
        with open_archive(path) as archive:
            return _read(path, list_archive(archive, max_bytes=most_bytes), wanted, report)
    if path.suffix.casefold() in ARRAYS or is_array_name(path.name):
        return load_arrays(path, wanted)
    if path.suffix.casefold() in PICTURES and path.stat().st_size <= MAX_UNPACKED_BYTES:
        member = Member((plain_name(path.name),), path.read_bytes)  # it may hold many
        return _read(path, Listing((member,), ()), wanted, report)
    raise DataError("data.other_file", name=plain_name(path.name))


def most_bytes(name: str) -> int:
    """Return how large a file of that name may be: pictures are small, arrays may not be."""
    return MAX_UNPACKED_BYTES if is_array_name(name) else MAX_PICTURE_BYTES


def _read(path: Path, listing: Listing, wanted: Wanted, report: ReportProgress | None) -> ImageSet:
    """Read what was listed, sort it into classes and the sides of a split."""
    name = plain_name(path.stem if path.is_file() else path.resolve().name)
    arrays = tuple(member for member in listing.members if is_array_name(member.parts[-1]))
    has_pictures = any(m.parts[-1].casefold().endswith(PICTURES) for m in listing.members)
    if arrays and not has_pictures:
        return load_members(arrays, name, wanted)
    members = _draw(listing.members, wanted.n_images)
    notes: list[str] = []
    found = _understood(members, wanted, notes, report)
    skipped = [*listing.skipped, *found.skipped]
    skipped.sort(key=lambda entry: natural_key(entry.name))
    if not found.squares:
        raise _nothing_to_read(path, skipped)
    folders = [member.parts[:-1] for member in found.members]
    is_test, folders = _split(folders, notes)
    labels, class_names = _classes(folders)
    _warn_of_masks(labels, class_names, found.members, notes)
    pixels = _valued(stack(found.squares, grey=wanted.grey), found, wanted.reading, notes)
    return ImageSet(
        name=name,
        pixels=pixels,
        is_test=is_test,
        labels=labels,
        class_names=class_names,
        item_names=found.names,
        source=say("data.read_from", name=name),
        licence=say("data.licence_of_owner"),
        skipped=tuple(skipped),
        fitting=found.seen.fitting(
            pixels.shape[-1], wanted.fit, _n_made_grey(found.squares, pixels)
        ),
        notes=tuple(notes),
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


@dataclass
class _Found:
    """The pictures of a set, read in one way."""

    traits: Traits = field(default_factory=Traits)
    seen: Seen = field(default_factory=Seen)
    squares: list[np.ndarray] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)  # the file of each
    skipped: list[Skipped] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """What each picture is called."""
        return tuple(self._names)

    def pictures(
        self,
        members: tuple[Member, ...],
        guess: Guess,
        reading: Reading,
        report: ReportProgress | None,
    ) -> Iterator[np.ndarray]:
        """Decode one picture after another; note which were used and which could not be."""
        n = len(members)
        for row, member in enumerate(members):
            if report and row % max(n // 100, 1) == 0:
                report(row / n, say("data.progress.reading", done=row, n=n))
            data = member.read()
            if isinstance(data, Skipped):
                self.skipped.append(data)
                continue
            for found in decode_all(data, member.name, guess, reading, self.traits):
                if isinstance(found, Skipped):
                    self.skipped.append(found)
                    continue
                name, picture, size = found
                self.members.append(member)
                self._names.append(name)
                self.seen.note(picture, size)
                yield picture


def _understood(
    members: tuple[Member, ...], wanted: Wanted, notes: list[str], report: ReportProgress | None
) -> _Found:
    """Read pictures, and once more where they hold what is better understood for all alike."""
    guess = Guess(background=0 if wanted.reading.background == "black" else 255)
    for _ in range(2):
        found = _Found()
        pictures = found.pictures(members, guess, wanted.reading, report)
        found.squares = square_up(pictures, wanted.image_size, wanted.fit)
        notes.clear()
        better = found.traits.guess(wanted.reading, notes)
        if better == guess:
            break
        guess = better
    return found


def _valued(pixels: np.ndarray, found: _Found, reading: Reading, notes: list[str]) -> np.ndarray:
    """Stretch or invert pixels where that is asked for, and say if they are nearly black."""
    if found.traits.deep is None:
        extremes = Extremes.of(pixels)
        if reading.range == "used":
            levels = levels_of(extremes, "used", notes)
            pixels = levels.to_bytes(pixels) if levels else pixels
        elif 0 < extremes.most < _DARK:
            notes.append(remark("dark", most=rounded(extremes.most, 6), white="255"))
    return 255 - pixels if reading.invert else pixels


def _split(
    folders: list[tuple[str, ...]], notes: list[str]
) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Return which pictures are for testing, and their folders without those of a split."""
    level = split_level(folders)
    if level is None:
        return fixed_split(len(folders)), folders
    sides = [side_of(folder[level]) for folder in folders]
    tested = tested_side([side for side in sides if side])
    counts = Counter(folder[level] for folder in folders)
    listed = ", ".join(f"{name} {decimal(count, 0)}" for name, count in sorted(counts.items()))
    key = "split_val_in" if tested == "test" and "val" in sides else "split"
    held_out = together(
        remark("quoted", name=name) for name in sorted(counts) if side_of(name) == tested
    )
    notes.append(remark(key, listed=listed, tested=held_out))
    rest = [folder[:level] + folder[level + 1 :] for folder in folders]
    return np.array([side == tested for side in sides]), rest


def _warn_of_masks(
    labels: np.ndarray | None,
    class_names: tuple[str, ...],
    members: list[Member],
    notes: list[str],
) -> None:
    """Say so where one of two classes seems to hold a mask for each picture of the other."""
    if labels is None or len(class_names) != 2:
        return
    masks = [name for name in class_names if name.casefold() in _MASKS]
    stems = [
        {member.parts[-1].rpartition(".")[0] for member, label in zip(members, labels, strict=True)
         if label == side}
        for side in (0, 1)
    ]  # fmt: skip
    if masks and stems[0] == stems[1]:
        (other,) = set(class_names) - set(masks[:1])
        notes.append(remark("masks", masks=masks[0], images=other))


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
    name = plain_name(path.name)
    if not skipped:
        return DataError("data.empty", name=name)
    first = "; ".join(f"{entry.name} {entry.reason}" for entry in skipped[:_N_REASONS])
    more = len(skipped) - _N_REASONS
    if more <= 0:
        return DataError("data.none_readable", name=name, reasons=first)
    return DataError("data.none_readable_more", name=name, reasons=first, count=more)
