"""What the address bar says, typed: which page shows what, so that a link opens the same view.

The address holds `model`, `map` (with `across` and `up`), `color`, `part`, `points`, `z`, `item`
and what each tool keeps on Explore; `run`, `sweep`, `lesson` or `clear` on Train; and `models`,
`item`, `item2`, `seed`, `z` and `spots` on Compare. What the views of a page keep there is under
the keys of `VIEW_KEYS`: the browser decides the values, and this module writes them as text and
reads them.

An item is given by its number, which is the same on all pages: its row in the set of images.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

import streamlit as st

from explorer.live import modules

# What the views of each page keep in the address, as `KEYS` of `live/code/address.js`. Each tool
# has a key of its own, its name.
VIEW_KEYS = {
    "explore": ("z", "item", "tools"),
    "compare": ("item", "item2", "seed", "z", "spots"),
}

_MOST_SIGNS = 1_000  # characters that a tool may keep


@dataclass(frozen=True)
class Start:
    """Where the stage begins; what the address leaves out is None or empty.

    Attributes:
        z: The code, (d,), to 3 decimals.
        item: Number of the chosen item, as `OpenedModel.numbers` has it.
        tools: What each tool keeps, by its name.
    """

    z: tuple[float, ...] | None = None
    item: int | None = None
    tools: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SharedStart:
    """Where a comparison begins; what the address leaves out is None or empty.

    Attributes:
        item: Number of the item that all models encode: its row in the set of images.
        item2: Number of the item that interpolations lead to.
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


def remember_choice(key: str, value: str) -> None:
    """Write a choice into the address; an empty text, which stands for the default, removes it."""
    if value:
        st.query_params[key] = value
    else:
        st.query_params.pop(key, None)


def choose_model(name: str) -> None:
    """Make another model the current one; the code of the one before is dropped."""
    st.query_params.from_dict(_without("z", "item", *modules.tools()) | {"model": name})


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


def asked_start(latent_dim: int) -> Start:
    """Read from the address where the stage begins; what is not usable is ignored."""
    item = asked("item")
    number = _whole_number(item.removeprefix("-"))
    return Start(
        z=_numbers(asked("z"), latent_dim),
        item=-number if number and item.startswith("-") else number,
        tools={name: asked(name)[:_MOST_SIGNS] for name in modules.tools() if asked(name)},
    )


def remember_code(
    z: Sequence[float], item: int | None, tools: Mapping[str, str] | None = None
) -> None:
    """Write where the stage is into the address, as one step of its history.

    Args:
        z: The code, which is rounded to 3 decimals.
        item: Number of the chosen item, or None.
        tools: What each tool keeps, by its name; None leaves that as it is.
    """
    code = {"z": ",".join(f"{value:.3f}" for value in z)}
    picked = {} if item is None else {"item": str(item)}
    given = {} if tools is None else {name: tools.get(name, "") for name in modules.tools()}
    kept = {name: text[:_MOST_SIGNS] for name, text in given.items() if text}
    st.query_params.from_dict(_without("z", "item", *given) | code | picked | kept)
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
