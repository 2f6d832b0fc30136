"""A button that asks for confirmation before it acts."""

from collections.abc import Callable

import streamlit as st

from explorer.errors import ExplorerError
from explorer.ui import state
from explorer.ui.words import plain
from explorer.words import say


def ask_first(
    label: str,
    *,
    key: str,
    question: str,
    do: Callable[[], object],
    yes: str = "",
    more: Callable[[], None] | None = None,
) -> None:
    """Render the button; pressing it opens a question with two answers, which close it.

    Args:
        label: What it says.
        key: Name of the button, unlike that of any other.
        question: In Markdown.
        do: Called before the page reruns, if the answer is yes.
        yes: That answer in words; without, "Delete".
        more: Draws what else there is to choose, below the question.
    """

    def agree() -> None:
        state.close(key)
        attempt(do)

    with st.popover(label, icon=":material/delete:", key=key, on_change="rerun"):
        st.markdown(question)
        if more:
            more()
        with st.container(horizontal=True, gap="small"):
            st.button(yes or say("clearing.yes"), key=f"{key}-yes", type="primary", on_click=agree)
            st.button(
                say("clearing.cancel"), key=f"{key}-cancel", on_click=state.close, args=(key,)
            )


def attempt(do: Callable[[], object]) -> None:
    """Act, and show for a while what went wrong, if anything did."""
    try:
        do()
    except ExplorerError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="long")
