"""All words on the screen and on model cards: one catalogue per language, read once.

A second language is a second file beside `en.json`. Knows nothing of who says what.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def catalogue() -> Mapping[str, Mapping[str, object]]:
    """Return the catalogue: section, then key, to a sentence or to keys of its own."""
    text = files("explorer.words").joinpath("en.json").read_text(encoding="utf-8")
    sections: Mapping[str, Mapping[str, object]] = json.loads(text)
    return sections
