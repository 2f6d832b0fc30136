"""The export formats that a page offers, described for the browser."""

import base64
from collections.abc import Callable
from typing import TypeVar

from explorer.export import ExportFormat, formats_of
from explorer.ui.scenes import ExportScene
from explorer.words import has, say

Thing = TypeVar("Thing")


def offered(thing: type[Thing], url: Callable[[ExportFormat[Thing]], str]) -> list[ExportScene]:
    """Describe each format of a kind of thing.

    Args:
        thing: What is to be saved.
        url: Returns where a file of a format comes from.
    """
    return [
        {
            "name": one.name,
            "label": say(f"exports.{one.name}.name") if has(f"exports.{one.name}") else one.suffix,
            "help": say(f"exports.{one.name}.help") if has(f"exports.{one.name}") else "",
            "suffix": one.suffix,
            "mediaType": one.media_type,
            "url": url(one),
        }
        for one in formats_of(thing)
    ]


def as_address(content: bytes, media_type: str) -> str:
    """Return a data: address that contains a small file."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
