"""Several bundles as one Markdown table: data and licence, code, scores, command.

Knows nothing of where bundles lie.
"""

from collections.abc import Iterable

from explorer.bundle.card import plain
from explorer.bundle.measures import name_of, value_of
from explorer.bundle.record import BundleSummary

# The scores that distinguish models at a glance; the card has the rest.
_SCORES = ("psnr_db", "nll_nats", "knn_accuracy", "mig", "prior_share", "density", "coverage")
_TITLES = ("bundle", "data, licence", "latent code", "scores", "command")


def table_text(models: Iterable[BundleSummary]) -> str:
    """Return the table, with one row for each bundle, in this order, and links to their cards."""
    rows = [_TITLES, ("---",) * len(_TITLES), *map(_row, models)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows) + "\n"


def _row(model: BundleSummary) -> tuple[str, ...]:
    data = model.data
    made_by = f"{plain(data.source)} ({plain(data.licence)})"
    active = (
        f", {model.scores['active_units']:.0f} active" if "active_units" in model.scores else ""
    )
    scores = [
        f"{name_of(key)} {value_of(key, model.scores[key])}"
        for key in _SCORES
        if key in model.scores
    ]
    return (
        f"[`{model.name}`]({model.name}/README.md)"
        + (f": {plain(model.title)}" if model.title else ""),
        f"{data.n_train:,} training images, {data.n_test:,} held out. {made_by}",
        f"{model.model.latent_dim} dimensions{active}, {plain(model.kind)}"
        + (f", seed {model.config.seed}" if model.config else ""),
        "; ".join(scores),
        f"`{model.command}`",
    )
