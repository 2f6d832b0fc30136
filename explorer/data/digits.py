"""The handwritten digits that scikit-learn carries: real, small, and at hand without a network.

Knows nothing of files or of other sets.
"""

import numpy as np

from explorer.data.imageset import ImageSet, fixed_split
from explorer.data.sources import DataSource, items_of, part_of
from explorer.words import say

_LEVELS = 16  # pixels count the inked dots of a 4 x 4 block, 0 to 16


def digits() -> ImageSet:
    """Read the 1,797 grey 8x8 digits, with their classes and a fixed split.

    Levels 0 to 16 are spread over 0 to 255; an image's number is its row in scikit-learn.

    Source:
        Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", 1998.
        https://archive.ics.uci.edu/dataset/80
    """
    from sklearn.datasets import load_digits  # slow to import, and rarely needed

    found = load_digits()
    levels = found.images[:, None]  # (n, 1, 8, 8)
    n = len(levels)
    return ImageSet(
        name="digits",
        pixels=np.rint(levels * (255 / _LEVELS)).astype(np.uint8),
        labels=found.target.astype(np.int64),
        class_names=tuple(str(digit) for digit in found.target_names),
        is_test=fixed_split(n),
        item_names=tuple(str(row) for row in range(n)),
        source=say("sets.digits.source"),
        licence=say("sets.digits.licence"),
    )


SOURCES = (
    DataSource(
        name="digits",
        n_images=1_797,
        image_shape=(1, 8, 8),
        load=lambda wanted, report, cache: part_of(digits(), wanted),
        items=lambda rows, wanted, cache: items_of(digits(), rows, wanted),
    ),
)
