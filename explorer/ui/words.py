"""What the pages say: sentences of the catalogue with their gaps filled, and names as they are."""

import re
from collections.abc import Mapping

from explorer.words import catalogue

_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!|:$<>~&]")


def say(place: str, **values: object) -> str:
    """Return one sentence of the catalogue.

    Args:
        place: Section and keys, such as `explore.models`.
        **values: What goes into the {gaps} of the sentence.
    """
    part: object = catalogue()
    for key in place.split("."):
        assert isinstance(part, Mapping)
        part = part[key]
    return str(part).format(**values)


def stage_words() -> Mapping[str, object]:
    """Return the part of the catalogue that the stage says in the browser."""
    return catalogue()["stage"]


def run_words() -> Mapping[str, object]:
    """Return the part of the catalogue that the view of a run says in the browser."""
    return catalogue()["run"]


def plain(text: str) -> str:
    """Return a text so that Streamlit's Markdown shows it as it is.

    Args:
        text: A name somebody chose: of a bundle, a data set, a factor.
    """
    return _MARKUP.sub(r"\\\g<0>", text)
