"""Words for the browser, by page, and names that show as they are in Streamlit's Markdown."""

import re
from collections.abc import Mapping

from explorer.kinds import KINDS, Kind
from explorer.words import section

_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!|:$<>~&=]")
# Where Streamlit's Markdown acts on text even if it is escaped: icons and emoji of :words:, links
# of bare addresses, arrows of ->.
_COMES_ALIVE = re.compile(r"(?<=:)(?=[\w/+-])|(?<=@)|(?<=www)(?=\.)|(?<=[-<>~])(?=[-=>])", re.I)
_PARTED = "\u2060"  # word joiner: it has no width, and no line breaks there
# Control characters, and those that change the direction of what follows.
_STEERING = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def stage_words(*, has_encoder: bool = True) -> Mapping[str, object]:
    """Return the part of the catalogue that the stage says in the browser.

    Args:
        has_encoder: Whether all dots are images; where most are draws from the prior, some
            sentences are others.
    """
    words = section("stage")
    others = words["among_draws"]
    assert isinstance(others, Mapping)
    return words if has_encoder else {**words, **others}


def run_words() -> Mapping[str, object]:
    """Return the part of the catalogue that the view of a run says in the browser."""
    return section("run")


def adversarial_words(kind: Kind) -> Mapping[str, object]:
    """Return what the view of a run calls the players of an adversarial kind and their charts.

    Returns:
        `made` and `real`, the players; `losses`, `scores` and `diversity`, the charts: title, help
        and unit of each; `areChances`, whether the scores are probabilities.
    """
    charts, of_kind = section("run.adversarial.charts"), KINDS[kind]
    players = {player: of_kind.words.get(player, "") for player in ("made", "real")}
    scores = charts[f"scores_{of_kind.scores}"]
    shown = {"losses": charts["losses"], "scores": scores, "diversity": charts["diversity"]}
    return {**players, **shown, "areChances": of_kind.scores in ("chance", "codes")}


def compare_words() -> Mapping[str, object]:
    """Return the part of the catalogue that a comparison says in the browser."""
    return section("compare")


def plain(text: str) -> str:
    """Return a text as one line that Streamlit's Markdown shows as it is, and nothing more.

    Args:
        text: A name somebody chose: of a bundle, a data set, a factor. Or whatever a file says.
    """
    return verbatim(" ".join(text.split()))


def verbatim(line: str) -> str:
    """Escape part of a line as `plain` does, but keep its spaces."""
    shown = _STEERING.sub("\ufffd", line)
    return _MARKUP.sub(r"\\\g<0>", _COMES_ALIVE.sub(_PARTED, shown))
