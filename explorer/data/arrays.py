"""Arrays from `.npy`, `.npz`, idx and `.csv` files, checked before use, as an `ImageSet`.

Headers are parsed here and data taken as raw numbers, so nothing is ever unpickled. Knows nothing
of picture formats.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from explorer.config import Fit
from explorer.data import npy
from explorer.data.fitting import Fitting, Seen
from explorer.data.idx import is_idx_name, key_of, read_idx
from explorer.data.imageset import ImageSet, draw_rows, fixed_split
from explorer.data.keys import Part, Roles, find_roles, role_of
from explorer.data.labels import Labels, read_labels, texts_of
from explorer.data.layouts import to_images
from explorer.data.levels import Extremes, Levels, levels_of, refuse_values
from explorer.data.members import (
    MAX_UNPACKED_BYTES,
    Member,
    open_archive,
    plain_name,
    read_member,
)
from explorer.data.pictures import (
    in_colour_or_grey,
    is_mostly_light,
    on_background,
    shows_colour,
    size_to_take,
    to_square,
)
from explorer.data.reading import FOUND_OUT, Reading, told
from explorer.data.splits import tested_side
from explorer.data.tables import read_table
from explorer.errors import DataError
from explorer.foreign import door

SUFFIXES = (".npy", ".npz", ".csv")

_CHUNK = 1024  # images converted at a time
_HEADER_BYTES = 10_000  # of an .npy; NumPy writes some 100
_LOOKED_AT = 256  # images, to tell whether what they show on nothing is light
# The factors of dSprites, which its file keeps in an array of Python objects that is not opened.
_OF_DSPRITES = ("color", "shape", "scale", "orientation", "posX", "posY")


@dataclass(frozen=True)
class _Array:
    """One array of a file, not read yet.

    Attributes:
        shape: What its header says; empty where it has none that can be read.
        read: Returns its values.
    """

    shape: tuple[int, ...]
    read: Callable[[], np.ndarray]


def load_arrays(
    path: Path,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    fit: Fit = "pad",
    reading: Reading = FOUND_OUT,
) -> ImageSet:
    """Read the images of one `.npy`, `.npz`, `.csv` or idx file.

    Images are (n, h, w) grey, or (n, h, w, c) with c 1 (grey), 3 (RGB) or 4 (RGB and alpha), or
    lie flattened in the rows of (n, d); other orders of the axes are found out where that is
    certain. Their values are whole numbers or fractions; see `levels`. Labels are whole numbers
    or texts. A split that the file makes is kept, and so are texts called `source` and `licence`.

    Args:
        path: The file.
        image_size: Side to bring them to; 0 keeps their own if it is within 8 to 128.
        n_images: How many to take at most; 0 takes all.
        grey: True makes all grey, False all RGB, None keeps grey what is grey.
        fit: What to do with images that are not square: `pad`, `crop` or `stretch`.
        reading: How they are to be understood.

    Raises:
        DataError: The file is damaged or over a limit, an array is missing, of the wrong shape
            or kind, or holds values that could mean several things.
    """
    with _opened(path, reading) as arrays:
        shaping = (image_size, n_images, grey, fit)
        return _read(arrays, plain_name(path.name), plain_name(path.stem), shaping, reading)


def load_members(
    members: tuple[Member, ...],
    name: str,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    fit: Fit = "pad",
    reading: Reading = FOUND_OUT,
) -> ImageSet:
    """Read the arrays of a folder or a zip, one in each file, as `load_arrays` reads a file.

    Args:
        members: Files whose names `is_array_name` knows.
        name: What the folder or zip is called.
        image_size: As in `load_arrays`; so are the others.
        n_images: As there.
        grey: As there.
        fit: As there.
        reading: As there.

    Raises:
        DataError: As there.
    """
    arrays = {}
    for member in members:
        data = member.read()
        if isinstance(data, bytes):
            array = _parse_any(data, member.parts[-1])
            arrays[_key_of(member.parts[-1])] = _Array(array.shape, lambda array=array: array)  # type: ignore[misc]
    return _read(arrays, name, name, (image_size, n_images, grey, fit), reading)


def is_array_name(name: str) -> bool:
    """Whether a file among others is called as an array is: an `.npy` or an idx file."""
    return name.casefold().endswith(".npy") or is_idx_name(name)


def _read(
    arrays: Mapping[str, _Array],
    name: str,
    stem: str,
    shaping: tuple[int, int, bool | None, Fit],
    reading: Reading,
) -> ImageSet:
    """Find images and labels among arrays, understand their values, and make squares of them."""
    image_size, n_images, grey, fit = shaping
    notes: list[str] = []
    roles = find_roles({key: array.shape for key, array in arrays.items()}, reading, name, notes)
    parts = [
        to_images(arrays[part.images].read(), reading.layout, name, notes) for part in roles.parts
    ]
    images = _joined(parts, roles.parts, name)
    n = len(images)
    if not n:
        raise DataError(
            f'"{name}" holds no images.', "At least 2 were needed.", "Choose another file."
        )
    others = {role: arrays[key].read() for role, key in roles.others.items()}
    labels = _labels(roles.parts, parts, arrays, others.get("class_names"), name, notes)
    factors, factor_names = _factors(others, labels, roles, n, notes)
    is_test, item_names = _split(roles.parts, [len(part) for part in parts])
    rows = draw_rows(is_test, n_images) if n_images and n > 1 else np.arange(n)
    given = _pixels(images, rows, reading, name, notes)
    pixels = in_colour_or_grey(_squares(given, image_size, fit), grey=grey)
    return ImageSet(
        name=stem,
        pixels=pixels,
        is_test=is_test[rows],
        labels=None if labels.classes is None else labels.classes[rows],
        class_names=labels.class_names,
        factors=None if factors is None else factors[rows],
        factor_names=factor_names,
        item_names=tuple(item_names[row] for row in rows),
        source=_fact(others, "source", f'images read from "{name}"'),
        licence=_fact(others, "licence", "as set by the owner of the images"),
        fitting=_fitting(given, pixels, fit),
        notes=tuple(dict.fromkeys(notes)),
    )


# ---- files


@contextmanager
def _opened(path: Path, reading: Reading) -> Iterator[Mapping[str, _Array]]:
    """Give the arrays of one file, none of which is read before it is asked for."""
    name, suffix = plain_name(path.name), path.suffix.casefold()
    if suffix == ".npz":
        with open_archive(path) as archive:
            yield {
                info.filename.removesuffix(".npy"): _member_array(archive, info, name)
                for info in archive.infolist()
            }
        return
    size_bytes = path.stat().st_size
    if size_bytes > MAX_UNPACKED_BYTES:
        raise DataError(
            f'"{name}" has {size_bytes / 2**30:.3g} GB.',
            f"Files of up to {MAX_UNPACKED_BYTES / 2**30:.3g} GB are read.",
            "Save fewer or smaller images, as uint8.",
        )
    if suffix == ".npy":
        array = _mapped(path, f'"{name}"')
        yield {"images": _Array(array.shape, lambda: array)}
    elif suffix == ".csv":
        table = read_table(path.read_bytes(), name, reading)
        yield {key: _Array(array.shape, lambda array=array: array) for key, array in table.items()}  # type: ignore[misc]
    else:
        array = _parse_any(path.read_bytes(), name)
        yield {"images": _Array(array.shape, lambda: array)}


def _member_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> _Array:
    key = info.filename.removesuffix(".npy")
    what = f'The array "{plain_name(key)}" of "{name}"'

    def read() -> np.ndarray:
        data = read_member(archive, info)
        if data is None:
            raise _damaged(what)
        return _parse(data, what, key)

    start = read_member(archive, info, most_bytes=_HEADER_BYTES)
    try:
        shape = _header(start or b"", what).shape
    except DataError:
        shape = ()  # it may never be asked for
    return _Array(shape, read)


def _parse_any(data: bytes, name: str) -> np.ndarray:
    if is_idx_name(name):
        return read_idx(data, name, most_bytes=MAX_UNPACKED_BYTES)
    return _parse(data, f'"{name}"', _key_of(name))


def _key_of(name: str) -> str:
    return key_of(name) if is_idx_name(name) else name.rpartition(".")[0]


def _mapped(path: Path, what: str) -> np.ndarray:
    """Return the array of an .npy file, judged by its header; its values are read when used."""
    with path.open("rb") as file:
        header = _header(file.read(_HEADER_BYTES), what)
    _check_type(header.dtype, what, "images")
    with door(lambda why: _damaged(what)):
        npy.check_length(header, path.stat().st_size)
        if 0 in header.shape:
            return np.zeros(header.shape, header.dtype)
        flat = np.memmap(path, header.dtype, "r", offset=header.starts_at)
        return flat.reshape(header.shape, order="F" if header.is_fortran else "C")


def _check_type(dtype: np.dtype, what: str, key: str) -> None:
    if dtype.hasobject or dtype.kind not in "buifUS":
        raise DataError(
            f"{what} holds {'Python objects' if dtype.hasobject else f'values of type {dtype}'}.",
            "Plain numbers or texts were needed; objects can run code when they are opened, so "
            "they are never opened here.",
            f"Save it again as a plain array, for example {_plain_example(key)}.",
        )


def _parse(data: bytes, what: str, key: str) -> np.ndarray:
    """Take one array from the bytes of an .npy file, without unpickling anything."""
    header = _header(data, what)
    _check_type(header.dtype, what, key)
    with door(lambda why: _damaged(what)):
        return npy.read_values(data, header)


def _header(start: bytes, what: str) -> npy.Header:
    with door(lambda why: _damaged(what)):
        return npy.read_header(start)


def _plain_example(key: str) -> str:
    role = role_of(key)
    return f"{key}.astype(str)" if role and role[0] != "images" else "images.astype(numpy.uint8)"


def _damaged(what: str) -> DataError:
    return DataError(
        f"{what} is cut short or damaged.",
        "A whole array as numpy.save or numpy.savez writes it was needed.",
        "Save or download it again.",
    )


# ---- what they hold


def _joined(parts: list[np.ndarray], sides: tuple[Part, ...], name: str) -> np.ndarray:
    """Put the sides of a split into one array (n, h, w, c)."""
    if len(parts) == 1:
        return parts[0]
    if len({part.shape[1:] for part in parts}) > 1:
        shapes = ", ".join(
            f"{side.images} have shape {part.shape}"
            for side, part in zip(sides, parts, strict=True)
        )
        raise DataError(
            f'In "{name}", {shapes}.',
            "All need the same height, width and channels.",
            "Save them again with one shape.",
        )
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
    arrays: Mapping[str, _Array],
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
                f'"{name}" has {len(of):,} {side}images, but its {side}labels have shape '
                f"{labels.shape}.",
                "One label for each image was needed.",
                "Make both the same length, or leave the labels out.",
            )
        given.append(labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels)
    if len({(labels.ndim, labels.shape[1:]) for labels in given}) > 1:
        raise DataError(
            f'The labels of the sides of "{name}" have different shapes.',
            "One label for each image was needed.",
            "Save them again with one shape, or leave the labels out.",
        )
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
        notes.append(told("factors_unfit", shape=given.shape))
    if labels.factor is not None:
        columns[plain_name(roles.parts[0].labels or "labels")] = labels.factor
    same = [name for name, values in columns.items() if not np.ptp(values) > 0]
    if same:
        notes.append(told("factors_constant", names=", ".join(same)))
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
    """Return the chosen images (m, h, w, 1 or 3), uint8; the values of all are looked at."""
    levels = _levels(images, reading, name, notes)
    background = _background(images, levels, reading, notes)
    _, h, w, c = images.shape
    pixels = np.empty((len(rows), h, w, min(c, 3)), dtype=np.uint8)
    for start in range(0, len(rows), _CHUNK):
        chunk = levels.to_bytes(images[rows[start : start + _CHUNK]])
        pixels[start : start + _CHUNK] = on_background(chunk, background)
    return 255 - pixels if reading.invert else pixels


def _levels(images: np.ndarray, reading: Reading, name: str, notes: list[str]) -> Levels:
    if images.dtype.kind not in "buif":
        raise DataError(
            f'The images of "{name}" have type {images.dtype}.',
            "Numbers were needed.",
            "Save them as numbers, for example images.astype(numpy.uint8).",
        )
    found: Extremes | None = None
    for start in range(0, len(images), _CHUNK):
        chunk = images[start : start + _CHUNK]
        if chunk.dtype.kind == "f" and not np.isfinite(chunk).all():
            n_wrong = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
            raise DataError(
                f'{n_wrong:,} of the {len(images):,} images of "{name}" hold NaN or infinite '
                "values.",
                "Every pixel must be a finite number.",
                "Leave those images out, or repair them with numpy.nan_to_num.",
            )
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
        notes.append(told("background_black"))
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
