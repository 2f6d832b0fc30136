"""Figures for the page, by Plotly. Colours are decided here and nowhere else; words are arguments.

- `look.py`: what all of them look like.
- `map.py`: codes on the plane or in space.
- `colouring.py`: what the dots of a map look like.
- `chart.py`: a few measured points, joined by lines.
- `small.py`: gradients by layer and a loss by step, for runs side by side.
"""

from explorer.figures.chart import Line, line_chart
from explorer.figures.colouring import ByClass, ByValue
from explorer.figures.look import (
    CLASS_COLORS,
    CLASS_SHAPES,
    PLAIN_COLOR,
    VALUE_COLORS,
    Theme,
)
from explorer.figures.map import latent_map
from explorer.figures.small import Curve, Profile, ProfileWords, loss_chart, profile_chart

__all__ = [
    "CLASS_COLORS",
    "CLASS_SHAPES",
    "PLAIN_COLOR",
    "VALUE_COLORS",
    "ByClass",
    "ByValue",
    "Curve",
    "Line",
    "Profile",
    "ProfileWords",
    "Theme",
    "latent_map",
    "line_chart",
    "loss_chart",
    "profile_chart",
]
