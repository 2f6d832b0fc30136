"""Every error a person can fix tells what is so, what was needed and what to do."""

import re

import pytest

from explorer import errors
from explorer.errors import ExplorerError


def below(kind: type[Exception]) -> list[type[Exception]]:
    """All kinds of an error, each followed by its own kinds."""
    return [found for child in kind.__subclasses__() for found in (child, *below(child))]


LEAVES = below(ExplorerError)


@pytest.mark.parametrize("kind", [ExplorerError, *LEAVES])
def test_message_holds_the_three_beats_in_order(kind):
    error = kind("The disk is full.", "Writing needs 3 MB.", "Free some space.")
    assert str(error) == "The disk is full. Writing needs 3 MB. Free some space."
    assert (error.so, error.needed, error.do) == (
        "The disk is full.",
        "Writing needs 3 MB.",
        "Free some space.",
    )


def test_module_draws_the_whole_tree():
    drawn = re.findall(r"── (\w+)", errors.__doc__ or "")
    own = [kind.__name__ for kind in LEAVES if kind.__module__ == "explorer.errors"]
    assert drawn == own
