"""What all figures look like: colours, letters, lines, axes. Knows nothing of what they show."""

import html
from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]

# Ten colours for classes, each of the same family on either page. Each has a contrast of 3:1 or
# more against white or Streamlit's dark page. Any two differ by a CIEDE2000 of 24 or more, and of
# 14 or more to eyes without red, green or blue cones (`tests/test_figures.py`). Found by searching
# for the set whose closest pair is farthest apart; the first five are the most vivid.
CLASS_COLORS: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#166acd", "#945d00", "#ee016e", "#00a2c3", "#8b9d00"),
        *("#907f87", "#0000d4", "#505f4d", "#701953", "#820000"),
    ),
    "dark": (
        *("#34a7ff", "#ffe600", "#c49eb3", "#08f0ff", "#007100"),
        *("#e1e5d5", "#5259ff", "#888672", "#d50692", "#ef8844"),
    ),
}
# A second sign beside the colour. Both kinds of Plotly scatter trace know these five. An x or a
# cross covers less than a disc of its width, so it is drawn wider.
CLASS_SHAPES = ("circle", "square", "diamond", "x", "cross")
SHAPE_SIZES = {"circle": 1.0, "square": 0.9, "diamond": 1.15, "x": 1.1, "cross": 1.2}

# Amounts: the parts of viridis, whose order the colour-blind see too, that show on each page,
# turned so that much stands out from it.
VALUE_COLORS: dict[Theme, tuple[str, ...]] = {
    "light": ("#3cba75", "#21a087", "#25848e", "#306a8e", "#3d4a89", "#482978", "#440154"),
    "dark": ("#38568b", "#2b768e", "#22938b", "#2fb07e", "#63ca5e", "#aedc2f", "#fde725"),
}
PLAIN_COLOR = "#6398b4"  # dots without a colouring; 3:1 on both pages

# Dots that others lie on: as quiet as can still be seen.
BENEATH_COLOR: dict[Theme, str] = {"light": "#b4b9c2", "dark": "#565d6b"}

LETTERS = 12  # px, the least that is read without effort
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
        "title": {"text": title, "font": {"size": LETTERS, "family": FONT}},
        "tickfont": {"size": LETTERS, "family": FONT},
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
