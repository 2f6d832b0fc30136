import json
import math
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from explorer.errors import BundleError, ShapeError
from explorer.models.layers import Conv, ConvTranspose, Crop, Linear, Reshape, Residual, Upsample
from explorer.models.walk import walk
from explorer.packing import ops
from explorer.packing.pack import Dtype, UnpackableError, pack_decoder
from tests.live_decoders import DECODERS, RELU, Decoder, decoder, maps

DENSE = DECODERS["two stacks"]


def packed(
    made: Decoder, *, changed: dict[str, np.ndarray] | None = None, dtype: Dtype = "fp16"
) -> bytes:
    """A pack of the decoder, some weights of which may be changed first."""
    return pack_decoder(
        made.stacks,
        made.weights | (changed or {}),
        latent_dim=made.latent_dim,
        image_shape=made.image_shape,
        dtype=dtype,
    )


def header_of(written: bytes) -> dict[str, Any]:
    magic, version, n_header = struct.unpack_from("<4sII", written)
    assert (magic, version) == (b"LXPK", 1)
    header: dict[str, Any] = json.loads(written[12 : 12 + n_header])
    header["start"] = 12 + n_header
    return header


def kinds(some_ops: list[dict[str, Any]]) -> list[str]:
    return [op["op"] for op in some_ops]


def arrays_of(some_ops: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for op in some_ops:
        found += op.get("arrays", {}).values()
        found += arrays_of(op.get("body", [])) + arrays_of(op.get("shortcut", []))
    return found


def read(written: bytes, array: dict[str, Any]) -> np.ndarray:
    dtype = {"fp16": "<f2", "fp32": "<f4"}[array["dtype"]]
    start = header_of(written)["start"] + array["at"]
    values = np.frombuffer(written, dtype, math.prod(array["shape"]), start)
    return values.reshape(array["shape"])


@pytest.mark.parametrize("name", DECODERS)
def test_rewritten_ops_draw_what_torch_draws(name):
    made = DECODERS[name]
    logits = ops.run(ops.prepare(made.stacks, made.weights), made.codes)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), made.pictures(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", ["fp16", "fp32"])
@pytest.mark.parametrize("name", DECODERS)
def test_arrays_of_a_pack_are_aligned_and_fill_it(name, dtype):
    written = packed(DECODERS[name], dtype=dtype)
    header = header_of(written)
    arrays = arrays_of(header["ops"])
    starts = [header["start"] + array["at"] for array in arrays]
    ends = [
        start + read(written, array).nbytes for start, array in zip(starts, arrays, strict=True)
    ]
    assert all(start % 4 == 0 for start in starts)
    assert all(0 <= b - a < 4 for a, b in zip(ends, starts[1:], strict=False))
    assert ends[-1] == len(written)


def test_header_states_input_and_output():
    header = header_of(packed(DENSE))
    assert header["latent_dim"] == 5
    assert header["image_shape"] == [1, 2, 2]
    assert kinds(header["ops"]) == ["linear", "activate", "linear", "reshape", "activate"]
    assert header["ops"][-1]["fn"] == "sigmoid"


def test_weights_of_an_fp32_pack_are_the_decoders_own():
    written = packed(DENSE, dtype="fp32")
    first = header_of(written)["ops"][0]["arrays"]
    np.testing.assert_array_equal(
        read(written, first["weight"]), DENSE.weights["decoder.trunk.0.weight"]
    )
    np.testing.assert_array_equal(
        read(written, first["bias"]), DENSE.weights["decoder.trunk.0.bias"]
    )


def test_half_precision_halves_matrices_and_keeps_vectors_whole():
    arrays = arrays_of(header_of(packed(DECODERS["everything"]))["ops"])
    assert {array["dtype"] for array in arrays if len(array["shape"]) > 1} == {"fp16"}
    assert {array["dtype"] for array in arrays if len(array["shape"]) == 1} == {"fp32"}


def test_same_decoder_gives_the_same_bytes():
    made = DECODERS["everything"]
    assert packed(made) == packed(made)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("norm after linear", ["linear", "activate", "linear", "reshape"]),
        ("norm after conv", ["linear", "reshape", "conv"]),
        ("norm twice", ["linear", "reshape", "conv"]),
        ("norm after activation", ["linear", "reshape", "activate", "scale_shift", "conv"]),
        ("upsample, conv", ["linear", "reshape", "conv_transpose", "activate"]),
        (
            "upsample, norm, conv",
            ["linear", "reshape", "group_norm", "activate", "conv_transpose"],
        ),
        ("upsample, conv 1", ["linear", "reshape", "conv", "conv_transpose"]),
        ("upsample, conv stride 2", ["linear", "reshape", "upsample", "conv"]),
    ],
)
def test_rewrites_leave_fewer_ops(name, expected):
    assert kinds(header_of(packed(DECODERS[name]))["ops"]) == [*expected, "activate"]


