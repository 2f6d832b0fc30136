import itertools
import os
from collections.abc import Iterator

import numpy as np
import pytest

from explorer.errors import DataError, ShapeError
from explorer.projection import MapStep, followed
from explorer.projection.pca import pca
from explorer.projection.tsne import tsne


def codes(n=200, d=6, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) * np.linspace(3, 0.5, d) + rng.normal(size=d)).astype("float32")


def clusters(n_each=60, n_clusters=5, d=8, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(n_clusters), n_each)
    centres = 6 * rng.normal(size=(n_clusters, d))
    return centres[labels] + rng.normal(size=(len(labels), d)), labels


def purity(xy, labels, k=10):
    """Share of the k nearest neighbours that have an item's own label."""
    distances = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return (labels[distances.argsort(axis=1)[:, :k]] == labels[:, None]).mean()


def finished(steps: Iterator[MapStep]) -> MapStep:
    *_, last = steps
    return last


@pytest.mark.parametrize("m", [2, 3])
def test_pca_brings_a_place_to_a_code_and_back(m):
    view = pca(codes(), m)
    places = np.random.default_rng(1).normal(size=(20, m))
    keep = np.random.default_rng(2).normal(size=6)
    assert view.to_plane(view.to_codes(places, keep=keep)) == pytest.approx(places, abs=1e-5)
    assert view.to_codes(view.to_plane(keep), keep=keep) == pytest.approx(keep, abs=1e-6)


def test_pca_keeps_the_part_of_a_code_off_the_plane():
    view = pca(codes(), 2)
    keep = np.random.default_rng(2).normal(size=6)
    step = view.to_codes(np.array([1.5, -2.0]), keep=keep) - keep
    in_plane = step @ view.components.T @ view.components
    assert step == pytest.approx(in_plane, abs=1e-5)


def test_pca_moves_many_codes_each_to_its_own_place():
    view, z = pca(codes(), 2), codes(5, seed=3)
    moved = view.to_codes(view.xy[:5], keep=z)
    assert view.to_plane(moved) == pytest.approx(view.xy[:5], abs=1e-5)


def test_pca_axes_are_orthonormal_and_explain_falling_shares():
    view = pca(codes(), 6)
    assert view.components @ view.components.T == pytest.approx(np.eye(6), abs=1e-5)
    assert (np.diff(view.variance_share) <= 0).all()
    assert view.variance_share.sum() == pytest.approx(1)
    assert view.variance_share[0] == pytest.approx(
        view.xy[:, 0].var() / codes().var(axis=0).sum(), rel=1e-4
    )
    assert view.xy == pytest.approx(view.to_plane(codes()), abs=1e-6)


def test_pca_does_not_flip_with_the_order_of_the_items():
    view, reversed_view = pca(codes()), pca(codes()[::-1])
    assert view.components == pytest.approx(reversed_view.components, abs=1e-5)
    assert (view.components.max(axis=1) == np.abs(view.components).max(axis=1)).all()


@pytest.mark.parametrize(("n", "d"), [(1, 1), (1, 5), (2, 5), (3, 2), (50, 1), (50, 2)])
def test_pca_has_as_many_axes_as_fit_however_few_codes(n, d):
    view = pca(codes(n, d), 3)
    m = min(3, d)
    assert view.xy.shape == (n, m)
    assert view.components @ view.components.T == pytest.approx(np.eye(m), abs=1e-5)
    assert np.isfinite(view.variance_share).all()


def test_pca_of_codes_that_do_not_vary_explains_nothing():
    view = pca(np.full((20, 4), 0.1), 2)
    assert not view.variance_share.any()
    assert view.xy == pytest.approx(np.zeros((20, 2)), abs=1e-6)


def test_pca_is_exact_far_from_the_origin():
    near, far = pca(codes()), pca(codes().astype(float) + 1e6)
    assert far.components == pytest.approx(near.components, abs=1e-5)


def test_tsne_keeps_clusters_together():
    points, labels = clusters()
    assert purity(finished(tsne(points)).xy, labels) > 0.98


