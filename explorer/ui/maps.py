"""Which map to draw: turns the choices of the page into a figure with words on it.

The arithmetic is in `projection` and `latent.stats`, the drawing in `figures`.
"""

from dataclasses import dataclass

import numpy as np

from explorer import mapping
from explorer.data import factor_sense
from explorer.figures import ByClass, ByValue, Theme, latent_map
from explorer.projection import METHODS, MapMethod
from explorer.ui.opened import Coordinate, OpenedModel
from explorer.ui.words import plain
from explorer.words import has, say

_POINTS = (500, 1000, 2000)


@dataclass(frozen=True)
class MapChoice:
    """What is chosen in the controls of the map.

    Attributes:
        method: `pca`, `pca3`, the name of another map, or `z` for two coordinates.
        color: `class`, `error`, `kl`, `none` or the name of a factor.
        n_points: Dots to show; 0 shows all.
        part: Images to show: those `learnt` from, those `held` out, or `both`.
        across: With `z`, the coordinate from left to right.
        up: With `z`, the coordinate from bottom to top.
    """

    method: str
    color: str
    n_points: int
    across: int = 0
    up: int = 0
    part: str = "both"

    @property
    def code(self) -> str:
        """The map as one word for the browser, such as `z3-5` for dimensions 3 and 5 (from 0)."""
        return f"z{self.across}-{self.up}" if self.method == "z" else self.method


@dataclass(frozen=True)
class FigureChoice:
    """A figure of an opened model that can be drawn; its attributes are those of `MapChoice`."""

    code: str
    color: str
    n_points: int
    theme: Theme
    part: str


def coordinate_name(coordinate: Coordinate) -> str:
    """Return what a slider is called."""
    return coordinate.name or say("stage.coordinate", number=coordinate.index + 1)


def map_choices(opened: OpenedModel) -> dict[str, str]:
    """Return the maps a bundle has, and those that can be made of it: value to words.

    With two coordinates they are the map.
    """
    codes = opened.bundle.codes
    d = codes.mu.shape[1]
    choices = {"pca": say("explore.map_pca")}
    if d >= 3:
        choices["pca3"] = say("explore.map_pca3")
    choices |= {name: map_label(name) for name in codes.maps}
    choices |= {method.name: map_label(method.name) for method in makeable(opened)}
    choices["z"] = say("explore.map_coordinates")
    return {"z": choices.pop("z")} | choices if d <= 2 else choices


def makeable(opened: OpenedModel) -> list[MapMethod]:
    """Return the installed methods whose map of a bundle has not been made yet."""
    codes = opened.bundle.codes
    return [
        method
        for method in METHODS.all()
        if method.name not in {"pca", *codes.maps}
        and method.is_installed
        and mapping.can_make(codes, method)
    ]


def not_installed() -> list[str]:
    """Return what methods that are not installed are called."""
    return [method.title for method in METHODS.all() if not method.is_installed]


def map_label(name: str) -> str:
    """Return what a map is called, in the words of the catalogue where it has some."""
    if has(f"explore.map_{name}"):
        return say(f"explore.map_{name}")
    method = METHODS.named(name)
    return method.title if method else plain(name)


def color_choices(opened: OpenedModel) -> dict[str, str]:
    """Return what dots can be coloured by: value to words."""
    facts = opened.bundle.data
    choices = {"class": say("explore.color_class")} if facts.class_names else {}
    if opened.bundle.codes.factors is not None:
        choices |= {name: name for name in facts.factor_names}
    model = opened.bundle.model
    error = ("error",) if model.has_encoder else ()  # a sample from the prior has none
    kl = ("kl",) if model.has_posterior else ()  # an autoencoder has none
    for value in (*error, *kl, "none"):
        choices[value] = say(f"explore.color_{value}")
    return choices


def first_color(opened: OpenedModel) -> str:
    """Return the colouring to begin with: classes, or the factor the map shows best."""
    factor = None if opened.bundle.data.class_names else opened.clearest_factor
    return factor or next(iter(color_choices(opened)))


def part_choices(opened: OpenedModel) -> dict[str, str]:
    """Return which images can be shown: value to words; nothing where all were held out."""
    codes = opened.bundle.codes
    if codes.split is None:
        return {}
    n_held, n_placed = np.count_nonzero(codes.held_out), np.count_nonzero(codes.of_images)
    counts = {"both": n_placed, "learnt": n_placed - n_held, "held": n_held}
    return {part: say(f"explore.part_{part}", count=n) for part, n in counts.items()}


def point_choices(opened: OpenedModel, part: str = "both") -> dict[str, str]:
    """Return how many dots can be shown of a part: value to words, all of them first."""
    n = len(_rows(opened, part))
    fewer = {str(count): say("explore.some_points", count=count) for count in _POINTS if count < n}
    return {"0": say("explore.all_points", count=n)} | fewer


