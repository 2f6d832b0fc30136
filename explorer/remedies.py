"""Runs that differ from a given one in a single respect, and so may do better.

Knows nothing of how a run went, of files or of screens, and imports no torch.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from explorer.config import Arch, Optimizer, TrainConfig, all_settings
from explorer.kinds import KINDS, Kind
from explorer.words import say

_RATE_STEP = 10
_CLIP = 10.0
_BETA_STEP = 4
_FREE_NATS = 0.5  # which undid a whole collapse on the digits; 0.1 did not
_LONGER = 3
_WITH_RESIDUALS: Mapping[Arch, Arch] = {"mlp": "resmlp", "conv": "resnet"}
_OPTIMIZERS: Mapping[Optimizer, str] = {"adam": "Adam", "rmsprop": "RMSprop"}


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """A run that differs from another in one respect.

    Attributes:
        key: Which it is, as the catalogue calls it.
        change: The settings that differ.
        gaps: What goes into the gaps of its words.
    """

    key: str
    change: Mapping[str, Any]
    gaps: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> str:
        """Say the change in a few words."""
        return say(f"train.remedy_{self.key}", **self.gaps)

    def to_json(self) -> dict[str, object]:
        """Return the remedy as plain JSON values, its words included."""
        return {
            "key": self.key,
            "says": self.words(),
            "change": dict(self.change),
            "gaps": dict(self.gaps),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Remedy":
        """Read back what `to_json` wrote; anything else raises, so read within a `door`."""
        change = dict(values["change"])
        if not change.keys() <= set(all_settings()):
            raise ValueError("it changes an unknown setting")
        if values["key"] in ("vae", "critic"):  # as earlier versions called it
            return _other_kind(change["kind"])
        remedy = cls(
            key=values["key"], change=change, gaps=dict(values.get("gaps", values.get("told")))
        )
        remedy.words()
        return remedy

    def applied(self, config: TrainConfig) -> TrainConfig:
        """Return the settings with the change.

        Raises:
            ConfigError: The change does not go with them.
        """
        return config.changed(**self.change)


def remedies_for(health: str, config: TrainConfig) -> tuple[Remedy, ...]:
    """Return what helps a run of some health, each a change of one setting.

    Only what helped when it was measured: on deep sigmoid networks neither clipping nor layer
    normalisation did, and the optimiser did only as long as they were not too deep, so it comes
    last. GANs of the digits that had collapsed under a long step did not recover by a shorter one
    of the discriminator, nor by a longer average.
    """
    match health:
        case "vanishing":
            return (*_deeper(config), *_other_optimizers(config, "adam", "rmsprop"))
        case "exploding":
            return (*_shorter_steps(config), *_other_optimizers(config, "adam"))
        case "overfitting":
            return against_overfitting(config)
        case "mode-collapse" | "discriminator-won":
            return tuple(_balancing(health, config))
    return ()


def less_pressure(config: TrainConfig) -> Remedy | None:
    """Return a run whose KL term weighs less: a smaller beta, or where that is 1 free nats."""
    if config.of_kind.plain and config.beta > 1:
        return _beta(config, 1.0)
    if not config.uses("free_bits") or config.free_bits or config.objective != "elbo":
        return None
    return Remedy(
        key="free_bits", change={"free_bits": _FREE_NATS}, gaps={"nats": f"{_FREE_NATS:g}"}
    )


def more_pressure(config: TrainConfig) -> Remedy | None:
    """Return a run whose codes are held closer to the prior."""
    if config.of_kind.closer:
        return _other_kind(config.of_kind.closer)
    if config.of_kind.beta_holds_codes and config.objective == "elbo":
        return _beta(config, max(_BETA_STEP * config.beta, 1.0))
    return None


def smaller_code(config: TrainConfig, d: int) -> Remedy:
    """Return a run with a code of so many coordinates."""
    return Remedy(key="smaller_code", change={"latent_dim": d}, gaps={"d": str(d)})


def longer(config: TrainConfig) -> Remedy:
    """Return a run of more epochs."""
    epochs = _LONGER * config.epochs
    return Remedy(key="longer", change={"epochs": epochs}, gaps={"epochs": f"{epochs:,}"})


def larger_code(config: TrainConfig) -> Remedy:
    """Return a run with a code of twice as many coordinates."""
    d = 2 * config.latent_dim
    return Remedy(key="larger_code", change={"latent_dim": d}, gaps={"d": str(d)})


def against_overfitting(config: TrainConfig) -> tuple[Remedy, ...]:
    """Return runs that learn less by heart from the same images.

    On 108 drawings, measured on 700 others, batch normalisation brought the smallest held-out loss
    from 269.4 nats to 264.0, and a beta of 4 to 266.2. A code of half the size (270.3) and smaller
    networks (276.6, 285.6) only learn more slowly, so they are not offered.
    """
    found = []
    if config.norm != "batch":
        found.append(Remedy(key="norm", change={"norm": "batch"}))
    pressure = more_pressure(config) if config.has_posterior else None
    return (*found, *([pressure] if pressure else []))


def _other_kind(kind: Kind) -> Remedy:
    return Remedy(key="kind", change={"kind": kind}, gaps={"kind": KINDS[kind].words["name"]})


def _beta(config: TrainConfig, beta: float) -> Remedy:
    """Return a run with another beta, which may make it another kind."""
    kind = config.of_kind.at_beta(beta)
    change = {"beta": beta, **({"kind": kind} if kind != config.kind else {})}
    return Remedy(key="beta", change=change, gaps={"beta": f"{beta:g}"})


def _deeper(config: TrainConfig) -> Iterable[Remedy]:
    """Return what lets gradients reach all layers of a deep network."""
    if config.norm != "batch":
        yield Remedy(key="norm", change={"norm": "batch"})
    if config.arch in _WITH_RESIDUALS:
        yield Remedy(key="residual", change={"arch": _WITH_RESIDUALS[config.arch]})
    if config.activation in ("sigmoid", "tanh"):
        yield Remedy(
            key="activation", change={"activation": "silu"}, gaps={"activation": config.activation}
        )


def _shorter_steps(config: TrainConfig) -> Iterable[Remedy]:
    if not config.clip_norm:
        yield Remedy(key="clip", change={"clip_norm": _CLIP}, gaps={"norm": f"{_CLIP:g}"})
    yield _lower_rate(config)


def _lower_rate(config: TrainConfig) -> Remedy:
    return Remedy(key="rate", change={"learning_rate": config.learning_rate / _RATE_STEP})


def _balancing(health: str, config: TrainConfig) -> Iterable[Remedy]:
    """Return what helps where one of two players gets the better of the other."""
    if config.uses("spectral_norm") and not config.spectral_norm:
        yield Remedy(key="spectral", change={"spectral_norm": True})
    if health == "mode-collapse":
        if config.of_kind.steadier:
            yield _other_kind(config.of_kind.steadier)
        yield _lower_rate(config)
    elif config.uses("discriminator_learning_rate"):
        rate = (config.discriminator_learning_rate or config.learning_rate) / _RATE_STEP
        yield Remedy(key="discriminator_rate", change={"discriminator_learning_rate": rate})


def _other_optimizers(config: TrainConfig, *others: Optimizer) -> Iterable[Remedy]:
    """Return instead of plain steps those that are as long for small gradients as for large."""
    if config.optimizer != "sgd":
        return
    for other in others:
        gaps = {"other": _OPTIMIZERS[other], "optimizer": "SGD"}
        yield Remedy(key="optimizer", change={"optimizer": other}, gaps=gaps)
