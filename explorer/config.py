"""What a training run was asked to do: one frozen record, checked once, kept in the bundle as JSON.

Knows nothing of images, networks or files.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints

from explorer.errors import ConfigError

Adversarial = Literal["gan", "wgan-gp", "vae-gan", "vae-critic", "soft-intro-vae", "aae"]
Kind = Literal["vae", "ae", "beta-vae", "beta-tcvae", Adversarial]
Arch = Literal["mlp", "resmlp", "conv", "resnet"]
Likelihood = Literal["bernoulli", "gaussian", "sigma"]
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
Objective = Literal["elbo", "article"]

ADVERSARIAL: tuple[Kind, ...] = get_args(Adversarial)
SHAPING = (  # settings that say how images are read and brought to one size
    *("image_size", "fit", "colours"),
    *("layout", "range", "invert", "background", "frames", "images_key", "labels_key"),
)
_MOST_HIDDEN = 32  # layers
FITTED = ("batch_size", "likelihood")  # settings that may be left to be chosen to fit the images


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
        likelihood: p(x|z): `bernoulli`, `gaussian` with a fixed `sigma`, or `sigma`, learnt.
        sigma: Standard deviation of `gaussian`, in pixel values where white is 1.
        sigma_scope: With likelihood `sigma`: one value for all pixels, or one per pixel from z.
        objective: With kind `vae`, what training maximises: `elbo`, or `article`, which replaces
            the KL term with the log-likelihood under samples from the prior.
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
        critic_steps: Steps of the discriminator or critic for each of the generator; 0 uses the
            default of the kind: 5 with `wgan-gp`, otherwise 1.
        gradient_penalty: With `wgan-gp`, weight of the penalty on gradients whose length is not 1.
        spectral_norm: Whether each layer of the discriminator is scaled so that it does not
            stretch its input.
        average: Share of the past in the moving average of the generator's weights, which is kept
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
    latent_dim: int = 16
    arch: Arch = "conv"
    hidden: tuple[int, ...] = (256,)
    width: int = 16
    norm: Norm = "none"
    activation: Activation = "relu"
    likelihood: Likelihood = "bernoulli"
    sigma: float = 0.1
    sigma_scope: SigmaScope = "shared"
    objective: Objective = "elbo"
    tied: bool = False
    beta: float = 1.0
    beta_end: float = 0.0
    kl_warmup_epochs: int = 0
    free_bits: float = 0.0
    optimizer: Optimizer = "adam"
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    clip_norm: float = 0.0
    adversarial_weight: float = 1.0
    code_weight: float = 1.0
    margin: float = 10.0
    negative_beta: float = 4.0
    discriminator_learning_rate: float = 0.0
    discriminator_width: int = 0
    critic_steps: int = 0
    gradient_penalty: float = 10.0
    spectral_norm: bool = False
    average: float = 0.0
    epochs: int = 20
    batch_size: int = 128
    patience: int = 0
    seed: int = 0
    image_size: int = 0
    fit: Fit = "pad"
    colours: Colours = "own"
    layout: Layout = "auto"
    range: Range = "auto"
    invert: bool = False
    background: Background = "auto"
    frames: Frames = "auto"
    images_key: str = ""
    labels_key: str = ""
    n_images: int = 0
    binarize: Binarize = "none"
    precision: Precision = "single"

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            _check_type(name, getattr(self, name), kind)
        for name, least, most in _BOUNDS:
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(
                    f"{name} is {value}.",
                    f"It must lie between {least:g} and {most:g}.",
                    f"Choose {name} in that range.",
                )
        if len(self.hidden) > _MOST_HIDDEN or any(not 1 <= w <= 8192 for w in self.hidden):
            raise ConfigError(
                f"hidden is {list(self.hidden[: _MOST_HIDDEN + 1])}.",
                f"Up to {_MOST_HIDDEN} hidden layers can be given, each with a width between 1 and "
                "8192.",
                "Give widths such as 256,32.",
            )
        self._check_kind()

    @property
    def grey(self) -> bool | None:
        """What `data.load` is asked for: grey images, RGB ones, or None for what they are."""
        return {"own": None, "grey": True, "rgb": False}[self.colours]

    @property
    def has_posterior(self) -> bool:
        """Whether the encoder says of each image how sure it is of its code."""
        return self.has_encoder and self.kind not in ("ae", "aae")

    @property
    def has_encoder(self) -> bool:
        """Whether there is a network that reads images; without, only draws from the prior."""
        return self.kind not in ("gan", "wgan-gp")

    @property
    def is_adversarial(self) -> bool:
        """Whether two players learn against each other."""
        return self.kind in ADVERSARIAL

    @property
    def steps_of_critic(self) -> int:
        """Steps of the discriminator to one of the generator."""
        return self.critic_steps or (5 if self.kind == "wgan-gp" else 1)

    def uses(self, setting: str) -> bool:
        """Whether a setting means anything to this kind."""
        kinds = _KINDS_OF.get(setting)
        return kinds is None or self.kind in kinds

    def _check_kind(self) -> None:
        """Refuse settings that say nothing, or the opposite, together with the kind."""
        defaults = type(self).__dataclass_fields__
        for name, kinds in _KINDS_OF.items():
            if getattr(self, name) != defaults[name].default and not self.uses(name):
                raise ConfigError(
                    f"{name} is {getattr(self, name)} with kind {self.kind}.",
                    f"It applies only to {_listed(kinds)}.",
                    f"Leave {name} out, or choose another kind.",
                )
        of_the_kl = ("beta", "beta_end", "kl_warmup_epochs", "free_bits")
        changed = [name for name in of_the_kl if getattr(self, name) != defaults[name].default]
        if self.objective == "article" and changed:
            raise ConfigError(
                f"objective is article, and {changed[0]} is {getattr(self, changed[0])}.",
                "It changes the KL term, which this objective does not have.",
                f"Leave {changed[0]} out, or choose objective elbo.",
            )
        if self.tied and self.arch not in ("mlp", "conv"):
            raise ConfigError(
                f"tied is True with arch {self.arch}.",
                "Weights can be tied in plain stacks of layers, but not in residual blocks.",
                "Choose arch mlp or conv, or leave tied out.",
            )
        if self.kind == "soft-intro-vae" and self.likelihood == "sigma":
            raise ConfigError(
                "likelihood is sigma with kind soft-intro-vae.",
                "Its two players need one fixed sigma for the errors of real and generated images.",
                "Choose likelihood gaussian, with a sigma such as 0.1, or bernoulli.",
            )
        if self.kind in ("beta-vae", "beta-tcvae") and self.beta == 1:
            raise ConfigError(
                f"beta is 1 with kind {self.kind}.",
                "With a beta of 1, it is a plain VAE.",
                "Give another beta, such as 4, or choose kind vae.",
            )
        if self.beta_end > 0 and self.beta == 0:
            raise ConfigError(
                f"beta_end is {self.beta_end:g}, but beta is 0.",
                "beta changes by equal factors, which cannot start from 0.",
                "Give a beta above 0, or use kl_warmup_epochs, which rises from 0.",
            )
        if self.binarize == "random" and self.likelihood != "bernoulli":
            raise ConfigError(
                f"binarize is random with likelihood {self.likelihood}.",
                "Binarised pixels follow a Bernoulli distribution.",
                "Choose likelihood bernoulli, or leave binarize out.",
            )

    def to_json(self) -> dict[str, object]:
        """Return the settings that mean something to the kind, as plain JSON values."""
        values = dataclasses.asdict(self) | {"hidden": list(self.hidden)}
        return {name: value for name, value in values.items() if self.uses(name)}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> "TrainConfig":
        """Read back what `to_json` wrote.

        Raises:
            ConfigError: A setting is unknown, missing, of the wrong type or out of range.
        """
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown or "data" not in values:
            so = (
                f"The settings name {', '.join(unknown)[:200]}."
                if unknown
                else "The settings lack data."
            )
            raise ConfigError(
                so,
                f"The settings known here are {', '.join(sorted(known))}.",
                "Remove or correct the rest, or install the version that wrote them.",
            )
        hidden = values.get("hidden", ())
        fixed = {"hidden": tuple(hidden)} if isinstance(hidden, list) else {}
        return cls(**(dict(values) | fixed))  # type: ignore[arg-type]


_BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("latent_dim", 1, 512),
    ("width", 1, 512),
    ("sigma", 1e-3, 10),
    ("beta", 0, 1000),
    ("beta_end", 0, 1000),
    ("kl_warmup_epochs", 0, 100_000),
    ("free_bits", 0, 100),
    ("learning_rate", 1e-7, 10),
    ("clip_norm", 0, 1e6),
    ("adversarial_weight", 0, 1e6),
    ("code_weight", 0, 1e6),
    ("margin", 0, 1e6),
    ("negative_beta", 0, 1e6),
    ("discriminator_learning_rate", 0, 10),
    ("discriminator_width", 0, 512),
    ("critic_steps", 0, 100),
    ("gradient_penalty", 0, 1e6),
    ("average", 0, 0.99999),
    ("epochs", 1, 100_000),
    ("batch_size", 2, 65_536),
    ("patience", 0, 100_000),
    ("seed", 0, 2**31 - 1),
    ("image_size", 0, 128),
    ("n_images", 0, 10_000_000),
)

_OF_THE_KL: tuple[Kind, ...] = ("vae", "beta-vae", "beta-tcvae")
_WITH_KL: tuple[Kind, ...] = (*_OF_THE_KL, "vae-gan", "vae-critic", "soft-intro-vae")
_WITH_ENCODER: tuple[Kind, ...] = (*_WITH_KL, "ae", "aae")
_WITH_DISCRIMINATOR: tuple[Kind, ...] = ("gan", "wgan-gp", "vae-gan", "aae")

# Settings that mean something to some kinds only.
_KINDS_OF: Mapping[str, tuple[Kind, ...]] = {
    "beta": _WITH_KL,
    "beta_end": _OF_THE_KL,
    "kl_warmup_epochs": _WITH_KL,
    "free_bits": ("vae", "beta-vae"),
    "objective": ("vae",),
    "tied": (*_OF_THE_KL, "ae", "aae"),
    "likelihood": _WITH_ENCODER,
    "sigma": _WITH_ENCODER,
    "sigma_scope": (*_OF_THE_KL, "ae", "aae"),
    "patience": (*_OF_THE_KL, "ae"),
    "binarize": (*_OF_THE_KL, "ae"),
    "adversarial_weight": ("vae-gan", "soft-intro-vae", "aae"),
    "code_weight": ("vae-critic",),
    "margin": ("vae-critic",),
    "negative_beta": ("soft-intro-vae",),
    "discriminator_learning_rate": (*_WITH_DISCRIMINATOR, "vae-critic"),
    "discriminator_width": ("gan", "wgan-gp", "vae-gan"),
    "critic_steps": ("gan", "wgan-gp", "vae-critic"),
    "gradient_penalty": ("wgan-gp",),
    "spectral_norm": _WITH_DISCRIMINATOR,
    "average": ("gan", "wgan-gp", "vae-gan", "vae-critic", "soft-intro-vae"),
}


def _listed(kinds: tuple[Kind, ...]) -> str:
    return f"kind {kinds[0]}" if len(kinds) == 1 else f"the kinds {', '.join(kinds)}"


def _check_type(name: str, value: object, kind: object) -> None:
    """Refuse a value that is not what the field's annotation says."""
    if get_origin(kind) is Literal:
        good, needed = value in get_args(kind), "one of " + ", ".join(get_args(kind))
    elif kind is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        good, needed = is_number, "a number"
    elif kind is bool:
        good, needed = isinstance(value, bool), "true or false"
    elif kind is int:
        good, needed = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif kind is str:
        good, needed = isinstance(value, str) and (bool(value) or name != "data"), "text"
    else:
        whole = isinstance(value, tuple) and all(type(part) is int for part in value)
        good, needed = whole, "a list of whole numbers"
    if not good:
        shown = f"{value!r:.80}"  # it may come from a file
        raise ConfigError(f"{name} is {shown}.", f"It must be {needed}.", f"Correct {name}.")
