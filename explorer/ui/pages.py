"""The pages of the app: each is a folder of `views/` with a `page.py` that has a `render()`.

The folder's name is that of the page in addresses, and of its section of the catalogue, whose
`page` is the label of links to it.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from explorer.ui import views

HOME = "explore"
_FIRST = (HOME, "train", "compare")  # others follow by their names


def names() -> list[str]:
    """Return the names of all pages, in the order of their links."""
    found = {path.parent.name for place in views.__path__ for path in Path(place).glob("*/page.py")}
    return [*_FIRST, *sorted(found.difference(_FIRST))]


def path_of(name: str) -> str:
    """Return the path of a page, below that of the app."""
    return "" if name == HOME else name


def render_of(name: str) -> Callable[[], None]:
    """Return the function that renders a page."""
    module = import_module(f"{views.__name__}.{name}.page")
    return cast(Callable[[], None], module.render)
