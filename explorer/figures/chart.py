"""A line chart of a few measured points. Knows nothing of what was measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from explorer.errors import ShapeError
from explorer.figures.look import (
    CLASS_COLORS,
    CLASS_SHAPES,
    FONT,
    INK,
    LETTERS,
    Ink,
    Theme,
    as_text,
    axis,
)
from explorer.words import rounded

_HEIGHT, _LEGEND = 250, 26  # px
_DOT, _RING = 8, 17  # px across


@dataclass(frozen=True, kw_only=True)
class Line:
    """Points that a line joins in their order.

    Attributes:
        name: What the legend calls it.
        x: Horizontal positions, n numbers.
        y: Vertical positions, n numbers.
        notes: Words beside each point; none, or n.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    notes: Sequence[str] = ()


def line_chart(
    lines: Sequence[Line],
    *,
    x_title: str,
    y_title: str,
    doublings: bool = False,
    diagonal: str = "",
    level: tuple[float, str] | None = None,
    ring: tuple[float, float] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """Draw lines that differ in colour and in the shape of their dots.

    Args:
        lines: What to draw; a legend names them where there are several.
        x_title: Title of the horizontal axis, with the unit.
        y_title: Title of the vertical axis, with the unit.
        doublings: Whether the horizontal axis is logarithmic, if all x are above 0; then only the x
            of points have ticks.
        diagonal: Name of the dotted line where x equals y; empty for none.
        level: Height and name of a horizontal dotted line; None for none.
        ring: A point to mark with a ring; None for none.
        theme: Page behind the figure, whose own background is clear.

    Raises:
        ShapeError: The x, y and notes of a line differ in number.
    """
    ink = INK[theme]
    figure = go.Figure(layout=_layout(x_title, y_title, len(lines) > 1, ink))
    places = sorted({x for line in lines for x in line.x})
    if diagonal and places:
        _add_diagonal(figure, diagonal, places[-1] * 1.05, ink)
    if level is not None:
        _add_level(figure, *level, ink)
    if ring is not None:
        _add_ring(figure, *ring, ink)
    for i, line in enumerate(lines):
        figure.add_trace(_trace(line, i, theme))
    if doublings and places and places[0] > 0:
        _space_by_doublings(figure, places)
    return figure


def _add_diagonal(figure: go.Figure, name: str, far: float, ink: Ink) -> None:
    """Draw the dotted line where x equals y, from 0 to `far`."""
    figure.add_scatter(
        x=[0, far],
        y=[0, far],
        mode="lines",
        line={"color": ink.text, "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_annotation(
        x=far, y=far, text=as_text(name), showarrow=False, xanchor="right", yanchor="bottom"
    )
    figure.update_layout(xaxis_rangemode="tozero", yaxis_rangemode="tozero")


def _add_level(figure: go.Figure, height: float, name: str, ink: Ink) -> None:
    """Draw a dotted line across, with its name."""
    figure.add_hline(
        y=height,
        line={"color": ink.text, "width": 1, "dash": "dot"},
        annotation={"text": as_text(name), "yanchor": "bottom"},
        annotation_position="top right",
    )
    figure.update_layout(yaxis_rangemode="tozero")


def _add_ring(figure: go.Figure, x: float, y: float, ink: Ink) -> None:
    """Draw a ring around a point."""
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"size": _RING, "color": "rgba(0,0,0,0)", "line": {"width": 2, "color": ink.text}},
        hoverinfo="skip",
        showlegend=False,
    )


def _space_by_doublings(figure: go.Figure, places: Sequence[float]) -> None:
    """Make the horizontal axis logarithmic, with a tick at each place and nowhere else."""
    steps = [math.log10(place) for place in places]
    room = max(0.08 * (steps[-1] - steps[0]), 0.1)
    figure.update_xaxes(
        type="log",
        tickvals=places,
        ticktext=[rounded(place, 6) for place in places],
        range=[steps[0] - room, steps[-1] + room],
    )


def _trace(line: Line, i: int, theme: Theme) -> go.Scatter:
    """Make the i-th line, with the label that a dot shows under the pointer."""
    if len(line.y) != len(line.x) or len(line.notes) not in (0, len(line.x)):
        raise ShapeError(
            "figures.line_lengths",
            name=line.name,
            count=len(line.x),
            n_y=len(line.y),
            n_notes=len(line.notes),
        )
    color = CLASS_COLORS[theme][i % len(CLASS_COLORS[theme])]
    return go.Scatter(
        x=list(line.x),
        y=list(line.y),
        name=as_text(line.name),
        mode="lines+markers+text" if line.notes else "lines+markers",
        text=[f"\u2002{as_text(note)}" for note in line.notes],  # clear of a ring
        textposition="top right",
        textfont={"size": LETTERS},
        line={"color": color, "width": 2},
        marker={"size": _DOT, "symbol": CLASS_SHAPES[i % len(CLASS_SHAPES)]},
        hovertemplate="%{xaxis.title.text}: %{x:.4~g}<br>%{yaxis.title.text}: %{y:.4~g}",
        cliponaxis=False,
    )


def _layout(x_title: str, y_title: str, has_legend: bool, ink: Ink) -> go.Layout:
    across, up = axis(as_text(x_title), ink), axis(as_text(y_title), ink)
    quiet = {
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
    }  # no zoom: it would trap touch
    return go.Layout(
        template=go.layout.Template(),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": LETTERS, "color": ink.text},
        height=_HEIGHT + (_LEGEND if has_legend else 0),
        margin={"l": 8, "r": 24, "t": 12 + (_LEGEND if has_legend else 0), "b": 8},
        showlegend=has_legend,
        legend={"orientation": "h", "x": 0, "y": 1.04, "yanchor": "bottom"},
        xaxis=across | quiet,
        yaxis=up | quiet | {"nticks": 6},
        dragmode=False,
        hovermode="closest",
    )
