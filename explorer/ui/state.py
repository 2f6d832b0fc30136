"""What a session remembers, typed. The only module that touches the address bar and session state.

The address says everything: `model`, `map` (with `across` and `up`), `color`, `part`, `points`, `z`
and `item`, so that a link opens exactly the view it was copied from; or `run` or `sweep`, on Train;
or `models`, `item`, `item2`, `seed`, `z` and `spots`, on Compare.

What a page's views keep there is under the keys of `VIEW_KEYS`; the browser decides the values, and
this module writes them as text and reads them.
"""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import numpy as np
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from explorer.clearing import Cleared
from explorer.placing import Placement
from explorer.store import KeptUpload
from explorer.words import say

# What the views of each page keep in the address, as `KEYS` of `live/code/address.js`.
VIEW_KEYS = {
    "explore": ("z", "item"),
    "compare": ("item", "item2", "seed", "z", "spots"),
}
_MOST_OWN_PICTURES = 8  # that stay for a session, one with each model


@dataclass(frozen=True)
class Start:
    """Where the stage begins: a picked item or a code; neither where the address says nothing."""

    z: tuple[float, ...] | None = None
    item: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnPicture:
    """A picture of a visitor's own that stands on the stage.

    Attributes:
        number: Which of the pictures placed in this session it is, from 1.
        pixels: The picture as the model sees it, (c, h, w), uint8.
        placement: Where its code lies.
    """

    number: int
    pixels: np.ndarray
    placement: Placement


@dataclass(frozen=True)
class SharedStart:
    """Where a comparison begins; what the address does not say is None or empty.

    Attributes:
        item: Row, in the set of images, of the image that goes through all models.
        item2: Row of the image that interpolations lead to.
        seed: Seed of the random pictures.
        shifts: For each size of code on the page, how far sliders have moved codes, (d,).
        spots: For each model, which draw from the prior is looked at, or None for the deepest hole.
    """

    item: int | None = None
    item2: int | None = None
    seed: int = 0
    shifts: tuple[tuple[float, ...] | None, ...] = ()
    spots: tuple[int | None, ...] = ()


def asked(key: str) -> str:
    """Return what the address says under a key, or an empty string."""
    return str(st.query_params.get(key, ""))


def choose_model(name: str) -> None:
    """Make another model the current one; its codes mean nothing to the one before."""
    st.query_params.from_dict(_without(*VIEW_KEYS["explore"]) | {"model": name})


def asked_models() -> list[str] | None:
    """Return the names of the models that the address sets side by side, each once.

    None where it says nothing of models; it may also say that none is chosen.
    """
    if "models" not in st.query_params:
        return None
    parts = asked("models").split(",")
    return list(dict.fromkeys(unquote(part) for part in parts if part))


def leave_model() -> None:
    """Let the page choose the model to begin with."""
    st.query_params.clear()
    note_explored()


def note_explored() -> None:
    """Note what is open on Explore, for the way back from another page."""
    st.session_state["explored"] = st.query_params.to_dict()


def explored() -> dict[str, str]:
    """Return the address of what was open on Explore last; empty before that."""
    noted: dict[str, str] = st.session_state.get("explored", {})
    return noted


def rename_model(name: str) -> None:
    """Call the current model by another name; all else of the view stays."""
    st.query_params["model"] = name


def choose_models(names: Sequence[str]) -> None:
    """Set other models side by side; items and seed stay, codes mean nothing to them.

    Names may hold any sign, commas too, so each is quoted before they are joined.
    """
    st.query_params.from_dict(_without("z", "spots") | {"models": _listed(names)})


def asked_comparison(latent_dims: Sequence[int], n_models: int) -> SharedStart:
    """Read from the address where a comparison begins; what does not fit is ignored.

    Args:
        latent_dims: Each size of code on the page, in the order of the models.
        n_models: How many models there are.
    """
    shifts = st.query_params.get("z", "").split("_")
    spots = st.query_params.get("spots", "").split("_")
    return SharedStart(
        item=_whole_number(st.query_params.get("item")),
        item2=_whole_number(st.query_params.get("item2")),
        seed=_whole_number(st.query_params.get("seed")) or 0,
        shifts=tuple(
            _numbers(shifts[i], d) if i < len(shifts) else None for i, d in enumerate(latent_dims)
        ),
        spots=tuple(_whole_number(spots[i]) if i < len(spots) else None for i in range(n_models)),
    )


