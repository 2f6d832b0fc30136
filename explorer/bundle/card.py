"""Writes a bundle's README.md: what it was trained on, how, how good it is, and its limits.

Knows nothing of files.
"""

from explorer.bundle.findings import findings
from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.bundle.record import ModelBundle
from explorer.kinds import words_of
from explorer.words import say

_LIKELIHOODS = {
    "bernoulli": "Pixels are modelled as Bernoulli, so grey values count as probabilities.",
    "gaussian": "Pixels are modelled as Gaussian with a fixed spread.",
    "gaussian-learned": "Pixels are modelled as Gaussian with a learnt spread.",
}


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
    about = (words_of(name).get("about", "") for name in (bundle.kind, bundle.other_objective))
    return " ".join(filter(None, (does, *about)))


def _kind(bundle: ModelBundle) -> str:
    kind = bundle.words.get("noun") or plain(bundle.kind) or "model"
    return f"{'An' if kind[0] in 'aeiou' else 'A'} {kind}"


def _expect(bundle: ModelBundle) -> list[str]:
    """Return the section on what its scores promise; none where it has no scores."""
    promises = "\n".join(f"- {sentence}" for sentence in findings(bundle))
    return [f"## {say('card.expect')}\n\n{promises}"] if promises else []


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
    if bundle.config is None:
        return "How it was trained is not recorded."
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
        shares = ", ".join(f"{plain(name)} {r2:.2f}" for name, r2 in bundle.factor_r2.items())
        parts.append(
            f"How well each known factor can be predicted from the code (R²; 1 means exactly): "
            f"{shares}."
        )
    return "\n\n".join(parts)


def _limits(bundle: ModelBundle) -> str:
    lines = [
        f"- It has seen only {plain(bundle.data.name)}, and treats any other image as one of them.",
        "- Codes far from those of real images decode to pictures that mean nothing; the page "
        "warns of them.",
        *_limits_of_kind(bundle),
    ]
    if "tsne" in bundle.codes.maps:
        lines.append("- The t-SNE map keeps neighbours together; distances across it mean nothing.")
    if bundle.pack is None:
        lines.append(
            "- Its decoder cannot run in the browser; Python decodes when a slider is released."
        )
    return "\n".join(lines)


def _limits_of_kind(bundle: ModelBundle) -> list[str]:
    kind, model = bundle.of_kind, bundle.model
    lines = [f"- {bundle.words['limits']}"] if "limits" in bundle.words else []
    if not model.has_encoder:
        lines.append(
            "- Codes of images are found by search, which may miss better ones; an image that no "
            "code comes close to may still be in its training data."
        )
    elif kind and (not kind.is_adversarial or kind.scores == "codes"):  # by likelihood alone
        lines.append(
            f"- {_LIKELIHOODS[model.likelihood]} Pictures are means, so their edges are soft."
        )
    return lines


def plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
