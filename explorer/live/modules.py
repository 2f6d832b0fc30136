"""The modules of the browser side, as a browser gets them: without comments and indentation.

They are written to be read and need no build step; what only readers need is left out on the way.
"""

import hashlib
from functools import cache
from pathlib import Path

from rjsmin import jsmin

FOLDER = Path(__file__).parent


@cache
def version() -> str:
    """Return a hash of all modules together: they import each other, so they change as one."""
    digest = hashlib.sha256()
    for module in sorted(FOLDER.glob("*.js")):
        digest.update(module.read_bytes())
    return digest.hexdigest()[:16]


@cache
def minified(name: str) -> str | None:
    """Return a module as it is sent, or None if there is none of this name."""
    modules = {module.name: module for module in FOLDER.glob("*.js")}
    return jsmin(modules[name].read_text(encoding="utf-8")) if name in modules else None
