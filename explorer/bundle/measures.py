"""The measures that score a bundle: their order, digits, names and explanations.

Knows nothing of how they are measured; that is `evaluation`.
"""

from collections import defaultdict
from collections.abc import Mapping

from explorer.words import decimal, say, section

# Measure -> digits after the point and unit by its key, in the order in which they are shown.
_SHOWN: Mapping[str, tuple[int, str]] = {
    "mse": (5, ""),
    "psnr_db": (2, "db"),
    "ssim": (3, ""),
    "sharpness_x_hat": (3, ""),
    "elbo_nats": (2, "nats"),
    "elbo_bits_per_dim": (3, "bits_per_value"),
    "log_likelihood_nats": (2, "nats"),
    "kl_nats": (2, "nats"),
    "nll_nats": (2, "nats"),
    "nll_stderr": (2, "nats"),
    "active_units": (0, ""),
    "aggregate_kl_nats": (2, "nats"),
    "knn_accuracy": (3, ""),
    "prior_share": (3, ""),
    "density": (3, ""),
    "coverage": (3, ""),
    "sharpness": (3, ""),
    "diversity": (3, ""),
    "mig": (3, ""),
    "dci": (3, ""),
    "dci_completeness": (3, ""),
    "dci_informativeness": (3, ""),
}


# Measured on images whose codes were found by search, if the model has no encoder.
_OF_SEARCHED = ("mse", "psnr_db", "ssim", "sharpness_x_hat")


def in_order(scores: Mapping[str, float]) -> list[str]:
    """Return the measures that have words among these scores, in the order they are shown."""
    return [key for key in _SHOWN if key in scores]


def name_of(key: str) -> str:
    """Return the name of a measure."""
    return say(f"measures.{key}.name")


def meaning_of(key: str, scores: Mapping[str, float]) -> str:
    """Return a sentence on what a measure means, and a second one where codes were searched for.

    Args:
        key: The measure.
        scores: All scores; the sentence may say how many samples or images it is based on.
    """
    counts = defaultdict(lambda: "?", {name: decimal(value, 0) for name, value in scores.items()})
    says = str(section(f"measures.{key}")["says"])
    if key in _OF_SEARCHED and "n_searched" in scores:
        says = f"{says} {section('measures.n_searched')['says']}"
    return says.format_map(counts)


def value_of(key: str, value: float) -> str:
    """Return a score with its unit, to a sensible number of digits."""
    digits, unit = _SHOWN[key]
    number = decimal(value, digits)
    return say(f"units.{unit}", value=number) if unit else number
