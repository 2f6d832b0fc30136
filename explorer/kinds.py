"""The kinds of model that can be trained: one record each.

All differences between kinds are declared here, except how they are trained, which is the class
that `objective` names. A new kind is a record (`register`), its objective and its words. Knows
nothing of torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from explorer.settings import Option
from explorer.words import section

Kind = str  # a name in `KINDS`
# What a discriminator or critic returns for an input: the probability that a picture is real, or
# that a code is a prior sample; the score of a Wasserstein critic; the ELBO of a VAE.
ScoreOf = Literal["chance", "codes", "critic", "elbo"]


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """The record of a kind of model: everything except how it is trained.

    Attributes:
        name: Its name in commands and files, and of its section of words under `kinds`.
        objective: Address of its `training.objective.Objective`, as `module:Class`.
        settings: The settings declared `of_some_kinds` that it uses.
        options: Settings that only it has, by name.
        defaults: Values of settings that work well with it, where they differ from the usual
            defaults. They were found on the digits and on Fashion-MNIST.
        has_encoder: Whether it has a network that encodes images.
        has_posterior: Whether the encoder gives each image a distribution over codes.
        scores: What its discriminator or critic returns; None if it is not adversarial.
        standardises: Whether its codes are scaled to mean 0 and standard deviation 1 after
            training, because nothing keeps them near the prior.
        plain: The kind that it becomes at a beta of 1; its own beta must then differ from 1.
        weighted: The kind that it becomes at any other beta.
        beta_holds_codes: Whether a larger beta holds its codes closer to the prior.
        closer: The kind to suggest where codes should lie closer to the prior.
        steadier: The kind to suggest where training collapses.
        needs_fixed_sigma: Whether it compares errors of several networks, which needs one sigma.
        n_critic: Steps of the discriminator or critic for each of the generator.
        adam_betas: Adam's memory of gradients and of their squares. Against a discriminator it is
            short: old gradients answered another opponent.
        step_cost: Time of a step relative to a VAE: between the ratios measured for dense layers
            on 8 x 8 and for convolutions on 64 x 64 images, on one thread.

    Source:
        Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
        Generative Adversarial Networks", 2016, section 4 (Adam). https://arxiv.org/abs/1511.06434
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017, algorithm 1 (Adam, five
        steps of the critic). https://arxiv.org/abs/1704.00028
    """

    name: str
    objective: str
    settings: frozenset[str]
    options: Mapping[str, Option] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    has_encoder: bool = True
    has_posterior: bool = True
    scores: ScoreOf | None = None
    standardises: bool = False
    plain: Kind = ""
    weighted: Kind = ""
    beta_holds_codes: bool = False
    closer: Kind = ""
    steadier: Kind = ""
    needs_fixed_sigma: bool = False
    n_critic: int = 1
    adam_betas: tuple[float, float] = (0.9, 0.999)
    step_cost: float = 1.0

    @property
    def is_adversarial(self) -> bool:
        """Whether two networks are trained against each other."""
        return self.scores is not None

    def at_beta(self, beta: float) -> Kind:
        """Return the kind that it becomes with this weight of the KL term."""
        return (self.plain if beta == 1 else self.weighted) or self.name

    @property
    def words(self) -> Mapping[str, str]:
        """Its section of the catalogue; only its name if there is none."""
        return {"name": self.name, **words_of(self.name)}


def words_of(name: str) -> Mapping[str, str]:
    """Return the words of a kind, or of an objective other than the ELBO."""
    sections = cast(Mapping[str, Mapping[str, str]], section("kinds"))
    return sections.get(name, {})


KINDS: dict[Kind, KindSpec] = {}


def register(kind: KindSpec) -> None:
    """Add a kind to those that settings, commands and the page offer."""
    KINDS[kind.name] = kind


_IMAGES = frozenset(["likelihood", "sigma"])
_PLAIN = _IMAGES | {"sigma_scope", "binarize", "tied", "patience"}
_KL = frozenset(["beta", "kl_warmup_epochs"])
_CRITIC = frozenset(["discriminator_learning_rate"])
_GAN = _CRITIC | {"discriminator_width", "spectral_norm", "ema_decay"}
_SHORT_MEMORY = (0.5, 0.999)

for _kind in (
    KindSpec(
        name="vae",
        objective="explorer.training.likelihood:Elbo",
        settings=_PLAIN | _KL | {"beta_end", "free_bits", "objective"},
        weighted="beta-vae",
        beta_holds_codes=True,
    ),
    KindSpec(
        name="ae",
        objective="explorer.training.likelihood:Elbo",
        settings=_PLAIN,
        has_posterior=False,
        standardises=True,
        closer="vae",
    ),
    KindSpec(
        name="beta-vae",
        objective="explorer.training.likelihood:Elbo",
        settings=_PLAIN | _KL | {"beta_end", "free_bits"},
        defaults={"beta": 4.0},
        plain="vae",
        beta_holds_codes=True,
    ),
    KindSpec(
        name="beta-tcvae",
        objective="explorer.training.likelihood:TotalCorrelation",
        settings=_PLAIN | _KL | {"beta_end"},
        defaults={"beta": 6.0},
        plain="vae",
    ),
    KindSpec(
        name="gan",
        objective="explorer.training.gan:Gan",
        settings=_GAN | {"n_critic"},
        defaults={"learning_rate": 5e-4, "ema_decay": 0.995},
        has_encoder=False,
        has_posterior=False,
        steadier="wgan-gp",
        scores="chance",
        adam_betas=_SHORT_MEMORY,
        step_cost=1.8,
    ),
    KindSpec(
        name="wgan-gp",
        objective="explorer.training.gan:WassersteinGan",
        settings=_GAN | {"n_critic", "gradient_penalty"},
        defaults={"learning_rate": 5e-4, "ema_decay": 0.995},
        has_encoder=False,
        has_posterior=False,
        scores="critic",
        n_critic=5,
        adam_betas=(0.0, 0.9),
        step_cost=1.8,
    ),
    KindSpec(
        name="vae-gan",
        objective="explorer.training.adversarial:VaeGan",
        settings=_GAN | _IMAGES | _KL | {"adversarial_weight"},
        defaults={"learning_rate": 5e-4, "ema_decay": 0.995, "adversarial_weight": 0.5},
        scores="chance",
        adam_betas=_SHORT_MEMORY,
        step_cost=4.3,
    ),
    KindSpec(
        name="vae-critic",
        objective="explorer.training.adversarial:VaeCritic",
        settings=_CRITIC | _IMAGES | _KL | {"code_weight", "margin", "n_critic", "ema_decay"},
        defaults={"learning_rate": 5e-4, "ema_decay": 0.995, "likelihood": "gaussian-learned"},
        scores="elbo",
        adam_betas=_SHORT_MEMORY,
        step_cost=3.7,
    ),
    KindSpec(
        name="soft-intro-vae",
        objective="explorer.training.adversarial:SoftIntro",
        settings=_IMAGES | _KL | {"adversarial_weight", "negative_beta", "ema_decay"},
        defaults={"learning_rate": 5e-4, "likelihood": "gaussian", "sigma": 0.5},
        scores="elbo",
        needs_fixed_sigma=True,
        step_cost=6.0,
    ),
    KindSpec(
        name="aae",
        objective="explorer.training.adversarial:AdversarialAutoencoder",
        settings=_CRITIC | _IMAGES | {"sigma_scope", "tied", "adversarial_weight", "spectral_norm"},
        defaults={"learning_rate": 5e-4, "adversarial_weight": 0.05},
        has_posterior=False,
        scores="codes",
        step_cost=1.5,
    ),
):
    register(_kind)
