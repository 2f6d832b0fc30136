"""What labels say of images: a class for each, a value to colour by, or nothing that can be used.

Knows nothing of files.
"""

from dataclasses import dataclass

import numpy as np

from explorer.data.members import natural_key, plain_name
from explorer.data.reading import remark
from explorer.errors import DataError
from explorer.words import rounded

MOST_CLASSES = 1_000  # more distinct values are no classes


@dataclass(frozen=True)
class Labels:
    """What is known of each image.

    Attributes:
        classes: Class of each image, shape (n,), int64; None if there are none.
        class_names: One plain name for each class.
        factor: A continuous value of each image, shape (n,), float32; None if there is none.
    """

    classes: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    factor: np.ndarray | None = None


def read_labels(given: np.ndarray, names: np.ndarray | None, name: str, notes: list[str]) -> Labels:
    """Find out what labels say.

    Args:
        given: One for each image. Whole numbers or texts, (n,), are classes; fractions are a value
            to colour by; (n, k) with one 1 in each row is a class each. Anything else is left out.
        names: The names of the classes, in the order of their numbers; None if they are not known.
        name: What to call the file in an error.
        notes: Takes a sentence on what was assumed or left out.

    Raises:
        DataError: A class has no name.
    """
    if given.ndim > 1:
        return _of_rows(given.reshape(len(given), -1), names, name, notes)
    if given.dtype.kind in "US":
        return _of_texts(given, notes)
    return _of_numbers(given, names, name, notes)


def texts_of(values: np.ndarray) -> list[str]:
    """Read names as plain texts, whatever they were stored as."""
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return [plain_name(str(value)) for value in values.ravel().tolist()]


def _of_rows(rows: np.ndarray, names: np.ndarray | None, name: str, notes: list[str]) -> Labels:
    is_number = rows.dtype.kind in "buif"
    if not is_number or not np.isin(rows, (0, 1)).all() or not (rows.sum(axis=1) == 1).all():
        notes.append(remark("labels_several", count=rows.shape[1]))
        return Labels()
    notes.append(remark("labels_one_hot", count=rows.shape[1]))
    return _of_numbers(rows.argmax(axis=1), names, name, notes)


def _of_texts(given: np.ndarray, notes: list[str]) -> Labels:
    values, ranks = np.unique(given, return_inverse=True)
    if len(values) > MOST_CLASSES:
        notes.append(remark("labels_too_many", count=len(values), most=MOST_CLASSES))
        return Labels()
    texts = texts_of(values)
    order = sorted(range(len(texts)), key=lambda rank: natural_key(texts[rank]))
    return Labels(np.argsort(order)[ranks], tuple(texts[rank] for rank in order))


def _of_numbers(given: np.ndarray, names: np.ndarray | None, name: str, notes: list[str]) -> Labels:
    with np.errstate(over="ignore"):
        as_factor = given.astype(np.float32)
    if not np.isfinite(as_factor).all():
        notes.append(remark("labels_not_finite"))
        return Labels()
    values, ranks = np.unique(given, return_inverse=True)
    if given.dtype.kind == "f" and (values != np.rint(values)).any():
        notes.append(remark("labels_continuous"))
        return Labels(factor=as_factor)
    if len(values) > MOST_CLASSES:
        notes.append(remark("labels_many", count=len(values)))
        return Labels(factor=as_factor)
    if names is None:
        texts = [f"{value:.0f}" if given.dtype.kind == "f" else str(int(value)) for value in values]
        return Labels(ranks.astype(np.int64), tuple(texts))
    class_names = texts_of(names)
    if len(values) and not 0 <= values[0] <= values[-1] < len(class_names):
        raise DataError(
            "data.label_range",
            name=name,
            count=len(class_names),
            least=rounded(values[0], 6),
            most=rounded(values[-1], 6),
        )
    return Labels(given.astype(np.int64), tuple(class_names))
