"""Reads the single entries of a bundle's config.json, and refuses wrong ones.

Knows nothing of the file as a whole; that is `settings`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from explorer.bundle.files import refusal
from explorer.bundle.record import MapFacts
from explorer.data.naming import LONGEST_NAME
from explorer.models.architecture import LARGEST, SMALLEST

FILE = "config.json"
LARGEST_SCORE = 1e40  # more than any 32-bit float


def read_hex(value: object, key: str, folder: Path) -> str:
    """Return a fingerprint or an id; empty if it is left out."""
    text = cast(str, value)
    if re.fullmatch("([0-9a-f]{32})?", text):
        return text
    raise refusal(folder, FILE, "wrong_hex", entry=key)


def read_image_shape(values: list[object], folder: Path) -> tuple[int, int, int]:
    """Return the shape of square images, (c, h, w)."""
    is_shape = len(values) == 3 and all(type(side) is int for side in values)
    if is_shape:
        c, h, w = cast(list[int], values)
        if c in (1, 3) and h == w and SMALLEST <= h <= LARGEST:
            return c, h, w
    bounds = {"least": SMALLEST, "most": LARGEST}
    raise refusal(folder, FILE, "wrong_image_shape", said=values, **bounds)


def read_names(values: list[object], key: str, folder: Path) -> tuple[str, ...]:
    """Return a list of names."""
    for text in values:
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME:
            raise refusal(folder, FILE, "wrong_names", entry=key, most=LONGEST_NAME)
    return tuple(cast(list[str], values))


def read_line(text: object, key: str, longest: int, folder: Path) -> str:
    """Return an optional text, which must be one printable line."""
    if text is None:
        return ""
    line = cast(str, text)
    if not _is_line(line, longest):
        raise refusal(folder, FILE, "wrong_line", entry=key, most=longest)
    return line


def _is_line(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isprintable() and text == text.strip()


def read_kind(text: str, folder: Path) -> str:
    """Return the kind of a model whose settings are unknown: one printable line."""
    if not _is_line(text, LONGEST_NAME):
        raise refusal(folder, FILE, "wrong_kind", most=LONGEST_NAME)
    return text


def read_start_item(row: object, folder: Path) -> int | None:
    """Return the row of an item; None if it is left out."""
    if row is None:
        return None
    if cast(int, row) < 0:
        raise refusal(folder, FILE, "wrong_start_item", said=str(row))
    return cast(int, row)


def read_scores(values: Mapping[str, object], under: str, folder: Path) -> dict[str, float]:
    """Return finite numbers by name."""
    for key, value in values.items():
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not abs(cast(float, value)) <= LARGEST_SCORE:
            bounds = {"least": f"{-LARGEST_SCORE:g}", "most": f"{LARGEST_SCORE:g}"}
            raise refusal(folder, FILE, "wrong_score", entry=f"{under}{key}", **bounds)
        if len(key) > LONGEST_NAME:
            raise refusal(folder, FILE, "long_name", entry=under, most=LONGEST_NAME)
    return cast(dict[str, float], dict(values))


def read_slider_names(
    values: Mapping[str, object], latent_dim: int, folder: Path
) -> dict[int, str]:
    """Return the names of dimensions, by index."""
    names = {}
    for key, text in values.items():
        is_coordinate = key in {str(i) for i in range(latent_dim)}
        if not is_coordinate or not isinstance(text, str) or not 0 < len(text) <= LONGEST_NAME:
            raise refusal(folder, FILE, "wrong_slider_name", index=key, last=latent_dim - 1)
        names[int(key)] = text
    return names


def map_entry(facts: MapFacts) -> dict[str, object]:
    """Return the entry on how a map was made."""
    return {"method": facts.method, "settings": dict(facts.settings), "exact": facts.is_exact}


def read_maps(values: Mapping[str, object], folder: Path) -> dict[str, MapFacts]:
    """Return how maps were made; codes.npz says which of them exist."""
    maps = {}
    for name, facts in values.items():
        if not isinstance(facts, dict) or not _are_facts(facts):
            raise refusal(folder, FILE, "wrong_map", map_name=name)
        maps[name] = MapFacts(
            method=facts["method"], settings=facts["settings"], is_exact=facts["exact"]
        )
    return maps


def _are_facts(facts: dict[str, object]) -> bool:
    method, settings, exact = (facts.get(key) for key in ("method", "settings", "exact"))
    return (
        len(facts) == 3
        and isinstance(exact, bool)
        and _is_short(method)
        and isinstance(settings, dict)
        and all(_is_short(key) for key in settings)
        and all(_is_short(value) or _is_number(value) for value in settings.values())
    )


def _is_short(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(cast(float, value)) <= LARGEST_SCORE
