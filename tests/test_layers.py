"""The architecture, as a test: which room may import which, and how long modules may be."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "explorer"

# A room may import only rooms listed before it.
ROOMS = [
    *("words", "errors", "foreign", "disk", "registry", "settings", "kinds", "config"),  # words
    *(
        "data",
        "models",
        "bundle",
        "training",
        "latent",
        "evaluation",
        "projection",
        "figures",
    ),  # core
    *("packing", "live", "export"),  # core, towards the browser
    "presets",  # core: settings, and what a network of them costs
    "completing",  # core: what exploring needs of a freshly trained bundle
    "remedies",  # core: runs that change one setting of another
    "verdict",  # core: what the numbers of a finished run come to
    "sweeping",  # core: many settings, and which to choose
    "comparing",  # core: several models beside each other
    *("store", "originals", "jobs", "mapping", "leftovers"),  # services
    *("renaming", "clearing", "inversion"),  # services too
    *("bench", "cli", "ui"),  # shells; the command line starts the bench
]
EXPLORING = {
    "latent",
    "projection",
    "figures",
    "packing",
    "live",
    "export",
}  # must open a bundle without training code
ONLY_IN = {
    "streamlit": {"ui"},
    "plotly": {"figures", "ui"},
    "sklearn": {"data", "projection", "evaluation", "bench"},  # the bench's yardstick
    "openTSNE": {"projection"},
    "umap": {"projection"},
    "pacmap": {"projection"},
    "torch": {"models", "training", "latent", "evaluation", "bench"},  # pythae takes tensors
}
# explorer/__init__.py and __main__.py are doors, not rooms.
MODULES = [p for p in ROOT.rglob("*.py") if p.parent != ROOT or not p.name.startswith("__")]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Dotted names imported anywhere in a file, lazy imports included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: import absolutely, so this test can see it"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_imports_only_earlier_rooms(path):
    here = room_of(path)
    for name in imports_of(path):
        top, *rest = name.split(".")
        if top == "explorer" and rest:  # the bare package holds no code to depend on
            there = rest[0]
            assert ROOMS.index(there) <= ROOMS.index(here), f"{here} must not import {there}"
            assert not (here in EXPLORING and there == "training"), (
                f"{here} must open bundles untrained"
            )
        assert here in ONLY_IN.get(top, ROOMS), f"{top} does not belong in {here}"


def test_the_table_of_rooms_lists_them_in_this_order():
    table = (ROOT / "README.md").read_text().partition("\n## ")[0]
    firsts = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert [room for cell in firsts for room in re.findall(r"`(\w+)(?:\.py|/)?`", cell)] == ROOMS


SESSION = {
    "query_params": {"address.py"},
    "session_state": {"address.py", "controls.py", "state.py"},
}


@pytest.mark.parametrize("store", SESSION)
def test_the_address_and_the_session_are_used_by_modules_of_their_own(store):
    using = {path for path in MODULES if re.search(rf"\bst\.{store}", path.read_text())}
    assert {str(path.relative_to(ROOT / "ui")) for path in using} == SESSION[store]


# ---- sizes

MOST_LINES, MOST_LINES_OF_A_FUNCTION = 350, 60


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Name and length of each function in a Python module, docstrings included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_module_is_too_long_to_read_at_a_sitting():
    files = [*ROOT.rglob("*.py"), *ROOT.rglob("*.js")]
    lines = {path.relative_to(ROOT).as_posix(): path.read_text().count("\n") for path in files}
    assert {name: n for name, n in lines.items() if n > MOST_LINES} == {}


def test_no_function_is_longer_than_a_screen():
    lengths = {
        (str(path.relative_to(ROOT)), name): n
        for path in ROOT.rglob("*.py")
        for name, n in functions_of(path)
    }
    assert {at: n for at, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}
