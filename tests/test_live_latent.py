import json
import subprocess

import numpy as np
import pytest

from explorer.latent.stats import spacing
from explorer.packing.arrays import pack_arrays
from explorer.projection.pca import pca
from tests.tools import node

RNG = np.random.default_rng(0)
MU = RNG.standard_normal((300, 5)).astype(np.float32)
ACTIVE = np.array([0, 1, 2, 4])
FLAT = pca(MU)
TSNE = RNG.standard_normal((300, 2)).astype(np.float32) * 20
SPACING = np.sort(spacing(MU, active=ACTIVE))
NEAR, FAR = MU.mean(axis=0), np.full(5, 9, np.float32)
TARGETS = [NEAR, FAR, MU[7]]
BYTES = np.array([[0, 255, 7]], np.uint8)
PLACES = [[0.5, -0.3, 0.2], [1.0, 2.0, -1.0], [-4.0, 4.0, 0.0]]


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict:
    arrays: dict[str, np.ndarray] = {
        "bytes": BYTES,  # of a length that is no multiple of 4
        "mu": MU,
        "active": ACTIVE,
        "spacing": SPACING,
        "pca_mean": FLAT.mean,
        "pca_components": FLAT.components,
        "tsne": TSNE,
    }
    path = tmp_path_factory.mktemp("latent") / "codes"
    path.write_bytes(pack_arrays(arrays))
    task = {"path": str(path), "targets": [z.tolist() for z in TARGETS], "places": PLACES}
    done = subprocess.run(
        [node(), "tests/live_latent.mjs"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def distances_to(z: np.ndarray) -> np.ndarray:
    return np.linalg.norm((MU - z)[:, ACTIVE], axis=1)


def test_arrays_arrive_with_their_shapes_and_values(said):
    assert said["shapes"]["mu"] == [300, 5]
    assert said["shapes"]["active"] == [4]
    assert said["shapes"]["bytes"] == [1, 3]
    assert said["bytes"] == [0, 255, 7]
    np.testing.assert_allclose(said["row"], MU[3], rtol=1e-6)


def test_nearest_agrees_with_a_full_sort(said):
    for z, found in zip(TARGETS, said["nearest"], strict=True):
        order = np.argsort(distances_to(z))[:10]
        assert found["rows"] == order.tolist()
        np.testing.assert_allclose(found["distances"], distances_to(z)[order], rtol=1e-5, atol=1e-6)


def test_an_item_is_not_its_own_neighbour(said):
    order = np.argsort(distances_to(MU[3]))
    assert order[0] == 3
    assert said["others"] == order[1:11].tolist()


def test_honesty_calls_the_middle_typical_and_the_outside_empty(said):
    middle, outside, _ = said["honesty"]
    assert middle["level"] == "typical"
    assert outside == {"percentile": 100, "level": "empty"}


def test_honesty_of_an_item_is_the_rank_of_its_own_spacing(said):
    own = spacing(MU, active=ACTIVE)[3]
    assert said["own"] == pytest.approx(100 * np.mean(own > SPACING), abs=0.5)


@pytest.mark.parametrize("name", ["pca", "pca3", "z"])
def test_exact_planes_put_a_code_where_it_was_asked_to_be(said, name):
    for place, answer in zip(PLACES, said["planes"][name], strict=True):
        np.testing.assert_allclose(answer["back"], place[: len(answer["back"])], atol=1e-5)


def test_the_pca_plane_is_the_one_python_draws(said):
    for z, answer in zip(TARGETS, said["planes"]["pca"], strict=True):
        np.testing.assert_allclose(answer["xy"], FLAT.to_plane(z[None])[0, :2], atol=1e-4)


def test_a_move_on_the_pca_plane_keeps_the_rest_of_the_code(said):
    for z, answer in zip(TARGETS, said["planes"]["pca"], strict=True):
        moved = np.array(answer["moved"]) - z
        axes = FLAT.components[:2]
        np.testing.assert_allclose(moved, moved @ axes.T @ axes, atol=1e-5)


def test_a_move_in_two_coordinates_keeps_the_others(said):
    for z, answer in zip(TARGETS, said["planes"]["z"], strict=True):
        np.testing.assert_allclose(np.array(answer["moved"])[[1, 3, 4]], z[[1, 3, 4]], rtol=1e-6)


def test_one_coordinate_alone_ignores_the_height_of_a_place(said):
    for z, place, answer in zip(TARGETS, PLACES, said["planes"]["alone"], strict=True):
        assert answer["xy"] == [pytest.approx(z[2]), 0]
        np.testing.assert_allclose(answer["moved"][2], place[0], rtol=1e-6)
        np.testing.assert_allclose(np.delete(answer["moved"], 2), np.delete(z, 2), rtol=1e-6)


def test_on_a_dot_the_tsne_map_is_exact_both_ways(said):
    np.testing.assert_allclose(said["ontoDot"], TSNE[3], rtol=1e-4)
    np.testing.assert_allclose(said["fromDot"], MU[3], atol=1e-4)


def test_tsne_stays_among_the_items(said):
    for answer in said["planes"]["tsne"]:
        moved = np.array(answer["moved"])
        assert (moved >= MU.min(axis=0)).all()
        assert (moved <= MU.max(axis=0)).all()


def test_prior_draws_are_standard_normal(said):
    draws = np.array(said["draws"])
    assert abs(draws.mean()) < 0.03
    assert abs(draws.std() - 1) < 0.03
    assert np.mean(np.abs(draws) < 1) == pytest.approx(0.6827, abs=0.015)


def test_slerp_ends_where_it_should_and_keeps_between_the_lengths(said):
    start, quarter, middle, end = map(np.array, said["arc"])
    np.testing.assert_allclose(start, TARGETS[0], atol=1e-5)
    np.testing.assert_allclose(end, TARGETS[1], atol=1e-5)
    lengths = [np.linalg.norm(z) for z in (start, quarter, middle, end)]
    assert lengths == sorted(lengths)
    assert lengths[2] == pytest.approx((lengths[0] + lengths[3]) / 2, rel=1e-5)


def test_slerp_goes_straight_where_there_is_no_arc(said):
    assert said["straight"] == [2, 2]
    assert said["fromOrigin"] == [1, 0]
