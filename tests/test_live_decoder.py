import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from explorer.config import Arch, Norm, TrainConfig
from explorer.models.architecture import decoder_layers, spec_of
from explorer.models.vae import VAE
from explorer.packing.pack import Dtype, pack_decoder
from tests.live_decoders import DECODERS, Decoder
from tests.tools import node

DRIVER = Path(__file__).with_name("live_network.mjs")
TOLERANCE: dict[Dtype, float] = {"fp16": 1e-3, "fp32": 1e-5}
NETWORKS: list[tuple[Arch, Norm, tuple[int, int, int]]] = [
    ("mlp", "batch", (1, 28, 28)),
    ("mlp", "group", (3, 8, 8)),
    ("resmlp", "none", (1, 28, 28)),
    ("resmlp", "batch", (3, 8, 8)),
    ("resmlp", "group", (1, 8, 8)),
    ("conv", "batch", (3, 64, 64)),
    ("conv", "none", (1, 28, 28)),
    ("resnet", "batch", (1, 28, 28)),
    ("resnet", "group", (3, 33, 33)),
]
PAINTED = {
    "grey": {"values": [0, 1, 0.5, 0.25, 2, -1], "shape": [1, 2, 3]},
    "rgb": {"values": [(7 * i % 256) / 255 for i in range(3 * 4 * 64)], "shape": [3, 4, 64]},
}


def written(made: Decoder, dtype: Dtype = "fp16") -> bytes:
    return pack_decoder(
        made.stacks,
        made.weights,
        latent_dim=made.latent_dim,
        image_shape=made.image_shape,
        dtype=dtype,
    )


def network(arch: Arch, norm: Norm, shape: tuple[int, int, int]) -> tuple[Decoder, np.ndarray]:
    """A whole VAE's decoder, what begins at 0 moved as by training, and what the VAE draws."""
    hidden = (20, 20, 24) if arch == "resmlp" else (20,)
    config = TrainConfig(data="digits", arch=arch, norm=norm, width=6, latent_dim=7, hidden=hidden)
    rng = np.random.default_rng(0)
    weights = {
        name: array + (0.3 * rng.uniform(size=array.shape)).astype(array.dtype)
        if "running" in name or not array.any()
        else array
        for name, array in VAE.untrained(config, shape).weights().items()
    }
    codes = rng.standard_normal((2, 7)).astype(np.float32)
    drawn = VAE.from_weights(spec_of(config, shape), weights).decode(torch.tensor(codes)).numpy()
    return Decoder(decoder_layers(config, shape), weights, shape, codes), drawn


def with_header(pack: bytes, **changes) -> bytes:
    n_header = struct.unpack_from("<I", pack, 8)[0]
    header = json.loads(pack[12 : 12 + n_header]) | changes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return pack[:8] + struct.pack("<I", len(text)) + text + pack[12 + n_header :]


def damaged_packs() -> dict[str, tuple[bytes, str]]:
    """Packs that must be refused, each with a part of the message."""
    pack = written(DECODERS["conv 3"])
    n_header = struct.unpack_from("<I", pack, 8)[0]
    ops = json.loads(pack[12 : 12 + n_header])["ops"]
    conv = next(i for i, op in enumerate(ops) if op["op"] == "conv")

    def with_op(i: int, **changes) -> bytes:
        return with_header(pack, ops=[*ops[:i], ops[i] | changes, *ops[i + 1 :]])

    def moved(at: int) -> bytes:
        """The first array of the pack in another place."""
        arrays = ops[0]["arrays"]
        return with_op(0, arrays={**arrays, "weight": arrays["weight"] | {"at": at}})

    def nested(depth: int) -> dict[str, Any]:
        inner = [nested(depth - 1)] if depth else []
        return {"op": "residual", "body": inner, "shortcut": []}

    cuts = {
        f"cut at {length}": (pack[:length], "cut short" if length >= 12 else "not a decoder pack")
        for length in [*range(0, len(pack), 97), len(pack) - 1]
    }
    return cuts | {
        "another file": (b"\x89PNG\r\n\x1a\n" * 9, "not a decoder pack"),
        "version 2": (pack[:4] + struct.pack("<I", 2) + pack[8:], "version 2; version 1 is needed"),
        "header that is no JSON": (pack[:12] + b"!" + pack[13:], "header is damaged"),
        "header that is a list": (pack[:8] + struct.pack("<I", 4) + b"[1] ", "header is damaged"),
        "header without ops": (with_header(pack, ops=None), "header is damaged"),
        "two channels": (with_header(pack, image_shape=[2, 6, 7]), "header is damaged"),
        "another size": (with_header(pack, image_shape=[3, 7, 6]), "does not fit 3,7,6"),
        "another latent_dim": (with_header(pack, latent_dim=6), "linear does not fit 6"),
        "unknown op": (with_op(conv, op="attention"), 'asks for "attention"'),
        "unknown activation": (with_op(-1, fn="toString"), 'activation "toString"'),
        "more channels out": (with_op(conv, n_out=4), "conv does not fit"),
        "more channels in": (with_op(conv, n_in=6), "conv does not fit 5,6,7"),
        "array of unknown type": (
            with_op(0, arrays={"weight": {"at": 0, "shape": [210, 5], "dtype": "int8"}}),
            'weights as "int8"',
        ),
        "lost array": (with_op(0, arrays={}), "linear does not fit"),
        "stride of next to nothing": (with_op(conv, stride=1e-12), "conv with stride 1e-12"),
        "stride of a billion": (with_op(conv, stride=1e9), "conv with stride 1000000000"),
        "kernel of a thousand": (with_op(conv, kernel=1000), "conv with kernel 1000"),
        "op that is nothing": (with_header(pack, ops=[None]), "one of its ops"),
        "ops without end": (with_header(pack, ops=ops[-1:] * 2000), "count of 1001 ops"),
        "array in the place of a setting": (
            with_op(conv, arrays={**ops[conv]["arrays"], "kernel": ops[conv]["arrays"]["bias"]}),
            "conv with its arrays",
        ),
        "weights that are a setting": (with_op(0, weight="w" * 1050), "linear with its arrays"),
        "array before the first": (moved(-4), "linear with the place of an array"),
        "array between two numbers": (moved(1), "linear with the place of an array"),
        "codes of a billion numbers": (with_header(pack, latent_dim=10**9), "header is damaged"),
        "residuals within residuals": (with_header(pack, ops=[nested(30)]), "a list of its ops"),
        "more work than a browser has": (
            with_header(pack, ops=[*ops[:2], *[{"op": "upsample", "scale": 16}] * 3]),
            "upsample with",
        ),
        "weights that are no numbers": (pack[:-4] + b"\0\0\xc0\x7f", "weights that are no numbers"),
    }


