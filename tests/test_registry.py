"""Records that can be asked for by name: ours, those of other packages, and registered ones."""

from dataclasses import dataclass

import pytest

from explorer.registry import Registry
from tests.tools import installed

GROUP = "latent_explorer.toys"


@dataclass(frozen=True)
class Toy:
    name: str
    from_where: str = "ours"


def toys() -> Registry[Toy]:
    return Registry[Toy](GROUP, lambda: [Toy("ball"), Toy("kite")])


def test_ours_come_first_then_those_of_packages_then_registered_ones(tmp_path):
    declared = "from tests.test_registry import Toy\nTOY = Toy('drum', 'a package')"
    with installed(tmp_path, "toy_drum", declared, GROUP, "TOY"):
        registry = toys()
        registry.register(Toy("yo-yo", "this process"))
        assert [toy.name for toy in registry.all()] == ["ball", "kite", "drum", "yo-yo"]
    found = registry.named("drum")
    assert found is not None
    assert found.from_where == "a package"
    assert registry.named("nothing") is None


def test_nothing_replaces_one_of_ours():
    registry = toys()
    registry.register(Toy("ball", "this process"))
    assert [(toy.name, toy.from_where) for toy in registry.all()] == [
        ("ball", "ours"),
        ("kite", "ours"),
    ]


def test_what_was_registered_can_be_taken_back():
    registry, toy = toys(), Toy("yo-yo")
    registry.register(toy)
    registry.forget(toy)
    assert registry.named("yo-yo") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import a_package_that_is_not_there", "a_package_that_is_not_there"),
        ("raise ValueError('numpy.dtype size changed')", "numpy.dtype size changed"),
        ("TOY = (", "never closed"),
        ("TOY = 'no record'", "toy_broken:TOY of latent_explorer.toys is not what"),
    ],
)
def test_what_cannot_be_loaded_is_logged_and_left_out(tmp_path, caplog, text, told):
    with installed(tmp_path, "toy_broken", text, GROUP, "TOY"):
        assert [toy.name for toy in toys().all()] == ["ball", "kite"]
    assert told in caplog.text
