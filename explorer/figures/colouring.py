"""How the dots of a map are coloured: groups of items, each with a marker and perhaps a name.

The palettes are in `look.py`; which dot gets which colour, size and shape is decided here. Every
visible text is an argument. Knows nothing of where dots lie.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from explorer.errors import DataError, ShapeError
from explorer.figures.look import (
    BENEATH_COLOR,
    CLASS_COLORS,
    CLASS_SHAPES,
    INK,
    LETTERS,
    PLAIN_COLOR,
    SHAPE_SIZES,
    VALUE_COLORS,
    Ink,
    Theme,
    as_text,
)
from explorer.words import say

_LAST = 2000  # rank in the legend
_HOLLOW_IN_SPACE = ("circle", "square", "diamond")
_OUTLINE = 2.0  # px, of hollow dots, which are larger by as much


@dataclass(frozen=True, kw_only=True)
class ByClass:
    """Colour by class: each class has a trace and an entry in the legend.

    Attributes:
        labels: Class of each item, shape (n,), int, in [0, len(names)), or -1 for one of none.
        names: One name per class.
        none: Name of the items without a class, which lie in grey beneath the others. If it is
            empty, every item must have a class.
    """

    labels: np.ndarray
    names: Sequence[str]
    none: str = ""


@dataclass(frozen=True, kw_only=True)
class ByValue:
    """Colour by an amount: one trace with a colour bar.

    Attributes:
        values: Amount of each item, shape (n,), finite.
        title: Title of the colour bar, with the unit.
    """

    values: np.ndarray
    title: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Dots that share a trace: their rows, marker, and name in the legend if they have one."""

    rows: np.ndarray
    marker: dict[str, object]
    name: str | None = None
    rank: int = 1000  # in the legend, lowest first; this is Plotly's own
    is_listed: bool = True  # in the legend; one entry stands for all traces of a name


def groups_of(
    color: ByClass | ByValue | None, n: int, rows: np.ndarray, size: float, theme: Theme
) -> Iterator[Group]:
    """Split the items drawn into traces by how they are coloured."""
    if isinstance(color, ByClass):
        labels, colors = _checked_labels(color, n), CLASS_COLORS[theme]
        beneath = rows[labels[rows] == -1]
        if len(beneath):
            marker = {"size": size, "color": BENEATH_COLOR[theme]}
            yield Group(rows=beneath, marker=marker, name=as_text(color.none), rank=_LAST)
            size = dot_size(len(rows) - len(beneath))
        for label, name in enumerate(color.names):
            around, hue = divmod(label, len(colors))
            # Fifty classes differ: once around the colours, each takes the next shape.
            symbol = CLASS_SHAPES[(label + around) % len(CLASS_SHAPES)]
            marker = {"size": size * SHAPE_SIZES[symbol], "color": colors[hue], "symbol": symbol}
            mine = rows[labels[rows] == label]
            if len(mine):
                yield Group(rows=mine, marker=marker, name=as_text(name))
    elif isinstance(color, ByValue):
        values = _checked_values(color, n)
        # The outermost 2 % share the end colours, or one outlier would leave the rest in one.
        low, high = np.percentile(values, (1, 99))
        if low == high:
            high = low + 1.0  # a scale needs a length
        yield Group(
            rows=rows,
            marker={
                "size": size,
                "color": values[rows].astype(np.float32),
                "cmin": float(low),
                "cmax": float(high),
                "colorscale": _colorscale(VALUE_COLORS[theme]),
                "colorbar": _color_bar(color.title, INK[theme]),
            },
        )
    else:
        yield Group(rows=rows, marker={"size": size, "color": PLAIN_COLOR})


def by_filling(group: Group, hollow: np.ndarray, m: int, theme: Theme) -> Iterator[Group]:
    """Split a group into filled dots and, drawn over them, hollow ones."""
    is_hollow = hollow[group.rows]
    filled, others = group.rows[~is_hollow], group.rows[is_hollow]
    if len(filled):
        yield replace(group, rows=filled, marker=_marker_of(group.marker, ~is_hollow))
    if len(others):
        marker = _marker_of(group.marker, is_hollow) | _outlined(group.marker, m, theme)
        if len(filled):
            marker.pop("colorbar", None)  # one is enough
        yield replace(group, rows=others, marker=marker, is_listed=not len(filled))


def dot_size(n_dots: int) -> float:
    """Return the diameter of a dot in px: smaller for many dots, but never too small to hit."""
    return float(np.clip(12.0 - 2.1 * np.log10(max(n_dots, 1)), 3.0, 8.0))


def _outlined(marker: dict[str, object], m: int, theme: Theme) -> dict[str, object]:
    """Return the marker of hollow dots; in space, shapes that cannot be hollow get a ring."""
    symbol, size = marker.get("symbol", "circle"), marker["size"]
    assert isinstance(size, float)
    if m == 3 and symbol not in _HOLLOW_IN_SPACE:
        return {"line": {"width": _OUTLINE, "color": INK[theme].text}}
    outline = {"symbol": f"{symbol}-open", "size": size + _OUTLINE}
    return outline | {"line": {"width": _OUTLINE}}


def _marker_of(marker: dict[str, object], chosen: np.ndarray) -> dict[str, object]:
    """Return a marker for some of its dots, each of which may have its own colour."""
    color = marker["color"]
    return marker | {"color": color[chosen]} if isinstance(color, np.ndarray) else marker


def _color_bar(title: str, ink: Ink) -> dict[str, object]:
    """Describe a slim bar above the map, where the legend would be."""
    return {
        "orientation": "h",
        "title": {"text": as_text(title), "side": "top", "font": {"size": LETTERS}},
        "x": 0,
        "xanchor": "left",
        "y": 1,
        "yanchor": "bottom",
        "len": 0.5,
        "thickness": 6,
        "outlinewidth": 0,
        "nticks": 5,
        "exponentformat": "power",
        "tickfont": {"size": LETTERS, "color": ink.text},
    }


def _colorscale(colors: Sequence[str]) -> list[tuple[float, str]]:
    """Space colours evenly from 0 to 1, in the form that Plotly expects."""
    return list(zip(np.linspace(0.0, 1.0, len(colors)).tolist(), colors, strict=True))


def _checked_labels(color: ByClass, n: int) -> np.ndarray:
    """Return the labels (n,) after checking that each has a name."""
    labels = _one_each(color.labels, n, "labels")
    if labels.min() < (-1 if color.none else 0) or labels.max() >= len(color.names):
        raise DataError(
            "figures.label_range", count=len(color.names) - 1, least=labels.min(), most=labels.max()
        )
    return labels


def _checked_values(color: ByValue, n: int) -> np.ndarray:
    """Return the amounts (n,) after checking that they are finite."""
    values = _one_each(color.values, n, "values")
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise DataError("figures.not_finite", title=color.title, n_bad=n_bad, n=n)
    return values


def _one_each(values: np.ndarray, n: int, what: str) -> np.ndarray:
    """Return values after checking that there is one for each of n items."""
    values = np.asarray(values)
    if values.shape != (n,):
        raise ShapeError("figures.map_lengths", n=n, what=say(f"data.{what}"), shape=values.shape)
    return values
