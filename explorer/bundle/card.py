"""A bundle's README.md: what it was made from, how, how good it is, and what it cannot do.

Knows nothing of files.
"""

from collections.abc import Mapping

from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.bundle.record import ModelBundle
from explorer.config import Kind, TrainConfig

_KINDS: Mapping[Kind, str] = {
    "vae": "VAE",
    "ae": "autoencoder",
    "beta-vae": "beta-VAE",
    "beta-tcvae": "beta-TCVAE",
    "gan": "generator of a GAN",
    "wgan-gp": "generator of a Wasserstein GAN with gradient penalty (WGAN-GP)",
    "vae-gan": "VAE-GAN",
    "vae-critic": "generator with a VAE as its critic",
    "soft-intro-vae": "soft-introspective VAE (Soft-IntroVAE)",
    "aae": "adversarial autoencoder (AAE)",
}
# What else there is to know of a kind at once, and what to beware of.
_ABOUT: Mapping[Kind, str] = {
    "gan": "It learnt by a game: it draws, and a discriminator, which is not kept, tells its "
    "pictures from real images.",
    "wgan-gp": "It learnt by a game: it draws, and a critic, which is not kept, estimates how far "
    "its pictures are from real images.",
    "vae-gan": "Its decoder learnt from a discriminator as well, which is not kept: images are "
    "compared by what that sees in them, not pixel by pixel.",
    "vae-critic": "A VAE told its pictures from real images by their ELBO, and its encoder is "
    "kept: it reads codes that the generator learnt to make readable.",
    "soft-intro-vae": "Its encoder learnt to tell real images from its decoder's by their ELBO, "
    "and its decoder to be taken for real.",
    "aae": "A discriminator of codes, which is not kept, made its codes lie like draws from "
    "N(0, I) in place of a KL term.",
}
_LIMITS_OF: Mapping[Kind, str] = {
    "gan": "Nothing made it draw all that it was shown; diversity and coverage tell how much it "
    "left out.",
    "wgan-gp": "Nothing made it draw all that it was shown; diversity and coverage tell how much "
    "it left out.",
    "vae-gan": "Details are what looks real, not always what was in the image.",
    "vae-critic": "Nothing compared its reconstructions with their images, so they are "
    "likenesses at best, and its ELBO was never pushed up.",
    "soft-intro-vae": "Real images were held against its own pictures, so its ELBO was not all "
    "that was pushed up.",
    "aae": "It gives each image a point, not a posterior, so it has no ELBO.",
}
_LIKELIHOODS = {
    "bernoulli": "Pixels are modelled as Bernoulli, so grey values count as probabilities.",
    "gaussian": "Pixels are modelled as Gaussian with a fixed spread.",
    "sigma": "Pixels are modelled as Gaussian with a learned spread.",
}
_BY_MEANS: tuple[Kind, ...] = ("vae", "ae", "beta-vae", "beta-tcvae", "aae")  # likelihood alone


def card_text(bundle: ModelBundle) -> str:
    """Return the model card in Markdown."""
    parts = [
        f"# {_heading(bundle)}",
        _opening(bundle),
        *([plain(bundle.look_for)] if bundle.look_for else []),
        "## Data\n\n" + _data(bundle),
        "## Training\n\n" + _training(bundle),
        "## Scores\n\n" + _scores(bundle),
        "## Limits\n\n" + _limits(bundle),
    ]
    return "\n\n".join(parts) + "\n"


def _heading(bundle: ModelBundle) -> str:
    name = plain(bundle.name)
    return f"{plain(bundle.title)} ({name})" if bundle.title else name


def _opening(bundle: ModelBundle) -> str:
    c, h, w = bundle.data.image_shape
    colour = "colour" if c == 3 else "grey"
    d = bundle.config.latent_dim
    does = (
        f"{_kind(bundle)} that describes a {colour} image of {w} x {h} pixels by "
        f"{d} numbers, its latent code, and draws an image from any code."
        if bundle.config.has_encoder
        else f"{_kind(bundle)} that draws a {colour} image of {w} x {h} pixels from {d} numbers, "
        "its latent code. It has no encoder."
    )
    told = [does, _ABOUT.get(bundle.config.kind, "")]
    if bundle.config.objective == "article":
        told.append(
            "In place of the KL term of the ELBO, its loss has the log-likelihood of images under "
            "draws from the prior, which pulls all pictures towards the mean image."
        )
    return " ".join(sentence for sentence in told if sentence)


def _kind(bundle: ModelBundle) -> str:
    kind = _KINDS[bundle.config.kind]
    return f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"


def _data(bundle: ModelBundle) -> str:
    data = bundle.data
    lines = [
        f"- Images: {plain(data.name)}, {data.n_train:,} learnt from and {data.n_test:,} held out",
        f"- Source: {plain(data.source) or 'not stated'}",
        f"- Licence: {plain(data.licence) or 'not stated'}",
    ]
    if data.class_names:
        lines.append(f"- Classes: {', '.join(map(plain, data.class_names))}")
    if data.factor_names:
        lines.append(f"- Known factors: {', '.join(map(plain, data.factor_names))}")
    return "\n".join(lines)


def _training(bundle: ModelBundle) -> str:
    command = bundle.command or "not recorded"
    return f"Seed {bundle.config.seed}. The same command starts the same run:\n\n    {command}"


def _scores(bundle: ModelBundle) -> str:
    if not bundle.scores:
        return "Not measured yet. With `latent-explorer evaluate BUNDLE --keep` it will be."
    rows = ["| measure | value | what it says |", "|---|---:|---|"]
    for key in in_order(bundle.scores):
        value, says = value_of(key, bundle.scores[key]), meaning_of(key, bundle.scores)
        rows.append(f"| {name_of(key)} (`{key}`) | {value} | {says} |")
    how = ", each pixel drawn black or white" if bundle.config.binarize == "random" else ""
    parts = [f"Measured on the {bundle.data.n_test:,} held-out images{how}.", "\n".join(rows)]
    if bundle.factor_r2:
        told = ", ".join(f"{plain(name)} {r2:.2f}" for name, r2 in bundle.factor_r2.items())
        parts.append(
            f"How well each known factor can be told from the code (R², 1 is exactly): {told}."
        )
    return "\n\n".join(parts)


def _limits(bundle: ModelBundle) -> str:
    lines = [
        f"- It has only seen {plain(bundle.data.name)} and takes any other image for one of them.",
        "- Codes far from those of real images give pictures that mean nothing; the page says so.",
        *_limits_of_kind(bundle.config),
    ]
    if bundle.codes.tsne is not None:
        lines.append("- The t-SNE map keeps neighbours together; distances across it mean nothing.")
    if bundle.pack is None:
        lines.append(
            "- Its decoder cannot run in the browser; Python draws when a slider is let go."
        )
    return "\n".join(lines)


def _limits_of_kind(config: TrainConfig) -> list[str]:
    lines = [f"- {_LIMITS_OF[config.kind]}"] if config.kind in _LIMITS_OF else []
    if not config.has_encoder:
        lines.append(
            "- Codes of images are found by search, which may miss better ones; an image that no "
            "code comes close to may still have been among those it learnt from."
        )
    elif config.kind in _BY_MEANS:
        lines.append(
            f"- {_LIKELIHOODS[config.likelihood]} Pictures are means, hence soft at the edges."
        )
    return lines


def plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
