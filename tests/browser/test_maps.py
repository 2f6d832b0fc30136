"""Every map and every colour, chosen in the list as a person does, with the mouse on the map."""

import json
from itertools import pairwise

import pytest

from explorer.ui.maps import color_choices, first_color, map_choices
from explorer.ui.opened import open_model
from tests.browser.conftest import Visit, choose

PLOT = "document.querySelector('[data-testid=map] .js-plotly-plot')"
IS_DRAWN = "document.querySelector('[data-testid=map]').ariaBusy === 'false'"
# What a colouring shows beside the map: names in the legend, or the title of the colour bar.
KEY = (
    f"JSON.stringify({PLOT}._fullData.map((t) => "
    "[t.showlegend && t.name, t.marker.colorbar?.title?.text]))"
)


def tour(places: list[str]) -> list[str]:
    """A walk that goes from each place to each other one, once, and ends where it began.

    Hierholzer: follow unused ways until stuck; what was left out is put in on the way back.
    """
    ways = {place: [other for other in places if other != place] for place in places}
    path, walk = [places[0]], []
    while path:
        here = path[-1]
        if ways[here]:
            path.append(ways[here].pop())
        else:
            walk.append(path.pop())
    return walk[::-1]


def test_a_tour_goes_each_way_once():
    walk = tour(["a", "b", "c", "d"])
    steps = list(pairwise(walk))
    assert len(steps) == len(set(steps)) == 12
    assert walk[0] == walk[-1] == "a"


def sweep(visit: Visit, until: str) -> None:
    """Move the mouse over the map, to and fro, until a condition holds."""
    box = visit.page.get_by_test_id("map").bounding_box()
    assert box is not None
    for step in range(4000):
        across, up = (step * 0.137) % 1, (step * 0.0531) % 1
        visit.page.mouse.move(
            box["x"] + (0.15 + 0.7 * across) * box["width"],
            box["y"] + (0.2 + 0.6 * up) * box["height"],
        )
        if step % 5 == 0 and visit.page.evaluate(until):
            return
    pytest.fail(f"never came true: {until}")


def see_the_cursor(visit: Visit) -> None:
    box = visit.page.get_by_test_id("map").bounding_box()
    ring = visit.page.locator(".le-cursor").bounding_box()
    assert box is not None
    assert ring is not None, "the cursor is hidden"
    assert box["x"] <= ring["x"] <= box["x"] + box["width"]
    assert box["y"] <= ring["y"] <= box["y"] + box["height"]


def click_a_dot(visit: Visit) -> None:
    """Point about until a dot shows its card, and click it."""
    sweep(visit, "!document.querySelector('.le-card').hidden")
    visit.drawn()
    told = visit.page.locator(".le-card span").inner_text()
    visit.page.mouse.down()
    visit.page.mouse.up()
    visit.wait(f"document.querySelector('.le-item-name').textContent === {json.dumps(told)}")


def nothing_failed(visit: Visit) -> None:
    assert visit.complaints == []
    assert "could not be drawn" not in visit.page.get_by_test_id("stage").inner_text()


MODELS = ["mnist", "faces", "mnist-2d", "fashion-wgan-gp"]


def choose_map(visit: Visit, code: str, name: str) -> None:
    """Choose a map in the list, and point about on the old one until the new one is there."""
    choose(visit, "Map", name)
    view = "z[0-9]+-[0-9]+" if code == "z" else code
    sweep(visit, f"{PLOT}._fullLayout.uirevision?.match(/ {view}$/) && {IS_DRAWN}")
    assert visit.page.evaluate(f"Boolean({PLOT}._fullLayout.scene)") == (code == "pca3")
    nothing_failed(visit)


@pytest.mark.parametrize("model", MODELS)
def test_every_map_is_chosen_from_every_other_one(visit, model):
    maps = map_choices(open_model(model))
    visit.open(f"?model={model}")
    for code in tour(list(maps))[1:]:
        choose_map(visit, code, maps[code])
        click_a_dot(visit)
        visit.page.mouse.move(5, 5)
        see_the_cursor(visit)
    nothing_failed(visit)


@pytest.mark.parametrize("model", MODELS)
def test_every_colour_is_chosen_on_a_flat_map_and_two_in_space(visit, model):
    opened = open_model(model)
    maps, colors = map_choices(opened), color_choices(opened)
    first = colors.pop(first_color(opened))
    visit.open(f"?model={model}&map=pca")
    for color in [*colors.values(), first]:
        choose_color(visit, color)
    if "pca3" not in maps:
        return
    choose_map(visit, "pca3", maps["pca3"])
    for color in [colors["none"], first]:
        choose_color(visit, color)
    click_a_dot(visit)
    visit.page.mouse.move(5, 5)
    see_the_cursor(visit)


def choose_color(visit: Visit, name: str) -> None:
    before = visit.page.evaluate(KEY)
    choose(visit, "Colour by", name)
    sweep(visit, f"{KEY} !== {json.dumps(before)} && {IS_DRAWN}")
    nothing_failed(visit)


def test_a_map_asked_for_while_another_is_drawn_is_the_one_that_stays(visit):
    visit.open("?model=mnist")
    slow = visit.page.context.new_cdp_session(visit.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for name in ("PCA, in 3-D", "t-SNE, neighbours together", "PCA, in 3-D", "PCA, flat"):
        choose(visit, "Map", name)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    sweep(visit, f"{PLOT}._fullLayout.uirevision?.match(/ pca$/) && {IS_DRAWN}")
    nothing_failed(visit)
    click_a_dot(visit)
    visit.page.mouse.move(5, 5)
    see_the_cursor(visit)
