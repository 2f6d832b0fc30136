"""The records of one sort, such as the methods of making maps: ours, and other packages'.

A package that is installed beside this one declares its own as entry points (in its
`pyproject.toml`, `[project.entry-points."latent_explorer.maps"]` and `name = "module:RECORD"`), so
every process of the program knows them. Knows nothing of what is registered.
"""

import logging
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Generic, Protocol, TypeVar

from explorer.words import say

_log = logging.getLogger(__name__)


class Named(Protocol):
    """A record with a name that no other of its registry has."""

    @property
    def name(self) -> str:
        """One word."""


Record = TypeVar("Record", bound=Named)


class Registry(Generic[Record]):
    """Records by their names, in the order in which they are offered.

    Args:
        group: Group of the entry points by which packages declare theirs.
        own: Returns ours; called when the first record is asked for.
    """

    def __init__(self, group: str, own: Callable[[], Iterable[Record]]) -> None:
        self._group = group
        self._own = own
        self._found: tuple[Record, ...] | None = None
        self._registered: dict[str, Record] = {}

    def all(self) -> tuple[Record, ...]:
        """Return all records; where two share a name, ours, or else the first."""
        if self._found is None:
            own = tuple(self._own())
            self._found = (*own, *self._installed(tuple({type(record) for record in own})))
        by_name: dict[str, Record] = {}
        for record in (*self._found, *self._registered.values()):
            by_name.setdefault(record.name, record)
        return tuple(by_name.values())

    def named(self, name: str) -> Record | None:
        """Return a record by its name; None if it is unknown here."""
        return next((record for record in self.all() if record.name == name), None)

    def register(self, record: Record) -> None:
        """Add a record in this process alone."""
        self._registered[record.name] = record

    def forget(self, record: Record) -> None:
        """Take back what was registered."""
        self._registered.pop(record.name, None)

    def _installed(self, kinds: tuple[type, ...]) -> Iterable[Record]:
        """Load what packages declare; what is no record of these kinds is logged, and left out."""
        for entry in entry_points(group=self._group):
            about = {"record": entry.value, "group": self._group}
            try:
                record: Record = entry.load()
            except Exception as error:  # somebody else's code may raise anything
                _log.warning("%s", say("registry.not_loaded", **about, error=error))
                continue
            if not isinstance(record, kinds):
                _log.warning("%s", say("registry.no_record", **about))
                continue
            yield record
