"""The map: a projection of codes as a Plotly figure.

`colouring.py` decides what the dots look like. Every visible text is an argument. Knows nothing of
models, images or files.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from explorer.errors import ShapeError
from explorer.figures.colouring import ByClass, ByValue, Group, by_filling, dot_size, groups_of
from explorer.figures.look import (
    FONT,
    INK,
    LETTERS,
    Ink,
    Theme,
    as_text,
    axis,
)
from explorer.latent.stats import checked_codes
from explorer.projection import spread_heights

_ROOM = 0.06  # beyond the outermost codes, as a share of what they span
_HEADROOM = 54  # px above the map: two rows of legend, or the colour bar


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
        xy: Position of each code, shape (n, m); m is 2, 3 for a map in space, or 1 for codes of
            one dimension, which are spread over the height of the map to be seen.
        color: What the colours of the dots show; None for one colour.
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
    size = dot_size(len(rows)) * (0.7 if m == 3 else 1.0)  # dots in space hide each other
    for group in groups_of(color, n, rows, size, theme):
        for part in [group] if hollow is None else by_filling(group, hollow, m, theme):
            figure.add_trace(_trace(xy[part.rows], part))
    return figure


def _trace(places: np.ndarray, group: Group) -> go.Scattergl | go.Scatter3d:
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
    """Lay out a map with m axes: transparent and tight, so that the dots stand out."""
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
            # Plotly's own clicks on entries are off: nothing would say that they hide dots.
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
    """Fit the axes to all codes, (n, 2 or 3): hiding a class must not move the others."""
    low, high = xy.min(axis=0), xy.max(axis=0)
    room = _ROOM * np.maximum(high - low, 1e-6)
    ends = [[float(a), float(b)] for a, b in zip(low - room, high + room, strict=True)]
    if len(ends) == 3:
        x, y, z = ({"range": end} for end in ends)
        figure.update_layout(scene={"xaxis": x, "yaxis": y, "zaxis": z})
    else:
        figure.update_layout(xaxis_range=ends[0], yaxis_range=ends[1])


def _margin(m: int, titles: Sequence[str]) -> dict[str, float | bool]:
    """Return fixed margins, in px: a new colouring must not move the dots."""
    has_scales = bool(titles) and m < 3
    beside, below = (48 if has_scales and m == 2 else 6), (42 if has_scales else 6)
    return {"l": beside, "r": 6, "t": _HEADROOM, "b": below, "autoexpand": False}
