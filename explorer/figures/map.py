"""A projection and what is known of its items, as a Plotly figure: the map.

Colours, dot sizes and what a dot carries are decided here and nowhere else. Words are not: every
visible text is an argument. Knows nothing of models, images or files.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from explorer.errors import DataError, ShapeError
from explorer.figures.look import (
    BENEATH_COLOR,
    CLASS_COLORS,
    CLASS_SHAPES,
    FONT,
    INK,
    LETTERS,
    PLAIN_COLOR,
    SHAPE_SIZES,
    VALUE_COLORS,
    Ink,
    Theme,
    as_text,
    axis,
)
from explorer.latent.stats import checked_codes
from explorer.projection import spread_heights

_LAST = 2000  # rank in the legend
_ROOM = 0.06  # beyond the outermost codes, as a share of what they span
_HOLLOW_IN_SPACE = ("circle", "square", "diamond")
_OUTLINE = 2.0  # px, of hollow dots, which are as much larger
_HEADROOM = 54  # px above the map: two rows of legend, or the colour bar


@dataclass(frozen=True, kw_only=True)
class ByClass:
    """Colour by class: one trace, and one legend entry, for each class.

    Attributes:
        labels: Class of each item, shape (n,), int, in [0, len(names)), or -1 for one of none.
        names: One name per class.
        none: What those of none are called, which lie in grey beneath the others; without it there
            may be none of them.
    """

    labels: np.ndarray
    names: Sequence[str]
    none: str = ""


@dataclass(frozen=True, kw_only=True)
class ByValue:
    """Colour by an amount: one trace with a colour bar.

    Attributes:
        values: Amount of each item, shape (n,), finite.
        title: What the colour bar is called, with the unit.
    """

    values: np.ndarray
    title: str


def latent_map(
    xy: np.ndarray,
    *,
    color: ByClass | ByValue | None = None,
    axis_titles: Sequence[str] = (),
    rows: np.ndarray | None = None,
    hollow: np.ndarray | None = None,
    view: str = "",
    theme: Theme = "light",
) -> go.Figure:
    """Draw codes on the plane or in space, one dot per item.

    Dots carry their item's row as `customdata` and draw no hover label: the page draws its own.

    Args:
        xy: Where each code falls, shape (n, m); m is 2, 3 for a map in space, or 1 for codes of
            a single coordinate, which are then spread over the height of the map to be seen.
        color: What the dots' colours tell; None for one colour.
        axis_titles: m titles; empty for axes that mean nothing, as in t-SNE, which then have no
            ticks either.
        rows: Items to draw, shape (k,), int; None draws all.
        hollow: Items whose dot is an outline, shape (n,), bool; None fills all.
        view: Name of this choice of axes. While it stays the same, zoom and rotation survive a
            new colouring.
        theme: Page behind the figure, whose own background is clear.

    Returns:
        A figure that holds each item drawn exactly once.

    Raises:
        ShapeError: xy has another number of columns, or the colouring another number of items.
        DataError: A position or an amount is not finite, or a label has no name.
    """
    xy = checked_codes(xy)
    n, m = xy.shape
    if m not in (1, 2, 3) or len(axis_titles) not in (0, m):
        raise ShapeError("figures.axis_titles", m=m, count=len(axis_titles))
    rows = np.arange(n) if rows is None else np.asarray(rows)
    if m == 1:
        xy = np.column_stack([xy, spread_heights(n)])
    figure = go.Figure(layout=_layout(m, axis_titles, color, view, INK[theme]))
    _fix_axes(figure, xy)
    size = _dot_size(len(rows)) * (0.7 if m == 3 else 1.0)  # dots in space hide each other
    for group in _groups(color, n, rows, size, theme):
        for part in [group] if hollow is None else _parted(group, hollow, m, theme):
            figure.add_trace(_trace(xy[part.rows], part))
    return figure


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Dots that share a trace: their rows, marker, and name in the legend if they have one."""

    rows: np.ndarray
    marker: dict[str, object]
    name: str | None = None
    rank: int = 1000  # in the legend, lowest first; this is Plotly's own
    is_listed: bool = True  # in the legend; one entry stands for all traces of a name


