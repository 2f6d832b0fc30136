"""What all figures look like: colours, letters, lines, axes. Knows nothing of what they show."""

import html
from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]

# Ten colours for classes, of the same hue (within 15 degrees in OKLCH) on either page. Each has a
# contrast of 3:1 or more against white or Streamlit's dark page, and any two differ by a CIEDE2000
# of 10 or more, also to eyes without red or green cones (`tests/test_figures.py`). Found by
# searching for the set whose closest pair is farthest apart; the first few differ the most.
CLASS_COLORS: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#3156f5", "#9b9416", "#e46a8a", "#127043", "#9085fa"),
        *("#993c96", "#b574b1", "#5e7a1d", "#07a58d", "#d41464"),
    ),
    "dark": (
        *("#6b64ef", "#dcde8d", "#da8a98", "#23866c", "#a499da"),
        *("#fbc6f5", "#986a93", "#78b525", "#98e8ce", "#e32560"),
    ),
}
# The eleventh class has the first colour again in another shape, and so on. Both kinds of Plotly
# scatter trace know these four.
CLASS_SHAPES = ("circle", "diamond", "square", "cross")

# Amounts: the parts of viridis, whose order the colour-blind see too, that show on each page,
# turned so that much stands out from it.
VALUE_COLORS: dict[Theme, tuple[str, ...]] = {
    "light": ("#3cba75", "#21a087", "#25848e", "#306a8e", "#3d4a89", "#482978", "#440154"),
    "dark": ("#38568b", "#2b768e", "#22938b", "#2fb07e", "#63ca5e", "#aedc2f", "#fde725"),
}
PLAIN_COLOR = "#6398b4"  # dots without a colouring; 3:1 on both pages

# Dots that others lie on: as quiet as can still be seen.
BENEATH_COLOR: dict[Theme, str] = {"light": "#b4b9c2", "dark": "#565d6b"}

FONT = '"Source Sans", "Source Sans Pro", sans-serif'  # Streamlit's own


@dataclass(frozen=True, kw_only=True)
class Ink:
    """What a theme draws letters and lines with."""

    text: str
    line: str


INK: dict[Theme, Ink] = {
    "light": Ink(text="#4a4f5a", line="#e3e5e9"),  # opaque: WebGL axes know no other
    "dark": Ink(text="#b6bac4", line="#2b2f38"),
}


def axis(title: str, ink: Ink) -> dict[str, object]:
    """Describe one axis; without a title it means nothing, so it shows neither ticks nor grid."""
    return {
        # Named once more, because the letters of WebGL axes inherit nothing from the page.
        "title": {"text": title, "font": {"size": 12, "family": FONT}},
        "tickfont": {"size": 10, "family": FONT},
        "showticklabels": bool(title),
        "showgrid": bool(title),
        "nticks": 7,
        "exponentformat": "power",
        "gridcolor": ink.line,
        "zerolinecolor": ink.line,
        "zeroline": bool(title),
    }


def as_text(words: str) -> str:
    """Escape words people chose, since Plotly reads tags such as links in any text it draws."""
    return html.escape(words, quote=False)