@pytest.fixture(scope="module")
def networks() -> dict[str, tuple[Decoder, np.ndarray]]:
    return {f"{arch} {norm} {shape}": network(arch, norm, shape) for arch, norm, shape in NETWORKS}


@pytest.fixture(scope="module")
def done(networks, tmp_path_factory) -> dict[str, Any]:
    """What came of every pack and painting of this module, from one run of node."""
    folder = tmp_path_factory.mktemp("packs")
    tasks: dict[str, dict[str, Any]] = {"decode": {}, "paint": PAINTED}

    def give(name: str, pack: bytes, codes: np.ndarray) -> None:
        path = folder / f"{len(tasks['decode'])}.pack"
        path.write_bytes(pack)
        tasks["decode"][name] = {"pack": str(path), "codes": codes.tolist()}

    for dtype in TOLERANCE:
        for name, made in DECODERS.items():
            give(f"{name}, {dtype}", written(made, dtype), made.codes)
        for name, (made, _) in networks.items():
            give(f"{name}, {dtype}", written(made, dtype), made.codes)
    for name, (pack, _) in damaged_packs().items():
        give(name, pack, DECODERS["conv 3"].codes)
    give("long code", written(DECODERS["conv 3"]), np.zeros((1, 6)))
    run = subprocess.run(
        [node(), str(DRIVER)], input=json.dumps(tasks), capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr
    results: dict[str, Any] = json.loads(run.stdout)
    return results


def pictures(
    result: dict[str, Any], shape: tuple[int, int, int], which: str = "pictures"
) -> np.ndarray:
    assert "error" not in result, result["error"]
    return np.array(result[which], np.float32).reshape(-1, *shape)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", DECODERS)
def test_browser_draws_what_torch_draws(done, name, dtype):
    made = DECODERS[name]
    drawn = pictures(done["decode"][f"{name}, {dtype}"], made.image_shape)
    np.testing.assert_allclose(drawn, made.pictures(), rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize(("arch", "norm", "shape"), NETWORKS)
def test_browser_draws_what_the_vae_draws(done, networks, arch, norm, shape, dtype):
    name = f"{arch} {norm} {shape}"
    drawn = pictures(done["decode"][f"{name}, {dtype}"], shape)
    np.testing.assert_allclose(drawn, networks[name][1], rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("name", DECODERS)
def test_kernels_in_javascript_draw_what_those_in_webassembly_draw(done, name):
    result = done["decode"][f"{name}, fp32"]
    assert result["engines"] == ["simd", "simd", "js"]
    np.testing.assert_allclose(result["js"], result["pictures"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", DECODERS)
def test_same_code_gives_the_same_picture(done, name):
    first, _, again = done["decode"][f"{name}, fp16"]["pictures"]
    assert first == again


@pytest.mark.parametrize("name", DECODERS)
def test_two_decoders_of_one_pack_do_not_disturb_each_other(done, name):
    result = done["decode"][f"{name}, fp16"]
    assert result["pictures"] == result["backwards"]


def test_decoder_draws_into_the_array_it_is_given(done):
    result = done["decode"]["everything, fp16"]
    assert result["given"] == result["pictures"][0]
    assert result["returned"] is True


def test_pack_states_its_shapes(done):
    result = done["decode"]["everything, fp16"]
    assert (result["latentDim"], result["imageShape"]) == (5, [3, 11, 11])


@pytest.mark.parametrize("name", damaged_packs())
def test_damaged_pack_is_refused(done, name):
    assert damaged_packs()[name][1] in done["decode"][name].get("error", "")


def test_code_of_another_length_is_refused(done):
    assert done["decode"]["long code"]["error"] == ("The network takes 5 values, not 6.")


def test_pixels_are_the_values_in_steps_of_255(done):
    grey = np.array(done["paint"]["grey"]).reshape(-1, 4)
    np.testing.assert_array_equal(grey[:, 3], 255)
    np.testing.assert_array_equal(grey[:, :3].T, [[0, 255, 128, 64, 255, 0]] * 3)
    rgb = np.array(done["paint"]["rgb"]).reshape(-1, 4)
    expected = np.rint(np.array(PAINTED["rgb"]["values"]).reshape(3, -1).T * 255)
    np.testing.assert_array_equal(rgb[:, :3], expected)
    np.testing.assert_array_equal(rgb[:, 3], 255)
