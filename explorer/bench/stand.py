"""What measurements share: the machine that they are taken on, and the app."""

import contextlib
import importlib.metadata
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from explorer.bench import app, browser


@dataclass(frozen=True)
class Machine:
    """The machine that was measured on.

    Attributes:
        date: Day, in ISO 8601.
        n_cores: Cores that this process may use.
        load: Load average of the minute before.
        system: Operating system and processor.
        chromium: Version, or None if it cannot be driven here.
        python: Version.
        torch: Version.
    """

    date: str
    n_cores: int
    load: float
    system: str
    chromium: str | None
    python: str
    torch: str


class Stand:
    """The app that is measured, started when first needed.

    Use it in a `with` statement, so that the app ends.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")

    def __enter__(self) -> "Stand":
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    @cached_property
    def app(self) -> app.RunningApp:
        """The app, running."""
        return self._stack.enter_context(app.running_app())

    def machine(self) -> Machine:
        """Describe the machine, with the load it had before anything was measured."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        return Machine(
            date=datetime.now(UTC).date().isoformat(),
            n_cores=len(cores) if cores else os.cpu_count() or 0,
            load=round(self._load, 2),
            system=f"{platform.system()} {platform.machine()}",
            chromium=browser.version(),
            python=platform.python_version(),
            torch=importlib.metadata.version("torch"),
        )
