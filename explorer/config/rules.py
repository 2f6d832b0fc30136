"""Which settings work with a kind of model, and which work together.

Knows nothing of bounds, which each setting declares for itself.
"""

from typing import TYPE_CHECKING

from explorer.errors import ConfigError
from explorer.kinds import KINDS
from explorer.settings import settings_of
from explorer.words import say

if TYPE_CHECKING:
    from explorer.config.record import TrainConfig

_OF_THE_KL = ("beta", "beta_end", "kl_warmup_epochs", "free_bits")
_MOST_HIDDEN, _WIDEST = 32, 8_192  # layers, units


def check(config: "TrainConfig") -> None:
    """Refuse settings that cannot work.

    Raises:
        ConfigError: The kind does not use a setting, or two settings contradict each other.
    """
    for name in settings_of(type(config)):
        if not config.uses(name) and _is_changed(config, name):
            raise not_of_kind(config.kind, name, getattr(config, name))
    _check_kind(config)
    _check_layers(config)
    _check_likelihood(config)
    _check_kl(config)


def not_of_kind(kind: str, name: str, value: object) -> ConfigError:
    """Return the error about a setting that a kind does not use."""
    users = [k.name for k in KINDS.values() if name in k.settings or name in k.options]
    kinds = say("values.of_kinds", count=len(users), kinds=", ".join(users))
    shown = str(value)
    return ConfigError("config.not_of_kind", name=name, kind=kind, kinds=kinds, value=shown)


def _is_changed(config: "TrainConfig", name: str) -> bool:
    return bool(getattr(config, name) != config.__dataclass_fields__[name].default)


def _check_kind(config: "TrainConfig") -> None:
    kind = config.of_kind
    if kind.needs_fixed_sigma and config.likelihood == "gaussian-learned":
        raise ConfigError("config.likelihood_of_kind", likelihood=config.likelihood, kind=kind.name)
    if kind.plain and config.beta == 1:
        plain = KINDS[kind.plain]
        raise ConfigError(
            "config.beta_is_one", kind=kind.name, words=plain.words["name"], name=plain.name
        )


def _check_layers(config: "TrainConfig") -> None:
    hidden = config.hidden
    if len(hidden) > _MOST_HIDDEN or any(not 1 <= width <= _WIDEST for width in hidden):
        shown = list(hidden[: _MOST_HIDDEN + 1])
        raise ConfigError("config.hidden", hidden=shown, most_hidden=_MOST_HIDDEN)
    if config.tied and config.arch not in ("mlp", "conv"):
        raise ConfigError("config.tied_arch", arch=config.arch)


def _check_likelihood(config: "TrainConfig") -> None:
    if config.binarize == "random" and config.likelihood != "bernoulli":
        raise ConfigError("config.binarize_likelihood", likelihood=config.likelihood)


def _check_kl(config: "TrainConfig") -> None:
    changed = [name for name in _OF_THE_KL if _is_changed(config, name)]
    if config.objective == "prior-likelihood" and changed:
        value = str(getattr(config, changed[0]))
        raise ConfigError("config.prior_likelihood_ignores", changed=changed[0], value=value)
    if config.beta_end > 0 and config.beta == 0:
        raise ConfigError("config.beta_end_without_beta", beta_end=f"{config.beta_end:g}")
