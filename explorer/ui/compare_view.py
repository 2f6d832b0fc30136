"""The comparison on the Compare page: what the browser gets, and what the address keeps."""

from collections.abc import Sequence

import numpy as np

from explorer.bundle.measures import meaning_of, name_of, value_of
from explorer.comparing import Compared, Standing, compare_scores, picture_key, standings
from explorer.export import ComparisonTable, Row
from explorer.figures import CLASS_COLORS, PLAIN_COLOR
from explorer.kinds import words_of
from explorer.ui import address, routes
from explorer.ui.compare_arrays import telling_item
from explorer.ui.exports import as_address, offered
from explorer.ui.mounting import mount
from explorer.ui.opened import OpenedModel
from explorer.ui.scenes import ComparedModel, CompareScene, ScoreRow, SliderSet
from explorer.ui.words import compare_words
from explorer.words import decimal, percent, say

_NONE = "\N{EN DASH}"


def comparison(shown: Sequence[OpenedModel]) -> None:
    """Draw two to four models side by side."""
    sent = scene(shown, address.asked_comparison(latent_dims(shown), len(shown)))
    mount("comparison", "compare/page.js", sent, remember=lambda view: _remember(view, shown))


def latent_dims(shown: Sequence[OpenedModel]) -> list[int]:
    """Return each size of code there is, in the order of the models."""
    return list(dict.fromkeys(opened.bundle.model.latent_dim for opened in shown))


def sharing(shown: Sequence[OpenedModel]) -> list[bool]:
    """Return for each model whether it shares test images with another one.

    Where models have learnt several sets, those count that have learnt what most have.
    """
    keys = [picture_key(opened.bundle) for opened in shown]
    most = max(keys, key=keys.count)
    return [keys.count(most) > 1 and key == most for key in keys]


def scene(shown: Sequence[OpenedModel], start: address.SharedStart) -> CompareScene:
    """Return everything that `compare/page.js` needs to know, as JSON values."""
    compared = compare_scores([opened.bundle for opened in shown])
    scores = [_row(row, shown) for row in compared]
    table = _table(shown, list(zip(compared, scores, strict=True)))
    shares = sharing(shown)
    sharers = [opened for opened, has in zip(shown, shares, strict=True) if has]
    first = sharers[0] if sharers else None
    return {
        "key": " ".join(f"{opened.bundle.name}:{opened.version}" for opened in shown),
        "imageShape": list(shown[0].bundle.data.image_shape),
        "urls": routes.shared_urls("compare/page.js"),
        "colors": {theme: list(colors) for theme, colors in CLASS_COLORS.items()},
        "plainColor": PLAIN_COLOR,
        "models": [_model(e, has, shown) for e, has in zip(shown, shares, strict=True)],
        "sizes": [_sliders(shown, d) for d in latent_dims(shown)],
        "firstItem": telling_item(first) if first else None,
        "scores": scores,
        "tables": offered(
            ComparisonTable, lambda one: as_address(one.write(table), one.media_type)
        ),
        "start": {
            "item": start.item,
            "item2": start.item2,
            "seed": start.seed,
            "z": [None if shift is None else list(shift) for shift in start.shifts],
            "spots": list(start.spots),
        },
        "words": compare_words(),
    }


def _model(opened: OpenedModel, shares: bool, shown: Sequence[OpenedModel]) -> ComparedModel:
    bundle = opened.bundle
    gain, cost = _gain_and_cost(opened, shown)
    return {
        "name": bundle.name,
        "title": bundle.title or bundle.name,
        "kind": _kind_in_words(opened),
        "covered": _covered(opened),
        "detail": _detail(opened),
        "data": bundle.data.name,
        "latentDim": bundle.model.latent_dim,
        "shares": shares,
        "searched": not bundle.model.has_encoder,
        "classNames": list(bundle.data.class_names),
        "originals": opened.has_originals,
        "urls": routes.urls(opened),
        "gain": gain,
        "cost": cost,
    }


def _kind(opened: OpenedModel) -> str:
    return opened.bundle.other_objective or opened.bundle.kind


def _kind_in_words(opened: OpenedModel) -> str:
    config = opened.bundle.config
    if config is None:
        return opened.bundle.words["name"]
    kind = _kind(opened)
    return words_of(kind).get("compared", kind).format(beta=f"{config.beta:g}")


def _gain_and_cost(opened: OpenedModel, shown: Sequence[OpenedModel]) -> tuple[str, str]:
    """Return what a model is good at and what that costs, in words.

    Models of one kind would all get the same words, so what sets them apart is measured.
    """
    alike = [other for other in shown if _kind(other) == _kind(opened)]
    if len(alike) < 2:
        words = words_of(_kind(opened))
        return words.get("gain", ""), words.get("cost", "")
    best, worst = standings([other.bundle for other in alike], alike.index(opened))
    return _standing(best, "gain"), _standing(worst, "cost")


