"""Every error a person can fix tells what is so, what was needed and what to do."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import explorer
from explorer import errors
from explorer.errors import ExplorerError
from explorer.words import section


def below(kind: type[Exception]) -> list[type[Exception]]:
    """All kinds of an error, each followed by its own kinds."""
    return [found for child in kind.__subclasses__() for found in (child, *below(child))]


LEAVES = below(ExplorerError)


@pytest.mark.parametrize("kind", [ExplorerError, *LEAVES])
def test_message_holds_the_three_beats_in_order(kind):
    error = kind("disk.full", path="/a b")
    assert error.so == 'The disk is full: "/a b" could not be written.'
    assert error.needed.startswith("Writing needs")
    assert error.do.startswith("Free some space")
    assert str(error) == f"{error.so} {error.needed} {error.do}"


@pytest.mark.parametrize("kind", [ExplorerError, *LEAVES])
def test_an_error_can_have_its_words_already(kind):
    error = kind.worded("The disk is full.", "Writing needs 3 MB.", "Free some space.")
    assert isinstance(error, kind)
    assert str(error) == "The disk is full. Writing needs 3 MB. Free some space."
    beats = (error.so, error.needed, error.do)
    assert beats == ("The disk is full.", "Writing needs 3 MB.", "Free some space.")


def made() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Yield where an error is made, the place of its words, and the values it gives if known."""
    kinds = {kind.__name__ for kind in LEAVES}
    for path in sorted(Path(explorer.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in kinds:
                continue
            given = [keyword.arg for keyword in node.keywords]
            known = None if None in given else frozenset(arg for arg in given if arg)
            first = node.args[0]
            for constant in ast.walk(first) if isinstance(first, ast.IfExp) else [first]:
                if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                    yield f"{path.name}:{node.lineno}", constant.value, known


def test_every_error_has_its_three_sentences_and_gives_the_values_they_need():
    found = list(made())
    assert len(found) > 150
    for where, place, given in found:
        words = section(f"errors.{place}")
        assert set(words) == {"so", "needed", "do"}, where
        gaps = set(re.findall(r"(?<!\{)\{(\w+)\}", json.dumps(words)))
        assert given is None or gaps == given, (where, place)


def test_every_error_in_the_words_is_raised_somewhere():
    root = Path(explorer.__file__).parent
    code = "".join(path.read_text("utf-8") for path in root.rglob("*.py"))
    begun = tuple(re.findall(r'f"([a-z]+\.[a-z_]*)\{', code))
    for room in section("errors"):
        for key in section(f"errors.{room}"):
            place = f"{room}.{key}"
            assert f'"{place}"' in code or place.startswith(begun), place


def test_module_draws_the_whole_tree():
    drawn = re.findall(r"── (\w+)", errors.__doc__ or "")
    own = [kind.__name__ for kind in LEAVES if kind.__module__ == "explorer.errors"]
    assert drawn == own
