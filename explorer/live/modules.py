"""The modules of the browser side, as a browser gets them: without comments and indentation.

They are written to be read and need no build step; what only readers need is left out on the way.
Beside them lies what they fetch: the kernels of networks, compiled from the C source next to them.
Each is compressed here and once: a server in front leaves small files as they are, and most are.
A module's name is its path within this folder, such as `explore/page.js`; the styles of what it
shows are in a sheet of that name beside it.
"""

import gzip
import hashlib
import posixpath
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rjsmin import jsmin

FOLDER = Path(__file__).parent
KERNELS = "network/kernels.wasm"
_IMPORT = re.compile(r'from\s*"(\.[\w/.-]+\.js)"')
_LATER = re.compile(r'import\("(\.[\w/.-]+\.js)"\)')


@cache
def names() -> frozenset[str]:
    """Return the names of all modules."""
    return frozenset(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


@cache
def tools() -> list[str]:
    """Return the names of the tools: the folders of `tools/` that have a `tool.js`."""
    return sorted(path.parent.name for path in FOLDER.glob("tools/*/tool.js"))


@cache
def version() -> str:
    """Return a hash of all modules together: they import each other, so they change as one."""
    digest = hashlib.sha256()
    for name in sorted(names() | {KERNELS}):
        digest.update((FOLDER / name).read_bytes())
    return digest.hexdigest()[:16]


@cache
def minified(name: str) -> str | None:
    """Return a module as it is sent, or None if there is none of this name."""
    return jsmin((FOLDER / name).read_text(encoding="utf-8")) if name in names() else None


@cache
def content(name: str) -> bytes | None:
    """Return a module as it is sent, or the kernels, or None if the name is of neither."""
    if name == KERNELS:
        return (FOLDER / name).read_bytes()
    module = minified(name)
    return None if module is None else module.encode()


@cache
def compressed(name: str) -> bytes | None:
    """Return the same for a browser that takes gzip."""
    whole = content(name)
    return None if whole is None else gzip.compress(whole, 9, mtime=0)


def with_imports(entries: Sequence[str], *, later: bool = False) -> list[str]:
    """Return the names of some modules and of all that these import, each once.

    Args:
        entries: Names of modules; they come first.
        later: Also follow what modules load by `import()`, but for tools; not workers.
    """
    found = list(entries)
    for name in found:  # grows while it is walked
        module = minified(name) or ""
        for path in [*_IMPORT.findall(module), *(_LATER.findall(module) if later else ())]:
            imported = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            if imported not in found:
                found.append(imported)
    return found


@cache
def styles(entry: str) -> str:
    """Return the style sheet of a page: the sheets beside its modules, and for Explore its tools'.

    What a module imports comes before it, so that the page has the last word.

    Args:
        entry: Name of the page's module, such as `explore/page.js`.
    """
    used = with_imports([entry], later=True)
    if "explore/tools.js" in used:
        used += [f"tools/{name}/tool.js" for name in tools()]
    sheets = [(FOLDER / name).with_suffix(".css") for name in reversed(used)]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.is_file())
