"""Reads and writes a bundle's arrays: weights.safetensors and codes.npz; neither can run code.

Knows nothing of config.json, only of what it says.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from explorer.bundle.files import CAPS, bundle_door, file_in, refusal
from explorer.bundle.record import Codes, DataFacts, LatentMap, MapFacts, implied_facts
from explorer.config import Precision
from explorer.data.npz import npz_bytes, read_npz
from explorer.models.spec import ModelSpec, expected_weights

_WEIGHTS, _CODES = "weights.safetensors", "codes.npz"
_REQUIRED = ("mu", "logvar", "ids", "error")
_PCA = ("pca_mean", "pca_components", "pca_variance", "pca")
_MAP = "map_"  # begins the names of arrays that hold maps
_MOST_MAPS = 16
# What addresses and the browser's arrays call other things.
_NO_MAP_NAMES = {"pca", "pca3", "mu", "active", "spacing", "labels", "error", "drawn", "z"}
MOST_CODES = 20_000
# Beyond these, squares and exponentials are no longer numbers of 32 bits.
LARGEST_VALUE, LARGEST_LOGVAR = 1e12, 80.0
_WHOLE = ("ids", "split", "labels")  # int64; all others are float32


def weights_bytes(weights: Mapping[str, np.ndarray], precision: Precision) -> bytes:
    """Return weights.safetensors, arrays in order of their names, once they were checked."""
    kept_as = np.float16 if precision == "half" else np.float32
    # ascontiguousarray would turn a scalar into a vector of one.
    whole = {name: np.array(weights[name], kept_as, order="C") for name in sorted(weights)}
    return safetensors.numpy.save(whole)


def read_weights(folder: Path, model: ModelSpec) -> dict[str, np.ndarray]:
    """Read and check weights.safetensors; what is kept in 16 bits is read as float32 too.

    Raises:
        BundleError: The file is missing, damaged or too large, or `check_weights` refuses it.
    """
    path = file_in(folder, _WEIGHTS)
    kept_as, n_bits = ("F16", 16) if model.precision == "half" else ("F32", 32)
    needed = f"It must be a safetensors file of {n_bits}-bit floats."
    weights = {}
    with (
        bundle_door(folder, _WEIGHTS, needed),
        safetensors.safe_open(path, framework="numpy") as file,
    ):
        for name in file.keys():
            kind = file.get_slice(name).get_dtype()
            if kind != kept_as:
                so = f'holds "{name}" as {kind}.'
                raise refusal(folder, _WEIGHTS, so, needed)
            weights[name] = file.get_tensor(name).astype(np.float32)
    check_weights(weights, model, folder)
    return weights


def check_weights(weights: Mapping[str, np.ndarray], model: ModelSpec, folder: Path) -> None:
    """Refuse weights that are not those of a model.

    Raises:
        BundleError: An array is missing, unknown, of another shape or type, or not finite.
    """
    expected = expected_weights(model)
    for name in [*expected, *weights]:
        if name not in weights:
            so, needed = f'lacks "{name}".', f"The network needs it, {expected[name]}."
        elif name not in expected:
            so, needed = f'holds an unknown "{name}".', "The network has no such layer."
        elif weights[name].shape != expected[name]:
            so = f'holds "{name}" of shape {weights[name].shape}.'
            needed = f"The network needs {expected[name]}."
        elif weights[name].dtype != np.float32:
            so, needed = f'holds "{name}" as {weights[name].dtype}.', "It must be float32."
        elif not np.isfinite(weights[name]).all():
            so, needed = f'holds "{name}" with NaN or infinite values.', "All must be finite."
        elif model.precision == "half" and not _fits_half(weights[name]):
            so = f'holds "{name}" with values that need more than 16 bits.'
            needed = "With precision half, weights are rounded before a model is scored."
        else:
            continue
        raise refusal(folder, _WEIGHTS, so, needed)


def _fits_half(array: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool((array.astype(np.float16) == array).all())


def is_map_name(name: str) -> bool:
    """Whether a map may go by a name: a short word that stands for nothing else."""
    return bool(re.fullmatch("[a-z][a-z0-9]{0,19}", name)) and name not in _NO_MAP_NAMES


def codes_bytes(codes: Codes) -> bytes:
    """Return codes.npz; arrays that are None are left out."""
    return npz_bytes(_arrays(codes))


def check_unpacked(codes: Codes, folder: Path) -> None:
    """Refuse codes that take more memory than is read.

    Raises:
        BundleError: They do.
    """
    headers = 1 << 10  # bytes at most, of each array
    n_bytes = sum(array.nbytes + headers for array in _arrays(codes).values())
    if n_bytes > CAPS[_CODES]:
        needed = f"It may hold {CAPS[_CODES]:,} bytes."
        raise refusal(folder, _CODES, f"unpacks to {n_bytes:,} bytes.", needed)


def read_codes(
    folder: Path, data: DataFacts, model: ModelSpec, maps: Mapping[str, MapFacts]
) -> Codes:
    """Read and check codes.npz.

    Args:
        folder: The bundle.
        data: Facts of its data.
        model: Its network.
        maps: What config.json says of its maps.

    Raises:
        BundleError: The file is missing, damaged or too large, or `check_codes` refuses it.
    """
    path = file_in(folder, _CODES)
    with bundle_door(folder, _CODES, "It must be an npz archive of arrays of numbers."):
        arrays = read_npz(path, cap_bytes=CAPS[_CODES])
    maps_there = {_map_of(name): array for name, array in arrays.items() if _map_of(name)}
    arrays = {name: array for name, array in arrays.items() if not _map_of(name)}
    known = [f.name for f in fields(Codes) if f.name != "maps"]
    unknown = sorted(set(arrays) - set(known))
    if unknown:
        needed = f"It may hold {', '.join(known)}."
        raise refusal(folder, _CODES, f'holds an unknown "{unknown[0]}".', needed)
    missing = [name for name in _REQUIRED if name not in arrays]
    if missing:
        needed = f"It needs {', '.join(_REQUIRED)}."
        raise refusal(folder, _CODES, f'lacks "{missing[0]}".', needed)
    if lost := maps.keys() - maps_there.keys():
        needed = f'It must hold the map "{min(lost)}" that config.json names.'
        raise refusal(folder, _CODES, "lacks a map.", needed)
    known_maps = {
        name: _map(xy, maps.get(name) or implied_facts(name)) for name, xy in maps_there.items()
    }
    codes = Codes(**arrays, maps=known_maps)
    check_codes(codes, data, model, folder)
    return codes


def read_mu(folder: Path) -> np.ndarray:
    """Read the codes alone, shape (n, d), unchecked; read it within a `door`."""
    return read_npz(file_in(folder, _CODES), cap_bytes=CAPS[_CODES], only="mu")["mu"]


def check_codes(codes: Codes, data: DataFacts, model: ModelSpec, folder: Path) -> None:
    """Refuse codes whose arrays do not fit one another, the data or the network.

    Raises:
        BundleError: An array has another shape or type, holds values that are not finite, or
            comes without one it belongs with; or codes are draws from the prior where there is an
            encoder.
    """
    if len(codes.maps) > _MOST_MAPS or not all(map(is_map_name, codes.maps)):
        needed = f"It may hold {_MOST_MAPS} others, each named by a short word of its own."
        raise refusal(folder, _CODES, "holds maps that cannot be told apart.", needed)
    arrays = _arrays(codes)
    present = [name for name in _PCA if name in arrays]
    if present and len(present) < len(_PCA):
        lacking = next(name for name in _PCA if name not in arrays)
        so = f'holds "{present[0]}" but not "{lacking}".'
        raise refusal(folder, _CODES, so, f"It needs all or none of {', '.join(_PCA)}.")
    shapes = _shapes(codes, data, model.latent_dim)
    for name, array in arrays.items():
        if array.shape != shapes[name]:
            so, needed = f'holds "{name}" of shape {array.shape}.', f"It must be {shapes[name]}."
        elif array.dtype != _dtype(name):
            so, needed = f'holds "{name}" as {array.dtype}.', f"It must be {_dtype(name)}."
        elif not np.isfinite(array).all():
            so, needed = f'holds "{name}" with NaN or infinite values.', "All must be finite."
        elif array.dtype.kind == "f" and (
            array.max(initial=0) > _most(name) or array.min(initial=0) < -LARGEST_VALUE
        ):
            so = f'holds "{name}" with values from {array.min():g} to {array.max():g}.'
            needed = f"They must lie between {-LARGEST_VALUE:g} and {_most(name):g}."
        else:
            continue
        raise refusal(folder, _CODES, so, needed)
    if len(codes.ids) > MOST_CODES:
        so, needed = f"holds {len(codes.ids):,} codes.", f"It may hold {MOST_CODES:,}."
        raise refusal(folder, _CODES, so, needed)
    if codes.ids.max(initial=0) >= data.n_train + data.n_test:
        so = f'holds "ids" up to {codes.ids.max()}.'
        needed = f"The set has {data.n_train + data.n_test:,} images, counted from 0."
        raise refusal(folder, _CODES, so, needed)
    _check_split(codes, folder)
    if model.has_encoder:
        _check_items(codes, data, folder)
    else:
        _check_draws(codes, data, folder)


def _check_split(codes: Codes, folder: Path) -> None:
    """Refuse codes of which some are neither learnt from nor held out, or none is held out."""
    if codes.split is None:
        return
    known = np.where(codes.of_images, np.isin(codes.split, (0, 1)), codes.split == -1)
    if not known.all() or not codes.held_out.any():
        needed = (
            "It must be 0 (trained on), 1 (held out) or -1 (prior samples), with 1 at least once."
        )
        raise refusal(folder, _CODES, 'holds a wrong "split".', needed)


def _check_items(codes: Codes, data: DataFacts, folder: Path) -> None:
    """Refuse codes that do not each belong to an image of the set."""
    if len(codes.mu) == 0 or codes.ids.min() < 0:
        so, needed = "holds no codes or negative ids.", "It needs at least one code, ids from 0."
        raise refusal(folder, _CODES, so, needed)
    if codes.labels is not None:
        _check_labels(codes.labels, data, folder)


def _check_draws(codes: Codes, data: DataFacts, folder: Path) -> None:
    """Refuse codes that are neither an image's nor a draw from the prior, which has no label."""
    of_images = codes.of_images
    if not of_images.any() or codes.ids.min() < -1:
        so = "holds no image's code, or ids below -1."
        needed = "It needs at least one code with an id from 0; those of draws are -1."
        raise refusal(folder, _CODES, so, needed)
    if codes.factors is not None and not of_images.all():
        needed = "Nothing is known of a draw from the prior."
        raise refusal(folder, _CODES, 'holds "factors" of draws.', needed)
    if codes.labels is not None:
        _check_labels(codes.labels[of_images], data, folder)
        if (codes.labels[~of_images] != -1).any():
            so, needed = 'holds "labels" of draws.', "Where the id is -1, the label must be -1."
            raise refusal(folder, _CODES, so, needed)


