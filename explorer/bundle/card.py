"""A bundle's README.md: what it was made from, how, how good it is, and what it cannot do.

Knows nothing of files.
"""

from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.bundle.record import ModelBundle

_KINDS = {
    "vae": "VAE",
    "ae": "autoencoder",
    "beta-vae": "beta-VAE",
    "beta-tcvae": "beta-TCVAE",
}
_LIKELIHOODS = {
    "bernoulli": "Pixels are modelled as Bernoulli, so grey values count as probabilities.",
    "gaussian": "Pixels are modelled as Gaussian with a fixed spread.",
    "sigma": "Pixels are modelled as Gaussian with a learned spread.",
}


def card_text(bundle: ModelBundle) -> str:
    """Return the model card in Markdown."""
    parts = [
        f"# {plain(bundle.name)}",
        _opening(bundle),
        "## Data\n\n" + _data(bundle),
        "## Training\n\n" + _training(bundle),
        "## Scores\n\n" + _scores(bundle),
        "## Limits\n\n" + _limits(bundle),
    ]
    return "\n\n".join(parts) + "\n"


def _opening(bundle: ModelBundle) -> str:
    c, h, w = bundle.data.image_shape
    colour = "colour" if c == 3 else "grey"
    return (
        f"{_kind(bundle)} that describes a {colour} image of {w} x {h} pixels by "
        f"{bundle.config.latent_dim} numbers, its latent code, and draws an image from any code."
    )


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
        f"- {_LIKELIHOODS[bundle.config.likelihood]} Pictures are means, hence soft at the edges.",
        "- The t-SNE map keeps neighbours together; distances across it mean nothing.",
    ]
    if bundle.pack is None:
        lines.append(
            "- Its decoder cannot run in the browser; Python draws when a slider is let go."
        )
    return "\n".join(lines)


def plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
