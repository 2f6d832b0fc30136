"""Programs that some tests need: node and Chromium. Without them those tests are skipped.

With LATENT_EXPLORER_REQUIRE_TOOLS set, a missing one is a failure instead.
"""

import os
import shutil

import pytest


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