def _check_labels(labels: np.ndarray, data: DataFacts, folder: Path) -> None:
    n_classes = len(data.class_names)
    if not np.isin(labels, np.arange(n_classes)).all():
        needed = f'"data.class_names" in config.json names {n_classes} classes.'
        raise refusal(folder, _CODES, 'holds "labels" without a class name.', needed)


def _arrays(codes: Codes) -> dict[str, np.ndarray]:
    """The arrays that are there, by name."""
    named = {f.name: getattr(codes, f.name) for f in fields(codes) if f.name != "maps"}
    named |= {_array_of(name): one.xy for name, one in codes.maps.items()}
    return {name: array for name, array in named.items() if array is not None}


def _array_of(map_name: str) -> str:
    """Return the array that holds a map; the oldest kind goes by its bare name."""
    return map_name if map_name == "tsne" else f"{_MAP}{map_name}"


def _map_of(array: str) -> str:
    """Return the map that an array holds; empty of other arrays."""
    return array if array == "tsne" else array.removeprefix(_MAP) if array.startswith(_MAP) else ""


def _map(xy: np.ndarray, facts: MapFacts) -> LatentMap:
    return LatentMap(xy=xy, method=facts.method, settings=facts.settings, is_exact=facts.is_exact)


def _shapes(codes: Codes, data: DataFacts, latent_dim: int) -> dict[str, tuple[int, ...]]:
    """The shape each array must have: n as in mu, m as in the PCA."""
    n = codes.mu.shape[0] if codes.mu.ndim else 0
    axes = codes.pca_components
    most = min(3, latent_dim)
    m = min(axes.shape[0], most) if axes is not None and axes.ndim else most
    return {
        "mu": (n, latent_dim),
        "logvar": (n, latent_dim),
        "ids": (n,),
        "split": (n,),
        "labels": (n,),
        "error": (n,),
        "spacing": (n,),
        "factors": (n, len(data.factor_names)),
        "pca_mean": (latent_dim,),
        "pca_components": (m, latent_dim),
        "pca_variance": (m,),
        "pca": (n, m),
        **{_array_of(name): (n, 2) for name in codes.maps},
    }


def _most(name: str) -> float:
    return LARGEST_LOGVAR if name == "logvar" else LARGEST_VALUE


def _dtype(name: str) -> np.dtype[np.generic]:
    return np.dtype(np.int64 if name in _WHOLE else np.float32)
