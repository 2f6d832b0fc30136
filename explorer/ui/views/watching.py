"""Parts of a page that follow a run, which another tab may delete meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from explorer.errors import ExplorerError


@contextmanager
def following() -> Iterator[None]:
    """Draw the whole page anew where its run cannot be read any more: the page says so."""
    try:
        yield
    except ExplorerError:
        st.rerun()
