"""The Compare page: choose two to four models in the sidebar, and see them do the same."""

from collections.abc import Sequence

import streamlit as st

from explorer import store
from explorer.bundle import BundleSummary
from explorer.comparing import MOST, first_choice, of_one_shape
from explorer.errors import ExplorerError
from explorer.ui import address, compare_view
from explorer.ui.opened import OpenedModel, open_model
from explorer.ui.views import name_page, navigation_links
from explorer.ui.views.compare.curves import curves
from explorer.ui.views.gallery import gallery
from explorer.ui.views.undoing import render_undo
from explorer.ui.words import plain
from explorer.words import say


def render() -> None:
    """Render the page."""
    listed = store.models().models
    models = [model for model in listed if (model.folder / "decoder.pack").is_file()]
    chosen, asked = _chosen(models)
    name_page(*(model.title or model.name for model in chosen), say("compare.page"))
    render_undo("compare")
    with st.container(key="unseen-heading"):
        st.markdown(f"# {say('compare.page')}")
    with st.sidebar:
        navigation_links()
        _picker(models, chosen, n_too_large=len(listed) - len(models))
    _warn(models, chosen, asked, too_large={m.name for m in listed} - {m.name for m in models})
    if len(chosen) < 2:
        if len(asked) < 2:
            st.info(say("compare.choose" if models else "compare.no_models"))
        return
    opened_models = _opened(chosen)
    if len(opened_models) >= 2:
        compare_view.comparison(opened_models)
        curves(opened_models)


def _chosen(
    models: Sequence[BundleSummary],
) -> tuple[list[BundleSummary], list[BundleSummary]]:
    """Return the models to show, those that fit the first one, and the models asked for."""
    names = {model.name: model for model in models}
    wanted = address.asked_models()
    if wanted is None:
        asked = first_choice(models)
    else:
        asked = [names[name] for name in wanted if name in names]
    fitting = [m for m in asked if m.data.image_shape == asked[0].data.image_shape]
    return fitting[:MOST], asked


def _warn(
    models: Sequence[BundleSummary],
    chosen: Sequence[BundleSummary],
    asked: Sequence[BundleSummary],
    *,
    too_large: set[str],
) -> None:
    """Say which models of the address cannot be shown, and why."""
    known = {model.name for model in models}
    for name in address.asked_models() or ():
        if name not in known:
            why = "unknown_large" if name in too_large else "unknown"
            st.warning(say(f"compare.{why}", name=plain(name)))
    others = [model for model in asked if model.data.image_shape != asked[0].data.image_shape]
    if others:
        st.error(
            say(
                "compare.other_shape",
                first=plain(asked[0].name),
                shape=shape_words(asked[0].data.image_shape),
                others=", ".join(
                    f"{plain(m.name)} ({shape_words(m.data.image_shape)})" for m in others
                ),
            )
        )
        st.markdown(
            "\n".join(
                f"- {shape_words(shape)}: {', '.join(plain(m.name) for m in group)}"
                for shape, group in of_one_shape(models).items()
            )
        )
    if len(asked) - len(others) > len(chosen):
        st.warning(say("compare.too_many", most=MOST))


def shape_words(shape: tuple[int, int, int]) -> str:
    """Return a shape (c, h, w) in words."""
    c, h, w = shape
    return say(f"compare.colours_{c}", width=w, height=h)


def _picker(
    models: Sequence[BundleSummary], chosen: Sequence[BundleSummary], *, n_too_large: int
) -> None:
    """Render a card per model; those that do not fit the first chosen one are disabled."""
    st.markdown(f"**{say('compare.models')}**", help=say("compare.models_help"))
    shape = chosen[0].data.image_shape if chosen else None
    names = [model.name for model in chosen]
    order = sorted(models, key=lambda model: shape is not None and model.data.image_shape != shape)

    def why_not(model: BundleSummary) -> str:
        if shape not in (None, model.data.image_shape):
            return say("compare.card_other", shape=shape_words(model.data.image_shape))
        is_full = len(chosen) >= MOST and model.name not in names
        return say("compare.too_many", most=MOST) if is_full else ""

    def turn(name: str) -> None:
        others = [other for other in names if other != name]
        address.choose_models(others if name in names else [*names, name])

    gallery(order, chosen=names, page="compare", on_click=turn, why_not=why_not)
    if chosen:
        st.button(
            say("compare.clear"),
            key="clear",
            width="stretch",
            help=say("compare.clear_help"),
            on_click=address.choose_models,
            args=([],),
        )
    if n_too_large:
        st.caption(say("compare.too_large", count=n_too_large))


def _opened(models: Sequence[BundleSummary]) -> list[OpenedModel]:
    """Open the models; damaged ones are reported and left out."""
    opened_models = []
    for model in models:
        try:
            opened_models.append(open_model(model.name))
        except ExplorerError as error:
            st.error(plain(str(error)))
    return opened_models
