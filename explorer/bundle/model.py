"""Reads and writes the `model` entry of config.json: the layers and the likelihood of a model.

Knows nothing of the rest of config.json. The entry may come from anyone: `model_of` refuses layers
that do not fit each other, or that take too much work.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import get_args

from explorer.config import Activation, Binarize, Likelihood, Precision, SigmaScope
from explorer.errors import ShapeError
from explorer.models import layers
from explorer.models.spec import (
    DECODER_STACKS,
    ENCODER_STACKS,
    ImageShape,
    Layers,
    ModelSpec,
    Stacks,
)
from explorer.models.walk import walk
from explorer.words import say

_LAYERS: Mapping[str, type[layers.Layer]] = {
    "linear": layers.Linear,
    "conv": layers.Conv,
    "conv_transpose": layers.ConvTranspose,
    "batch_norm": layers.BatchNorm,
    "group_norm": layers.GroupNorm,
    "activate": layers.Activate,
    "reshape": layers.Reshape,
    "upsample": layers.Upsample,
    "crop": layers.Crop,
    "residual": layers.Residual,
}
_NAMES = {layer: name for name, layer in _LAYERS.items()}
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "likelihood": get_args(Likelihood),
    "sigma_scope": get_args(SigmaScope),
    "binarize": get_args(Binarize),
    "precision": get_args(Precision),
}
_KEYS = ("encoder", "decoder", "sigma", *_CHOICES)
_LEAST_SIGMA, _MOST_SIGMA = 1e-3, 10.0
_LARGEST = 1 << 20  # of any number of a layer
_MOST_LAYERS = 1_000  # of one stack
_MOST_MULTIPLY_ADDS = 1e12  # of one network and image
_DEEPEST = 2  # residual layers within each other


def model_entry(spec: ModelSpec) -> dict[str, object]:
    """Return the `model` entry of config.json, without the sizes, which have keys of their own."""
    return {
        "encoder": _stacks_entry(spec.encoder),
        "decoder": _stacks_entry(spec.decoder),
        "sigma": spec.sigma,
        **{name: getattr(spec, name) for name in _CHOICES},
    }


def model_of(
    values: Mapping[str, object], *, latent_dim: int, image_shape: ImageShape
) -> ModelSpec:
    """Make a spec from a `model` entry.

    Args:
        values: What `model_entry` returned, or anything else; call this within a `door`.
        latent_dim: d, from its own key of config.json.
        image_shape: (c, h, w), likewise.

    Raises:
        ValueError: A key is missing or unknown, a value is not allowed, or the layers do not lead
            from images to codes and from codes to images.
    """
    if sorted(values) != sorted(_KEYS):
        raise ValueError(say("damage.model_keys", keys=", ".join(_KEYS)))
    for name, choices in _CHOICES.items():
        if values[name] not in choices:
            raise ValueError(say("damage.no_choice", setting=name, choices=", ".join(choices)))
    sigma = values["sigma"]
    is_number = isinstance(sigma, float | int) and not isinstance(sigma, bool)
    if not is_number or not _LEAST_SIGMA <= sigma <= _MOST_SIGMA:  # type: ignore[operator]
        bounds = {"least": f"{_LEAST_SIGMA:g}", "most": f"{_MOST_SIGMA:g}"}
        raise ValueError(say("damage.wrong_sigma", **bounds))
    spec = ModelSpec(
        latent_dim=latent_dim,
        image_shape=image_shape,
        encoder=_stacks(values["encoder"], ENCODER_STACKS, needed=0),
        decoder=_stacks(values["decoder"], DECODER_STACKS, needed=len(DECODER_STACKS)),
        sigma=sigma,  # type: ignore[arg-type]
        **{name: values[name] for name in _CHOICES},  # type: ignore[arg-type]
    )
    _check_shapes(spec)
    return spec


def _check_shapes(spec: ModelSpec) -> None:
    """Refuse layers that end in values of another shape than they must."""
    trunk = spec.encoder[:1]
    for network, given, wanted in (
        *(((*trunk, head), spec.image_shape, (spec.latent_dim,)) for head in spec.encoder[1:]),
        (spec.decoder, (spec.latent_dim,), spec.image_shape),
    ):
        try:
            n_multiply_adds, found = walk(network, given)
        except ShapeError as error:
            raise ValueError(say("damage.layers", so=error.so)) from error
        if found != wanted:
            shapes = {"found": found, "wanted": wanted}
            raise ValueError(say("damage.wrong_end", stack=network[-1][0], **shapes))
        if n_multiply_adds > _MOST_MULTIPLY_ADDS:
            work = f"{n_multiply_adds:.0e}"
            raise ValueError(say("damage.much_work", stack=network[-1][0], work=work))


def _stacks_entry(stacks: Stacks) -> dict[str, object]:
    return {
        name.partition(".")[2]: [_layer_entry(layer) for layer in stack] for name, stack in stacks
    }


def _layer_entry(layer: layers.Layer) -> dict[str, object]:
    entry: dict[str, object] = {"layer": _NAMES[type(layer)]}
    if isinstance(layer, layers.Residual):
        parts = {"body": layer.body, "shortcut": layer.shortcut}
        return entry | {name: [_layer_entry(each) for each in part] for name, part in parts.items()}
    return entry | dataclasses.asdict(layer)


def _stacks(entry: object, names: tuple[str, ...], *, needed: int) -> Stacks:
    """Read the stacks of one network: all of `names`, all but the last one, or `needed` of them."""
    if not isinstance(entry, dict):
        raise ValueError(say("damage.no_network"))
    known = names[: len(entry)]
    if [name.partition(".")[2] for name in known] != list(entry) or not needed <= len(known) != 1:
        raise ValueError(say("damage.network_parts", parts=", ".join(names)))
    return tuple((name, _layers(entry[name.partition(".")[2]])) for name in known)


def _layers(entries: object, depth: int = 0) -> Layers:
    if not isinstance(entries, list) or len(entries) > _MOST_LAYERS or depth > _DEEPEST:
        raise ValueError(say("damage.no_part", most=_MOST_LAYERS, depth=_DEEPEST))
    return tuple(_layer(entry, depth) for entry in entries)


def _layer(entry: Mapping[str, object], depth: int) -> layers.Layer:
    values = dict(entry)
    name = values.pop("layer", None)
    if not isinstance(name, str) or name not in _LAYERS:
        raise ValueError(say("damage.no_layer", layers=", ".join(_LAYERS)))
    layer = _LAYERS[name]
    if sorted(values) != sorted(field.name for field in dataclasses.fields(layer)):
        raise ValueError(say("damage.layer_settings", layer=name))
    if layer is layers.Residual:
        return layers.Residual(
            _layers(values["body"], depth + 1), _layers(values["shortcut"], depth + 1)
        )
    if layer is layers.Activate:
        if values["fn"] not in get_args(Activation):
            choices = ", ".join(get_args(Activation))
            raise ValueError(say("damage.no_activation", choices=choices))
        return layers.Activate(values["fn"])  # type: ignore[arg-type]
    if layer is layers.Reshape:
        shape = values["shape"]
        if not isinstance(shape, list) or len(shape) not in (1, 3):
            raise ValueError(say("damage.reshape"))
        _check_numbers(shape)
        return layers.Reshape(tuple(shape))
    _check_numbers(value for key, value in values.items() if key != "padding")
    _check_numbers((values.get("padding", 0),), least=0)
    return layer(**values)  # type: ignore[arg-type]


def _check_numbers(values: Iterable[object], *, least: int = 1) -> None:
    for value in values:
        if type(value) is not int or not least <= value <= _LARGEST:
            raise ValueError(say("damage.layer_number", least=least, most=_LARGEST))