def _parted(group: _Group, hollow: np.ndarray, m: int, theme: Theme) -> Iterator[_Group]:
    """Split a group into dots that are filled and, over them, dots that are not."""
    is_hollow = hollow[group.rows]
    filled, others = group.rows[~is_hollow], group.rows[is_hollow]
    if len(filled):
        yield replace(group, rows=filled, marker=_marker_of(group.marker, ~is_hollow))
    if len(others):
        marker = _marker_of(group.marker, is_hollow) | _outlined(group.marker, m, theme)
        if len(filled):
            marker.pop("colorbar", None)  # one is enough
        yield replace(group, rows=others, marker=marker, is_listed=not len(filled))


def _outlined(marker: dict[str, object], m: int, theme: Theme) -> dict[str, object]:
    """Return what makes dots hollow; in space, where not every shape can be, they get a ring."""
    symbol, size = marker.get("symbol", "circle"), marker["size"]
    assert isinstance(size, float)
    if m == 3 and symbol not in _HOLLOW_IN_SPACE:
        return {"line": {"width": _OUTLINE, "color": INK[theme].text}}
    outline = {"symbol": f"{symbol}-open", "size": size + _OUTLINE}
    return outline | {"line": {"width": _OUTLINE}}


def _marker_of(marker: dict[str, object], chosen: np.ndarray) -> dict[str, object]:
    """Return a marker for some of its dots, which may each have a colour of their own."""
    color = marker["color"]
    return marker | {"color": color[chosen]} if isinstance(color, np.ndarray) else marker


def _groups(
    color: ByClass | ByValue | None, n: int, rows: np.ndarray, size: float, theme: Theme
) -> Iterator[_Group]:
    """Split the items drawn into traces by how they are coloured."""
    if isinstance(color, ByClass):
        labels, colors = _checked_labels(color, n), CLASS_COLORS[theme]
        beneath = rows[labels[rows] == -1]
        if len(beneath):
            marker = {"size": size, "color": BENEATH_COLOR[theme]}
            yield _Group(rows=beneath, marker=marker, name=as_text(color.none), rank=_LAST)
            size = _dot_size(len(rows) - len(beneath))
        for label, name in enumerate(color.names):
            around, hue = divmod(label, len(colors))
            # Fifty classes differ: once around the colours, each takes the next shape.
            symbol = CLASS_SHAPES[(label + around) % len(CLASS_SHAPES)]
            marker = {"size": size * SHAPE_SIZES[symbol], "color": colors[hue], "symbol": symbol}
            mine = rows[labels[rows] == label]
            if len(mine):
                yield _Group(rows=mine, marker=marker, name=as_text(name))
    elif isinstance(color, ByValue):
        values = _checked_values(color, n)
        # The outermost 2 % share the end colours, or one odd item would leave the rest in one.
        low, high = np.percentile(values, (1, 99))
        if low == high:
            high = low + 1.0  # a scale needs a length
        yield _Group(
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
        yield _Group(rows=rows, marker={"size": size, "color": PLAIN_COLOR})


def _trace(places: np.ndarray, group: _Group) -> go.Scattergl | go.Scatter3d:
    """Make the trace of one group, whose places are (k, 2) or (k, 3)."""
    places = places.astype(np.float32)
    shared = {
        "mode": "markers",
        "name": group.name,
        "showlegend": group.name is not None and group.is_listed,
        "legendgroup": group.name,  # hidden and shown together
        "legendrank": group.rank,
        "customdata": group.rows.astype(np.int32),
        "hoverinfo": "none",
    }
    if places.shape[1] == 3:
        x, y, z = places.T
        marker = {"line": {"width": 0}} | group.marker | {"opacity": 0.85}
        return go.Scatter3d(x=x, y=y, z=z, marker=marker, **shared)
    x, y = places.T
    return go.Scattergl(x=x, y=y, marker=group.marker | {"opacity": 0.8}, **shared)


def _layout(
    m: int, titles: Sequence[str], color: ByClass | ByValue | None, view: str, ink: Ink
) -> go.Layout:
    """Lay out a map with m axes: clear, tight, and quiet enough to leave the dots the stage."""
    shared = {
        "template": go.layout.Template(),  # none of Plotly's own looks
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": LETTERS, "color": ink.text},
        "margin": _margin(m, titles),
        "showlegend": isinstance(color, ByClass),
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1,
            "yanchor": "bottom",
            "maxheight": _HEADROOM - 2,  # px; more rows than fit can be scrolled to
            "bgcolor": "rgba(0,0,0,0)",
            "itemsizing": "constant",
            # A key and no more: nothing would say that a click on it hides dots.
            "itemclick": False,
            "itemdoubleclick": False,
        },
        "uirevision": view,
    }
    if m == 3:
        # WebGL letters know neither links nor escapes.
        axes = (axis(title, ink) | {"showbackground": False} for title in titles or ("",) * m)
        scene = {
            **dict(zip(("xaxis", "yaxis", "zaxis"), axes, strict=True)),
            "aspectmode": "data",
            "camera": {
                "eye": {"x": 1.5, "y": 1.5, "z": 1.0},
                "center": {"x": 0, "y": 0, "z": -0.12},
            },
            "dragmode": "turntable",
        }
        return go.Layout(scene=scene, **shared)
    x_title, y_title = (*titles, "", "")[:2]
    across, up = axis(as_text(x_title), ink), axis(as_text(y_title), ink)
    if m == 2:
        up |= {"scaleanchor": "x", "scaleratio": 1}  # a distance looks the same in any direction
    return go.Layout(
        xaxis=across,
        yaxis=up,
        dragmode="pan",
        hovermode="closest",
        hoverdistance=8,  # px; farther from a dot is an empty place, which can be hovered too
        hoveranywhere=True,
        clickanywhere=True,
        **shared,
    )


