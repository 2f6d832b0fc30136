"""The kinds of model that can be trained: one record each.

Whatever differs between kinds is said here, or by the class that `objective` names, which alone
knows how a kind learns. Another kind is another record (`register`), its objective and its words.
Knows nothing of torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from explorer.settings import Option
from explorer.words import section

Kind = str  # a name in `KINDS`
# What the discriminator or critic says of an input: the probability that a picture, or a code, is
# real; a score of a Wasserstein critic; the ELBO by a VAE.
ScoreOf = Literal["chance", "codes", "critic", "elbo"]


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """What there is to know of a kind of model besides how it learns.

    Attributes:
        name: As commands and files call it, and as its section of words under `kinds` is called.
        objective: Address of its `training.objective.Objective`, as `module:Class`.
        settings: Those of the settings of some kinds that it uses.
        options: Settings that it alone has, by name.
        defaults: Values of settings that it starts well with, where that is not the usual default.
            They were found by trying on the digits and on Fashion-MNIST.
        has_encoder: Whether a network reads images; without one, there are only prior samples.
        has_posterior: Whether the encoder says of each image how sure it is of its code.
        scores: What its discriminator or critic says of an input; None unless two players learn
            against each other.
        standardises: Whether its codes are scaled to mean 0 and spread 1 once it is trained, since
            nothing holds them near the prior.
        plain: The kind that it is at a beta of 1, so that its own beta must be another.
        weighted: The kind that it is at any other beta.
        beta_holds_codes: Whether a larger beta is what holds its codes closer to the prior.
        closer: The kind to train instead where its codes should lie closer to the prior.
        steadier: The kind to train instead where it collapses.
        needs_fixed_sigma: Whether it compares errors of several networks, which takes one sigma.
        n_critic: Steps of the discriminator or critic for each of the generator.
        adam_betas: Adam's memory of gradients and of their squares. Against a discriminator it is
            short: old gradients answered another opponent.
        step_cost: Time of a step beside one of a VAE: between those measured with dense layers on
            8 x 8 and with convolutions on 64 x 64 images, one thread.

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
        """Whether two players learn against each other."""
        return self.scores is not None

    def at_beta(self, beta: float) -> Kind:
        """Return the kind that it is when the KL term has this weight."""
        return (self.plain if beta == 1 else self.weighted) or self.name

    @property
    def words(self) -> Mapping[str, str]:
        """Its section of the catalogue; only its name where it has none."""
        return {"name": self.name, **words_of(self.name)}


def words_of(name: str) -> Mapping[str, str]:
    """Return what the catalogue says of a kind, or of an objective other than the ELBO."""
    sections = cast(Mapping[str, Mapping[str, str]], section("kinds"))
    return sections.get(name, {})


KINDS: dict[Kind, KindSpec] = {}


def register(kind: KindSpec) -> None:
    """Make a kind known to settings, commands and the page."""
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
