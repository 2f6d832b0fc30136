"""Write a decoder or an encoder as a pack: the bytes that `network/network.js` runs in the browser.

Knows nothing of torch, files or bundles. A pack holds, all numbers little-endian:

    offset  bytes  what
    0       4      the letters LXPK
    4       4      format version, uint32: 1
    8       4      n, length of the header, uint32, a multiple of 4
    12      n      header, JSON in UTF-8, filled up with spaces
    12 + n  rest   weights, row-major, each array beginning at a multiple of 4

The header is an object with

    latent_dim   length d of the latent code z
    image_shape  [c, h, w]
    ops          what to do to z, in order, to get the picture: c * h * w values in [0, 1]

and, where it is an encoder, which goes from an image to its posterior's mean, also

    input_shape   what the ops are given: image_shape; without it, (latent_dim,)
    output_shape  what they return: (latent_dim,); without it, image_shape

Each op is an object with its kind (`op`), its settings, and its `arrays`, each
`{"at": bytes from the start of the weights, "shape": [...], "dtype": "fp16" or "fp32"}`:

    op              settings                              arrays
    linear          n_in, n_out                           weight (n_out, n_in), bias
    conv            n_in, n_out, kernel, stride, padding  weight (n_out, n_in, kernel, kernel), bias
    conv_transpose  the same                              weight (n_in, n_out, kernel, kernel), bias
    scale_shift     n                                     scale (n), shift (n): one per channel
    group_norm      n, groups                             weight (n), bias (n); epsilon is 1e-5
    activate        fn: a name of config.Activation       leaky_relu has slope 0.01, elu alpha 1
    reshape         shape
    upsample        scale                                 each pixel becomes scale x scale
    crop            size                                  top left (size, size)
    residual        body, shortcut: lists of ops          their results are added

Layers mean what their torch namesakes mean in evaluation. The ops are fewer than the layers:
`ops.py` merges some on the way.
"""

import json
import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np

from explorer.errors import BundleError, ShapeError
from explorer.models import layers
from explorer.models.spec import Stacks
from explorer.models.walk import Shape, walk
from explorer.packing.ops import Op, Ops, prepare, run
from explorer.words import decimal, say

MAGIC = b"LXPK"
VERSION = 1
MAX_MULTIPLY_ADDS = 60_000_000  # about 35 ms per picture on one core
MAX_SIZE_BYTES = 16_000_000

# How far fp16 may move a pixel of the codes tried: half of what is allowed in all.
FP16_TOLERANCE = 0.5 / 255
# How far it may move a coordinate of the images tried: half a step of a slider.
FP16_CODE_TOLERANCE = 0.005

Dtype = Literal["fp16", "fp32"]

_KINDS: dict[type[layers.Layer], str] = {
    layers.Linear: "linear",
    layers.Conv: "conv",
    layers.ConvTranspose: "conv_transpose",
    layers.BatchNorm: "scale_shift",
    layers.GroupNorm: "group_norm",
    layers.Activate: "activate",
    layers.Reshape: "reshape",
    layers.Upsample: "upsample",
    layers.Crop: "crop",
    layers.Residual: "residual",
}


class UnpackableError(BundleError):
    """A sound decoder that would be too slow or too large in the browser; decode it in Python."""


def pack_decoder(
    stacks: Stacks,
    weights: Mapping[str, np.ndarray],
    *,
    latent_dim: int,
    image_shape: tuple[int, int, int],
    dtype: Dtype = "fp16",
) -> bytes:
    """Write a decoder as the browser runs it.

    Half-precision weights halve the download, and on most decoders cost a small part of a grey
    level. Where they would cost more, found by decoding 32 codes either way, or overflow, small
    matrices stay in fp32, then larger ones, until all are well. Vectors are always fp32.

    Args:
        stacks: Named stacks of layers, run one after another from z of shape (latent_dim,) to
            logits of shape `image_shape`; the picture is their sigmoid.
        weights: Arrays by name, as `weight_shapes` names them; others are ignored.
        latent_dim: Length d of the latent code.
        image_shape: (c, h, w).
        dtype: `fp16` where that is good enough, or `fp32` throughout.

    Returns:
        The bytes of `decoder.pack`; the same for the same arguments.

    Raises:
        ShapeError: Two layers, or the last one and the image, do not fit together.
        BundleError: A weight is missing, misshapen or not finite.
        UnpackableError: The decoder takes more than MAX_MULTIPLY_ADDS multiply-adds or
            MAX_SIZE_BYTES bytes.
    """
    frame = _Frame("decoder", latent_dim, image_shape)
    _check(frame, stacks, weights)
    ops = (*prepare(stacks, weights), Op(layers.Activate("sigmoid"), {}))
    # 16 draws from the prior, and 16 codes from anywhere on the sliders.
    rng = np.random.default_rng(0)
    draws = rng.standard_normal((16, latent_dim)), rng.uniform(-3, 3, (16, latent_dim))
    z = np.concatenate(draws).astype(np.float32)
    halved = _halved(ops, z, FP16_TOLERANCE) if dtype == "fp16" else _rounded(ops, math.inf)
    return _finished(frame, halved)


