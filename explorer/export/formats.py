"""Export formats: what one is, and which there are.

A format is a module of this room with a `FORMAT`, and an entry in `_MODULES`; or an entry point
`latent_explorer.exports` of another package. Its words, `exports.NAME` of the catalogue, say what
it is good for. Knows nothing of pages or files.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Generic, TypeVar, cast

from explorer.registry import Registry

_MODULES = ("as_csv", "as_markdown", "as_latex", "as_gif")  # in the order in which they are offered

Thing = TypeVar("Thing")


@dataclass(frozen=True, kw_only=True)
class ExportFormat(Generic[Thing]):
    """A format in which one kind of thing can be saved.

    Attributes:
        name: One word, its key in addresses and in the catalogue.
        suffix: How names of such files end, such as `.csv`.
        media_type: Of such files, such as `text/csv`.
        saves: What is saved: `ComparisonTable` or `RunReplay`.
        write: Returns the contents of a file.
    """

    name: str
    suffix: str
    media_type: str
    saves: type[Thing]
    write: Callable[[Thing], bytes]


def _built_in() -> "Iterator[ExportFormat[object]]":
    for module in _MODULES:
        yield import_module(f"explorer.export.{module}").FORMAT


FORMATS = Registry["ExportFormat[object]"]("latent_explorer.exports", _built_in)


def formats_of(thing: type[Thing]) -> list[ExportFormat[Thing]]:
    """Return the formats in which a kind of thing can be saved."""
    return [cast(ExportFormat[Thing], one) for one in FORMATS.all() if one.saves is thing]
