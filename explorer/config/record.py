"""The settings of a training run: one frozen record, checked once, saved in the bundle as JSON.

Each setting is declared here, once: type, default, bounds and group (see `settings.Setting`). Knows
nothing of images, networks or files.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args, get_origin, get_type_hints

from explorer.config import choices, rules
from explorer.errors import ConfigError
from explorer.kinds import KINDS, Kind, KindSpec
from explorer.settings import (
    Option,
    Setting,
    Value,
    check_bounds,
    check_choice,
    check_type,
    renamed,
    setting,
    settings_of,
)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """The settings of a training run.

    Attributes:
        data: Name of a data set, or path of a folder or file of images.
        kind: Kind of model: `vae`; `ae`, an autoencoder without a KL term; `beta-vae`, whose KL
            term has weight `beta`; `beta-tcvae`, whose total correlation has weight `beta`. The
            others are adversarial: `gan` and `wgan-gp`, a generator without an encoder; `vae-gan`,
            a VAE as the generator; `vae-critic`, a VAE as the discriminator; `soft-intro-vae`,
            encoder against decoder; `aae`, an autoencoder whose codes a discriminator compares
            with samples from the prior.
        latent_dim: d, the number of dimensions of the latent code z.
        arch: Layers: dense (`mlp`), convolutions (`conv`), or either with residual connections
            (`resmlp`, `resnet`).
        hidden: Widths of the dense layers between images (or feature maps) and code, encoder order.
        width: Channels of the finest convolution; each coarser level has twice as many.
        norm: Normalisation after each hidden layer.
        activation: Non-linearity after each hidden layer.
        likelihood: p(x|z): `bernoulli`, `gaussian` with a fixed `sigma`, or
            `gaussian-learned`, whose sigma is learnt.
        sigma: Standard deviation of `gaussian`, in pixel values where white is 1.
        sigma_scope: With likelihood `gaussian-learned`: one sigma for all pixels, or one per pixel
            from z.
        objective: With kind `vae`, what training maximises: `elbo`, or `prior-likelihood`, which
            replaces the KL term with the log-likelihood under samples from the prior.
        tied: Whether the decoder uses the encoder's weights, transposed.
        beta: Weight of the KL term, or with `beta-tcvae` of its total correlation alone; the loss
            is -ELBO only at 1.
        beta_end: Value that beta reaches, by equal factors, over the first half of the run, so that
            dimensions first separate large differences and then pick up small ones; 0 keeps beta.
        kl_warmup_epochs: Epochs over which the weight of the KL term rises from 0 to beta.
        free_bits: KL per dimension, in nats, below which it costs nothing.
        optimizer: Rule that updates the weights.
        learning_rate: Step size at the start.
        schedule: `constant`, or `cosine`, which lowers the learning rate smoothly to 0.
        clip_norm: Longest gradient allowed; longer ones are scaled down to it; 0 turns this off.
        adversarial_weight: Weight of the adversarial loss beside reconstruction in the decoder
            (`vae-gan`) or the encoder (`aae`), or of generated images in the encoder's loss
            (`soft-intro-vae`).
        code_weight: With `vae-critic`, how much it counts that the encoder recovers the code of a
            generated image; 0 leaves the generator free.
        margin: With `vae-critic`, nats by which the energy of generated images is raised above
            that of real ones.
        negative_beta: With `soft-intro-vae`, weight of the KL per dimension of generated images in
            the encoder's loss.
        discriminator_learning_rate: Step size of the discriminator or critic; 0 uses
            `learning_rate`.
        discriminator_width: Channels of the discriminator's finest convolution; 0 uses `width`.
        n_critic: Steps of the discriminator or critic for each of the generator; 0 uses the
            default of the kind: 5 with `wgan-gp`, otherwise 1.
        gradient_penalty: With `wgan-gp`, weight of the penalty on gradients whose length is not 1.
        spectral_norm: Whether each layer of the discriminator is scaled so that it does not
            stretch its input.
        ema_decay: Share of the past in the moving average of the generator's weights, which is kept
            as the result; 0 keeps the last weights.
        epochs: How many times each training image is seen.
        batch_size: Images per step.
        patience: Epochs without a better validation ELBO before an early stop; 0 turns this off.
        seed: Seed of weights, shuffling and noise.
        image_size: Side that images read from files are resized to; 0 keeps their own if all have
            the same one and it is within 8 to 128, and takes 64 otherwise.
        fit: What is done with an image that is not square: `pad` adds a border in the colour of its
            edge, `crop` keeps the square in its middle, `stretch` changes its proportions.
        colours: `grey` or `rgb` converts all images; `own` keeps their own.
        layout: What the axes of an array are: n counts images, h and w are height and width, c is
            colour; `rows` has one flattened image in each row; `auto` finds out.
        range: Which values are black and white in an array or in deep images: `unit` is 0 to 1,
            `centred` -1 to 1, `byte` 0 to 255, `word` 0 to 65535, `used` the lowest and highest
            that occur; `auto` finds out.
        invert: Whether light and dark change places.
        background: What transparent images are laid on; `auto` takes black if what they show is
            light, and white otherwise.
        frames: Which images of a file that holds several are read: `first`, `all`, or with `auto`
            all of a TIFF and the first of an animation.
        images_key: Name of the array in an .npz file that holds the images; empty finds it.
        labels_key: Name of the array in an .npz file, or of the column in a table, that holds the
            labels; empty finds it.
        n_images: How many images to use or generate; 0 uses all, or the default of the source.
        binarize: `random` turns each pixel black or white at random each time an image is seen,
            white as often as it is bright; `none` keeps images as they are.
        precision: Precision of the saved weights: `single` is 32 bits; `half` rounds them to 16
            before the model is scored, and halves the size of the bundle.
        options: Values of the settings that only this kind has (`KindSpec.options`), as pairs of
            name and value; those left out get their defaults.
    """

    data: str
    kind: Kind = "vae"
    latent_dim: int = setting(16, "model", 1, 512)
    arch: choices.Arch = setting("conv", "network")
    hidden: tuple[int, ...] = setting((256,), "network")
    width: int = setting(16, "network", 1, 512)
    norm: choices.Norm = setting("none", "network")
    activation: choices.Activation = setting("relu", "network")
    likelihood: choices.Likelihood = setting(
        "bernoulli",
        "likelihood",
        of_some_kinds=True,
        fitted=True,
        values_were=(("sigma", "gaussian-learned"),),
    )
    sigma: float = setting(0.1, "likelihood", 1e-3, 10, of_some_kinds=True)
    sigma_scope: choices.SigmaScope = setting("shared", "likelihood", of_some_kinds=True)
    objective: choices.Objective = setting(
        "elbo",
        "model",
        of_some_kinds=True,
        values_were=(("article", "prior-likelihood"),),
    )
    tied: bool = setting(False, "network", of_some_kinds=True)
    beta: float = setting(1.0, "model", 0, 1000, of_some_kinds=True)
    beta_end: float = setting(0.0, "model", 0, 1000, of_some_kinds=True)
    kl_warmup_epochs: int = setting(0, "model", 0, 100_000, of_some_kinds=True)
    free_bits: float = setting(0.0, "model", 0, 100, of_some_kinds=True)
    optimizer: choices.Optimizer = setting("adam", "learning")
    learning_rate: float = setting(1e-3, "learning", 1e-7, 10)
    schedule: choices.Schedule = setting("constant", "learning")
    clip_norm: float = setting(0.0, "learning", 0, 1e6)
    adversarial_weight: float = setting(1.0, "adversarial", 0, 1e6, of_some_kinds=True)
    code_weight: float = setting(1.0, "adversarial", 0, 1e6, of_some_kinds=True)
    margin: float = setting(10.0, "adversarial", 0, 1e6, of_some_kinds=True)
    negative_beta: float = setting(4.0, "adversarial", 0, 1e6, of_some_kinds=True)
    discriminator_learning_rate: float = setting(0.0, "adversarial", 0, 10, of_some_kinds=True)
    discriminator_width: int = setting(0, "adversarial", 0, 512, of_some_kinds=True)
    n_critic: int = setting(0, "adversarial", 0, 100, of_some_kinds=True, was="critic_steps")
    gradient_penalty: float = setting(10.0, "adversarial", 0, 1e6, of_some_kinds=True)
    spectral_norm: bool = setting(False, "adversarial", of_some_kinds=True)
    ema_decay: float = setting(0.0, "adversarial", 0, 0.99999, of_some_kinds=True, was="average")
    epochs: int = setting(20, "learning", 1, 100_000)
    batch_size: int = setting(128, "learning", 2, 65_536, fitted=True)
    patience: int = setting(0, "learning", 0, 100_000, of_some_kinds=True)
    seed: int = setting(0, "learning", 0, 2**31 - 1)
    image_size: int = setting(0, "reading", 0, 128)
    fit: choices.Fit = setting("pad", "reading")
    colours: choices.Colours = setting("own", "reading")
    layout: choices.Layout = setting("auto", "reading")
    range: choices.Range = setting("auto", "reading")
    invert: bool = setting(False, "reading")
    background: choices.Background = setting("auto", "reading")
    frames: choices.Frames = setting("auto", "reading")
    images_key: str = setting("", "reading")
    labels_key: str = setting("", "reading")
    n_images: int = setting(0, "learning", 0, 10_000_000)
    binarize: choices.Binarize = setting("none", "likelihood", of_some_kinds=True)
    precision: choices.Precision = setting("single", "learning")
    options: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        check_type("kind", self.kind, str)
        check_choice("kind", self.kind, KINDS)
        self._complete_options()
        declared = self.of_kind.options
        for name, value in self.values().items():
            check_type(name, value, declared[name].type if name in declared else type_of(name))
        for name, about in {**SETTINGS, **declared}.items():
            check_bounds(name, self.value(name), about)
        rules.check(self)

    @property
    def grey(self) -> bool | None:
        """Whether `data.load` makes images grey, or RGB; None leaves them as they are."""
        return {"own": None, "grey": True, "rgb": False}[self.colours]

    @property
    def of_kind(self) -> KindSpec:
        """The record of its kind."""
        return KINDS[self.kind]

    @property
    def has_posterior(self) -> bool:
        """Whether the encoder gives each image a distribution over codes."""
        return self.of_kind.has_posterior

    @property
    def has_encoder(self) -> bool:
        """Whether the model has a network that encodes images."""
        return self.of_kind.has_encoder

    @property
    def is_adversarial(self) -> bool:
        """Whether two networks are trained against each other."""
        return self.of_kind.is_adversarial

    @property
    def steps_of_critic(self) -> int:
        """Steps of the discriminator or critic for each step of the generator."""
        return self.n_critic or self.of_kind.n_critic

    def uses(self, name: str) -> bool:
        """Whether a setting has any effect with this kind."""
        about = SETTINGS.get(name)
        return about is None or not about.of_some_kinds or name in self.of_kind.settings

    def settings(self) -> dict[str, Setting]:
        """Return the declarations of all settings that the kind uses, by name."""
        used = {name: about for name, about in SETTINGS.items() if self.uses(name)}
        return {**used, **self.of_kind.options}

    def value(self, name: str) -> object:
        """Return the value of a setting, which may be an option of the kind."""
        return self.values()[name]

    def values(self) -> dict[str, object]:
        """Return all values by name, including the options of the kind."""
        return {name: getattr(self, name) for name in _FIELDS} | dict(self.options)

    @classmethod
    def of(cls, **values: object) -> "TrainConfig":
        """Make settings from values by name, including options of the kind.

        Raises:
            ConfigError: A value is not allowed, or the kind does not use that setting.
        """
        fields = {name: value for name, value in values.items() if name in _FIELDS}
        options = {name: value for name, value in values.items() if name not in _FIELDS}
        return cls(**fields, options=tuple(options.items()))  # type: ignore[arg-type]

    def changed(self, **changes: object) -> "TrainConfig":
        """Return the settings with some changed; a new kind starts with its default options.

        Raises:
            ConfigError: The changes do not go with the rest.
        """
        values = self.values()
        if changes.get("kind", self.kind) != self.kind:
            values = {name: values[name] for name in _FIELDS}
        return TrainConfig.of(**(values | changes))

    def _complete_options(self) -> None:
        """Refuse options that the kind does not have, and fill in the defaults of missing ones."""
        given, declared = dict(self.options), self.of_kind.options
        for name in given.keys() - declared.keys():
            raise rules.not_of_kind(self.kind, name, given[name])
        values = {name: given.get(name, about.default) for name, about in declared.items()}
        object.__setattr__(self, "options", tuple(values.items()))

    def to_json(self) -> dict[str, object]:
        """Return the settings that the kind uses, as plain JSON values."""
        values = self.values() | {"hidden": list(self.hidden)}
        return {name: value for name, value in values.items() if self.uses(name)}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "TrainConfig":
        """Read what `to_json` wrote, also under the former names of settings.

        Raises:
            ConfigError: A setting is unknown, missing, of the wrong type or out of range.
        """
        values = renamed(values, SETTINGS)
        known = all_settings()
        unknown = sorted(values.keys() - known)
        listed = ", ".join(sorted(known))
        if unknown:
            raise ConfigError("config.unknown", names=", ".join(unknown)[:200], known=listed)
        if "data" not in values:
            raise ConfigError("config.no_data", known=listed)
        hidden = values.get("hidden", ())
        fixed = {"hidden": tuple(hidden)} if isinstance(hidden, list) else {}
        return cls.of(**(values | fixed))


_FIELDS = tuple(f.name for f in dataclasses.fields(TrainConfig) if f.name != "options")
SETTINGS = settings_of(TrainConfig)
SHAPING = tuple(name for name, about in SETTINGS.items() if about.group == "reading")
FITTED = tuple(sorted(name for name, about in SETTINGS.items() if about.fitted))


def all_settings() -> tuple[str, ...]:
    """Return the names of all settings, including the options of all kinds."""
    return tuple(dict.fromkeys((*_FIELDS, *options())))


def options() -> dict[str, Option]:
    """Return the options of all kinds, by name."""
    return {name: about for kind in KINDS.values() for name, about in kind.options.items()}


def default_of(name: str) -> object:
    """Return the default of a setting."""
    fields = TrainConfig.__dataclass_fields__
    return fields[name].default if name in _FIELDS else options()[name].default


def type_of(name: str) -> object:
    """Return the type of a setting, or a `Literal` of its choices."""
    return _hints()[name] if name in _FIELDS else options()[name].type


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values of a setting that has a fixed set of them; otherwise nothing."""
    if name == "kind":
        return tuple(KINDS)
    annotation = type_of(name)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


@cache
def _hints() -> dict[str, object]:
    return get_type_hints(TrainConfig)
