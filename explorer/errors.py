"""Every error a person can fix, as one tree.

ExplorerError
├── ConfigError      a setting, or a pair of settings, that cannot work
├── DataError        images, labels or archives that cannot be used
├── ShapeError       arrays or images that do not fit together
├── BundleError      a bundle that is missing, damaged or of an unknown version
├── TrainingError    a run that cannot go on
│   └── DivergedError    one whose loss is no longer a finite number
└── MachineError     something the machine lacks: disk space, a free port, the network

The command line prints the message and exits with 1, a page shows it in a box. Anything else
that is raised is a fault of ours and keeps its traceback.
"""

from typing import Self

from explorer.words import say


class ExplorerError(Exception):
    """An error with its cause, what was needed, and what to do.

    Args:
        place: Where its words are, below `errors`, such as `data.no_images`: `so`, `needed`, `do`.
        **values: What goes into the gaps of these three sentences.
    """

    def __init__(self, place: str, **values: object) -> None:
        self._word(*(say(f"errors.{place}.{beat}", **values) for beat in ("so", "needed", "do")))

    @classmethod
    def worded(cls, so: str, needed: str, do: str) -> Self:
        """Return an error whose sentences are already there, as in the record of a run.

        Args:
            so: What is so, with the values found.
            needed: What was needed instead.
            do: What to do now.
        """
        error = cls.__new__(cls)
        error._word(so, needed, do)
        return error

    @property
    def beats(self) -> tuple[str, str, str]:
        """Its three sentences."""
        return self.so, self.needed, self.do

    def _word(self, so: str, needed: str, do: str) -> None:
        super().__init__(f"{so} {needed} {do}")
        self.so = so
        self.needed = needed
        self.do = do


class ConfigError(ExplorerError):
    """A setting, or a pair of settings, that cannot work."""


class DataError(ExplorerError):
    """Images, labels or archives that cannot be used."""


class ShapeError(ExplorerError):
    """Arrays or images that do not fit together."""


class BundleError(ExplorerError):
    """A bundle that is missing, damaged or of an unknown version."""


class TrainingError(ExplorerError):
    """A run that cannot go on."""


class DivergedError(TrainingError):
    """A run whose loss is no longer a finite number."""


class MachineError(ExplorerError):
    """Something the machine lacks: disk space, a free port, the network."""
