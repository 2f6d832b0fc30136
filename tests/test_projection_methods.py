"""What every way of laying codes on a map has in common, those of the extra `maps` included."""

import dataclasses
import sys

import numpy as np
import pytest

from explorer.errors import MachineError
from explorer.projection import METHODS, place_by_neighbours
from explorer.projection.methods import MapMethod

NAMES = [method.name for method in METHODS.all()]


def groups(n: int = 60, d: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Three groups far apart, (n, d), and which of them each code belongs to, (n,)."""
    rng = np.random.default_rng(0)
    group = np.arange(n) % 3
    centres = 8 * np.eye(3, d)
    return (centres[group] + rng.normal(size=(n, d))).astype(np.float32), group


def installed(name: str) -> MapMethod:
    method = METHODS.named(name)
    assert method is not None
    if not method.is_installed:
        pytest.skip(f"{method.title} comes with the extra `maps`")
    return method


@pytest.mark.parametrize("name", NAMES)
def test_a_method_keeps_groups_together_and_gives_the_same_map_again(name):
    method = installed(name)
    codes, group = groups()
    *_, last = method.fit(codes, 0)
    *_, again = method.fit(codes, 0)
    assert last.xy.shape == (len(codes), 2)
    assert last.xy.dtype == np.float32
    assert last.iteration == last.n_iterations
    np.testing.assert_array_equal(last.xy, again.xy)
    nearest = np.linalg.norm(last.xy[:, None] - last.xy, axis=2)
    np.fill_diagonal(nearest, np.inf)
    assert (group[nearest.argmin(axis=1)] == group).mean() > 0.9


@pytest.mark.parametrize("name", NAMES)
def test_a_method_places_the_codes_of_a_map_where_they_are(name):
    method = installed(name)
    codes, _ = groups()
    *_, last = method.fit(codes, 0)
    placed = method.place(codes[:7], codes, last.xy)
    np.testing.assert_allclose(placed, last.xy[:7], atol=1e-3 * np.abs(last.xy).max())


def test_a_code_between_two_neighbours_is_placed_between_them():
    codes, xy = np.array([[0.0], [1.0]]), np.array([[0.0, 0.0], [4.0, 2.0]])
    np.testing.assert_allclose(place_by_neighbours(np.array([[0.5]]), codes, xy), [[2.0, 1.0]])


@pytest.mark.parametrize("name", ["umap", "pacmap"])
def test_a_method_that_is_not_installed_says_how_to_install_it(name, monkeypatch):
    method = METHODS.named(name)
    assert method is not None
    monkeypatch.setitem(sys.modules, method.needs, None)
    assert not method.is_installed
    with pytest.raises(MachineError, match=r"latent-space-explorer\[maps\]"):
        next(method.fit(groups()[0], 0))


def test_a_method_may_need_a_package_within_a_missing_one():
    method = METHODS.named("pca")
    assert method is not None
    assert not dataclasses.replace(method, needs="not_there.at_all").is_installed
