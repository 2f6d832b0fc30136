"""Renaming or deleting the model that is explored, if it was made here."""

import streamlit as st

from explorer import jobs, renaming, store
from explorer.clearing import Work
from explorer.ui import address, state
from explorer.ui.views.asking import attempt
from explorer.ui.views.undoing import clear
from explorer.ui.words import plain
from explorer.words import say

PAGE = "explore"
_KEY = "manage-model"


def render_managing(model: str) -> None:
    """Render the button, and what it opens: what can be done with the model, or why nothing can."""
    with st.popover(
        say("managing.open"),
        icon=":material/edit:",
        width="stretch",
        key=_KEY,
        on_change="rerun",
    ):
        place = renaming.place_of(model)
        if place == "shipped":
            st.markdown(say("managing.shipped"))
        elif place == "elsewhere":
            folder = store.find_name(model)
            st.markdown(say("managing.elsewhere", folder=plain(str(folder))))
            _button("forget", "playlist_remove", Work(elsewhere=(folder,)))
        else:
            _render_rename(model)
            st.divider()
            st.caption(say(f"managing.delete_{_what_stays(model)}"))
            _button("delete", "delete", Work(models=(model,)))


def _render_rename(model: str) -> None:
    key = f"new-name-{model}"
    st.text_input(say("managing.name"), value=model, key=key, help=say("managing.name_help"))

    def rename() -> None:
        name = renaming.rename(model, state.typed(key))
        address.rename_model(name)
        state.close(_KEY)
        st.toast(say("managing.renamed", name=plain(name)))

    st.button(say("managing.rename"), key="rename-model", on_click=lambda: attempt(rename))


def _what_stays(model: str) -> str:
    """Return the key of what is said of a model's run before the model is deleted."""
    run = jobs.maker_of(model)
    if run is None:
        return "alone"
    return f"leaves_{jobs.can_keep_other(run) or 'none'}"


def _button(what: str, icon: str, work: Work) -> None:
    def do() -> None:
        clear(PAGE, work)
        state.close(_KEY)
        address.leave_model()

    st.button(
        say(f"managing.{what}"),
        key=f"{what}-model",
        icon=f":material/{icon}:",
        on_click=lambda: attempt(do),
    )
