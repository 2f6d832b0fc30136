"""Images, labels and class names from `.npy` and `.npz` files, checked before use.

Headers are parsed here and data taken as raw numbers, so nothing is ever unpickled. Knows nothing
of picture formats.
"""

import math
import sys
import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

import numpy as np

from explorer.config import Fit
from explorer.data.fitting import Fitting, Seen
from explorer.data.imageset import ImageSet, draw_rows, fixed_split
from explorer.data.members import (
    MAX_UNPACKED_BYTES,
    natural_key,
    open_archive,
    plain_name,
    read_member,
)
from explorer.data.pictures import in_colour_or_grey, shows_colour, size_to_take, to_square
from explorer.errors import DataError

_CHUNK = 1024  # images converted at a time
_KNOWN = {
    *("images", "labels", "class_names", "source", "licence"),
    *("train_images", "train_labels", "test_images", "test_labels"),
}


def load_arrays(
    path: Path,
    *,
    image_size: int = 0,
    n_images: int = 0,
    grey: bool | None = None,
    fit: Fit = "pad",
) -> ImageSet:
    """Read the images of an `.npy` or `.npz` file.

    Images are (n, h, w) grey, or (n, h, w, c) with c 1 (grey), 3 (RGB) or 4 (RGB and alpha, laid
    on white); whole numbers from 0 to 255 (or only 0 and 1, for black and white) or fractions
    from 0 to 1. Labels are whole numbers or texts. A split that the file makes is kept, and so
    are texts called `source` and `licence`.

    Args:
        path: The file.
        image_size: Side to bring them to; 0 keeps their own if it is within 8 to 128.
        n_images: How many to take at most; 0 takes all.
        grey: True makes all grey, False all RGB, None keeps grey what is grey.
        fit: What to do with images that are not square: `pad`, `crop` or `stretch`.

    Raises:
        DataError: The file is damaged or over a limit, an array is missing, of the wrong shape
            or kind, or holds values out of range.
    """
    name = plain_name(path.name)
    arrays = _read_npz(path) if path.suffix.lower() == ".npz" else {"images": _read_npy(path)}
    images, labels, n_test, item_names = _parts(arrays, name)
    n = len(images)
    labels, class_names = _classes(labels, arrays.get("class_names"), n, name)
    is_test = fixed_split(n)
    if n_test:
        is_test = np.arange(n) >= n - n_test
    rows = draw_rows(is_test, n_images) if n_images and n > 1 else np.arange(n)
    if not n:
        raise DataError(
            f'"{name}" holds no images.', "At least 2 were needed.", "Choose another file."
        )
    given = _pixels(images, rows, name)
    squares = _squares(given, image_size, fit)
    pixels = in_colour_or_grey(squares, grey=grey)
    return ImageSet(
        name=plain_name(path.stem),
        pixels=pixels,
        is_test=is_test[rows],
        labels=None if labels is None else labels[rows],
        class_names=class_names,
        item_names=tuple(item_names[row] for row in rows),
        source=_fact(arrays, "source", f'images read from "{name}"'),
        licence=_fact(arrays, "licence", "as set by the owner of the images"),
        fitting=_fitting(given, pixels, fit),
    )


