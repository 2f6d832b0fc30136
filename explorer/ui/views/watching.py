"""For parts of a page that follow a run, which another tab may delete."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from explorer.errors import ExplorerError


@contextmanager
def following() -> Iterator[None]:
    """Rerun the whole page if its run can no longer be read; the page then says so."""
    try:
        yield
    except ExplorerError:
        st.rerun()
