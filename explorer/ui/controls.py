"""Widgets of several pages: a choice that lives in the address, a switch, links to other pages."""

from collections.abc import Callable, Sequence

import streamlit as st

from explorer.ui.address import asked, listed, remember_choice
from explorer.ui.state import pages
from explorer.words import say


def select(
    key: str, of: str, options: dict[str, str], default: str | None = None, *, hint: str = ""
) -> str:
    """Draw a choice that lives in the address, and return what is chosen.

    Args:
        key: Name in the address; the catalogue has its label and its explanation.
        of: Model the options belong to; another model has other words for the same value.
        options: Value in the address to words on the screen.
        default: Value where the address says nothing or something unknown; otherwise the first.
        hint: Added to the explanation.
    """
    values = list(options)
    chosen = asked(key) if asked(key) in options else (default or values[0])
    widget = f"select-{key}-{of}"
    if st.session_state.get(widget) != chosen:  # the address decides, also when someone goes back
        st.session_state[widget] = chosen
    return str(
        st.selectbox(
            say(f"explore.{key}"),
            values,
            format_func=options.__getitem__,
            key=widget,
            help=f"{say(f'explore.{key}_help')} {hint}".rstrip(),
            on_change=_remember_choice,
            args=(key, widget, default or values[0]),
        )
    )


def toggle(
    label: str, *, key: str, value: bool, tooltip: str, on_change: Callable[[bool], None]
) -> None:
    """Draw a switch that shows the present value, even after somebody else has changed it.

    Args:
        label: Words beside it.
        key: Name of the switch, which no other has.
        value: The present value.
        tooltip: Words shown while the pointer rests on it.
        on_change: Called with the new value.
    """
    seen = f"{key}-seen"

    def turn() -> None:
        st.session_state[seen] = st.session_state[key]
        on_change(st.session_state[key])

    # To set the value on every run could undo a click, and the undoing would count as another.
    if key not in st.session_state or st.session_state.get(seen) != value:
        st.session_state[key] = st.session_state[seen] = value
    st.toggle(label, key=key, help=tooltip, on_change=turn)


def link_to_explore(model: str, label: str, *, icon: str, tooltip: str) -> None:
    """Draw a link to the Explore page, to one of the models.

    It is a link and not a button with `st.switch_page`: a fragment of this page that reruns by
    itself would run once more while the other page is drawn, and leave that page blank.
    """
    st.page_link(
        pages()["explore"], label=label, icon=icon, help=tooltip, query_params={"model": model}
    )


def link_to_compare(models: Sequence[str], label: str, *, icon: str, tooltip: str) -> None:
    """Draw a link to the Compare page, to some of the models."""
    query = {"models": listed(models)}
    st.page_link(pages()["compare"], label=label, icon=icon, help=tooltip, query_params=query)


def _remember_choice(key: str, widget: str, default: str) -> None:
    chosen = st.session_state[widget]
    remember_choice(key, "" if chosen == default else chosen)
