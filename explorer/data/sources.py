"""The sets of images that can be asked for by name, one record each.

A set is a module of this room whose `SOURCES` lists its records, and an entry in `_MODULES`; or an
entry point `latent_explorer.data` of another package. Knows nothing of files that a person gives.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

import numpy as np

from explorer.data.imageset import ImageSet, ReportProgress, draw_rows
from explorer.data.reading import Wanted
from explorer.registry import Registry
from explorer.words import Section, section

# In the order in which they are offered; imported when the first set is asked for.
_MODULES = ("faces", "digits", "shapes", "openml")

Load = Callable[[Wanted, ReportProgress | None, Path | None], ImageSet]
Items = Callable[[np.ndarray, Wanted, Path | None], np.ndarray | None]


@dataclass(frozen=True, kw_only=True)
class DataSource:
    """A set of images that can be asked for by name.

    Attributes:
        name: What to ask for, and as its words under `sets` are called.
        n_images: How many it has, or draws unless told otherwise; 0 if that is not known.
        image_shape: (c, h, w) unless told otherwise; (0, 0, 0) if that is not known.
        needs_network: Whether it is downloaded at first use.
        n_for_a_look: How many images to draw for a first look; 0 loads all.
        load: Returns the set, given what is wanted of it, a function to report progress to, and
            the folder of downloads or None for the usual one. Size and colours may stay the set's
            own; `data.load` brings them to what is wanted.
        items: Returns single images (m, c, h, w), uint8, given their rows (m,), what is wanted,
            and the folder of downloads; None if they are not at hand without a network.
    """

    name: str
    n_images: int
    image_shape: tuple[int, int, int]
    load: Load
    items: Items
    needs_network: bool = False
    n_for_a_look: int = 0

    @property
    def description(self) -> str:
        """What it shows, in one line; empty where the catalogue says nothing."""
        return str(self._words.get("description", ""))

    @property
    def factor_senses(self) -> Mapping[str, str]:
        """What the picture goes from and to as factors rise whose name alone does not say it."""
        return cast(Mapping[str, str], self._words.get("senses", {}))

    @property
    def _words(self) -> Section:
        return cast(Section, section("sets").get(self.name, {}))


def _built_in() -> Iterator[DataSource]:
    for module in _MODULES:
        yield from cast(tuple[DataSource, ...], import_module(f"explorer.data.{module}").SOURCES)


SOURCES = Registry[DataSource]("latent_explorer.data", _built_in)


def source_named(name: str) -> DataSource | None:
    """Return the set that a name stands for, among them any on openml.org; None of a path."""
    from explorer.data.openml import source_on_openml
    from explorer.data.openml_server import PREFIX

    known = SOURCES.named(name)
    return source_on_openml(name) if known is None and name.startswith(PREFIX) else known


def part_of(whole: ImageSet, wanted: Wanted) -> ImageSet:
    """Return the images wanted of a set that has an end."""
    if not wanted.n_images:
        return whole
    return whole.subset(draw_rows(whole.is_test, wanted.n_images))


def items_of(whole: ImageSet | None, rows: np.ndarray, wanted: Wanted) -> np.ndarray | None:
    """Return single images of what `part_of` returns; None if there are no such rows."""
    if whole is None:
        return None
    kept = draw_rows(whole.is_test, wanted.n_images or len(whole.is_test))
    if rows.size and rows.max() >= len(kept):
        return None
    pixels: np.ndarray = whole.pixels[kept[rows]]
    return pixels
