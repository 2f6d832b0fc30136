"""Writes a bundle's README.md: what it was trained on, how, how good it is, and its limits.

Knows nothing of files.
"""

from collections.abc import Mapping

from explorer.bundle.findings import findings
from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.bundle.record import ModelBundle
from explorer.config import Kind
from explorer.words import catalogue

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
    "gan": "It was trained adversarially: a discriminator, which is not included, learnt to tell "
    "its pictures from real images.",
    "wgan-gp": "It was trained adversarially: a critic, which is not included, estimated how far "
    "its pictures are from real images.",
    "vae-gan": "Its decoder was also trained against a discriminator, which is not included: "
    "reconstructions were judged by what it sees in them, not pixel by pixel.",
    "vae-critic": "A VAE learnt to tell its pictures from real images by their ELBO. That VAE's "
    "encoder is included: it reads codes that the generator learnt to make readable.",
    "soft-intro-vae": "Its encoder learnt to tell real images from the decoder's pictures by their "
    "ELBO, and its decoder learnt to pass them for real.",
    "aae": "A discriminator of codes, which is not included, made its codes follow N(0, I) in "
    "place of a KL term.",
}
_LIMITS_OF: Mapping[Kind, str] = {
    "gan": "Nothing made it generate everything it was shown; diversity and coverage say how much "
    "it leaves out.",
    "wgan-gp": "Nothing made it generate everything it was shown; diversity and coverage say how "
    "much it leaves out.",
    "vae-gan": "Details are what looks real, not always what was in the image.",
    "vae-critic": "Nothing compared its reconstructions with their images, so they are "
    "likenesses at best, and training did not maximise its ELBO.",
    "soft-intro-vae": "Training contrasted real images with its own pictures, so it did not "
    "maximise the ELBO alone.",
    "aae": "It gives each image a point, not a posterior, so it has no ELBO.",
}
_LIKELIHOODS = {
    "bernoulli": "Pixels are modelled as Bernoulli, so grey values count as probabilities.",
    "gaussian": "Pixels are modelled as Gaussian with a fixed spread.",
    "sigma": "Pixels are modelled as Gaussian with a learnt spread.",
}
_BY_MEANS: tuple[Kind, ...] = ("vae", "ae", "beta-vae", "beta-tcvae", "aae")  # likelihood alone


def card_text(bundle: ModelBundle) -> str:
    """Return the model card in Markdown."""
    parts = [
        f"# {_heading(bundle)}",
        _opening(bundle),
        *([plain(bundle.look_for)] if bundle.look_for else []),
        *_expect(bundle),
        "## Data\n\n" + _data(bundle),
        "## Training\n\n" + _training(bundle),
        "## Scores\n\n" + _scores(bundle),
        "## Limits\n\n" + _limits(bundle),
    ]
    return "\n\n".join(parts) + "\n"


def retitled(card: str, name: str, new: str) -> str:
    """Return a card with another name at its top; one that a person has headed anew stays."""
    heading, line, rest = card.partition("\n")
    return f"# {plain(new)}{line}{rest}" if heading == f"# {plain(name)}" else card


def _heading(bundle: ModelBundle) -> str:
    name = plain(bundle.name)
    return f"{plain(bundle.title)} ({name})" if bundle.title else name


def _opening(bundle: ModelBundle) -> str:
    c, h, w = bundle.model.image_shape
    colour = "colour" if c == 3 else "grey"
    d = bundle.model.latent_dim
    does = (
        f"{_kind(bundle)} that encodes a {colour} image of {w} x {h} pixels as "
        f"{d} numbers, its latent code, and decodes a picture from any code."
        if bundle.model.has_encoder
        else f"{_kind(bundle)} that decodes {d} numbers, its latent code, into a {colour} picture "
        f"of {w} x {h} pixels. It has no encoder."
    )
    told = [does, _ABOUT.get(bundle.config.kind, "")]
    if bundle.config.objective == "article":
        told.append(
            "In place of the KL term of the ELBO, its loss has the log-likelihood of images under "
            "samples from the prior, which pulls all pictures towards the mean image."
        )
    return " ".join(sentence for sentence in told if sentence)


def _kind(bundle: ModelBundle) -> str:
    kind = _KINDS[bundle.config.kind]
    return f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"


def _expect(bundle: ModelBundle) -> list[str]:
    """Return the section on what its scores promise; none where it has no scores."""
    told = "\n".join(f"- {sentence}" for sentence in findings(bundle))
    return [f"## {catalogue()['card']['expect']}\n\n{told}"] if told else []


def _data(bundle: ModelBundle) -> str:
    data = bundle.data
    lines = [
        f"- Images: {plain(data.name)}, {data.n_train:,} for training and {data.n_test:,} held out",
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
    return f"Seed {bundle.config.seed}. This command repeats the run:\n\n    {command}"


def _scores(bundle: ModelBundle) -> str:
    if not bundle.scores:
        return "Not measured yet. To measure it: `latent-explorer evaluate BUNDLE --keep`."
    rows = ["| measure | value | meaning |", "|---|---:|---|"]
    for key in in_order(bundle.scores):
        value, says = value_of(key, bundle.scores[key]), meaning_of(key, bundle.scores)
        rows.append(f"| {name_of(key)} (`{key}`) | {value} | {says} |")
    how = (
        ", each pixel turned black or white at random" if bundle.model.binarize == "random" else ""
    )
    parts = [f"Measured on the {bundle.data.n_test:,} held-out images{how}.", "\n".join(rows)]
    if bundle.factor_r2:
        told = ", ".join(f"{plain(name)} {r2:.2f}" for name, r2 in bundle.factor_r2.items())
        parts.append(
            f"How well each known factor can be predicted from the code (R²; 1 means exactly): "
            f"{told}."
        )
    return "\n\n".join(parts)


def _limits(bundle: ModelBundle) -> str:
    lines = [
        f"- It has seen only {plain(bundle.data.name)}, and treats any other image as one of them.",
        "- Codes far from those of real images decode to pictures that mean nothing; the page "
        "warns of them.",
        *_limits_of_kind(bundle),
    ]
    if bundle.codes.tsne is not None:
        lines.append("- The t-SNE map keeps neighbours together; distances across it mean nothing.")
    if bundle.pack is None:
        lines.append(
            "- Its decoder cannot run in the browser; Python decodes when a slider is released."
        )
    return "\n".join(lines)


def _limits_of_kind(bundle: ModelBundle) -> list[str]:
    kind, model = bundle.config.kind, bundle.model
    lines = [f"- {_LIMITS_OF[kind]}"] if kind in _LIMITS_OF else []
    if not model.has_encoder:
        lines.append(
            "- Codes of images are found by search, which may miss better ones; an image that no "
            "code comes close to may still be in its training data."
        )
    elif kind in _BY_MEANS:
        lines.append(
            f"- {_LIKELIHOODS[model.likelihood]} Pictures are means, so their edges are soft."
        )
    return lines


def plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