def _standing(standing: Standing | None, side: str) -> str:
    if standing is None:
        return say(f"compare.apart_none.{side}")
    numbers = {"value": standing.value, "other": standing.other}
    shown = {name: _number(standing.key, value) for name, value in numbers.items()}
    return say(f"compare.apart_{standing.key}.{side}", **shown)


def _number(key: str, value: float) -> str:
    if key == "coverage":
        return percent(value)  # as in the line below
    return decimal(value, 0) if key in ("smaller", "larger") else value_of(key, value)


def _covered(opened: OpenedModel) -> str:
    """Return how many real images random codes come near, in words, where that was measured."""
    coverage = opened.bundle.scores.get("coverage")
    return "" if coverage is None else say("compare.covered", percent=round(100 * coverage))


def _detail(opened: OpenedModel) -> str:
    """Return how sharp random pictures are, in words, where that was measured."""
    sharpness = opened.bundle.scores.get("sharpness")
    return "" if sharpness is None else say("compare.detail", percent=round(100 * sharpness))


def _sliders(shown: Sequence[OpenedModel], d: int) -> SliderSet:
    """Describe the sliders that models with d dimensions share, the most informative first."""
    members = [i for i, e in enumerate(shown) if e.bundle.model.latent_dim == d]
    kl = np.sum([shown[i].kl_of_dimensions for i in members], axis=0)
    active = {int(j) for i in members for j in shown[i].active}
    order = [int(j) for j in np.argsort(-kl, kind="stable")]
    return {"latentDim": d, "models": members, "order": [j for j in order if j in active] or order}


def _row(row: Compared, shown: Sequence[OpenedModel]) -> ScoreRow:
    """Return one line of the table of scores, in words."""
    # The remark already says which codes were found by search.
    scored = [e.bundle for e in shown if row.key in e.bundle.scores]
    scores = max(scored, key=lambda bundle: bundle.model.has_encoder).scores
    return {
        "name": name_of(row.key),
        "says": meaning_of(row.key, scores),
        "remark": _remark(row),
        "isWarning": row.caution not in (None, "neither", "close", "real"),
        "cells": [
            {"text": _cell(row, i, shown[i]), "best": i in row.best} for i in range(len(row.values))
        ],
    }


def _remark(row: Compared) -> str:
    return say(f"compare.because_{row.caution}") if row.caution else ""


def _cell(row: Compared, i: int, opened: OpenedModel) -> str:
    value = row.values[i]
    if value is None:
        return _NONE
    error = opened.bundle.scores.get("nll_stderr") if row.key == "nll_nats" else None
    return value_of(row.key, value) + (f" ± {decimal(error, 2)}" if error is not None else "")


def _table(
    shown: Sequence[OpenedModel], scores: Sequence[tuple[Compared, ScoreRow]]
) -> ComparisonTable:
    bundles = [opened.bundle for opened in shown]
    facts: dict[str, list[str]] = {
        "kind": [bundle.kind for bundle in bundles],
        "data": [bundle.data.name for bundle in bundles],
        "latent_dim": [str(bundle.model.latent_dim) for bundle in bundles],
        "likelihood": [bundle.model.likelihood for bundle in bundles],
    }
    return ComparisonTable(
        models=[bundle.name for bundle in bundles],
        rows=[
            *(Row(key=key, name=say(f"exports.facts.{key}"), texts=facts[key]) for key in facts),
            *(
                Row(
                    key=compared.key,
                    name=row["name"],
                    texts=[cell["text"] for cell in row["cells"]],
                    values=compared.values,
                    best=compared.best,
                    remark=row["remark"],
                )
                for compared, row in scores
            ),
        ],
    )


def _remember(view: dict[str, object], shown: Sequence[OpenedModel]) -> None:
    """Write what the browser reports into the address, if `compare/page.js` can have sent it."""
    shifts = view.get("z")
    spots = view.get("spots")
    sizes = latent_dims(shown)
    if not isinstance(shifts, list) or not isinstance(spots, list) or len(shifts) != len(sizes):
        return
    start = address.SharedStart(
        item=_whole(view.get("item")),
        item2=_whole(view.get("item2")),
        seed=_whole(view.get("seed")) or 0,
        shifts=tuple(_numbers(shift, d) for shift, d in zip(shifts, sizes, strict=True)),
        spots=tuple(_whole(spot) for spot in spots[: len(shown)]),
    )
    address.remember_comparison(start, [opened.bundle.name for opened in shown])


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _numbers(values: object, length: int) -> tuple[float, ...] | None:
    """Return how far sliders were moved; None if none was, or if the list is malformed."""
    if not isinstance(values, list) or len(values) != length:
        return None
    numbers = tuple(float(v) for v in values if isinstance(v, (int, float)) and abs(v) <= 1000)
    return numbers if len(numbers) == length and any(numbers) else None
