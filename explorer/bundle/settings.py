"""Reads and writes a bundle's config.json: its settings, its data and its scores.

Knows nothing of arrays.
"""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import cast

from explorer.bundle.entries import (
    FILE,
    LARGEST_SCORE,
    map_entry,
    read_hex,
    read_image_shape,
    read_kind,
    read_line,
    read_maps,
    read_names,
    read_scores,
    read_slider_names,
    read_start_item,
)
from explorer.bundle.files import bundle_door, read_file, refusal
from explorer.bundle.model import model_entry, model_of
from explorer.bundle.record import (
    FORMAT_VERSION,
    BundleSummary,
    DataFacts,
    ModelBundle,
    implied_facts,
)
from explorer.config import SETTINGS, TrainConfig
from explorer.data.naming import LONGEST_NAME
from explorer.errors import ConfigError
from explorer.foreign import parse_json
from explorer.models.architecture import spec_of
from explorer.models.spec import ImageShape, ModelSpec
from explorer.settings import check_bounds

_BY_FACTOR = "factor_r2"  # a score with one number for each factor
_KEYS = {
    "format": int,
    "name": str,
    "kind": str,
    "latent_dim": int,
    "image_shape": list,
    "data": dict,
    "scores": dict,
    "slider_names": dict,
    "command": str,
}
# Written only if they are set, so that a bundle without them looks the same to every version. The
# first version refuses a config.json that has any of them.
_OPTIONAL_KEYS = {
    "model": dict,
    "config": dict,  # missing if nobody knows how the model was trained
    "maps": dict,
    "title": str,
    "look_for": str,
    "start_item": int,
    "origin": str,
}
_ENTRIES = ("model", "config", "maps")  # which the bundle holds in another form
_DATA_KEYS = {
    "name": str,
    "n_train": int,
    "n_test": int,
    "class_names": list,
    "factor_names": list,
    "source": str,
    "licence": str,
}
_OPTIONAL_DATA_KEYS = {"fingerprint": str}
_MOST_IMAGES = 10**9
_LONGEST_LINE = 500


def settings_bytes(bundle: ModelBundle, name: str) -> bytes:
    """Return config.json for a bundle in a folder called `name`."""
    data = dataclasses.asdict(bundle.data)
    data.pop("image_shape")
    if not bundle.data.fingerprint:
        data.pop("fingerprint")
    values = {
        "format": FORMAT_VERSION,
        "name": name,
        "kind": bundle.kind,
        "latent_dim": bundle.model.latent_dim,
        "image_shape": bundle.model.image_shape,
        "model": model_entry(bundle.model),
        **({"config": bundle.config.to_json()} if bundle.config else {}),
        "data": data,
        "scores": dict(bundle.scores) | _by_factor(bundle.factor_r2),
        "slider_names": {str(i): text for i, text in sorted(bundle.slider_names.items())},
        "command": bundle.command,
    } | _set_ones(bundle)
    maps = {name: one.facts for name, one in bundle.codes.maps.items()}
    if noted := {name: facts for name, facts in maps.items() if facts != implied_facts(name)}:
        values["maps"] = {name: map_entry(facts) for name, facts in noted.items()}
    return (json.dumps(values, indent=2) + "\n").encode()


