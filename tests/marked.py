"""A made-up language whose sentences are all marked, so that what has other words shows."""

import re

OPEN, SHUT = "⟦", "⟧"


def marked(part: object) -> object:
    """Return words with a mark at both ends of each sentence."""
    if isinstance(part, str):
        return f"{OPEN}{part}{SHUT}"
    if isinstance(part, list):
        return [marked(inner) for inner in part]
    assert isinstance(part, dict)
    return {key: marked(inner) for key, inner in part.items()}


def unmarked(text: str) -> str:
    """Return what is left of a text without all that is marked, also within what is marked."""
    while (rest := re.sub(f"{OPEN}[^{OPEN}{SHUT}]*{SHUT}", "", text)) != text:
        text = rest
    return text
