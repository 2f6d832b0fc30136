import itertools
import json
from collections.abc import Iterable

import numpy as np
import pytest

from explorer.errors import DataError, ShapeError
from explorer.figures import (
    CLASS_COLORS,
    CLASS_SHAPES,
    PLAIN_COLOR,
    VALUE_COLORS,
    ByClass,
    ByValue,
    latent_map,
)

# Streamlit's own pages.
PAGES = {"light": "#ffffff", "dark": "#0e1117"}
# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", 2009, severity 1.0, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "no green cones": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no red cones": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "no blue cones": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}


def linear_rgb(colors: Iterable[str]) -> np.ndarray:
    """Colours written #rrggbb as linear light, (n, 3)."""
    s = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colors]) / 255
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def contrast(colors, page):
    """WCAG contrast ratio of each colour with the page, (n,)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    light = linear_rgb(colors) @ weights + 0.05
    behind = linear_rgb([page]) @ weights + 0.05
    return np.maximum(light / behind, behind / light)


def lab(linear: np.ndarray) -> np.ndarray:
    """CIELAB under D65, (n, 3)."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = np.clip(linear, 0, 1) @ to_xyz.T / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], 1)


def ciede2000(one: np.ndarray, other: np.ndarray) -> float:
    """Difference of two CIELAB colours. Sharma, Wu and Dalal, 2005, equations 2 to 22."""
    c_mean = (np.hypot(*one[1:]) + np.hypot(*other[1:])) / 2
    g = 1.5 - 0.5 * np.sqrt(c_mean**7 / (c_mean**7 + 25**7))
    c1, c2 = np.hypot(g * one[1], one[2]), np.hypot(g * other[1], other[2])
    h1 = np.degrees(np.arctan2(one[2], g * one[1])) % 360
    h2 = np.degrees(np.arctan2(other[2], g * other[1])) % 360
    dh = (h2 - h1 + 180) % 360 - 180
    hue = np.radians((h1 + dh / 2) % 360)
    lightness, chroma = (one[0] + other[0]) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * np.cos(hue - np.radians(30)) + 0.24 * np.cos(2 * hue)
    t += 0.32 * np.cos(3 * hue + np.radians(6)) - 0.2 * np.cos(4 * hue - np.radians(63))
    bend = 60 * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2))
    turn = -2 * np.sqrt(chroma**7 / (chroma**7 + 25**7)) * np.sin(np.radians(bend))
    d_light = (other[0] - one[0]) / (
        1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)
    )
    d_chroma = (c2 - c1) / (1 + 0.045 * chroma)
    d_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2)) / (1 + 0.015 * chroma * t)
    return float(np.sqrt(d_light**2 + d_chroma**2 + d_hue**2 + turn * d_chroma * d_hue))


def closest_pair(colors, eyes):
    seen = lab(linear_rgb(colors) @ EYES[eyes].T)
    return min(ciede2000(a, b) for i, a in enumerate(seen) for b in seen[:i])


def places(n=60, m=2):
    return np.random.default_rng(0).normal(size=(n, m))


def by_class(n=60, n_classes=3):
    return ByClass(labels=np.arange(n) % n_classes, names=[f"kind {i}" for i in range(n_classes)])


def by_value(n=60):
    return ByValue(values=np.linspace(0, 1, n), title="Error")


def colorings():
    return [None, by_class(), by_value()]


def rows_of(figure):
    return np.concatenate([trace.customdata for trace in figure.data])


def test_difference_of_colours_agrees_with_published_pairs():
    # Rows 1, 7 and 17 of the table of Sharma, Wu and Dalal.
    assert ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0, -82.7485])) == (
        pytest.approx(2.0425, abs=1e-4)
    )
    assert ciede2000(np.array([50, 0, 0]), np.array([50, -1, 2])) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000(np.array([50, 2.5, 0]), np.array([73, 25, -18])) == (
        pytest.approx(27.1492, abs=1e-4)
    )


