"""What became of images on their way to squares of one size, and the words for it.

Knows nothing of files.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from explorer.config import Fit
from explorer.words import say

_SHOWN_OF_EACH = 3  # images that are square, and as many that are not
_THUMBNAIL = 160  # pixels, the longer side of an image kept for looking at


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitting:
    """How images became squares of one size.

    Attributes:
        sizes: Each (width, height) that images had, and how many had it, most frequent first.
        side: Side of the squares.
        fit: What was done where an image was not square.
        n_made_grey: Images that lost their colours.
        before: Row and a thumbnail, (h, w) or (h, w, 3) uint8, of a few images that changed.
    """

    sizes: tuple[tuple[tuple[int, int], int], ...]
    side: int
    fit: Fit
    n_made_grey: int = 0
    before: tuple[tuple[int, np.ndarray], ...] = ()

    @property
    def n_images(self) -> int:
        """How many images there are."""
        return sum(n for _, n in self.sizes)

    @property
    def n_not_square(self) -> int:
        """How many of them were not square."""
        return sum(n for (width, height), n in self.sizes if width != height)

    def notes(self) -> list[str]:
        """Return a sentence or two for each thing that was done."""
        notes = [self._of_size()]
        for n, key in ((self.n_not_square, self.fit), (self.n_made_grey, "made_grey")):
            if n:
                notes.append(say(f"fitting.{key}", count=n))
        return notes

    def _of_size(self) -> str:
        if all(size == (self.side, self.side) for size, _ in self.sizes):
            return say("fitting.same", side=self.side)
        scaled = {self._scaling(size) for size, _ in self.sizes}
        how = scaled.pop() if len(scaled) == 1 else "scaled"
        by_area = sorted((size for size, _ in self.sizes), key=lambda size: size[0] * size[1])
        of_each = {1: "one_size", 2: "two_sizes"}
        return say(
            f"fitting.{of_each.get(len(by_area), 'sizes')}",
            count=self.n_images,
            smallest="{}×{}".format(*by_area[0]),
            largest="{}×{}".format(*by_area[-1]),
            side=self.side,
            scaled=say(f"fitting.{how}"),
        )

    def _scaling(self, size: tuple[int, int]) -> str:
        whole = min(size) if self.fit == "crop" else max(size)
        if whole == self.side:
            return "not_scaled"
        return "scaled_down" if whole > self.side else "scaled_up"


class Seen:
    """Notes what images are like before they are fitted."""

    def __init__(self) -> None:
        self._sizes: Counter[tuple[int, int]] = Counter()
        self._kept: dict[bool, list[tuple[int, tuple[int, int], np.ndarray]]] = {
            False: [],
            True: [],
        }

    def note(self, picture: np.ndarray, size: tuple[int, int]) -> None:
        """Note the next image.

        Args:
            picture: Shape (h, w) or (h, w, 3), uint8; it may have been decoded smaller than it is.
            size: Its width and height as it is.
        """
        row = self._sizes.total()
        self._sizes[size] += 1
        kept = self._kept[size[0] == size[1]]
        if len(kept) < _SHOWN_OF_EACH:
            kept.append((row, size, _thumbnail(picture)))

    def fitting(self, side: int, fit: Fit, n_made_grey: int) -> Fitting:
        """Return what became of the images noted."""
        return Fitting(
            sizes=tuple(self._sizes.most_common()),
            side=side,
            fit=fit,
            n_made_grey=n_made_grey,
            before=tuple(self._changed(side, bool(n_made_grey))),
        )

    def _changed(self, side: int, is_recoloured: bool) -> Iterator[tuple[int, np.ndarray]]:
        for row, size, picture in [*self._kept[False], *self._kept[True]]:
            if size != (side, side) or (is_recoloured and picture.ndim == 3):
                yield row, picture


def _thumbnail(picture: np.ndarray) -> np.ndarray:
    """Return an image no larger than it takes to be looked at."""
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((_THUMBNAIL, _THUMBNAIL), Image.Resampling.LANCZOS)
    return np.asarray(image)
