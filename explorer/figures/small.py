"""Small charts that stand side by side on common scales: gradients by layer, and a loss by step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from explorer.figures.look import CLASS_COLORS, FONT, INK, LETTERS, Theme, as_text

_HEIGHT = 132  # px
_LEAST, _MOST = 1e-12, 1e12  # norms drawn, so that a 0 or a wild one does not flatten all others

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How strongly each layer is pushed, in the order of the layers.

    Attributes:
        start: Gradient norm of each layer at the start of a run.
        end: At its end.
        n_encoder: How many of the layers come before the code.
    """

    start: Sequence[float]
    end: Sequence[float]
    n_encoder: int


@dataclass(frozen=True, kw_only=True)
class ProfileWords:
    """What is written on a chart of gradients."""

    title: str
    start: str
    end: str
    image: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A loss over steps."""

    name: str
    steps: Sequence[float]
    losses: Sequence[float]


def profile_chart(
    profile: Profile, words: ProfileWords, *, span: Span, theme: Theme = "light"
) -> go.Figure:
    """Draw gradient norms from image to code to image, logarithmically.

    Args:
        profile: What to draw.
        words: What to write.
        span: Lowest and highest norm of the axis, the same for all charts side by side.
        theme: Page behind the figure, whose own background is clear.
    """
    ink, color = INK[theme], CLASS_COLORS[theme][0]
    figure = go.Figure(layout=_layout(words.title, theme))
    last = len(profile.end) - 1
    for norms, name, line in (
        (profile.start, words.start, {"color": ink.text, "width": 1.5, "dash": "dot"}),
        (profile.end, words.end, {"color": color, "width": 2.5}),
    ):
        heights = np.log10(np.clip(np.nan_to_num(norms, nan=_MOST), _LEAST, _MOST))
        figure.add_scatter(
            x=list(range(len(heights))),
            y=heights.tolist(),
            name=as_text(name),
            mode="lines+markers" if name == words.end else "lines",
            line=line,
            marker={"size": 5},
            hoverinfo="skip",
        )
    low, high = np.log10(np.clip(span, _LEAST, _MOST))
    ticks = np.unique(np.linspace(np.floor(low), np.ceil(high), 4).round().astype(int))
    figure.update_yaxes(
        range=[low - 0.4, high + 0.4],
        tickvals=ticks.tolist(),
        ticktext=[f"10<sup>{power}</sup>" for power in ticks],
    )
    figure.update_xaxes(
        range=[-0.4, last + 0.4],
        tickvals=[0, profile.n_encoder - 0.5, last],
        ticktext=[as_text(text) for text in (words.image, words.code, words.image)],
        showgrid=False,
    )
    figure.add_vline(x=profile.n_encoder - 0.5, line={"color": ink.line, "width": 1})
    return figure


def loss_chart(
    own: Curve,
    other: Curve | None,
    *,
    title: str,
    steps: Span,
    losses: Span,
    theme: Theme = "light",
) -> go.Figure:
    """Draw a loss by step, with that of another run faintly behind it.

    Args:
        own: What to draw.
        other: What it is compared with, if anything.
        title: What the heights are, with the unit.
        steps: Ends of the axis across, the same for all charts side by side.
        losses: Ends of the axis up, likewise.
        theme: Page behind the figure, whose own background is clear.
    """
    figure = go.Figure(layout=_layout(title, theme))
    faint = {"color": INK[theme].text, "width": 1.5, "dash": "dot"}
    strong = {"color": CLASS_COLORS[theme][0], "width": 2.5}
    for curve, line in ((other, faint), (own, strong)):
        if curve is not None:
            figure.add_scatter(
                x=list(curve.steps),
                y=list(curve.losses),
                name=as_text(curve.name),
                mode="lines",
                line=line,
                showlegend=curve is other,
                hoverinfo="skip",
            )
    room = 0.06 * (losses[1] - losses[0])
    figure.update_yaxes(range=[losses[0] - room, losses[1] + room], nticks=4)
    figure.update_xaxes(range=list(steps), nticks=4, showgrid=False)
    return figure


def _layout(title: str, theme: Theme) -> go.Layout:
    ink = INK[theme]
    axis = {
        "tickfont": {"size": LETTERS, "family": FONT},
        "gridcolor": ink.line,
        "zeroline": False,
        "fixedrange": True,
    }
    return go.Layout(
        template=go.layout.Template(),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": LETTERS, "color": ink.text},
        height=_HEIGHT,
        margin={"l": 42, "r": 6, "t": 24, "b": 22, "autoexpand": False},
        title={
            "text": as_text(title),
            "font": {"size": LETTERS},
            "x": 0,
            "xanchor": "left",
            "y": 0.99,
            "yanchor": "top",
        },
        legend={
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.0,
            "yanchor": "bottom",
            "font": {"size": LETTERS},
            "bgcolor": "rgba(0,0,0,0)",
        },
        xaxis=axis,
        yaxis=axis,
        hovermode=False,
        dragmode=False,
    )