def _fix_axes(figure: go.Figure, xy: np.ndarray) -> None:
    """Span all codes, (n, 2 or 3), also those not drawn: hiding a class must not move the rest."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = _ROOM * np.maximum(high - low, 1e-6)
    ends = [[float(a), float(b)] for a, b in zip(low - room, high + room, strict=True)]
    if len(ends) == 3:
        x, y, z = ({"range": end} for end in ends)
        figure.update_layout(scene={"xaxis": x, "yaxis": y, "zaxis": z})
    else:
        figure.update_layout(xaxis_range=ends[0], yaxis_range=ends[1])


def _margin(m: int, titles: Sequence[str]) -> dict[str, float | bool]:
    """Fix the margins, in px: a new colouring must not move the dots."""
    has_scales = bool(titles) and m < 3
    beside, below = (48 if has_scales and m == 2 else 6), (42 if has_scales else 6)
    return {"l": beside, "r": 6, "t": _HEADROOM, "b": below, "autoexpand": False}


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
    """Space colours evenly from 0 to 1, as Plotly wants them."""
    return list(zip(np.linspace(0.0, 1.0, len(colors)).tolist(), colors, strict=True))


def _dot_size(n_dots: int) -> float:
    """Return the diameter of a dot in px: smaller in a crowd, but never too small to hit."""
    return float(np.clip(12.0 - 2.1 * np.log10(max(n_dots, 1)), 3.0, 8.0))


def _checked_labels(color: ByClass, n: int) -> np.ndarray:
    """Return the labels (n,), once each of them has a name."""
    labels = _one_each(color.labels, n, "labels")
    if labels.min() < (-1 if color.none else 0) or labels.max() >= len(color.names):
        raise DataError(
            "figures.label_range", count=len(color.names) - 1, least=labels.min(), most=labels.max()
        )
    return labels


def _checked_values(color: ByValue, n: int) -> np.ndarray:
    """Return the amounts (n,), once they are seen to be finite."""
    values = _one_each(color.values, n, "values")
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise DataError("figures.not_finite", title=color.title, n_bad=n_bad, n=n)
    return values


def _one_each(values: np.ndarray, n: int, what: str) -> np.ndarray:
    """Return values once there is one for each of n items."""
    values = np.asarray(values)
    if values.shape != (n,):
        raise ShapeError("figures.map_lengths", n=n, what=what, shape=values.shape)
    return values