def remember_comparison(start: SharedStart, models: Sequence[str]) -> None:
    """Put a comparison into the address, as one step of its history."""
    numbers = {"item": start.item, "item2": start.item2, "seed": start.seed or None}
    shifts = [",".join(f"{v:.2f}" for v in shift or ()) for shift in start.shifts]
    spots = ["" if spot is None else str(spot) for spot in start.spots]
    lists = {"z": shifts, "spots": spots}
    told = {"models": _listed(models)}
    told |= {key: str(value) for key, value in numbers.items() if value is not None}
    told |= {key: "_".join(parts) for key, parts in lists.items() if any(parts)}
    st.query_params.from_dict(_without(*VIEW_KEYS["compare"]) | told)


def _without(*keys: str) -> dict[str, str]:
    """Return what the address says under other keys."""
    return {key: value for key, value in st.query_params.items() if key not in keys}


def choose_run(run_id: str) -> None:
    """Make another run the one that is watched, or none."""
    st.query_params.from_dict({"run": run_id} if run_id else {})


def choose_sweep(sweep: str) -> None:
    """Make another sweep the one that is watched."""
    st.query_params.from_dict({"sweep": sweep})


def choose_lesson(lesson: str) -> None:
    """Make a lesson the page that is shown."""
    st.query_params.from_dict({"lesson": lesson})


def choose_clearing() -> None:
    """Make clearing up the page that is shown."""
    st.query_params.from_dict({"clear": "1"})


def note_cleared(page: str, cleared: Cleared) -> None:
    """Note what was cleared on a page, so that it can be undone there."""
    st.session_state["cleared"] = [*_all_cleared(), (page, cleared)]


def last_cleared(page: str) -> Cleared | None:
    """Return what was cleared last on a page and is not undone, if anything."""
    here = [cleared for where, cleared in _all_cleared() if where == page]
    return here[-1] if here else None


def drop_cleared(cleared: Cleared) -> None:
    """Forget what was cleared at one time."""
    st.session_state["cleared"] = [pair for pair in _all_cleared() if pair[1] != cleared]


def cleared_elsewhere(page: str) -> list[Cleared]:
    """Return what was cleared on other pages, which were left for this one."""
    return [cleared for where, cleared in _all_cleared() if where != page]


def _all_cleared() -> list[tuple[str, Cleared]]:
    noted: list[tuple[str, Cleared]] = st.session_state.get("cleared", [])
    return noted


def is_ticked(box: str) -> bool:
    """Return whether a checkbox is ticked, by its key."""
    return bool(st.session_state.get(box))


def typed(box: str) -> str:
    """Return what is in a box for text, by its key."""
    return str(st.session_state.get(box, ""))


def close(popover: str) -> None:
    """Close a popover that tells whether it is open, by its key."""
    st.session_state[popover] = False


def theme() -> Literal["light", "dark"]:
    """Return what the page looks like behind a figure."""
    return "dark" if st.context.theme.type == "dark" else "light"


def time_zone() -> tzinfo | None:
    """Return where the visitor's clock is; None, which is this machine's, if that is unknown."""
    with suppress(
        OSError, ValueError, KeyError
    ):  # no such zone, or no list of zones on this machine
        return ZoneInfo(st.context.timezone or "")
    return None


