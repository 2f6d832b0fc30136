"""What a training run was asked to do: one frozen record, checked once, kept in the bundle as JSON.

Each setting is declared once, here: type, default, bounds and group (see `settings.Setting`). Knows
nothing of images, networks or files.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from explorer.errors import ConfigError
from explorer.kinds import KINDS, Kind, KindSpec
from explorer.settings import check_bounds, check_type, renamed, setting, settings_of, wrong_value

Arch = Literal["mlp", "resmlp", "conv", "resnet"]
Likelihood = Literal["bernoulli", "gaussian", "gaussian-learned"]
SigmaScope = Literal["shared", "pixel"]
Norm = Literal["none", "batch", "group"]
Activation = Literal["relu", "leaky_relu", "silu", "elu", "tanh", "sigmoid"]
Optimizer = Literal["adam", "adamw", "rmsprop", "sgd"]
Schedule = Literal["constant", "cosine"]
Colours = Literal["own", "grey", "rgb"]
Fit = Literal["pad", "crop", "stretch"]
Layout = Literal["auto", "nhw", "nhwc", "nchw", "hwn", "hwcn", "rows"]
Range = Literal["auto", "unit", "centred", "byte", "word", "used"]
Background = Literal["auto", "white", "black"]
Frames = Literal["auto", "first", "all"]
Binarize = Literal["none", "random"]
Precision = Literal["single", "half"]
Objective = Literal["elbo", "prior-likelihood"]

_MOST_HIDDEN = 32  # layers


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Every choice of a training run.

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
    """

    data: str
    kind: Kind = "vae"
    latent_dim: int = setting(16, "model", 1, 512)
    arch: Arch = setting("conv", "network")
    hidden: tuple[int, ...] = setting((256,), "network")
    width: int = setting(16, "network", 1, 512)
    norm: Norm = setting("none", "network")
    activation: Activation = setting("relu", "network")
    likelihood: Likelihood = setting(
        "bernoulli",
        "likelihood",
        of_some_kinds=True,
        fitted=True,
        values_were=(("sigma", "gaussian-learned"),),
    )
    sigma: float = setting(0.1, "likelihood", 1e-3, 10, of_some_kinds=True)
    sigma_scope: SigmaScope = setting("shared", "likelihood", of_some_kinds=True)
    objective: Objective = setting(
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
    optimizer: Optimizer = setting("adam", "learning")
    learning_rate: float = setting(1e-3, "learning", 1e-7, 10)
    schedule: Schedule = setting("constant", "learning")
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
    fit: Fit = setting("pad", "reading")
    colours: Colours = setting("own", "reading")
    layout: Layout = setting("auto", "reading")
    range: Range = setting("auto", "reading")
    invert: bool = setting(False, "reading")
    background: Background = setting("auto", "reading")
    frames: Frames = setting("auto", "reading")
    images_key: str = setting("", "reading")
    labels_key: str = setting("", "reading")
    n_images: int = setting(0, "learning", 0, 10_000_000)
    binarize: Binarize = setting("none", "likelihood", of_some_kinds=True)
    precision: Precision = setting("single", "learning")

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            check_type(name, getattr(self, name), kind)
        for name, about in SETTINGS.items():
            check_bounds(name, getattr(self, name), about)
        if self.kind not in KINDS:
            raise wrong_value("kind", self.kind, f"one of {', '.join(KINDS)}")
        if len(self.hidden) > _MOST_HIDDEN or any(not 1 <= w <= 8192 for w in self.hidden):
            raise ConfigError(
                "config.hidden",
                hidden=list(self.hidden[: _MOST_HIDDEN + 1]),
                most_hidden=_MOST_HIDDEN,
            )
        self._check_kind()
        self._check_together()

    @property
    def grey(self) -> bool | None:
        """What `data.load` is asked for: grey images, RGB ones, or None for what they are."""
        return {"own": None, "grey": True, "rgb": False}[self.colours]

    @property
    def of_kind(self) -> KindSpec:
        """The record of its kind."""
        return KINDS[self.kind]

    @property
    def has_posterior(self) -> bool:
        """Whether the encoder will say of each image how sure it is of its code."""
        return self.of_kind.has_posterior

    @property
    def has_encoder(self) -> bool:
        """Whether there will be a network that reads images; without, only prior samples."""
        return self.of_kind.has_encoder

    @property
    def is_adversarial(self) -> bool:
        """Whether two players learn against each other."""
        return self.of_kind.is_adversarial

    @property
    def steps_of_critic(self) -> int:
        """Steps of the discriminator or critic to one of the generator."""
        return self.n_critic or self.of_kind.n_critic

    def uses(self, name: str) -> bool:
        """Whether a setting means anything to this kind."""
        about = SETTINGS.get(name)
        return about is None or not about.of_some_kinds or name in self.of_kind.settings

    def _check_kind(self) -> None:
        """Refuse settings that mean nothing to the kind, or the opposite of it."""
        for name in SETTINGS:
            if getattr(self, name) != default_of(name) and not self.uses(name):
                raise ConfigError(
                    "config.not_of_kind",
                    name=name,
                    kind=self.kind,
                    kinds=_listed(name),
                    value=getattr(self, name),
                )
        if self.of_kind.needs_fixed_sigma and self.likelihood == "gaussian-learned":
            raise ConfigError(
                "config.likelihood_of_kind", likelihood=self.likelihood, kind=self.kind
            )
        if self.of_kind.plain and self.beta == 1:
            plain = KINDS[self.of_kind.plain]
            raise ConfigError(
                "config.beta_is_one", kind=self.kind, words=plain.words["name"], name=plain.name
            )

    def _check_together(self) -> None:
        """Refuse settings that say nothing, or the opposite, together."""
        of_the_kl = ("beta", "beta_end", "kl_warmup_epochs", "free_bits")
        changed = [name for name in of_the_kl if getattr(self, name) != default_of(name)]
        if self.objective == "prior-likelihood" and changed:
            raise ConfigError(
                "config.prior_likelihood_ignores",
                changed=changed[0],
                value=getattr(self, changed[0]),
            )
        if self.tied and self.arch not in ("mlp", "conv"):
            raise ConfigError("config.tied_arch", arch=self.arch)
        if self.beta_end > 0 and self.beta == 0:
            raise ConfigError("config.beta_end_without_beta", beta_end=f"{self.beta_end:g}")
        if self.binarize == "random" and self.likelihood != "bernoulli":
            raise ConfigError("config.binarize_likelihood", likelihood=self.likelihood)

    def to_json(self) -> dict[str, object]:
        """Return the settings that mean something to the kind, as plain JSON values."""
        values = dataclasses.asdict(self) | {"hidden": list(self.hidden)}
        return {name: value for name, value in values.items() if self.uses(name)}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "TrainConfig":
        """Read back what `to_json` wrote, also where settings had other names.

        Raises:
            ConfigError: A setting is unknown, missing, of the wrong type or out of range.
        """
        values = renamed(values, SETTINGS)
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        listed = ", ".join(sorted(known))
        if unknown:
            raise ConfigError("config.unknown", names=", ".join(unknown)[:200], known=listed)
        if "data" not in values:
            raise ConfigError("config.no_data", known=listed)
        hidden = values.get("hidden", ())
        fixed = {"hidden": tuple(hidden)} if isinstance(hidden, list) else {}
        return cls(**(dict(values) | fixed))  # type: ignore[arg-type]


SETTINGS = settings_of(TrainConfig)
SHAPING = tuple(name for name, about in SETTINGS.items() if about.group == "reading")
FITTED = tuple(sorted(name for name, about in SETTINGS.items() if about.fitted))


def default_of(name: str) -> object:
    """Return the default of a setting."""
    return TrainConfig.__dataclass_fields__[name].default


def choices_of(name: str) -> tuple[str, ...]:
    """Return the values that a setting can have, if they can be listed; else nothing."""
    if name == "kind":
        return tuple(KINDS)
    annotation = get_type_hints(TrainConfig)[name]
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def _listed(name: str) -> str:
    """Return the kinds that use a setting, in words."""
    kinds = [kind.name for kind in KINDS.values() if name in kind.settings]
    return f"kind {kinds[0]}" if len(kinds) == 1 else f"the kinds {', '.join(kinds)}"
