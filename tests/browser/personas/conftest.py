"""Each persona has an app of their own, with an empty home."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import serving
from tests.tools import chromium


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """An empty home."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(home) -> Iterator[str]:
    """Where an app with that home runs."""
    chromium()
    with serving(home) as at:
        yield at


@pytest.fixture(autouse=True)
def _tidy(no_run_left) -> None:
    """Leave no run behind."""
