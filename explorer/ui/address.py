"""What the address bar says, typed: which page shows what, so that a link opens the same view.

The address holds `model`, `map` (with `across` and `up`), `color`, `part`, `points`, `z` and `item`
on Explore; `run`, `sweep`, `lesson` or `clear` on Train; and `models`, `item`, `item2`, `seed`, `z`
and `spots` on Compare. What the views of a page keep there is under the keys of `VIEW_KEYS`: the
browser decides the values, and this module writes them as text and reads them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import streamlit as st

# What the views of each page keep in the address, as `KEYS` of `live/code/address.js`.
VIEW_KEYS = {
    "explore": ("z", "item"),
    "compare": ("item", "item2", "seed", "z", "spots"),
}


@dataclass(frozen=True)
class Start:
    """Where the stage begins: a chosen item or a code; neither where the address has none."""

    z: tuple[float, ...] | None = None
    item: int | None = None


@dataclass(frozen=True)
class SharedStart:
    """Where a comparison begins; what the address leaves out is None or empty.

    Attributes:
        item: Row of the image that all models encode.
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
    """Make another model the current one; the code of the one before is dropped."""
    st.query_params.from_dict(_without(*VIEW_KEYS["explore"]) | {"model": name})


def rename_model(name: str) -> None:
    """Give the current model another name; the rest of the view stays."""
    st.query_params["model"] = name


def leave_model() -> None:
    """Let the page choose the model to begin with."""
    st.query_params.clear()
    note_explored()


def note_explored() -> None:
    """Remember what is open on Explore, for the way back from another page."""
    st.session_state["explored"] = st.query_params.to_dict()


def explored() -> dict[str, str]:
    """Return the address of what was open on Explore last; empty before anything was."""
    noted: dict[str, str] = st.session_state.get("explored", {})
    return noted


def asked_start(latent_dim: int, n_items: int) -> Start:
    """Read code and item from the address; what does not fit the model is ignored."""
    item = _whole_number(st.query_params.get("item"))
    if item is not None and 0 <= item < n_items:
        return Start(item=item)
    return Start(z=_numbers(st.query_params.get("z"), latent_dim))


def remember_code(z: list[float], item: int | None) -> None:
    """Write code and item into the address, the code to 3 decimals, as one step of its history."""
    code = {"z": ",".join(f"{value:.3f}" for value in z)}
    picked = {} if item is None else {"item": str(item)}
    st.query_params.from_dict(_without(*VIEW_KEYS["explore"]) | code | picked)
    note_explored()


def asked_models() -> list[str] | None:
    """Return the names of the models that the address sets side by side, each once.

    Returns:
        None where it does not mention models; an empty list says that none is chosen.
    """
    if "models" not in st.query_params:
        return None
    parts = asked("models").split(",")
    return list(dict.fromkeys(unquote(part) for part in parts if part))


def choose_models(names: Sequence[str]) -> None:
    """Set other models side by side; items and seed stay, codes and spots are dropped.

    Names may hold any sign, commas too, so each is quoted before they are joined.
    """
    st.query_params.from_dict(_without("z", "spots") | {"models": listed(names)})


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
    """Write a comparison into the address, as one step of its history."""
    numbers = {"item": start.item, "item2": start.item2, "seed": start.seed or None}
    shifts = [",".join(f"{v:.2f}" for v in shift or ()) for shift in start.shifts]
    spots = ["" if spot is None else str(spot) for spot in start.spots]
    lists = {"z": shifts, "spots": spots}
    said = {"models": listed(models)}
    said |= {key: str(value) for key, value in numbers.items() if value is not None}
    said |= {key: "_".join(parts) for key, parts in lists.items() if any(parts)}
    st.query_params.from_dict(_without(*VIEW_KEYS["compare"]) | said)


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


def listed(names: Sequence[str]) -> str:
    """Return names as the address lists them: quoted, because they may hold commas."""
    return ",".join(quote(name, safe=" ") for name in names)


def _without(*keys: str) -> dict[str, str]:
    """Return what the address says under other keys."""
    return {key: value for key, value in st.query_params.items() if key not in keys}


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _numbers(text: str | None, length: int) -> tuple[float, ...] | None:
    try:
        values = tuple(float(part) for part in (text or "").split(","))
    except ValueError:
        return None
    good = len(values) == length and all(math.isfinite(v) and abs(v) <= 1000 for v in values)
    return values if good else None
