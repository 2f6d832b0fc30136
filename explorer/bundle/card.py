"""Writes a bundle's README.md: what it was trained on, how, how good it is, and its limits.

Knows nothing of files.
"""

from collections.abc import Iterable

from explorer.bundle.findings import findings
from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.bundle.record import ModelBundle
from explorer.kinds import words_of
from explorer.words import decimal, say


def card_text(bundle: ModelBundle) -> str:
    """Return the model card in Markdown."""
    parts = [
        f"# {_heading(bundle)}",
        _opening(bundle),
        *([plain(bundle.look_for)] if bundle.look_for else []),
        *_expect(bundle),
        _section("data", _data(bundle)),
        _section("training", _training(bundle)),
        _section("scores", _scores(bundle)),
        _section("limits", _limits(bundle)),
    ]
    return "\n\n".join(parts) + "\n"


def retitled(card: str, name: str, new: str) -> str:
    """Return a card with another name at its top; one that a person has headed anew stays."""
    heading, line, rest = card.partition("\n")
    return f"# {plain(new)}{line}{rest}" if heading == f"# {plain(name)}" else card


def _heading(bundle: ModelBundle) -> str:
    title, name = plain(bundle.title), plain(bundle.name)
    return _say("heading", title=title, name=name) if bundle.title else name


def _section(key: str, content: str) -> str:
    return f"## {_say(key)}\n\n{content}"


def _opening(bundle: ModelBundle) -> str:
    c, h, w = bundle.model.image_shape
    does = _say(
        f"{'encodes' if bundle.model.has_encoder else 'decodes'}_{'colour' if c == 3 else 'grey'}",
        kind=_kind(bundle),
        count=bundle.model.latent_dim,
        width=w,
        height=h,
    )
    about = (words_of(name).get("about", "") for name in (bundle.kind, bundle.other_objective))
    return " ".join(filter(None, (does, *about)))


def _kind(bundle: ModelBundle) -> str:
    if "noun" in bundle.words:
        return bundle.words["noun"]
    return _say("other_kind", kind=plain(bundle.kind)) if bundle.kind else _say("no_kind")


def _expect(bundle: ModelBundle) -> list[str]:
    """Return the section on what its scores promise; none where it has no scores."""
    promises = _listed(findings(bundle))
    return [f"## {say('card.expect')}\n\n{promises}"] if promises else []


def _data(bundle: ModelBundle) -> str:
    data = bundle.data
    lines = [
        _say("images", name=plain(data.name), n_train=data.n_train, n_test=data.n_test),
        _say("source", source=plain(data.source) or _say("not_stated")),
        _say("licence", licence=plain(data.licence) or _say("not_stated")),
    ]
    if data.class_names:
        lines.append(_say("classes", classes=", ".join(map(plain, data.class_names))))
    if data.factor_names:
        lines.append(_say("factors", factors=", ".join(map(plain, data.factor_names))))
    return _listed(lines)


def _training(bundle: ModelBundle) -> str:
    if bundle.config is None:
        return _say("training_unknown")
    command = bundle.command or _say("no_command")
    return f"{_say('seed', seed=str(bundle.config.seed))}\n\n    {command}"


def _scores(bundle: ModelBundle) -> str:
    if not bundle.scores:
        return _say("not_scored")
    columns = (_say(f"column_{column}") for column in ("measure", "value", "meaning"))
    rows = [f"| {' | '.join(columns)} |", "|---|---:|---|"]
    for key in in_order(bundle.scores):
        value, says = value_of(key, bundle.scores[key]), meaning_of(key, bundle.scores)
        rows.append(f"| {name_of(key)} (`{key}`) | {value} | {says} |")
    measured = "measured_binarized" if bundle.model.binarize == "random" else "measured"
    parts = [_say(measured, count=bundle.data.n_test), "\n".join(rows)]
    if bundle.factor_r2:
        shares = (f"{plain(name)} {decimal(r2, 2)}" for name, r2 in bundle.factor_r2.items())
        parts.append(_say("factor_r2", factors=", ".join(shares)))
    return "\n\n".join(parts)


def _limits(bundle: ModelBundle) -> str:
    lines = [
        _say("limit_data", name=plain(bundle.data.name)),
        _say("limit_far_codes"),
        *_limits_of_kind(bundle),
    ]
    if "tsne" in bundle.codes.maps:
        lines.append(_say("limit_tsne"))
    if bundle.pack is None:
        lines.append(_say("limit_not_live"))
    return _listed(lines)


def _limits_of_kind(bundle: ModelBundle) -> list[str]:
    kind, model = bundle.of_kind, bundle.model
    lines = [bundle.words["limits"]] if "limits" in bundle.words else []
    if not model.has_encoder:
        lines.append(_say("limit_searched"))
    elif kind and (not kind.is_adversarial or kind.scores == "codes"):  # by likelihood alone
        lines.append(_say(f"limit_likelihood.{model.likelihood}"))
    return lines


def _say(key: str, **values: object) -> str:
    return say(f"model_card.{key}", **values)


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def plain(text: str) -> str:
    """Return foreign text as one line that Markdown shows as it is written."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>#|!" else char for char in line)
