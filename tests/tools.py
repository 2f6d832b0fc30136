"""Programs that some tests need, and how tests start programs.

Without node or Chromium the tests that need them are skipped; with LATENT_EXPLORER_REQUIRE_TOOLS
set, a missing one is a failure instead.
"""

import asyncio
import contextlib
import json
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


def page_of_lengths(views: Path, words: Path) -> None:
    """Write a page that says how long the code of a model is, as one folder and its words.

    Args:
        views: Where the folders of pages are.
        words: Where the words of a language are.
    """
    page = views / "lengths"
    page.mkdir(parents=True)
    (page / "__init__.py").touch()
    (page / "page.py").write_text(
        """
import streamlit as st
from explorer.ui.opened import open_model
from explorer.ui.views import name_page, navigation_links
from explorer.words import say

def render():
    name_page(say("lengths.page"))
    with st.sidebar:
        navigation_links()
    count = open_model("faces").bundle.model.latent_dim
    st.markdown(say("lengths.says", name="faces", count=count))
"""
    )
    says = {"page": "Lengths", "says": "The latent code of {name} has {count} numbers."}
    words.mkdir(exist_ok=True)
    (words / "lengths.json").write_text(json.dumps(says))
    if not (words / "app.json").exists():
        (words / "app.json").write_text("{}")


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
