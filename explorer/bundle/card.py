"""A bundle's README.md: what it was made from, how, how good it is, and what it cannot do.

Knows nothing of files.
"""

from explorer.bundle.record import ModelBundle

# Score -> what it is called on the card, its unit, and the digits worth printing.
_SCORES: dict[str, tuple[str, int]] = {
    "mse": ("Reconstruction error, mean squared per pixel, white is 1", 5),
    "psnr_db": ("Reconstruction quality, PSNR in dB, higher is better", 2),
    "elbo_nats": ("ELBO in nats per image, higher is better", 2),
    "log_likelihood_nats": ("Log-likelihood of the reconstruction in nats per image", 2),
    "kl_nats": ("KL in nats per image: what the code says about an image", 2),
    "active_units": ("Active units: coordinates in use", 0),
}
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
        f"# {_plain(bundle.name)}",
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
        f"- Images: {_plain(data.name)}, {data.n_train:,} learnt from and {data.n_test:,} held out",
        f"- Source: {_plain(data.source) or 'not stated'}",
        f"- Licence: {_plain(data.licence) or 'not stated'}",
    ]
    if data.class_names:
        lines.append(f"- Classes: {', '.join(map(_plain, data.class_names))}")
    if data.factor_names:
        lines.append(f"- Known factors: {', '.join(map(_plain, data.factor_names))}")
    return "\n".join(lines)


def _training(bundle: ModelBundle) -> str:
    command = bundle.command or "not recorded"
    return f"Seed {bundle.config.seed}. The same command starts the same run:\n\n    {command}"


def _scores(bundle: ModelBundle) -> str:
    rows = ["| measure | value |", "|---|---|"]
    for key, value in bundle.scores.items():
        label, digits = _SCORES.get(key, (key, 3))
        rows.append(f"| {label} (`{key}`) | {value:.{digits}f} |")
    return f"Measured on the {bundle.data.n_test:,} held-out images.\n\n" + "\n".join(rows)


def _limits(bundle: ModelBundle) -> str:
    lines = [
        f"- It has only seen {_plain(bundle.data.name)} and takes any other image for one of them.",
        "- Codes far from those of real images give pictures that mean nothing; the page says so.",
        f"- {_LIKELIHOODS[bundle.config.likelihood]} Pictures are means, hence soft at the edges.",
        "- The t-SNE map keeps neighbours together; distances across it mean nothing.",
    ]
    if bundle.pack is None:
        lines.append(
            "- Its decoder cannot run in the browser; Python draws when a slider is let go."
        )
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