def pack_encoder(
    stacks: Stacks,
    weights: Mapping[str, np.ndarray],
    *,
    image_shape: tuple[int, int, int],
    latent_dim: int,
    images: np.ndarray,
) -> bytes:
    """Write an encoder as the browser runs it: from an image to the mean of its posterior.

    Weights are stored in half precision where that moves no coordinate of the codes of `images` by
    more than FP16_CODE_TOLERANCE, as `pack_decoder` does with pixels.

    Args:
        stacks: Named stacks of layers, run one after another from an image (c, h, w) in [0, 1] to
            mu of shape (latent_dim,).
        weights: Arrays by name, as `weight_shapes` names them; others are ignored.
        image_shape: (c, h, w).
        latent_dim: Length d of the latent code.
        images: Some images to try it on, shape (n, c, h, w), float32 in [0, 1].

    Returns:
        The bytes of an `encoder.pack`; the same for the same arguments.

    Raises:
        ShapeError: Two layers, or the last one and the code, do not fit together.
        BundleError: A weight is missing, misshapen or not finite.
        UnpackableError: As for `pack_decoder`.
    """
    frame = _Frame("encoder", latent_dim, image_shape)
    _check(frame, stacks, weights)
    halved = _halved(prepare(stacks, weights), images, FP16_CODE_TOLERANCE)
    return _finished(frame, halved)


def runs_in_browser(stacks: Stacks, given: Shape) -> bool:
    """Whether a network is small enough for the browser, as far as its layers tell.

    Args:
        stacks: Named stacks of layers, run one after another; none of them run nowhere.
        given: Shape of what the first layer reads.

    Raises:
        ShapeError: Two layers do not fit together.
    """
    shapes = [layers.weight_shapes(stack, name) for name, stack in stacks]
    n_bytes = 2 * sum(math.prod(shape) for some in shapes for shape in some.values())
    small = n_bytes <= MAX_SIZE_BYTES and walk(stacks, given)[0] <= MAX_MULTIPLY_ADDS
    return bool(stacks) and small


# Shapes and checks.


@dataclass(frozen=True)
class _Frame:
    """What a pack is of: what the network is called, and what it takes and gives."""

    network: Literal["decoder", "encoder"]
    latent_dim: int
    image_shape: tuple[int, int, int]

    @property
    def given(self) -> Shape:
        return (self.latent_dim,) if self.network == "decoder" else self.image_shape

    @property
    def wanted(self) -> Shape:
        return self.image_shape if self.network == "decoder" else (self.latent_dim,)

    @property
    def header(self) -> dict[str, object]:
        shapes: dict[str, object] = {"latent_dim": self.latent_dim, "image_shape": self.image_shape}
        if self.network == "decoder":
            return shapes
        return shapes | {"input_shape": self.given, "output_shape": self.wanted}


def _check(frame: _Frame, stacks: Stacks, weights: Mapping[str, np.ndarray]) -> None:
    """Refuse a network that does not fit its images or codes, is too slow, or lacks weights."""
    n_multiply_adds, shape = walk(stacks, frame.given)
    if shape != frame.wanted:
        if frame.network == "decoder":
            raise ShapeError("packing.wrong_images", shape=shape, wanted=frame.wanted)
        raise ShapeError("packing.wrong_codes", shape=shape, wanted=frame.wanted)
    if n_multiply_adds > MAX_MULTIPLY_ADDS:
        raise UnpackableError(
            "packing.too_slow",
            network=say(f"packing.{frame.network}"),
            n_multiply_adds=decimal(n_multiply_adds / 1e6, 1),
            max_multiply_adds=decimal(MAX_MULTIPLY_ADDS / 1e6, 0),
        )
    _check_weights(stacks, weights)


