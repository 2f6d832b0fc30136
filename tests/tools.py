"""Programs that some tests need, and how tests start programs.

Without node or Chromium the tests that need them are skipped; with LATENT_EXPLORER_REQUIRE_TOOLS
set, a missing one is a failure instead.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


@contextlib.contextmanager
def started(command: Sequence[str], **options: object) -> Iterator[subprocess.Popen]:
    """A program that runs meanwhile, killed at the end, so that no test waits for it for ever.

    It heeds Ctrl-C, also where whatever started the tests ignores it, as a script's `&` does.
    """

    def heed_interrupt() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, preexec_fn=heed_interrupt, **options) as program:  # type: ignore[call-overload]
        try:
            yield program
        finally:
            program.kill()


@contextlib.contextmanager
def installed(folder: Path, module: str, text: str, group: str, record: str) -> Iterator[None]:
    """A package of one module that declares a record as an entry point, as pip would install it.

    Args:
        folder: Where to install it; programs that are started meanwhile find it, too.
        module: What it is called.
        text: Its code.
        group: Group of the entry point.
        record: Name of the record in the module.
    """
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    facts = folder / f"{module}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{group}]\ntoy = {module}:{record}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        yield
    sys.modules.pop(module, None)


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine comes to.

    It runs in a thread of its own: in that of the tests, Playwright's loop goes on to the end.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def node() -> str:
    """Return the path of node, or skip the test."""
    return _found("node", "node checks the JavaScript against Python")


def chromium() -> str:
    """Return the path of Chromium, or skip the test."""
    return _found("chromium", "Chromium is what the page is tested in: apt-get install chromium")


def _found(name: str, why: str) -> str:
    path = shutil.which(name)
    if path is None:
        message = f"{name} is not installed; {why}"
        if os.environ.get("LATENT_EXPLORER_REQUIRE_TOOLS"):
            pytest.fail(message)
        pytest.skip(message)
    return path
