"""Which images of a set are shown on a map: while a run works, and in its bundle.

Knows nothing of networks.
"""

import numpy as np

from explorer.data import is_name
from explorer.data.imageset import ImageSet, evenly_spread

MOST_CODES = 5_000  # of images on the map of a bundle


def rows_on_the_map(images: ImageSet, data: str, most: int) -> np.ndarray:
    """Choose the images whose codes are shown.

    People look for their own images on the map, so it shows both training and held-out images of
    them, and of sets that fit on it whole. Of large sets with a name it shows held-out ones alone:
    there are plenty, nobody looks for their own, and they show how the model treats images that are
    new to it.

    Args:
        images: The set.
        data: Its name or path.
        most: Largest number of images; up to half of them are held out, more if there is room.

    Returns:
        Rows of the set, ascending, each part evenly spread.
    """
    train, test = images.train_index, images.test_index
    if is_name(data) and len(images.pixels) > MOST_CODES:
        return evenly_spread(test, most)
    n_train = min(len(train), most - min(len(test), most // 2))
    parts = (evenly_spread(train, n_train), evenly_spread(test, most - n_train))
    return np.sort(np.concatenate(parts))


def split_of(images: ImageSet, rows: np.ndarray) -> np.ndarray | None:
    """Return 0 for each training row and 1 for each held-out one, int64; None if all are 1."""
    is_test = images.is_test[rows]
    return None if is_test.all() else is_test.astype(np.int64)
