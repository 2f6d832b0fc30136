"""Cards of models in the sidebar, with preview and title; all of a card is a button."""

from collections.abc import Callable, Iterable

import streamlit as st

from explorer.bundle import BundleSummary
from explorer.ui.thumbnails import thumbnail
from explorer.ui.words import plain
from explorer.words import say

_THUMBNAIL = 48  # px


def gallery(
    models: Iterable[BundleSummary],
    *,
    chosen: Iterable[str],
    page: str,
    on_click: Callable[[str], None],
    why_not: Callable[[BundleSummary], str] = lambda model: "",
) -> None:
    """Render a card per model; names stay in addresses and in the explanation of a card.

    Args:
        models: In the order of the cards.
        chosen: Names of those chosen.
        page: Beginning of the keys of the buttons.
        on_click: Told the name of the model whose card is pressed.
        why_not: Why a card cannot be pressed, or nothing where it can.
    """
    names = set(chosen)
    with st.container(key="gallery", gap=None):
        for i, model in enumerate(models):
            with st.container(
                key=f"card-{i}", horizontal=True, vertical_alignment="center", gap="small"
            ):
                picture = thumbnail(model.folder, _THUMBNAIL)
                if picture is not None:
                    st.image(picture, width=_THUMBNAIL, alt="")
                size = say("explore.card_line", count=model.model.latent_dim)
                reason = why_not(model)
                st.button(
                    plain(model.title or model.name),
                    key=f"{page}-{model.name}",
                    type="primary" if model.name in names else "secondary",
                    width="stretch",
                    help=reason or f"{plain(model.name)} · {size}",
                    disabled=bool(reason),
                    on_click=on_click,
                    args=(model.name,),
                )