def _finished(frame: _Frame, ops: Ops) -> bytes:
    """Write a pack, or refuse it where it is too large to fetch."""
    pack = _written(ops, frame.header)
    if len(pack) > MAX_SIZE_BYTES:
        raise UnpackableError(
            "packing.too_large",
            network=say(f"packing.{frame.network}"),
            count=decimal(len(pack) / 1e6, 1),
            max_size_bytes=decimal(MAX_SIZE_BYTES / 1e6, 0),
        )
    return pack


def _check_weights(stacks: Stacks, weights: Mapping[str, np.ndarray]) -> None:
    """Refuse weights that are missing, misshapen or not finite."""
    for prefix, stack in stacks:
        for name, shape in layers.weight_shapes(stack, prefix).items():
            if name not in weights:
                raise BundleError("packing.weights_missing", name=name, shape=shape)
            values = weights[name]
            if values.shape != shape:
                raise BundleError(
                    "packing.weights_shape", name=name, given=values.shape, shape=shape
                )
            if not np.isfinite(values).all():
                raise BundleError("packing.weights_not_finite", name=name)
            if name.endswith(".running_var") and (values < 0).any():
                raise BundleError("packing.negative_variances", name=name)


# What half precision costs, found by running with numpy.


def _halved(ops: Ops, given: np.ndarray, tolerance: float) -> Ops:
    """Store matrices in half precision, if need be only the larger ones, where the gain is.

    Args:
        ops: What to do, in order.
        given: What to try it on, shape (n, ...), float32.
        tolerance: How far halving may move any value of the result.
    """
    exact = _rounded(ops, math.inf)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
        results = run(exact, given)
        for least_size in sorted({array.size for array in _arrays(ops) if array.ndim > 1}):
            halved = _rounded(ops, least_size)
            in_range = all(np.isfinite(array).all() for array in _arrays(halved))
            if in_range and np.abs(run(halved, given) - results).max() <= tolerance:
                return halved
    return exact


def _rounded(ops: Ops, least_size: float) -> Ops:
    """Return ops with arrays as they are stored: fp16 for matrices of `least_size` or more."""
    done = []
    for op in ops:
        arrays = {}
        for name, array in op.arrays.items():
            halve = array.ndim > 1 and array.size >= least_size
            arrays[name] = array.astype(np.float16 if halve else np.float32)
        body, shortcut = _rounded(op.body, least_size), _rounded(op.shortcut, least_size)
        done.append(Op(op.layer, arrays, body, shortcut))
    return tuple(done)


def _arrays(ops: Ops) -> Iterator[np.ndarray]:
    for op in ops:
        yield from op.arrays.values()
        yield from _arrays(op.body)
        yield from _arrays(op.shortcut)


# From ops to bytes.


def _written(ops: Ops, shapes: Mapping[str, object]) -> bytes:
    weights = bytearray()
    header = {**shapes, "ops": [_record(op, weights) for op in ops]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return MAGIC + struct.pack("<II", VERSION, len(text)) + text + weights


def _record(op: Op, weights: bytearray) -> dict[str, object]:
    """Return an op's part of the header, having put its arrays at the end of `weights`."""
    record: dict[str, object] = {"op": _KINDS[type(op.layer)]}
    if isinstance(op.layer, layers.Residual):
        for name, ops in (("body", op.body), ("shortcut", op.shortcut)):
            record[name] = [_record(part, weights) for part in ops]
        return record
    arrays = {}
    for name, array in op.arrays.items():
        weights += bytes(-len(weights) % 4)
        dtype = "fp16" if array.dtype == np.float16 else "fp32"
        arrays[name] = {"at": len(weights), "shape": array.shape, "dtype": dtype}
        weights += array.astype(array.dtype.newbyteorder("<")).tobytes()
    return record | asdict(op.layer) | ({"arrays": arrays} if arrays else {})