def test_tsne_streams_from_the_pca_to_the_end():
    points, _ = clusters()
    steps = list(tsne(points))
    assert steps[0].xy == pytest.approx(pca(points, 2).xy, abs=1e-4)
    assert [s.iteration for s in steps] == list(range(0, steps[-1].n_iterations + 1, 25))
    moves = [np.abs(b.xy - a.xy).max() for a, b in itertools.pairwise(steps)]
    assert min(moves) > 0


@pytest.mark.slow
def test_tsne_gives_the_same_map_for_the_same_seed():
    points, _ = clusters(20)
    maps = [finished(tsne(points, seed=seed)).xy for seed in (0, 0, 1)]
    assert (maps[0] == maps[1]).all()
    assert (maps[0] != maps[2]).any()


@pytest.mark.slow
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs a second core to compare with")
def test_tsne_gives_the_same_map_on_one_core_and_on_all(monkeypatch):
    points, _ = clusters(20)
    monkeypatch.setattr("explorer.projection.tsne._MOST_ON_ONE_CORE", 0)
    on_all = finished(tsne(points)).xy
    monkeypatch.undo()
    assert (finished(tsne(points)).xy == on_all).all()


@pytest.mark.slow
def test_tsne_of_many_codes_streams_the_same_way(monkeypatch):
    monkeypatch.setattr("explorer.projection.tsne._MOST_FOR_BARNES_HUT", 50)
    points, labels = clusters(30)
    steps = list(tsne(points))
    assert steps[1].iteration == 10
    assert purity(steps[-1].xy, labels) > 0.98


def test_tsne_works_only_when_asked_for_the_next_step():
    steps = tsne(clusters()[0])
    assert next(steps).iteration == 0
    assert next(steps).iteration == 25


@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 2, 16])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 9])
def test_tsne_takes_few_codes_of_any_size(n, d):
    last = finished(tsne(codes(n, d)))
    assert last.xy.shape == (n, 2)
    assert np.isfinite(last.xy).all()
    assert last.n_iterations == (0 if n < 4 else last.iteration)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_tsne_takes_duplicates_at_any_scale(scale):
    points = scale * np.repeat(codes(3), 30, axis=0)
    xy = finished(tsne(points)).xy
    assert np.isfinite(xy).all()
    assert purity(xy, np.repeat(np.arange(3), 30)) > 0.98


def test_tsne_of_identical_codes_is_one_spot():
    (only,) = tsne(np.full((40, 3), 0.1))
    assert np.ptp(only.xy, axis=0) == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("project", [pca, lambda z: list(tsne(z))], ids=["pca", "tsne"])
def test_codes_that_cannot_be_projected_are_refused_in_words(project):
    with pytest.raises(ShapeError, match="n rows, one per item"):
        project(np.zeros(5))
    with pytest.raises(ShapeError, match="n rows, one per item"):
        project(np.zeros((0, 5)))
    with pytest.raises(DataError, match="not finite"):
        project(np.array([[0.0, np.inf], [1.0, 2.0]]))


def test_pca_without_axes_is_refused():
    with pytest.raises(ShapeError, match="at least one axis"):
        pca(codes(), 0)


# Maps of codes that are still being learnt


def turned(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def test_a_followed_map_undoes_turns_and_mirrors_of_the_codes():
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(60, 3)) * [2.0, 1.9, 0.1]
    before = followed(codes)
    mirrored = codes @ np.diag([-1.0, 1.0, 1.0])
    mirrored[:, :2] = mirrored[:, :2] @ turned(1.0)
    np.testing.assert_allclose(followed(mirrored, before), before, atol=1e-4)


def test_a_followed_map_keeps_distances_in_the_plane():
    rng = np.random.default_rng(1)
    codes = rng.normal(size=(40, 5))
    plain, turned_map = pca(codes, 2).xy, followed(codes, rng.normal(size=(40, 2)))
    np.testing.assert_allclose(
        np.linalg.norm(plain, axis=1), np.linalg.norm(turned_map, axis=1), 1e-4
    )


def test_two_coordinates_are_their_own_map_and_one_is_spread():
    codes = np.random.default_rng(2).normal(size=(30, 2)).astype(np.float32)
    np.testing.assert_array_equal(followed(codes, codes[::-1]), codes)
    line = followed(codes[:, :1])
    np.testing.assert_array_equal(line[:, 0], codes[:, 0])
    assert np.ptp(line[:, 1]) > 0.5