def test_matrix_that_overflows_half_precision_stays_whole():
    huge = {"decoder.mean.0.weight": np.full((4, 9), 1e5, np.float32)}
    assert matrix_dtypes(packed(DENSE, changed=huge)) == ["fp16", "fp32"]


def test_matrices_stay_whole_where_half_precision_would_show():
    # 1000.2 - 1000 is what counts, and half precision makes 1000 of 1000.2.
    made = decoder(
        *(Linear(2, 2), Linear(2, 4), Linear(4, 4), Reshape((1, 2, 2))),
        image_shape=(1, 2, 2),
        latent_dim=2,
    )
    changed = {
        "decoder.trunk.0.weight": np.array([[1, 0], [1, 0]], np.float32),
        "decoder.trunk.0.bias": np.zeros(2, np.float32),
        "decoder.trunk.1.weight": np.tile(np.array([1000.2, -1000], np.float32), (4, 1)),
    }
    # Sizes are 4, 8 and 16: the smallest has to be given up first.
    assert matrix_dtypes(packed(made, changed=changed)) == ["fp32", "fp32", "fp16"]


def matrix_dtypes(written: bytes) -> list[str]:
    arrays = arrays_of(header_of(written)["ops"])
    return [array["dtype"] for array in arrays if len(array["shape"]) > 1]


def test_multiply_adds_are_counted_by_hand():
    made = maps(
        8,
        4,
        4,
        ConvTranspose(8, 6),
        Residual((Conv(6, 3), Upsample()), (Upsample(), Conv(6, 3, 1, 1, 0))),
        Crop(15),
        Conv(3, 1, 3, 2, 1),
        image_shape=(1, 8, 8),
    )
    dense, transposed = 5 * 8 * 16, 8 * 6 * 16 * 16
    body, shortcut, last = 6 * 3 * 9 * 64, 6 * 3 * 256, 3 * 9 * 64
    assert walk(made.stacks, (5,))[0] == dense + transposed + body + shortcut + last


def test_decoder_that_takes_too_long_is_unpackable():
    made = maps(256, 16, 16, Conv(256, 256), Conv(256, 1), image_shape=(1, 16, 16))
    with pytest.raises(UnpackableError, match=r"151\.\d million multiply-adds.*Run it in Python"):
        packed(made)


def test_decoder_that_takes_too_much_room_is_unpackable():
    made = decoder(
        *(Linear(5, 2500), RELU, Linear(2500, 2500), Linear(2500, 4), Reshape((1, 2, 2))),
        image_shape=(1, 2, 2),
    )
    assert len(packed(made)) > 12_000_000
    with pytest.raises(UnpackableError, match=r"25\.1 MB as a pack.*Run it in Python"):
        packed(made, dtype="fp32")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused_by_name(value):
    damaged = DENSE.weights["decoder.mean.0.bias"].copy()
    damaged[1] = value
    with pytest.raises(BundleError, match=r"decoder\.mean\.0\.bias holds values that are not"):
        packed(DENSE, changed={"decoder.mean.0.bias": damaged})


def test_negative_variances_are_refused():
    made = DECODERS["norm after linear"]
    name = "decoder.trunk.1.running_var"
    with pytest.raises(BundleError, match="negative variances"):
        packed(made, changed={name: -made.weights[name]})


def test_missing_weight_is_named():
    lacking = replace(DENSE, weights={"decoder.trunk.0.weight": np.zeros((9, 5))})
    with pytest.raises(BundleError, match=r"lack decoder\.trunk\.0\.bias"):
        packed(lacking)


def test_misshapen_weight_is_named():
    turned = {"decoder.mean.0.weight": DENSE.weights["decoder.mean.0.weight"].T}
    with pytest.raises(BundleError, match=r"decoder\.mean\.0\.weight has shape \(9, 4\)"):
        packed(DENSE, changed=turned)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Linear(4, 4),), r"decoder\.trunk\.0 is given values of shape \(5,\)"),
        ((Linear(5, 4), Conv(4, 1)), r"decoder\.trunk\.1 is given values of shape \(4,\)"),
        ((Linear(5, 4), Reshape((1, 2, 2)), Crop(3)), r"decoder\.trunk\.2 is given"),
        ((Linear(5, 4), Reshape((1, 2, 2)), Conv(1, 1, 5, 1, 1)), r"decoder\.trunk\.2 is given"),
        ((Linear(5, 4), Reshape((1, 3, 3))), r"decoder\.trunk\.1 is given"),
        ((Residual((Linear(5, 4),)),), r"decoder\.trunk\.0\.shortcut makes values"),
        (
            (Linear(5, 8), Reshape((2, 2, 2))),
            r"The decoder makes values of shape \(2, 2, 2\)",
        ),
    ],
)
def test_layers_that_do_not_fit_are_named(layers, message):
    with pytest.raises(ShapeError, match=message):
        packed(decoder(*layers, image_shape=(1, 2, 2)))