def on_phone() -> bool:
    """Return whether the visitor's browser calls itself a phone's, as all of those do."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def remember_pages(pages: dict[str, StreamlitPage]) -> None:
    """Note which pages there are, by the key of their name in the catalogue."""
    st.session_state["pages"] = pages


def pages() -> dict[str, StreamlitPage]:
    """Return the pages there are, by the key of their name in the catalogue."""
    noted: dict[str, StreamlitPage] = st.session_state["pages"]
    return noted


def link_to_explore(model: str, label: str, *, icon: str, told: str) -> None:
    """Draw a link to the Explore page, to one of the models.

    It is a link and no button with `st.switch_page`: a part of this page that runs again by itself
    would be asked for once more while the other page is drawn, and that would be left blank.
    """
    st.page_link(
        pages()["explore"], label=label, icon=icon, help=told, query_params={"model": model}
    )


def link_to_compare(models: Sequence[str], label: str, *, icon: str, told: str) -> None:
    """Draw a link to the Compare page, to some of the models."""
    query = {"models": _listed(models)}
    st.page_link(pages()["compare"], label=label, icon=icon, help=told, query_params=query)


def asked_start(latent_dim: int, n_items: int) -> Start:
    """Read code and item from the address; what does not fit the model is ignored."""
    item = _whole_number(st.query_params.get("item"))
    if item is not None and 0 <= item < n_items:
        return Start(item=item)
    return Start(z=_numbers(st.query_params.get("z"), latent_dim))


def remember_code(z: list[float], item: int | None) -> None:
    """Put code and item into the address, the code to 3 decimals, as one step of its history."""
    code = {"z": ",".join(f"{value:.3f}" for value in z)}
    picked = {} if item is None else {"item": str(item)}
    st.query_params.from_dict(_without(*VIEW_KEYS["explore"]) | code | picked)
    note_explored()


def opened_picture(key: str, load: Callable[[], np.ndarray]) -> np.ndarray:
    """Return the picture that was opened last, if it was under this key; otherwise open it."""
    kept: tuple[str, np.ndarray] | None = st.session_state.get("picture")
    if kept is None or kept[0] != key:
        kept = st.session_state["picture"] = (key, load())
    return kept[1]


def turns(key: str) -> int:
    """Return by how many quarter turns, clockwise, a picture was turned."""
    return int(st.session_state.get(key, 0)) % 4


def turn(key: str, by: int) -> None:
    """Turn a picture by some quarter turns more."""
    st.session_state[key] = turns(key) + by


def kept_placement(key: str) -> Placement | None:
    """Return the placement that was kept last, if it was under this key."""
    kept: tuple[str, Placement] | None = st.session_state.get("placement")
    return kept[1] if kept and kept[0] == key else None


def keep_placement(key: str, placement: Placement) -> None:
    """Keep where a picture was placed, in place of the one before."""
    st.session_state["placement"] = (key, placement)


def kept_upload(files: tuple[str, ...]) -> KeptUpload | None:
    """Return the upload that was kept last, if it was of these files."""
    kept: tuple[tuple[str, ...], KeptUpload] | None = st.session_state.get("kept-upload")
    return kept[1] if kept and kept[0] == files else None


def remember_upload(files: tuple[str, ...], upload: KeptUpload) -> None:
    """Note where some files were kept, in place of those before; files are named by their ids."""
    st.session_state["kept-upload"] = (files, upload)


def last_upload() -> KeptUpload | None:
    """Return the upload that was kept last in this session, of whatever files."""
    kept: tuple[tuple[str, ...], KeptUpload] | None = st.session_state.get("kept-upload")
    return kept[1] if kept else None


def keep_own_picture(version: str, pixels: np.ndarray, placement: Placement) -> None:
    """Keep a picture that is to stay on the stage of a model, in place of the one before.

    Args:
        version: The opened it was placed in.
        pixels: The picture as the model sees it, (c, h, w), uint8.
        placement: Where its code lies.
    """
    kept = _own_pictures()
    kept.pop(version, None)  # the newest comes last
    number = 1 + max((picture.number for picture in kept.values()), default=0)
    kept[version] = OwnPicture(number=number, pixels=pixels, placement=placement)
    for oldest in list(kept)[:-_MOST_OWN_PICTURES]:
        del kept[oldest]


def own_picture(version: str) -> OwnPicture | None:
    """Return the picture that was placed in an opened model, if it is among the last."""
    return _own_pictures().get(version)


def _own_pictures() -> dict[str, OwnPicture]:
    kept: dict[str, OwnPicture] = st.session_state.setdefault("own_pictures", {})
    return kept


def reported_view(key: str) -> dict[str, object] | None:
    """Return what the stage mounted under a key said last."""
    said = st.session_state.get(key) or {}
    view = said.get("view")
    return view if isinstance(view, dict) else None


def select(
    key: str, of: str, options: dict[str, str], default: str | None = None, *, hint: str = ""
) -> str:
    """Draw a choice that lives in the address, and return what is chosen.

    Args:
        key: Name in the address; the catalogue has its label and its explanation.
        of: Model the options belong to; another model has other words for the same value.
        options: Value in the address to words on the screen.
        default: Value where the address says nothing or something unknown; otherwise the first.
        hint: What the explanation says besides.
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
    label: str, *, key: str, value: bool, told: str, on_change: Callable[[bool], None]
) -> None:
    """Draw a switch that shows what is so, also where somebody else has changed it.

    Args:
        label: Words beside it.
        key: Name of the switch, unlike that of any other.
        value: What is so.
        told: The explanation.
        on_change: Told what it is turned to.
    """
    seen = f"{key}-seen"

    def turn() -> None:
        st.session_state[seen] = st.session_state[key]
        on_change(st.session_state[key])

    # Set each time it is drawn, it could be set back just after a click, and that be taken for one.
    if key not in st.session_state or st.session_state.get(seen) != value:
        st.session_state[key] = st.session_state[seen] = value
    st.toggle(label, key=key, help=told, on_change=turn)


def _remember_choice(key: str, widget: str, default: str) -> None:
    chosen = st.session_state[widget]
    if chosen == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = chosen


def _listed(names: Sequence[str]) -> str:
    return ",".join(quote(name, safe=" ") for name in names)


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _numbers(text: str | None, length: int) -> tuple[float, ...] | None:
    try:
        values = tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        return None
    good = len(values) == length and all(math.isfinite(v) and abs(v) <= 1000 for v in values)
    return values if good else None
