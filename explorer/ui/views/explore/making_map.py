"""Makes a map that the model does not have yet, once a visitor chooses it."""

import streamlit as st

from explorer import mapping
from explorer.errors import ExplorerError
from explorer.ui.maps import makeable
from explorer.ui.opened import OpenedModel
from explorer.ui.words import plain
from explorer.words import say


def make_map(opened: OpenedModel, chosen: str) -> None:
    """Make the chosen map unless there is one, and render the page with it."""
    method = next((method for method in makeable(opened) if method.name == chosen), None)
    if method is not None:
        bar = st.progress(0.0, say("explore.making_map", name=method.title))
        try:
            mapping.make(opened.bundle.codes, method, bar.progress)
        except ExplorerError as error:
            st.error(plain(str(error)))
        else:
            st.rerun()
        finally:
            bar.empty()
