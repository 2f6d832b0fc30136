"""Several bundles as one Markdown table: data and licence, code, scores, command.

Knows nothing of where bundles lie.
"""

from collections.abc import Iterable, Iterator

from explorer.bundle.card import plain
from explorer.bundle.measures import name_of, value_of
from explorer.bundle.record import BundleSummary
from explorer.words import say

# The scores that distinguish models at a glance; the card has the rest.
_SCORES = ("psnr_db", "nll_nats", "knn_accuracy", "mig", "prior_share", "density", "coverage")
_COLUMNS = ("bundle", "data", "code", "scores", "command")


def table_text(models: Iterable[BundleSummary]) -> str:
    """Return the table, with one row for each bundle, in this order, and links to their cards."""
    titles = tuple(_say(column) for column in _COLUMNS)
    rows = [titles, ("---",) * len(titles), *map(_row, models)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows) + "\n"


def _row(model: BundleSummary) -> tuple[str, ...]:
    data = model.data
    facts = {"source": plain(data.source), "licence": plain(data.licence), "n_test": data.n_test}
    scores = [
        f"{name_of(key)} {value_of(key, model.scores[key])}"
        for key in _SCORES
        if key in model.scores
    ]
    return (
        f"[`{model.name}`]({model.name}/README.md)"
        + (f": {plain(model.title)}" if model.title else ""),
        _say("images", count=data.n_train, **facts),
        ", ".join(_of_code(model)),
        "; ".join(scores),
        f"`{model.command}`",
    )


def _of_code(model: BundleSummary) -> Iterator[str]:
    yield _say("dimensions", count=model.model.latent_dim)
    if "active_units" in model.scores:
        yield _say("active", count=round(model.scores["active_units"]))
    yield plain(model.kind)
    if model.config:
        yield _say("seed", seed=str(model.config.seed))


def _say(key: str, **values: object) -> str:
    return say(f"model_table.{key}", **values)