def kept_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the scores that a bundle can hold: finite numbers of a sensible size."""
    return {key: value for key, value in scores.items() if abs(value) <= LARGEST_SCORE}


def read_settings(folder: Path) -> BundleSummary:
    """Read and check the config.json of a bundle, whose name is that of its folder.

    Raises:
        BundleError: The file is missing, damaged or of another version; a key is missing, unknown
            or holds a wrong value.
    """
    return check_settings(read_file(folder, FILE), folder)


def check_settings(content: bytes, folder: Path) -> BundleSummary:
    """Make a summary from the bytes of a config.json, or refuse them as `read_settings` does."""
    values = _parse(content, folder)
    _check_version(values, folder)
    _check_keys(values, _KEYS, "", folder, optional=_OPTIONAL_KEYS)
    config, d = _config(values, folder), _latent_dim(values, folder)
    scores = dict(cast(dict[str, object], values["scores"]))
    factor_r2 = scores.pop(_BY_FACTOR, {})
    if not isinstance(factor_r2, dict):
        raise refusal(folder, FILE, "must_be_dict", entry=f"scores.{_BY_FACTOR}")
    data = _data_facts(values, folder)
    return BundleSummary(
        name=folder.name,
        model=_model(values, config, data.image_shape, folder),
        config=config,
        stated_kind="" if config else read_kind(cast(str, values["kind"]), folder),
        data=data,
        scores=read_scores(scores, "scores.", folder),
        factor_r2=read_scores(factor_r2, f"scores.{_BY_FACTOR}.", folder),
        slider_names=read_slider_names(cast(dict[str, object], values["slider_names"]), d, folder),
        command=cast(str, values["command"]),
        folder=folder,
        title=read_line(values.get("title"), "title", LONGEST_NAME, folder),
        look_for=read_line(values.get("look_for"), "look_for", _LONGEST_LINE, folder),
        start_item=read_start_item(values.get("start_item"), folder),
        origin=read_hex(values.get("origin", ""), "origin", folder),
        maps=read_maps(cast(dict[str, object], values.get("maps", {})), folder),
    )


def _parse(content: bytes, folder: Path) -> dict[str, object]:
    with bundle_door(folder, FILE, "damaged_json"):
        values = parse_json(content)
    if not isinstance(values, dict):
        raise refusal(folder, FILE, "no_object")
    return values


def _check_version(values: Mapping[str, object], folder: Path) -> None:
    version = values.get("format")
    if version == FORMAT_VERSION and not isinstance(version, bool):
        return
    is_newer = isinstance(version, int) and version > FORMAT_VERSION
    raise refusal(
        folder,
        FILE,
        "newer_format" if is_newer else "unknown_format",
        format=repr(version),
        known=FORMAT_VERSION,
    )


def _check_keys(
    values: Mapping[str, object],
    kinds: Mapping[str, type],
    under: str,
    folder: Path,
    optional: Mapping[str, type] = MappingProxyType({}),
) -> None:
    """Refuse keys that are missing or unknown, and values of the wrong type."""
    known = {**kinds, **optional}
    for key in [*kinds, *values]:
        full = f"{under}{key}"
        if key not in values:
            raise refusal(folder, FILE, "lacks_entry", entry=full, entries=", ".join(kinds))
        if key not in known:
            raise refusal(
                folder,
                FILE,
                "unknown_entry",
                entry=full,
                format=FORMAT_VERSION,
                entries=", ".join(known),
            )
        kind = known[key]
        if not isinstance(values[key], kind) or isinstance(values[key], bool):
            raise refusal(folder, FILE, f"must_be_{kind.__name__}", entry=full)


def _config(values: Mapping[str, object], folder: Path) -> TrainConfig | None:
    """Read the settings of the training; None if they are missing."""
    if "config" not in values:
        return None
    try:
        config = TrainConfig.from_json(cast(dict[str, object], values["config"]))
    except ConfigError as error:
        beats = {"so": error.so, "needed": error.needed, "do": error.do}
        raise refusal(folder, FILE, "wrong_config", **beats) from error
    for key in ("kind", "latent_dim"):
        said, is_set = values[key], getattr(config, key)
        if said != is_set:
            values_said = {"said": repr(said), "in_config": repr(is_set)}
            raise refusal(folder, FILE, "disagrees", entry=key, **values_said)
    return config


def _latent_dim(values: Mapping[str, object], folder: Path) -> int:
    d = cast(int, values["latent_dim"])
    try:
        check_bounds("latent_dim", d, SETTINGS["latent_dim"])
    except ConfigError as error:
        beats = {"so": error.so, "needed": error.needed, "do": error.do}
        raise refusal(folder, FILE, "wrong_latent_dim", **beats) from error
    return d


def _model(
    values: Mapping[str, object], config: TrainConfig | None, image_shape: ImageShape, folder: Path
) -> ModelSpec:
    """Read what the model is; in older bundles that follows from the settings."""
    if "model" in values:
        with bundle_door(folder, FILE, "damaged_model"):
            entry, d = cast(dict[str, object], values["model"]), cast(int, values["latent_dim"])
            return model_of(entry, latent_dim=d, image_shape=image_shape)
    if config is None:
        raise refusal(folder, FILE, "lacks_model")
    return spec_of(config, image_shape)


def _data_facts(values: Mapping[str, object], folder: Path) -> DataFacts:
    data = cast(dict[str, object], values["data"])
    _check_keys(data, _DATA_KEYS, "data.", folder, optional=_OPTIONAL_DATA_KEYS)
    for key in ("n_train", "n_test"):
        if not 1 <= cast(int, data[key]) <= _MOST_IMAGES:
            entry, said = f"data.{key}", str(data[key])
            raise refusal(folder, FILE, "wrong_n_images", entry=entry, said=said, most=_MOST_IMAGES)
    return DataFacts(
        name=cast(str, data["name"]),
        image_shape=read_image_shape(cast(list[object], values["image_shape"]), folder),
        n_train=cast(int, data["n_train"]),
        n_test=cast(int, data["n_test"]),
        class_names=read_names(cast(list[object], data["class_names"]), "data.class_names", folder),
        factor_names=read_names(
            cast(list[object], data["factor_names"]), "data.factor_names", folder
        ),
        source=cast(str, data["source"]),
        licence=cast(str, data["licence"]),
        fingerprint=read_hex(data.get("fingerprint", ""), "data.fingerprint", folder),
    )


def _set_ones(bundle: ModelBundle) -> dict[str, object]:
    """Return the optional keys that are set."""
    values = {key: getattr(bundle, key) for key in _OPTIONAL_KEYS if key not in _ENTRIES}
    return {key: value for key, value in values.items() if value not in ("", None)}


def _by_factor(factor_r2: Mapping[str, float]) -> dict[str, object]:
    return {_BY_FACTOR: dict(factor_r2)} if factor_r2 else {}
