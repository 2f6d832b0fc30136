"""Networks run in the browser as in torch: each op over odd shapes, on both sets of kernels."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from explorer import store
from explorer.bundle import read_bundle
from explorer.bundle.files import bundles_in
from explorer.config import Activation
from explorer.latent.encode import decode
from explorer.models.layers import (
    Activate,
    BatchNorm,
    Conv,
    ConvTranspose,
    Crop,
    GroupNorm,
    Layer,
    Linear,
    Reshape,
    Residual,
    Upsample,
    weight_shapes,
)
from explorer.models.walk import walk
from explorer.packing.ops import prepare
from explorer.packing.pack import _rounded, _written
from tests.kernels import KERNELS, compile_kernels
from tests.live_decoders import drawn, run_layers
from tests.test_live_decoder import network, written
from tests.tools import node

DRIVER = Path(__file__).with_name("live_network.mjs")
ACTIVATIONS = get_args(Activation)
N_RANDOM = 150
N_INPUTS = 2
SHIPPED = [folder.name for folder in bundles_in(store.pretrained_folder())]


def pack_of(
    layers: tuple[Layer, ...],
    weights: Mapping[str, np.ndarray],
    given: tuple[int, ...],
    wanted: tuple[int, ...],
) -> bytes:
    """A pack of any network, in full precision and without the sigmoid at the end of a decoder."""
    ops = _rounded(prepare((("net", layers),), weights), np.inf)
    shapes = {"input_shape": given, "output_shape": wanted}
    return _written(ops, {"latent_dim": 1, "image_shape": (1, 1, 1)} | shapes)


def layer(rng: np.random.Generator, shape: tuple[int, ...], depth: int = 0) -> Layer:
    """One layer that takes a value of a shape, of any kind and with any settings."""
    if len(shape) == 1:
        n, to = shape[0], int(rng.integers(1, 14))
        sides = [
            (c, n // c // h, h) for c in range(1, n + 1) for h in (1, 2, 3) if n % (c * h) == 0
        ]
        flat: list[Layer] = [
            Linear(n, to),
            Activate(str(rng.choice(ACTIVATIONS))),  # type: ignore[arg-type]
            BatchNorm(n),
            Reshape(sides[rng.integers(len(sides))]),
        ]
        return flat[rng.integers(len(flat))]
    c, h, w = shape
    to, kernel, stride = (int(rng.integers(1, most)) for most in (14, 6, 4))
    padding = int(rng.integers(0, 4))
    layers: list[Layer] = [
        Activate(str(rng.choice(ACTIVATIONS))),  # type: ignore[arg-type]
        BatchNorm(c),
        Reshape((c * h * w,)),
        Reshape((w, c, h)),
    ]
    if min(h, w) + 2 * padding >= kernel:
        layers += 3 * [Conv(c, to, kernel, stride, padding)]
    if (min(h, w) - 1) * stride - 2 * padding + kernel >= 1:
        layers += 3 * [ConvTranspose(c, to, kernel, stride, padding)]
    if c * h * w // c >= 8:
        layers.append(GroupNorm(c, int(rng.choice([g for g in range(1, c + 1) if c % g == 0]))))
    if max(h, w) < 12:
        layers.append(Upsample(int(rng.integers(1, 4))))
    layers.append(Crop(int(rng.integers(1, min(h, w) + 1))))
    if depth < 2:
        layers += 3 * [residual(rng, shape, depth)]
    return layers[rng.integers(len(layers))]


def residual(rng: np.random.Generator, shape: tuple[int, ...], depth: int) -> Residual:
    """A residual block whose body ends in the shape that its shortcut gives."""
    shortcut = () if rng.random() < 0.5 else (Conv(shape[0], int(rng.integers(1, 9)), 1, 1, 0),)
    n_out = shortcut[0].n_out if shortcut else shape[0]
    first: Layer = Activate("elu") if rng.random() < 0.5 else Conv(shape[0], shape[0], 3, 1, 1)
    body: tuple[Layer, ...] = (first, Conv(shape[0], n_out, 5, 1, 2))
    if not shortcut:
        body = [body, (first, Activate("tanh")), ()][rng.integers(3)]
    if depth == 0 and rng.random() < 0.3:
        body = (residual(rng, shape, 1), *body)
        inner = walk(((("x", body[:1])),), shape)[1]
        body = (body[0], Conv(inner[0], n_out, 3, 1, 1))
    return Residual(body, shortcut)


def random_network(seed: int) -> tuple[tuple[Layer, ...], tuple[int, ...]]:
    rng = np.random.default_rng(seed)
    start: tuple[int, ...] = (int(rng.integers(1, 20)),)
    if rng.random() < 0.7:
        start = tuple(
            int(n) for n in (rng.integers(1, 7), rng.integers(1, 10), rng.integers(1, 10))
        )
    layers: list[Layer] = []
    shape = start
    for _ in range(rng.integers(1, 6)):
        layers.append(layer(rng, shape))
        shape = walk((("net", tuple(layers)),), start)[1]
    return tuple(layers), start


def with_torch(
    layers: tuple[Layer, ...], start: tuple[int, ...], seed: int
) -> tuple[bytes, np.ndarray, np.ndarray]:
    """A pack of some layers with random weights, inputs, and what torch makes of them."""
    rng = np.random.default_rng(seed)
    shapes = weight_shapes(layers, "net").items()
    weights = {name: drawn(rng, name, shape) for name, shape in shapes}
    inputs = rng.standard_normal((N_INPUTS, *start)).astype(np.float32)
    expected = run_layers(layers, "net", weights, inputs)
    pack = pack_of(layers, weights, start, expected.shape[1:])
    return pack, inputs, expected


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[bytes, np.ndarray, np.ndarray]]:
    found = {}
    for seed in range(N_RANDOM):
        layers, start = random_network(seed)
        found[f"random {seed}"] = with_torch(layers, start, seed)
    for fn in ACTIVATIONS:
        found[fn] = with_torch((Activate(fn),), (1, 5, 7), 0)
        found[fn][1][:] = np.linspace(-30, 30, 35, dtype=np.float32).reshape(1, 5, 7)
        found[fn] = (*found[fn][:2], run_layers((Activate(fn),), "net", {}, found[fn][1]))
    blocks = 60 * (Residual((Activate("tanh"),)), Residual((Conv(3, 3), Activate("tanh"))))
    found["many residuals"] = with_torch((*blocks, GroupNorm(3, 1)), (3, 4, 5), 0)
    rng = np.random.default_rng(0)
    for name in SHIPPED:
        bundle = read_bundle(store.pretrained_folder() / name)
        z = rng.standard_normal((N_INPUTS, bundle.model.latent_dim)).astype(np.float32)
        assert bundle.pack is not None
        found[name] = (bundle.pack, 1.5 * z, decode(bundle, 1.5 * z))
    return found


@pytest.fixture(scope="module")
def done(made, tmp_path_factory) -> dict[str, Any]:
    """What came of every pack, from one run of node."""
    folder = tmp_path_factory.mktemp("packs")
    tasks: dict[str, Any] = {"run": {}}
    for i, (name, (pack, inputs, _)) in enumerate(made.items()):
        path = folder / f"{i}.pack"
        path.write_bytes(pack)
        rows = inputs.reshape(len(inputs), -1).tolist()
        tasks["run"][name] = {"pack": str(path), "inputs": rows}
    for arch in ("resnet", "conv"):
        for norm in ("group", "none"):
            made_of, _ = network(arch, norm, (1, 28, 28))
            path = folder / f"{arch}-{norm}.pack"
            path.write_bytes(written(made_of))
            tasks["run"][f"nan {arch} {norm}"] = {
                "pack": str(path),
                "inputs": [["NaN"] + 6 * [0.0]],
            }
    run = subprocess.run(
        [node(), str(DRIVER)], input=json.dumps(tasks), capture_output=True, text=True, timeout=240
    )
    assert run.returncode == 0, run.stderr
    results: dict[str, Any] = json.loads(run.stdout)["run"]
    return results


def values(done, name: str, engine: str, shape: tuple[int, ...]) -> np.ndarray:
    result = done[name]
    assert "error" not in result, result["error"]
    return np.array(result[engine], np.float32).reshape(-1, *shape)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["simd", "js"])
def test_any_layers_of_any_shape_give_what_torch_gives(done, made, engine):
    for seed in range(N_RANDOM):
        name = f"random {seed}"
        expected = made[name][2]
        np.testing.assert_allclose(
            values(done, name, engine, expected.shape[1:]),
            expected,
            rtol=1e-5,
            atol=1e-5 * max(1, np.abs(expected).max()),
            err_msg=f"{random_network(seed)}",
        )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["simd", "js"])
def test_a_long_row_of_residual_blocks_runs(done, made, engine):
    expected = made["many residuals"][2]
    given = values(done, "many residuals", engine, expected.shape[1:])
    np.testing.assert_allclose(given, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["simd", "js"])
@pytest.mark.parametrize("fn", ACTIVATIONS)
def test_activations_hold_far_from_0(done, made, fn, engine):
    expected = made[fn][2]
    given = values(done, fn, engine, expected.shape[1:])
    np.testing.assert_allclose(given, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["simd", "js"])
@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_decoder_draws_what_torch_draws(done, made, name, engine):
    expected = made[name][2]
    drawn_here = values(done, name, engine, expected.shape[1:])
    assert np.abs(drawn_here - expected).max() < 1 / 255


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["simd", "js"])
def test_what_is_no_number_stays_none(done, engine):
    for name in (name for name in done if name.startswith("nan")):
        assert set(done[name][engine][0]) == {None}  # which a canvas shows as black


def test_the_kernels_are_what_the_source_compiles_to(tmp_path):
    pytest.importorskip("ziglang", reason="ziglang compiles the kernels: pip install -e '.[test]'")
    compile_kernels(tmp_path / "kernels.wasm")
    assert (tmp_path / "kernels.wasm").read_bytes() == KERNELS.read_bytes()
