"""Arrays of images, labels and factors, checked before use, as an `ImageSet`.

Knows nothing of picture formats, and of files only that they hold arrays by name.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from explorer.config import Fit
from explorer.data import scratch
from explorer.data.array_files import Array, arrays_in, arrays_of
from explorer.data.fitting import Fitting, Seen
from explorer.data.imageset import ImageSet, draw_rows, fixed_split
from explorer.data.keys import Part, Roles, find_roles
from explorer.data.labels import Labels, read_labels, texts_of
from explorer.data.layouts import to_images
from explorer.data.levels import Extremes, Levels, levels_of, refuse_values
from explorer.data.members import Member, plain_name
from explorer.data.pictures import (
    in_colour_or_grey,
    is_mostly_light,
    on_background,
    shows_colour,
    size_to_take,
    to_square,
)
from explorer.data.reading import Reading, Wanted, remark
from explorer.data.splits import tested_side
from explorer.errors import DataError
from explorer.words import say

_CHUNK = 1024  # images converted at a time
_LOOKED_AT = 256  # images, to tell whether what they show on nothing is light
# The factors of dSprites, which its file keeps in an array of Python objects that is not opened.
_OF_DSPRITES = ("color", "shape", "scale", "orientation", "posX", "posY")


def load_arrays(path: Path, wanted: Wanted) -> ImageSet:
    """Read the images of one `.npy`, `.npz`, `.csv` or idx file.

    Images are (n, h, w) grey, or (n, h, w, c) with c 1 (grey), 3 (RGB) or 4 (RGB and alpha), or
    lie flattened in the rows of (n, d); other orders of the axes are found out where that is
    certain. Their values are whole numbers or fractions; see `levels`. Labels are whole numbers
    or texts. A split that the file makes is kept, and so are texts called `source` and `licence`.

    Raises:
        DataError: The file is damaged or over a limit, an array is missing, of the wrong shape
            or kind, or holds values that could mean several things.
    """
    with arrays_in(path, wanted.reading) as arrays:
        return _read(arrays, plain_name(path.name), plain_name(path.stem), wanted)


def load_members(members: Iterable[Member], name: str, wanted: Wanted) -> ImageSet:
    """Read the arrays of a folder or a zip, one in each file, as `load_arrays` reads a file.

    Args:
        members: Files whose names `array_files.is_array_name` knows.
        name: What the folder or zip is called.
        wanted: What the images are to become.

    Raises:
        DataError: As in `load_arrays`.
    """
    return _read(arrays_of(members), name, name, wanted)


def _read(arrays: Mapping[str, Array], name: str, stem: str, wanted: Wanted) -> ImageSet:
    """Find images and labels among arrays, understand their values, and make squares of them."""
    reading, notes = wanted.reading, list[str]()
    roles = find_roles({key: array.shape for key, array in arrays.items()}, reading, name, notes)
    parts = [
        to_images(arrays[part.images].read(), reading.layout, name, notes) for part in roles.parts
    ]
    images = _joined(parts, roles.parts, name)
    n = len(images)
    if not n:
        raise DataError("data.no_images", name=name)
    others = {role: arrays[key].read() for role, key in roles.others.items()}
    labels = _labels(roles.parts, parts, arrays, others.get("class_names"), name, notes)
    factors, factor_names = _factors(others, labels, roles, n, notes)
    is_test, item_names = _split(roles.parts, [len(part) for part in parts])
    rows = draw_rows(is_test, wanted.n_images) if wanted.n_images and n > 1 else np.arange(n)
    given = _pixels(images, rows, reading, name, notes)
    pixels = in_colour_or_grey(_squares(given, wanted.image_size, wanted.fit), grey=wanted.grey)
    return ImageSet(
        name=stem,
        pixels=pixels,
        is_test=is_test[rows],
        labels=None if labels.classes is None else labels.classes[rows],
        class_names=labels.class_names,
        factors=None if factors is None else factors[rows],
        factor_names=factor_names,
        item_names=tuple(item_names[row] for row in rows),
        source=_fact(others, "source", say("data.read_from", name=name)),
        licence=_fact(others, "licence", say("data.licence_of_owner")),
        fitting=_fitting(given, pixels, wanted.fit),
        notes=tuple(dict.fromkeys(notes)),
    )


# ---- what they hold


def _joined(parts: list[np.ndarray], sides: tuple[Part, ...], name: str) -> np.ndarray:
    """Put the sides of a split into one array (n, h, w, c)."""
    if len(parts) == 1:
        return parts[0]
    if len({part.shape[1:] for part in parts}) > 1:
        shapes = ", ".join(
            say("data.have_shape", array=side.images, shape=part.shape)
            for side, part in zip(sides, parts, strict=True)
        )
        raise DataError("data.shapes_differ", name=name, shapes=shapes)
    return np.concatenate(parts)


def _split(parts: tuple[Part, ...], counts: list[int]) -> tuple[np.ndarray, list[str]]:
    """Return which images are for testing, and what each is called."""
    tested = tested_side([part.side for part in parts if part.side])
    flags = [np.full(n, part.side == tested) for part, n in zip(parts, counts, strict=True)]
    is_test = np.concatenate(flags)
    if tested is None or is_test.all() or not is_test.any():
        is_test = fixed_split(len(is_test))
    names = [
        f"{part.side} {row}" if part.side else str(row)
        for part, n in zip(parts, counts, strict=True)
        for row in range(n)
    ]
    return is_test, names


def _labels(
    parts: tuple[Part, ...],
    images: list[np.ndarray],
    arrays: Mapping[str, Array],
    class_names: np.ndarray | None,
    name: str,
    notes: list[str],
) -> Labels:
    if not any(part.labels for part in parts):
        return Labels()
    given = []
    for part, of in zip(parts, images, strict=True):
        labels = arrays[part.labels].read() if part.labels else np.empty(0)
        if labels.ndim == 0 or len(labels) != len(of):
            side = f"{part.side}_" if part.side else ""
            raise DataError(
                "data.labels_do_not_match", name=name, count=len(of), side=side, shape=labels.shape
            )
        given.append(labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels)
    if len({(labels.ndim, labels.shape[1:]) for labels in given}) > 1:
        raise DataError("data.label_shapes_differ", name=name)
    return read_labels(np.concatenate(given), class_names, name, notes)


def _factors(
    others: Mapping[str, np.ndarray], labels: Labels, roles: Roles, n: int, notes: list[str]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return the continuous values known of each image, (n, k) float32, and their names."""
    columns: dict[str, np.ndarray] = {}
    given = others.get("factors")
    if given is not None and given.ndim == 2 and len(given) == n and given.dtype.kind in "buif":
        names = _factor_names(roles.others["factors"], others.get("factor_names"), given.shape[1])
        columns |= zip(names, given.T.astype(np.float32), strict=True)
    elif given is not None:
        notes.append(remark("factors_unfit", shape=given.shape))
    if labels.factor is not None:
        columns[plain_name(roles.parts[0].labels or "labels")] = labels.factor
    same = [name for name, values in columns.items() if not np.ptp(values) > 0]
    if same:
        notes.append(remark("factors_constant", names=", ".join(same)))
    kept = {name: values for name, values in columns.items() if name not in same}
    return (np.stack(list(kept.values()), axis=1), tuple(kept)) if kept else (None, ())