def figure_choice(
    opened: OpenedModel, code: str, color: str, n_points: int, theme: str, part: str = "both"
) -> FigureChoice:
    """Return the figure that an address asks for, or the nearest that there is.

    Args:
        opened: The bundle.
        code: Which map, as `MapChoice.code` has it; anything unknown gives the PCA.
        color: What the colour tells; anything unknown gives one colour.
        n_points: Dots to show, spread evenly over the items; 0 shows all.
        theme: `light` or `dark`.
        part: Which images to show; anything unknown shows both parts.
    """
    maps = opened.bundle.codes.maps
    known = code == "pca3" or code in maps or _pair(code, opened.bundle.model.latent_dim)
    return FigureChoice(
        code if known else "pca",
        color if color in color_choices(opened) else "none",
        n_points if 0 < n_points < len(opened.bundle.codes.mu) else 0,
        "dark" if theme == "dark" else "light",
        part if part in part_choices(opened) else "both",
    )


def map_figure(opened: OpenedModel, choice: FigureChoice) -> str:
    """Return a map as the JSON of a Plotly figure."""
    places, titles = _places(opened, choice.code)
    codes, rows = opened.bundle.codes, _rows(opened, choice.part)
    if choice.n_points:
        rows = rows[_spread_rows(codes.of_images[rows], choice.n_points)]
    figure = latent_map(
        places,
        color=_color(opened, choice.color),
        axis_titles=titles,
        rows=rows,
        hollow=None if codes.split is None else codes.held_out,
        view=f"{opened.version} {choice.code}",
        theme=choice.theme,
    )
    return str(figure.to_json())


def _rows(opened: OpenedModel, part: str) -> np.ndarray:
    """Return the rows of a part of the images, and of all samples from the prior."""
    codes = opened.bundle.codes
    kept = {"learnt": ~codes.held_out, "held": codes.held_out | ~codes.of_images}
    return np.flatnonzero(kept[part]) if part in kept else np.arange(len(codes.mu))


def _spread_rows(of_images: np.ndarray, n_points: int) -> np.ndarray:
    """Choose at most n_points dots, evenly; samples from the prior get what images leave."""
    items, draws = np.flatnonzero(of_images), np.flatnonzero(~of_images)
    n_items = min(len(items), n_points)
    parts = ((items, n_items), (draws, min(len(draws), n_points - n_items)))
    return np.concatenate([rows[np.linspace(0, len(rows) - 1, n).astype(int)] for rows, n in parts])


def _places(opened: OpenedModel, code: str) -> tuple[np.ndarray, list[str]]:
    """Return positions (n, 2 or 3) and the titles of their axes."""
    codes = opened.bundle.codes
    pair = _pair(code, codes.mu.shape[1])
    if pair:
        names = {c.index: coordinate_name(c) for c in opened.coordinates}
        return codes.mu[:, pair], [names[i] for i in pair]
    if code in codes.maps:
        return codes.maps[code].xy, []
    assert codes.pca is not None  # `open_model` refuses bundles without one
    assert codes.pca_variance is not None
    m = min(3 if code == "pca3" else 2, codes.pca.shape[1])
    titles = [
        say(
            "explore.pca3_axis" if m == 3 else "explore.pca_axis",
            number=i + 1,
            percent=round(100 * float(share)),
        )
        for i, share in enumerate(codes.pca_variance[:m])
    ]
    return codes.pca[:, :m], titles


def _pair(code: str, d: int) -> list[int]:
    """Return the dimensions that a map such as `z3-5` names, from 0, or nothing."""
    parts = code[1:].split("-") if code.startswith("z") else []
    good = len(parts) == 2 and all(p.isascii() and p.isdigit() and len(p) < 9 for p in parts)
    pair = [int(part) for part in parts] if good else []
    if not pair or max(pair) >= d:
        return []
    return pair[:1] if pair[0] == pair[1] else pair


def _color(opened: OpenedModel, color: str) -> ByClass | ByValue | None:
    codes, facts = opened.bundle.codes, opened.bundle.data
    if color == "class" and codes.labels is not None:
        return ByClass(labels=codes.labels, names=facts.class_names, none=say("explore.draws"))
    if not codes.of_images.all():  # images and samples must look different whatever the colouring
        labels = np.where(codes.of_images, 0, -1)
        return ByClass(labels=labels, names=[say("explore.placed")], none=say("explore.draws"))
    if color == "error":
        # The root of a mean square is in units of pixel values, which people can read.
        return ByValue(values=100 * np.sqrt(codes.error), title=say("explore.color_bar_error"))
    if color == "kl":
        return ByValue(values=opened.kl, title=say("explore.color_bar_kl"))
    if color in facts.factor_names and codes.factors is not None:
        sense = factor_sense(opened.bundle.images_of, color)
        title = f"{color}: {sense}" if sense else color
        return ByValue(values=codes.factors[:, facts.factor_names.index(color)], title=title)
    return None
