"""Undo for what was cleared on a page, until the page is left."""

import streamlit as st

from explorer import clearing
from explorer.clearing import Cleared, Work
from explorer.ui import state
from explorer.ui.views.asking import attempt
from explorer.ui.words import plain
from explorer.words import say


def clear(page: str, work: Work) -> Cleared:
    """Clear something on a page; `render_undo` offers to undo it.

    Raises:
        ExplorerError: As `clearing.clear`.
    """
    cleared = clearing.clear(work)
    if cleared or cleared.left_out:
        state.note_cleared(page, cleared)
    return cleared


def render_undo(page: str) -> None:
    """Say what was cleared last on this page, and offer to undo it.

    What was cleared on a page that was left for this one is deleted for good.
    """
    for old in state.cleared_elsewhere(page):
        clearing.sweep(old.id)
        state.drop_cleared(old)
    last = state.last_cleared(page)
    if last is None:
        return
    with st.container(border=True, key="undo-bar"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_told(last), width="content")
            if last:
                st.button(
                    say("clearing.undo"),
                    key="undo",
                    icon=":material/undo:",
                    help=say("clearing.undo_help"),
                    on_click=lambda: attempt(lambda: _undo(last)),
                )
        for why in last.left_out:
            st.caption(plain(why))


def counted(*, runs: int = 0, models: int = 0, uploads: int = 0) -> str:
    """Say how many things of which sort, such as "2 runs, 1 model and 3 uploads"."""
    counts = {"runs": runs, "models": models, "uploads": uploads}
    parts = [say(f"clearing.{sort}", count=count) for sort, count in counts.items() if count]
    if len(parts) < 2:
        return "".join(parts)
    return say("clearing.and", first=", ".join(parts[:-1]), last=parts[-1])


def _told(cleared: Cleared) -> str:
    what = counted(runs=cleared.n_runs, models=cleared.n_models, uploads=cleared.n_uploads)
    said = [say("clearing.done", what=what)] if what else []
    if cleared.n_runs + cleared.n_models == len(cleared.names) == 1 and not cleared.n_uploads:
        sort = "run" if cleared.n_runs else "model"
        said = [say(f"clearing.done_{sort}", name=plain(cleared.names[0]))]
    if cleared.n_elsewhere:
        said.append(say("clearing.forgotten", what=counted(models=cleared.n_elsewhere)))
    return " ".join(said) or say("clearing.not_done")


def _undo(cleared: Cleared) -> None:
    state.drop_cleared(cleared)
    renamed = clearing.put_back(cleared.id)
    names = ", ".join(map(plain, renamed))
    said = say("clearing.undone_renamed", names=names) if names else say("clearing.undone")
    st.toast(said, icon=":material/undo:")
