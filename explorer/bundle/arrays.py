"""Reads and writes a bundle's arrays: weights.safetensors and codes.npz; neither can run code.

Knows nothing of how config.json is written.
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
# Names that mean something else in addresses or in the browser's arrays.
_NO_MAP_NAMES = {"pca", "pca3", "mu", "ids", "active", "spacing", "labels", "error", "drawn", "z"}
MOST_CODES = 20_000
# Beyond these, squares and exponentials overflow 32-bit floats.
LARGEST_VALUE, LARGEST_LOGVAR = 1e12, 80.0
_WHOLE = ("ids", "split", "labels")  # int64; all others are float32


def weights_bytes(weights: Mapping[str, np.ndarray], precision: Precision) -> bytes:
    """Return weights.safetensors of arrays that were checked, in order of their names."""
    kept_as = np.float16 if precision == "half" else np.float32
    # `ascontiguousarray` would turn a scalar into an array of one value.
    whole = {name: np.array(weights[name], kept_as, order="C") for name in sorted(weights)}
    return safetensors.numpy.save(whole)


def read_weights(folder: Path, model: ModelSpec) -> dict[str, np.ndarray]:
    """Read and check weights.safetensors; 16-bit weights become float32.

    Raises:
        BundleError: The file is missing, damaged or too large, or `check_weights` refuses it.
    """
    path = file_in(folder, _WEIGHTS)
    kept_as, n_bits = ("F16", 16) if model.precision == "half" else ("F32", 32)
    weights = {}
    with (
        bundle_door(folder, _WEIGHTS, "damaged_weights", n_bits=n_bits),
        safetensors.safe_open(path, framework="numpy") as file,
    ):
        for name in file.keys():
            found = file.get_slice(name).get_dtype()
            if found != kept_as:
                raise refusal(
                    folder, _WEIGHTS, "weights_kept_as", array=name, found=found, n_bits=n_bits
                )
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
            raise refusal(folder, _WEIGHTS, "lacks_weights", array=name, shape=expected[name])
        if name not in expected:
            raise refusal(folder, _WEIGHTS, "unknown_weights", array=name)
        found, shape = weights[name], expected[name]
        if found.shape != shape:
            raise refusal(
                folder, _WEIGHTS, "weights_shape", array=name, found=found.shape, shape=shape
            )
        if found.dtype != np.float32:
            raise refusal(folder, _WEIGHTS, "weights_dtype", array=name, found=found.dtype)
        if not np.isfinite(found).all():
            raise refusal(folder, _WEIGHTS, "not_finite", array=name)
        if model.precision == "half" and not _fits_half(found):
            raise refusal(folder, _WEIGHTS, "not_half", array=name)


def _fits_half(array: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool((array.astype(np.float16) == array).all())


def is_map_name(name: str) -> bool:
    """Whether a map may have this name: a short word that means nothing else."""
    return bool(re.fullmatch("[a-z][a-z0-9]{0,19}", name)) and name not in _NO_MAP_NAMES


def codes_bytes(codes: Codes) -> bytes:
    """Return codes.npz; arrays that are None are left out."""
    return npz_bytes(_arrays(codes))


def check_unpacked(codes: Codes, folder: Path) -> None:
    """Refuse codes that are larger than reading allows.

    Raises:
        BundleError: They are.
    """
    headers = 1 << 10  # bytes at most, of each array
    n_bytes = sum(array.nbytes + headers for array in _arrays(codes).values())
    if n_bytes > CAPS[_CODES]:
        raise refusal(folder, _CODES, "unpacked_size", n_bytes=n_bytes, cap=CAPS[_CODES])


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
    with bundle_door(folder, _CODES, "damaged_codes"):
        arrays = read_npz(path, cap_bytes=CAPS[_CODES])
    maps_there = {_map_of(name): array for name, array in arrays.items() if _map_of(name)}
    arrays = {name: array for name, array in arrays.items() if not _map_of(name)}
    known = [f.name for f in fields(Codes) if f.name != "maps"]
    unknown = sorted(set(arrays) - set(known))
    if unknown:
        arrays_known = ", ".join(known)
        raise refusal(folder, _CODES, "unknown_array", array=unknown[0], arrays=arrays_known)
    missing = [name for name in _REQUIRED if name not in arrays]
    if missing:
        arrays_needed = ", ".join(_REQUIRED)
        raise refusal(folder, _CODES, "lacks_array", array=missing[0], arrays=arrays_needed)
    if lost := maps.keys() - maps_there.keys():
        raise refusal(folder, _CODES, "lacks_map", map_name=min(lost))
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
    """Refuse codes whose arrays do not fit each other, the data or the network.

    Raises:
        BundleError: An array has another shape or type, holds values that are not finite, or
            comes without one that belongs to it; or there are prior samples although the model has
            an encoder.
    """
    if len(codes.maps) > _MOST_MAPS or not all(map(is_map_name, codes.maps)):
        raise refusal(folder, _CODES, "map_names", most=_MOST_MAPS)
    arrays = _arrays(codes)
    present = [name for name in _PCA if name in arrays]
    if present and len(present) < len(_PCA):
        lacking = next(name for name in _PCA if name not in arrays)
        names = {"array": present[0], "lacking": lacking, "arrays": ", ".join(_PCA)}
        raise refusal(folder, _CODES, "part_of_pca", **names)
    shapes = _shapes(codes, data, model.latent_dim)
    for name, array in arrays.items():
        _check_array(name, array, shapes[name], folder)
    if len(codes.ids) > MOST_CODES:
        raise refusal(folder, _CODES, "many_codes", count=len(codes.ids), most=MOST_CODES)
    largest, n_images = codes.ids.max(initial=0), data.n_train + data.n_test
    if largest >= n_images:
        raise refusal(folder, _CODES, "high_ids", largest=str(largest), n_images=n_images)
    _check_split(codes, folder)
    if model.has_encoder:
        _check_items(codes, data, folder)
    else:
        _check_prior_samples(codes, data, folder)


def _check_array(name: str, array: np.ndarray, shape: tuple[int, ...], folder: Path) -> None:
    """Refuse an array of another shape or type, or with values that are no use."""
    if array.shape != shape:
        raise refusal(folder, _CODES, "array_shape", array=name, found=array.shape, shape=shape)
    dtype = _dtype(name)
    if array.dtype != dtype:
        raise refusal(folder, _CODES, "array_dtype", array=name, found=array.dtype, dtype=dtype)
    if not np.isfinite(array).all():
        raise refusal(folder, _CODES, "not_finite", array=name)
    smallest, largest = array.min(initial=0), array.max(initial=0)
    if dtype.kind == "f" and (largest > _most(name) or smallest < -LARGEST_VALUE):
        found = {"smallest": f"{smallest:g}", "largest": f"{largest:g}"}
        bounds = {"least": f"{-LARGEST_VALUE:g}", "most": f"{_most(name):g}"}
        raise refusal(folder, _CODES, "array_range", array=name, **found, **bounds)


def _check_split(codes: Codes, folder: Path) -> None:
    """Refuse codes that are neither of training nor held-out images, or of no held-out one."""
    if codes.split is None:
        return
    known = np.where(codes.of_images, np.isin(codes.split, (0, 1)), codes.split == -1)
    if not known.all() or not codes.held_out.any():
        raise refusal(folder, _CODES, "wrong_split")


def _check_items(codes: Codes, data: DataFacts, folder: Path) -> None:
    """Refuse codes that do not each belong to an image of the set."""
    if len(codes.mu) == 0 or codes.ids.min() < 0:
        raise refusal(folder, _CODES, "wrong_ids")
    if codes.labels is not None:
        _check_labels(codes.labels, data, folder)


def _check_prior_samples(codes: Codes, data: DataFacts, folder: Path) -> None:
    """Refuse codes that are neither those of images nor prior samples, which have no label."""
    of_images = codes.of_images
    if not of_images.any() or codes.ids.min() < -1:
        raise refusal(folder, _CODES, "wrong_ids_with_samples")
    if codes.factors is not None and not of_images.all():
        raise refusal(folder, _CODES, "factors_of_samples")
    if codes.labels is not None:
        _check_labels(codes.labels[of_images], data, folder)
        if (codes.labels[~of_images] != -1).any():
            raise refusal(folder, _CODES, "labels_of_samples")


def _check_labels(labels: np.ndarray, data: DataFacts, folder: Path) -> None:
    n_classes = len(data.class_names)
    if not np.isin(labels, np.arange(n_classes)).all():
        raise refusal(folder, _CODES, "labels_without_names", n_classes=n_classes)


def _arrays(codes: Codes) -> dict[str, np.ndarray]:
    """Return the arrays that are not None, by name."""
    named = {f.name: getattr(codes, f.name) for f in fields(codes) if f.name != "maps"}
    named |= {_array_of(name): one.xy for name, one in codes.maps.items()}
    return {name: array for name, array in named.items() if array is not None}


def _array_of(map_name: str) -> str:
    """Return the name of the array that holds a map; `tsne`, the oldest, has no prefix."""
    return map_name if map_name == "tsne" else f"{_MAP}{map_name}"


def _map_of(array: str) -> str:
    """Return the name of the map that an array holds; empty for other arrays."""
    return array if array == "tsne" else array.removeprefix(_MAP) if array.startswith(_MAP) else ""


def _map(xy: np.ndarray, facts: MapFacts) -> LatentMap:
    return LatentMap(xy=xy, method=facts.method, settings=facts.settings, is_exact=facts.is_exact)


def _shapes(codes: Codes, data: DataFacts, latent_dim: int) -> dict[str, tuple[int, ...]]:
    """Return the shape that each array must have: n as in mu, m as in the PCA."""
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
