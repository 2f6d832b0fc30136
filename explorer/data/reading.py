"""How images from files are to be understood: what a person may say of them, all of it optional.

What is not said is found out; `remark` puts what was assumed into words. Knows nothing of files.
"""

from dataclasses import dataclass, fields

from explorer.config import Background, Fit, Frames, Layout, Range, TrainConfig
from explorer.words import say


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is known of images before they are read; see the settings of `TrainConfig`.

    Attributes:
        layout: What the axes of an array are.
        range: Which values are black and white in arrays and deep images.
        invert: Whether light and dark change places.
        background: What transparent images are laid on.
        frames: Which images of a file that holds several are read.
        images_key: Name of the array that holds the images; empty finds it.
        labels_key: Name of the array or column that holds the labels; empty finds it.
    """

    layout: Layout = "auto"
    range: Range = "auto"
    invert: bool = False
    background: Background = "auto"
    frames: Frames = "auto"
    images_key: str = ""
    labels_key: str = ""

    @classmethod
    def of(cls, config: TrainConfig) -> "Reading":
        """Return what the settings of a run say."""
        return cls(**{field.name: getattr(config, field.name) for field in fields(cls)})


FOUND_OUT = Reading()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What images from files are to become.

    Attributes:
        image_size: Side to bring them to; 0 keeps their own if they agree on one within 8 to 128,
            and takes 64 otherwise.
        n_images: How many to take at most; 0 takes all.
        grey: True makes all grey, False all RGB, None keeps grey what is grey.
        fit: What to do with images that are not square: `pad`, `crop` or `stretch`.
        reading: How they are to be understood.
    """

    image_size: int = 0
    n_images: int = 0
    grey: bool | None = None
    fit: Fit = "pad"
    reading: Reading = FOUND_OUT


def remark(what: str, **values: object) -> str:
    """Say in a sentence what was assumed or left out, by its name in the catalogue."""
    return say(f"reading.{what}", **values)
