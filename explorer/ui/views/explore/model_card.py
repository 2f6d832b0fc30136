"""The panel about a model: what it is, how good it is, its sliders, and how to make it."""

import re
from collections.abc import Sequence

import streamlit as st

from explorer.bundle.findings import findings
from explorer.bundle.measures import in_order, meaning_of, name_of, value_of
from explorer.completing import train_command
from explorer.kinds import words_of
from explorer.ui.cards import harmless
from explorer.ui.maps import coordinate_name
from explorer.ui.opened import OpenedModel
from explorer.ui.words import plain
from explorer.words import decimal, say

_BAR_LENGTH = 8  # characters
# A source of images that every shell takes for a plain word, however it quotes.
_SAFE_TO_TYPE = re.compile(r"[\w .,:/\\@+=~#-]+")


def open_model_card(opened: OpenedModel) -> None:
    """Open the panel over the page."""
    bundle = opened.bundle
    st.dialog(plain(bundle.title or bundle.name), width="large")(_render)(opened)


def _render(opened: OpenedModel) -> None:
    bundle = opened.bundle
    facts = bundle.data
    _, h, w = facts.image_shape
    st.markdown(bundle.words.get("card") or plain(bundle.kind))
    if bundle.other_objective:
        st.markdown(words_of(bundle.other_objective)["card"])
    st.markdown(
        say(
            "card.opening" if bundle.model.has_encoder else "card.opening_drawn",
            width=w,
            height=h,
            count=bundle.model.latent_dim,
            n_train=facts.n_train,
            n_test=facts.n_test,
        )
    )
    found = findings(bundle)
    if found:
        st.markdown(f"### {say('card.expect')}")
        st.markdown("\n".join(f"- {sentence}" for sentence in found))
    _scores(opened)
    if bundle.model.has_encoder:  # samples from the prior say nothing about sliders
        left, right = st.columns(2, gap="medium")
        with left:
            _sliders(opened)
        with right:
            if bundle.factor_r2:
                _factors(opened)
    if bundle.config and _SAFE_TO_TYPE.fullmatch(bundle.config.data):
        st.markdown(f"### {say('card.again')}", help=say("card.again_help"))
        command = train_command(bundle.config, bundle.name)
        st.code(command, language=None, wrap_lines=True)
    with st.expander(say("card.whole")):
        st.markdown(harmless(bundle.card))


def _scores(opened: OpenedModel) -> None:
    """Render each measure with its value and its one plain sentence, in two columns."""
    scores = opened.bundle.scores
    st.markdown(f"### {say('card.scores')}", help=say("card.scores_help"))
    keys = in_order(scores)
    if not keys:
        st.info(say("card.not_scored", name=plain(opened.bundle.name)))
    half = (len(keys) + 1) // 2
    for column, part in zip(st.columns(2, gap="medium"), (keys[:half], keys[half:]), strict=True):
        # One text, because one element per line would open the panel more slowly.
        lines = (
            f"{name_of(key)}: **{value_of(key, scores[key])}**  \n"
            f":gray[:small[{meaning_of(key, scores)}]]"
            for key in part
        )
        column.markdown("\n\n".join(lines))


def _sliders(opened: OpenedModel) -> None:
    """Render how much information each slider carries, and how much it varies."""
    kl, activity = opened.kl_of_dimensions, opened.bundle.codes.mu.var(axis=0)
    has_posterior = opened.bundle.model.has_posterior
    information = kl if has_posterior else activity
    rows = [
        (
            plain(coordinate_name(c)),
            _bar(information[c.index], information.max()),
            decimal(kl[c.index], 2) if has_posterior else "",
            decimal(activity[c.index], 2),
        )
        for c in opened.coordinates
    ]
    titles = ("slider", "bar", "kl", "activity")
    _table("sliders", [say(f"card.column_{title}") for title in titles], rows)


def _factors(opened: OpenedModel) -> None:
    """Render how well each known factor can be predicted from the code."""
    shares = opened.bundle.factor_r2
    rows = [(plain(name), _bar(share, 1.0), decimal(share, 2)) for name, share in shares.items()]
    _table("factors", [say(f"card.column_{t}") for t in ("factor", "bar", "r2")], rows)


def _table(title: str, titles: list[str], rows: Sequence[tuple[str, ...]]) -> None:
    st.markdown(f"### {say(f'card.{title}')}", help=say(f"card.{title}_help"))
    lines = [titles, ["---", "---", *["---:"] * (len(titles) - 2)], *rows]
    st.markdown("\n".join(f"| {' | '.join(cells)} |" for cells in lines))


def _bar(value: float, full: float) -> str:
    """Return a share as a bar of text, which a table shows at a glance."""
    share = min(max(value / full, 0.0), 1.0) if full > 0 else 0.0
    length = round(share * _BAR_LENGTH)
    return f":primary[{'━' * length}]" if length else ""