@pytest.mark.parametrize("theme", PAGES)
def test_class_colours_show_on_their_page(theme):
    assert len(CLASS_COLORS[theme]) == 10
    assert contrast([*CLASS_COLORS[theme], PLAIN_COLOR], PAGES[theme]).min() >= 3


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", PAGES)
def test_class_colours_are_distinguishable(theme, eyes):
    assert closest_pair(CLASS_COLORS[theme], eyes) >= (24 if eyes == "usual" else 14)


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", PAGES)
def test_more_of_an_amount_stands_out_more(theme, eyes):
    colors = VALUE_COLORS[theme]
    assert (np.diff(contrast(colors, PAGES[theme])) > 0).all()
    assert contrast(colors, PAGES[theme])[0] >= 2.3
    lightness = lab(linear_rgb(colors) @ EYES[eyes].T)[:, 0]
    assert (np.diff(lightness) < 0).all() or (np.diff(lightness) > 0).all()


@pytest.mark.parametrize("color", colorings(), ids=["none", "class", "value"])
@pytest.mark.parametrize("m", [1, 2, 3])
def test_map_holds_each_item_once_at_its_place(m, color):
    xy = places(60, m)
    figure = latent_map(xy, color=color)
    assert sorted(rows_of(figure)) == list(range(60))
    for trace in figure.data:
        axes = [trace.x, trace.y, trace.z][:m] if m == 3 else [trace.x, trace.y][:m]
        assert np.stack(axes, 1) == pytest.approx(xy[trace.customdata], abs=1e-6)


@pytest.mark.parametrize("color", colorings(), ids=["none", "class", "value"])
def test_map_of_some_rows_holds_just_those(color):
    rows = np.array([40, 3, 17])
    figure = latent_map(places(), color=color, rows=rows)
    assert sorted(rows_of(figure)) == [3, 17, 40]


def test_classes_have_a_legend_and_keep_their_colour_when_others_are_absent():
    full = latent_map(places(), color=by_class())
    assert [trace.name for trace in full.data] == ["kind 0", "kind 1", "kind 2"]
    assert full.layout.showlegend
    assert all((trace.customdata % 3 == i).all() for i, trace in enumerate(full.data))
    part = latent_map(places(), color=by_class(), rows=np.arange(2, 60, 3))
    assert part.data[0].marker.color == full.data[2].marker.color


def test_fifty_classes_differ_in_colour_or_shape():
    figure = latent_map(places(100), color=by_class(100, 50))
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == 50 == len(CLASS_SHAPES) * len(CLASS_COLORS["light"])


def test_colour_is_never_the_only_sign_of_neighbouring_classes():
    symbols = [trace.marker.symbol for trace in latent_map(places(), color=by_class(60, 10)).data]
    assert set(symbols) == set(CLASS_SHAPES)
    assert all(one != other for one, other in itertools.pairwise(symbols))


def test_amounts_have_a_colour_bar_that_one_odd_item_cannot_stretch():
    values = np.append(np.linspace(0, 1, 299), 1e6)
    figure = latent_map(places(300), color=ByValue(values=values, title="Error (nats)"))
    marker = figure.data[0].marker
    assert marker.colorbar.title.text == "Error (nats)"
    assert 0 <= marker.cmin < marker.cmax <= 1
    assert (np.asarray(marker.color) == values.astype("float32")).all()


def test_equal_amounts_still_make_a_scale():
    figure = latent_map(places(), color=ByValue(values=np.full(60, 3.0), title="Error"))
    assert figure.data[0].marker.cmin < figure.data[0].marker.cmax


def test_axes_without_a_title_show_no_ticks_and_those_with_one_do():
    assert not latent_map(places()).layout.xaxis.showticklabels
    named = latent_map(places(), axis_titles=["z0", "z1"]).layout
    assert named.xaxis.showticklabels
    assert (named.xaxis.title.text, named.yaxis.title.text) == ("z0", "z1")


def test_distances_look_the_same_in_every_direction():
    assert latent_map(places()).layout.yaxis.scaleanchor == "x"
    assert latent_map(places(60, 3)).layout.scene.aspectmode == "data"


def test_new_colouring_keeps_zoom_and_places():
    plain, by_kind = (latent_map(places(), color=c, view="pca").layout for c in colorings()[:2])
    assert plain.uirevision == by_kind.uirevision == "pca"
    assert plain.margin == by_kind.margin