def _factor_names(key: str, names: np.ndarray | None, n: int) -> list[str]:
    if names is not None and names.size == n and names.dtype.kind in "US":
        return texts_of(names)
    if key == "latents_values" and n == len(_OF_DSPRITES):
        return list(_OF_DSPRITES)
    return [f"factor {i + 1}" for i in range(n)]


def _fact(others: Mapping[str, np.ndarray], role: str, otherwise: str) -> str:
    """One line of text that the file may carry."""
    text = others.get(role)
    return otherwise if text is None or text.size != 1 else texts_of(text)[0]


# ---- pixels


def _pixels(
    images: np.ndarray, rows: np.ndarray, reading: Reading, name: str, notes: list[str]
) -> np.ndarray:
    """Return the chosen images (m, h, w, 1 or 3), uint8; the values of all are looked at.

    They lie in memory with their channels first, as a set holds them, so that nothing is copied.
    """
    levels = _levels(images, reading, name, notes)
    background = _background(images, levels, reading, notes)
    _, h, w, c = images.shape
    pixels = scratch.empty((len(rows), min(c, 3), h, w), np.uint8).transpose(0, 2, 3, 1)
    for start in range(0, len(rows), _CHUNK):
        chunk = on_background(levels.to_bytes(images[rows[start : start + _CHUNK]]), background)
        pixels[start : start + _CHUNK] = 255 - chunk if reading.invert else chunk
    return pixels


def _levels(images: np.ndarray, reading: Reading, name: str, notes: list[str]) -> Levels:
    if images.dtype.kind not in "buif":
        raise DataError("data.image_type", name=name, dtype=images.dtype)
    found: Extremes | None = None
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        if chunk.dtype.kind == "f" and not np.isfinite(chunk).all():
            n_wrong = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
            raise DataError("data.not_finite", n_wrong=n_wrong, count=len(images), name=name)
        found = Extremes.of(chunk).and_those(found)
    assert found is not None, "there is an image"
    levels = levels_of(found, reading.range, notes)
    if levels is None:
        raise refuse_values(found, name)
    return levels


def _background(images: np.ndarray, levels: Levels, reading: Reading, notes: list[str]) -> int:
    """Return what transparent images are laid on, 0 or 255."""
    if images.shape[3] != 4 or reading.background != "auto":
        return 0 if reading.background == "black" else 255
    some = images[:: max(1, len(images) // _LOOKED_AT)]
    if is_mostly_light([levels.to_bytes(image) for image in some]):
        notes.append(remark("background_black"))
        return 0
    return 255


def _squares(pixels: np.ndarray, image_size: int, fit: Fit) -> np.ndarray:
    """Fit (n, h, w, c) into squares, channels first: (n, c, s, s)."""
    n, h, w, c = pixels.shape
    size = image_size or size_to_take(h, w, fit)
    if (h, w) != (size, size):
        fitted = [to_square(_picture(image), size, fit) for image in pixels]
        pixels = np.stack(fitted).reshape(n, size, size, c)
    return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))


def _fitting(given: np.ndarray, pixels: np.ndarray, fit: Fit) -> Fitting:
    """Say how images (n, h, w, c) became pixels (n, c, s, s)."""
    seen = Seen()
    for image in given:
        seen.note(_picture(image), (given.shape[2], given.shape[1]))
    is_made_grey = given.shape[3] == 3 and pixels.shape[1] == 1
    n_made_grey = sum(1 for image in given if shows_colour(image)) if is_made_grey else 0
    return seen.fitting(pixels.shape[-1], fit, n_made_grey)


def _picture(image: np.ndarray) -> np.ndarray:
    """Return an image (h, w, c) as `pictures` takes it: grey ones as (h, w)."""
    return image[..., 0] if image.shape[2] == 1 else image
