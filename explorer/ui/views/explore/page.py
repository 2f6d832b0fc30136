"""The Explore page: choose a model and a map in the sidebar, and move through latent space."""

import streamlit as st

from explorer import store
from explorer.bundle import BundleSummary
from explorer.errors import ExplorerError
from explorer.ui import address, controls, live_decoder
from explorer.ui.maps import (
    MapChoice,
    color_choices,
    coordinate_name,
    first_color,
    map_choices,
    not_installed,
    part_choices,
    point_choices,
)
from explorer.ui.opened import OpenedModel, open_model
from explorer.ui.views import name_page, navigation_links
from explorer.ui.views.explore.making_map import make_map
from explorer.ui.views.explore.managing import PAGE, render_managing
from explorer.ui.views.explore.model_card import open_model_card
from explorer.ui.views.explore.place_image import open_place_image
from explorer.ui.views.gallery import gallery
from explorer.ui.views.undoing import render_undo
from explorer.ui.words import plain
from explorer.words import say

_FIRST = "faces"


def render() -> None:
    """Render the page."""
    listing = store.models()
    name_page(say("explore.page"))
    render_undo(PAGE)
    if not listing.models:
        st.markdown(f"# {say('explore.page')}")
        st.info(say("explore.no_models"))
        return
    name = _current(listing.models)
    address.note_explored()
    with st.sidebar:
        navigation_links()
        _gallery(listing, name)
    try:
        opened = open_model(name)
    except ExplorerError as error:
        st.markdown(f"# {plain(name)}")
        st.error(plain(str(error)))
        return
    name_page(opened.bundle.title or name, say("explore.page"))
    with st.sidebar:
        choice = _controls(opened)
        _facts(opened)
        render_managing(name)
        _source(opened)
    live_decoder.stage(opened, choice)


def _current(models: tuple[BundleSummary, ...]) -> str:
    """Return the model the address asks for, or the one to begin with."""
    names = [model.name for model in models]
    asked = store.current_name(address.asked("model"))
    if asked in names:
        return asked
    first = _FIRST if _FIRST in names else names[0]
    if asked:
        st.warning(say("explore.unknown_model", name=plain(asked), instead=plain(first)))
    return first


def _gallery(listing: store.Listing, current: str) -> None:
    """Render a card per model: preview and title."""
    label = say("explore.models", count=len(listing.models))
    st.markdown(f"**{label}**", help=say("explore.models_help"))
    # Faces come first: everybody understands them.
    order = sorted(listing.models, key=lambda model: model.name != _FIRST)
    gallery(order, chosen=[current], page="model", on_click=address.choose_model)
    if listing.problems:
        with st.expander(say("explore.damaged", count=len(listing.problems))):
            for problem in listing.problems:
                st.text(str(problem))


def _controls(opened: OpenedModel) -> MapChoice:
    """Render the controls of the map and return what is chosen."""
    model = opened.bundle.name
    missing = ", ".join(not_installed())
    hint = say("explore.more_maps", names=missing) if missing else ""
    method = controls.select("map", model, map_choices(opened), hint=hint)
    make_map(opened, method)
    across = up = 0
    if method == "z":
        names = {str(c.index): coordinate_name(c) for c in opened.coordinates}
        order = list(names)
        left, right = st.columns(2)
        with left:
            across = int(controls.select("across", model, names))
        with right:
            up = int(controls.select("up", model, names, order[min(1, len(order) - 1)]))
    color = controls.select("color", model, color_choices(opened), first_color(opened))
    parts = part_choices(opened)
    part = controls.select("part", model, parts) if parts else "both"
    points = int(controls.select("points", model, point_choices(opened, part)))
    return MapChoice(method, color, points, across, up, part)


@st.fragment
def _facts(opened: OpenedModel) -> None:
    """Render the buttons of the panels, in a fragment, so that a click reruns nothing else."""
    if st.button(
        say("explore.place_image"),
        key="place-image",
        width="stretch",
        help=say("explore.place_image_help"),
    ):
        open_place_image(opened)
    if st.button(
        say("explore.about_model"),
        key="about-model",
        width="stretch",
        help=say("explore.about_model_help"),
    ):
        open_model_card(opened)


def _source(opened: OpenedModel) -> None:
    """Render where the images come from, and under which licence."""
    facts = opened.bundle.data
    if facts.source:
        st.caption(say("explore.source", source=plain(facts.source), licence=plain(facts.licence)))
