"""The words on the screen: one catalogue per language, read once."""

import json
import re
from functools import cache
from importlib.resources import files

_MARKUP = re.compile(r"[\\`*_{}\[\]()#+\-.!|:$<>~&]")


@cache
def _catalogue() -> dict[str, dict[str, object]]:
    text = files("explorer").joinpath("words/en.json").read_text(encoding="utf-8")
    catalogue: dict[str, dict[str, object]] = json.loads(text)
    return catalogue


def say(place: str, **values: object) -> str:
    """Return one sentence of the catalogue.

    Args:
        place: Section and key, such as `explore.models`.
        **values: What goes into the {gaps} of the sentence.
    """
    section, key = place.split(".")
    sentence = _catalogue()[section][key]
    return str(sentence).format(**values)


def stage_words() -> dict[str, object]:
    """Return the part of the catalogue that the stage says in the browser."""
    return _catalogue()["stage"]


def plain(text: str) -> str:
    """Return a text so that Streamlit's Markdown shows it as it is.

    Args:
        text: A name somebody chose: of a bundle, a data set, a factor.
    """
    return _MARKUP.sub(r"\\\g<0>", text)
