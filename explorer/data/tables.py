"""Tables of pixels: one image in each row of a .csv file, with or without a label.

Knows nothing of pictures.
"""

import csv
import math
from io import StringIO

import numpy as np

from explorer.data.reading import Reading
from explorer.errors import DataError
from explorer.foreign import door

_LABELS = ("label", "labels", "y", "target", "class", "category", "emotion")
_HEADER_BYTES = 1 << 20
_MOST_LEVEL = 65_535


def read_table(data: bytes, name: str, reading: Reading) -> dict[str, np.ndarray]:
    """Return the pixels (n, d) of a table as `images`, and its labels by their name, or `labels`.

    The columns are separated by commas, semicolons or tabs. The first row may name them. The
    column of labels is the one so named, or the first one if the others make up a square image.

    Args:
        data: The whole file.
        name: What to call it in an error.
        reading: Its `labels_key` names the column of the labels.

    Raises:
        DataError: It is no table of numbers.
    """
    with door(lambda why: _no_table(name, why)):
        return _read(data, name, reading)


def _read(data: bytes, name: str, reading: Reading) -> dict[str, np.ndarray]:
    first = data[:_HEADER_BYTES].decode("utf-8-sig", "replace").partition("\n")[0].strip()
    separator = max(",;\t", key=first.count)
    header = next(csv.reader(StringIO(first), delimiter=separator), [])
    n_columns, has_names = len(header), not all(map(_is_number, header))
    at = _label_column(header if has_names else [], n_columns, reading.labels_key, name)

    def columns(which: list[int], dtype: str) -> np.ndarray:
        text = StringIO(data.decode("utf-8-sig"))
        skipped = int(has_names)
        return np.loadtxt(
            text,
            dtype,
            delimiter=separator,
            skiprows=skipped,
            usecols=which,
            ndmin=2,
            quotechar='"',
        )

    pixels = columns([i for i in range(n_columns) if i != at], "f4")
    if pixels.size and 0 <= pixels.min() <= pixels.max() <= _MOST_LEVEL:
        whole = pixels.astype(np.uint16)
        pixels = whole if (whole == pixels).all() else pixels
    if at is None:
        return {"images": pixels}
    labels = _as_numbers(columns([at], "U255")[:, 0])
    return {"images": pixels, reading.labels_key or "labels": labels}


def _no_table(name: str, why: str) -> DataError:
    return DataError("data.not_a_table", name=name, why=why)


def _as_numbers(texts: np.ndarray) -> np.ndarray:
    return texts.astype(np.float64) if all(map(_is_number, texts)) else texts


def _label_column(header: list[str], n_columns: int, asked: str, name: str) -> int | None:
    names = [column.strip().strip('"').casefold() for column in header]
    if asked:
        if asked.casefold() not in names:
            if not header:
                raise DataError("data.no_column_names", name=name, column=asked)
            some = ", ".join(header[:5]) + (", \u2026" if len(header) > 5 else "")
            raise DataError("data.no_column", name=name, column=asked, names=some)
        return names.index(asked.casefold())
    named = [i for i, column in enumerate(names) if column in _LABELS]
    if named:
        return named[0]
    return 0 if _is_square(n_columns - 1) and not _is_square(n_columns) else None


def _is_square(n: int) -> bool:
    return n > 0 and math.isqrt(n) ** 2 == n


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