@pytest.mark.parametrize("m", [1, 2, 3])
def test_axes_span_all_codes_however_few_are_drawn(m):
    xy = places(60, m)
    few, all_ = (latent_map(xy, rows=rows).layout for rows in (np.arange(3), None))
    for name, low, high in zip("xyz", xy.min(0), xy.max(0), strict=False):
        axes = [(at.scene if m == 3 else at)[f"{name}axis"] for at in (few, all_)]
        assert axes[0].range == axes[1].range
        assert axes[0].range[0] < low < high < axes[0].range[1]


def test_letters_are_large_enough_to_read():
    for m in (2, 3):
        layout = latent_map(places(60, m), color=by_value(), axis_titles=["a"] * m).layout
        axes = [layout.scene.xaxis, layout.scene.zaxis] if m == 3 else [layout.xaxis, layout.yaxis]
        bar = latent_map(places(60, m), color=by_value()).data[0].marker.colorbar
        for font in (*(a.tickfont for a in axes), *(a.title.font for a in axes), bar.tickfont):
            assert font.size >= 12


def test_a_click_on_plotlys_own_legend_does_nothing():
    legend = latent_map(places(), color=by_class()).layout.legend
    assert legend.itemclick is False
    assert legend.itemdoubleclick is False
    assert latent_map(places(), view="tsne").layout.uirevision != "pca"


def test_empty_places_can_be_hovered_and_clicked():
    layout = latent_map(places()).layout
    assert layout.hoveranywhere
    assert layout.clickanywhere
    assert {trace.hoverinfo for trace in latent_map(places()).data} == {"none"}


def test_figure_is_json_without_plotlys_own_looks():
    figure = json.loads(latent_map(places(5000), color=by_class(5000)).to_json())
    assert "layout" not in figure["layout"]["template"]
    assert set(figure["data"][0]["customdata"]) == {"dtype", "bdata"}


def test_names_people_chose_are_text_and_not_markup():
    link = '<a href="https://example.org">here</a> & <b>there</b>'
    named = latent_map(places(), color=ByClass(labels=np.zeros(60, int), names=[link]))
    titled = latent_map(
        places(), color=ByValue(values=np.arange(60), title=link), axis_titles=[link, "y"]
    )
    texts = (
        named.data[0].name,
        titled.data[0].marker.colorbar.title.text,
        titled.layout.xaxis.title.text,
    )
    assert not any("<" in text for text in texts)


def test_what_does_not_fit_is_refused_in_words():
    with pytest.raises(ShapeError, match="The map has 4 axes"):
        latent_map(places(60, 4))
    with pytest.raises(ShapeError, match="2 axes and 1 axis titles"):
        latent_map(places(), axis_titles=["x"])
    with pytest.raises(ShapeError, match="60 items, but the labels have shape"):
        latent_map(places(), color=by_class(59))
    with pytest.raises(ShapeError, match="60 items, but the values have shape"):
        latent_map(places(), color=by_value(61))
    with pytest.raises(DataError, match="labels run from 0 to 2"):
        latent_map(places(), color=ByClass(labels=np.arange(60) % 3, names=["a", "b"]))
    with pytest.raises(DataError, match='"Error" is not a finite number for 1 of 60'):
        latent_map(places(), color=ByValue(values=np.r_[np.nan, np.zeros(59)], title="Error"))
    with pytest.raises(DataError, match="not finite"):
        latent_map(np.full((3, 2), np.inf))


def test_dots_of_no_class_lie_in_grey_beneath_the_others():
    labels = np.array([-1, 0, -1, 1, 0])
    color = ByClass(labels=labels, names=("a", "b"), none="draws")
    figure = latent_map(np.eye(5)[:, :2], color=color)
    assert [trace.name for trace in figure.data] == ["draws", "a", "b"]
    assert list(figure.data[0].customdata) == [0, 2]
    assert figure.data[0].legendrank > figure.data[1].legendrank
    with pytest.raises(DataError, match="labels run from -1"):
        latent_map(np.eye(5)[:, :2], color=ByClass(labels=labels, names=("a", "b")))