def _read_npy(path: Path) -> np.ndarray:
    name = plain_name(path.name)
    size_bytes = path.stat().st_size
    if size_bytes > MAX_UNPACKED_BYTES:
        raise DataError(
            f'"{name}" has {size_bytes / 2**30:.3g} GB.',
            f"Files of up to {MAX_UNPACKED_BYTES / 2**30:.3g} GB are read.",
            "Save fewer or smaller images, as uint8.",
        )
    return _parse(path.read_bytes(), f'"{name}"')


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays that mean something here, and an empty one for each of the others."""
    arrays: dict[str, np.ndarray] = {}
    with open_archive(path) as archive:
        for info in archive.infolist():
            key = info.filename.removesuffix(".npy")
            arrays[key] = (
                _parse_member(archive, info, f'The array "{key}" of "{plain_name(path.name)}"')
                if key in _KNOWN
                else np.empty(0)
            )
    return arrays


def _parse_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, what: str) -> np.ndarray:
    data = read_member(archive, info)
    if data is None:
        raise _damaged(what)
    return _parse(data, what)


def _parse(data: bytes, what: str) -> np.ndarray:
    """Take one array from the bytes of an .npy file, without unpickling anything.

    Source:
        The .npy format. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
    """
    stream = BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        if version == (1, 0):
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
        else:
            shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    except (ValueError, SyntaxError, TypeError, OverflowError, TokenError) as error:
        raise _damaged(what) from error
    if dtype.hasobject or dtype.kind not in "buifUS":
        raise DataError(
            f"{what} holds {'Python objects' if dtype.hasobject else f'values of type {dtype}'}.",
            "Plain numbers or texts were needed; objects can run code when they are opened, so "
            "they are never opened here.",
            "Save it again as a plain array, for example images.astype(numpy.uint8).",
        )
    n_bytes = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or n_bytes != len(data) - stream.tell():
        raise _damaged(what)
    if not n_bytes:
        return np.zeros(shape, dtype)
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    if dtype.kind == "U" and flat.view(dtype.str[0] + "u4").max() > sys.maxunicode:
        raise _damaged(what)
    return flat.reshape(shape, order="F" if fortran else "C")


def _parts(
    arrays: Mapping[str, np.ndarray], name: str
) -> tuple[np.ndarray, np.ndarray | None, int, list[str]]:
    """Find images (n, h, w, c), labels, the number of test images at the end, and item names."""
    if "images" in arrays:
        images = _with_channels(arrays["images"], name)
        return images, arrays.get("labels"), 0, [str(row) for row in range(len(images))]
    if "train_images" not in arrays:
        found = ", ".join(sorted(plain_name(key) for key in arrays)) or "nothing"
        raise DataError(
            f'"{name}" holds {found}.',
            "An array named images, or one named train_images, was needed.",
            "Save it again with numpy.savez(file, images=..., labels=...); labels are optional.",
        )
    sides = [side for side in ("train", "test") if f"{side}_images" in arrays]
    parts = [_with_channels(arrays[f"{side}_images"], name) for side in sides]
    if len({part.shape[1:] for part in parts}) > 1:
        raise DataError(
            f'In "{name}" the train_images have shape {parts[0].shape} and the test_images '
            f"{parts[1].shape}.",
            "Both need the same height, width and channels.",
            "Save both again with one shape.",
        )
    labels = None
    if any(f"{side}_labels" in arrays for side in sides):
        given = [arrays.get(f"{side}_labels", np.empty(0, np.int64)) for side in sides]
        three = zip(given, parts, sides, strict=True)
        labels = [_in_a_row(rows, len(part), f"{side}_", name) for rows, part, side in three]
    item_names = [
        f"{side} {row}" for side, rows in zip(sides, parts, strict=True) for row in range(len(rows))
    ]
    n_test = len(parts[1]) if len(parts) == 2 and len(parts[0]) else 0
    return (
        np.concatenate(parts),
        np.concatenate(labels) if labels else None,
        n_test,
        item_names,
    )


def _with_channels(images: np.ndarray, name: str) -> np.ndarray:
    """Bring (n, h, w) to (n, h, w, 1) and check the shape and kind of numbers."""
    good = images.ndim == 3 or (images.ndim == 4 and images.shape[3] in (1, 3, 4))
    if not good or 0 in images.shape[1:] or images.dtype.kind not in "buif":
        needed = "Grey images (n, h, w) or colour images (n, h, w, 3), as numbers, were needed."
        do = "Bring them to one of these shapes and save them again."
        if images.ndim == 4 and images.shape[1] in (1, 3):
            do = "Move the channels to the end: images.transpose(0, 2, 3, 1)."
        shape = f"{images.shape} and type {images.dtype}"
        raise DataError(f'The images of "{name}" have shape {shape}.', needed, do)
    return images if images.ndim == 4 else images[..., None]


def _pixels(images: np.ndarray, rows: np.ndarray, name: str) -> np.ndarray:
    """Check the values of all images (n, h, w, c) and give the chosen ones on white, uint8."""
    white = _white(images, name)
    _, h, w, c = images.shape
    pixels = np.empty((len(rows), h, w, min(c, 3)), dtype=np.uint8)
    for start in range(0, len(rows), _CHUNK):
        chunk = images[rows[start : start + _CHUNK]]
        if white != 255:
            chunk = np.rint(chunk.astype(np.float32) * (255 / white))
        pixels[start : start + _CHUNK] = _on_white(chunk.astype(np.uint8))
    return pixels


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


def _white(images: np.ndarray, name: str) -> int:
    """Find which value is white, 1 or 255, and check that none is beyond."""
    if not images.size:
        return 255
    least, most = images.min(), images.max()
    fractions = images.dtype.kind == "f"
    if fractions and not np.isfinite([least, most]).all():
        n_wrong = int((~np.isfinite(images)).any(axis=(1, 2, 3)).sum())
        raise DataError(
            f'{n_wrong:,} of the {len(images):,} images of "{name}" hold NaN or infinite values.',
            "Every pixel must be a finite number.",
            "Leave those images out, or repair them with numpy.nan_to_num.",
        )
    if least < 0 or most > (1 if fractions else 255):
        kind = "fractions" if fractions else "whole numbers"
        raise DataError(
            f'The images of "{name}" hold {kind} from {least:g} to {most:g}.',
            "Fractions from 0 to 1, or whole numbers from 0 to 255, were needed.",
            "Scale them, for example (255 * (x - x.min()) / (x.max() - x.min())).astype('uint8').",
        )
    return 1 if most <= 1 else 255


def _on_white(pixels: np.ndarray) -> np.ndarray:
    """Lay (m, h, w, 4) on white by its alpha; fewer channels lie so already."""
    if pixels.shape[3] != 4:
        return pixels
    colour, alpha = pixels[..., :3].astype(np.uint16), pixels[..., 3:].astype(np.uint16)
    laid: np.ndarray = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return laid.astype(np.uint8)


def _classes(
    labels: np.ndarray | None, names: np.ndarray | None, n: int, name: str
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Number the classes from 0 and name them; none without labels."""
    if labels is None:
        return None, ()
    labels = _in_a_row(labels, n, "", name)
    if labels.dtype.kind in "US":
        values, ranks = np.unique(labels, return_inverse=True)
        texts = _texts(values)
        order = sorted(range(len(texts)), key=lambda rank: natural_key(texts[rank]))
        return np.argsort(order)[ranks], tuple(texts[rank] for rank in order)
    if labels.dtype.kind == "f" and not (np.isfinite(labels) & (labels == np.rint(labels))).all():
        raise DataError(
            f'The labels of "{name}" are fractions.',
            "A label is the number or the name of a class.",
            "Save whole numbers or names, or leave the labels out.",
        )
    values, ranks = np.unique(labels.astype(np.int64), return_inverse=True)
    if names is None:
        return ranks.astype(np.int64), tuple(str(value) for value in values)
    class_names = _texts(names.ravel())
    if n and not 0 <= values[0] <= values[-1] < len(class_names):
        raise DataError(
            f'The labels of "{name}" go from {values[0]} to {values[-1]}, but there are '
            f"{len(class_names)} class_names.",
            "A label is the position of its class in class_names, counted from 0.",
            "Correct the labels, name every class, or leave class_names out.",
        )
    return labels.astype(np.int64), tuple(class_names)


def _fact(arrays: Mapping[str, np.ndarray], key: str, otherwise: str) -> str:
    """One line of text that the file may carry."""
    text = arrays.get(key)
    return otherwise if text is None or text.size != 1 else _texts(text.ravel())[0]


def _texts(values: np.ndarray) -> list[str]:
    """Read names as plain texts, whatever they were stored as."""
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return [plain_name(str(value)) for value in values.tolist()]


def _in_a_row(labels: np.ndarray, n_images: int, side: str, name: str) -> np.ndarray:
    """Bring labels (n,) or (n, 1) to (n,), one for each image."""
    if labels.shape not in ((n_images,), (n_images, 1)):
        raise DataError(
            f'"{name}" has {n_images:,} {side}images, but its {side}labels have shape '
            f"{labels.shape}.",
            "One label for each image was needed.",
            "Make both the same length, or leave the labels out.",
        )
    return labels.reshape(n_images)


def _damaged(what: str) -> DataError:
    return DataError(
        f"{what} is cut short or damaged.",
        "A whole array as numpy.save or numpy.savez writes it was needed.",
        "Save or download it again.",
    )
