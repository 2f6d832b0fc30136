"""What every source of images becomes: one `ImageSet` with a fixed train/test split.

Knows nothing of files, networks or models.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from explorer.data.fitting import Fitting
from explorer.errors import DataError, ShapeError
from explorer.words import say

# Called with a fraction in [0, 1] and a few plain words while something long is read or drawn.
ReportProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class Skipped:
    """One input that was left out, and why, in plain words."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ImageSet:
    """Images, what is known about them, and which of them are for testing.

    Pixels stay 8-bit, as they came, because 20,000 colour faces are 250 MB that way and 1 GB as
    floats; `images` converts the rows that are asked for.

    Attributes:
        name: What the set is called on the command line and on the screen.
        pixels: Shape (n, c, h, w), uint8, h == w, c is 1 (grey) or 3 (RGB).
        labels: Class of each image, shape (n,), int64 in [0, len(class_names)); None if unknown.
        class_names: One plain name per class; empty if there are no labels.
        factors: Known continuous factors, shape (n, k), float32; None if unknown.
        factor_names: One plain name per factor column.
        is_test: Shape (n,), bool; the fixed split, never empty on either side when n >= 2.
        item_names: Stable name of each item (a file name, or its number in the source).
        source: Who made the images, in one line.
        licence: Licence of the images, in one line.
        skipped: Inputs that could not be used.
        fitting: How images from files were made square; None where nothing had to be done.
        notes: What was assumed of the files and left out of them, a sentence each.
    """

    name: str
    pixels: np.ndarray
    is_test: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    factors: np.ndarray | None = None
    factor_names: tuple[str, ...] = ()
    item_names: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    skipped: tuple[Skipped, ...] = field(default=())
    fitting: Fitting | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.pixels)
        shape_is_good = (
            self.pixels.ndim == 4
            and self.pixels.dtype == np.uint8
            and self.pixels.shape[1] in (1, 3)
            and self.pixels.shape[2] == self.pixels.shape[3]
        )
        if not shape_is_good:
            raise ShapeError(
                "data.image_shape", name=self.name, shape=self.pixels.shape, dtype=self.pixels.dtype
            )
        if n < 2:
            raise DataError("data.too_few_images", name=self.name, count=n)
        for what, rows in (
            ("labels", self.labels),
            ("factors", self.factors),
            ("is_test", self.is_test),
            ("item_names", self.item_names or None),
        ):
            if rows is not None and len(rows) != n:
                of = say(f"data.{what}")
                raise DataError(
                    "data.lengths_differ", name=self.name, n=n, count=len(rows), what=of
                )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(c, h, w) of every image."""
        _, c, h, w = self.pixels.shape
        return c, h, w

    def images(self, index: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Return the chosen images as (m, c, h, w) float32 in [0, 1]."""
        return self.pixels[index].astype(np.float32) / np.float32(255)

    def fingerprint(self) -> str:
        """Return what differs between these images and any others: 32 hexadecimal digits.

        Source:
            RFC 7693, BLAKE2b, of the shape and the pixels.
        """
        digest = hashlib.blake2b(repr(self.pixels.shape).encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()

    @property
    def train_index(self) -> np.ndarray:
        """Rows to learn from, ascending."""
        return np.flatnonzero(~self.is_test)

    @property
    def test_index(self) -> np.ndarray:
        """Rows to be tested on, ascending."""
        return np.flatnonzero(self.is_test)

    def subset(self, index: np.ndarray) -> "ImageSet":
        """Keep only the given rows, in the given order, with their own split."""
        return replace(
            self,
            pixels=self.pixels[index],
            is_test=self.is_test[index],
            labels=None if self.labels is None else self.labels[index],
            factors=None if self.factors is None else self.factors[index],
            item_names=tuple(self.item_names[i] for i in index) if self.item_names else (),
            fitting=None,
        )


def fixed_split(n: int, *, test_share: float = 0.1, seed: int = 0) -> np.ndarray:
    """Choose which of n items are for testing, the same ones every time.

    Args:
        n: Number of items, at least 2.
        test_share: Share of items to test on; at least one item lands on each side.
        seed: Seed of the draw.

    Returns:
        Flags, shape (n,), bool.
    """
    n_test = min(max(round(n * test_share), 1), n - 1)
    flags = np.zeros(n, dtype=bool)
    flags[np.random.default_rng(seed).permutation(n)[:n_test]] = True
    return flags


def draw_rows(is_test: np.ndarray, n_images: int, *, seed: int = 0) -> np.ndarray:
    """Choose fewer rows, the same ones every time, with the same share for testing.

    Args:
        is_test: Flags of a split with both sides filled, shape (n,), bool.
        n_images: How many rows to keep, at least 2; from n on, all are kept.
        seed: Seed of the draw.

    Returns:
        Rows, shape (min(n, n_images),), ascending.
    """
    n = len(is_test)
    if n_images >= n:
        return np.arange(n)
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    n_test = min(max(round(n_images * len(test) / n), 1), n_images - 1)
    rng = np.random.default_rng(seed)
    rows = (rng.permutation(train)[: n_images - n_test], rng.permutation(test)[:n_test])
    return np.sort(np.concatenate(rows))


def evenly_spread(rows: np.ndarray, most: int) -> np.ndarray:
    """Return at most `most` of the rows, evenly spread, so that sorted sets are sampled fairly."""
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)])
