"""Every setting of a run as a control, with its symbol and one sentence."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from explorer.config import FITTED, TrainConfig, choices_of, default_of, type_of
from explorer.errors import ConfigError, ExplorerError
from explorer.kinds import KINDS
from explorer.settings import Group, Option, Setting
from explorer.ui.words import plain
from explorer.words import has, say

_GROUPS: tuple[Group, ...] = ("model", "adversarial", "network", "likelihood", "learning")
_AUTO = "auto"


@dataclass(frozen=True)
class Settings:
    """The chosen settings, and which of them are still to be fitted to the images."""

    config: TrainConfig
    fitted: tuple[str, ...]


def render_settings(start: TrainConfig, *, of: str) -> Settings | None:
    """Render all settings that apply to a kind, starting from those given.

    Args:
        start: Where to begin; its kind has no control here.
        of: What they belong to; another thing begins anew, and so does what depends on the kind
            where that is another.

    Returns:
        What is set now, or None where it cannot work, which is then said.
    """
    declared, of_kinds = start.settings(), _with_a_start_of_their_own()
    values: dict[str, Any] = {}
    for group in _GROUPS:
        used = [name for name, about in declared.items() if about.group == group]
        if not used:
            continue
        st.markdown(f"**{say(f'settings.group_{group}')}**")
        columns = st.columns(2)
        for i, name in enumerate(used):
            key = f"{name}-{of}-{start.kind}" if name in of_kinds else f"{name}-{of}"
            with columns[i % 2]:
                values[name] = _control(name, declared[name], _start_of(start, name), key)
    fitted = tuple(name for name in FITTED if values.get(name) == _AUTO)
    given = {name: value for name, value in values.items() if name not in fitted}
    try:
        given["hidden"] = _widths(given["hidden"])
        return Settings(start.changed(**given), fitted)
    except ExplorerError as error:
        st.error(plain(str(error)))
        return None


def _with_a_start_of_their_own() -> set[str]:
    """Return the settings that are reset when the kind changes, since defaults differ."""
    return {"norm", *(name for kind in KINDS.values() for name in (*kind.defaults, *kind.options))}


def _start_of(config: TrainConfig, name: str) -> object:
    """Return the first value of a control: fitted where possible, unless something was chosen."""
    value = config.value(name)
    is_open = name in FITTED and value == default_of(name)
    return _AUTO if is_open else value


def _words(name: str, about: Setting) -> tuple[str, str]:
    """Return what a setting is called, and what it does."""
    if isinstance(about, Option) and not has(f"settings.{name}"):
        return about.label or name, about.help
    return say(f"settings.{name}"), say(f"settings.{name}_help")


def _control(name: str, about: Setting, value: Any, key: str) -> Any:
    """Render one setting by its type: a choice, yes or no, a whole number, a number or a text."""
    label, tooltip = _words(name, about)
    kind = about.type if isinstance(about, Option) else type_of(name)
    options: list[Any] = list(choices_of(name))
    if options:
        if name in FITTED:
            options = [_AUTO, *options]
        return st.selectbox(label, options, index=options.index(value), help=tooltip, key=key)
    if name in FITTED:
        options = [_AUTO, *(2**power for power in range(3, 11))]
        return st.selectbox(label, options, help=tooltip, key=key)
    if name == "hidden":
        text = ",".join(map(str, value))
        return st.text_input(label, value=text, help=tooltip, key=key)
    if kind is bool:
        return st.toggle(label, value=value, help=tooltip, key=key)
    if kind is str:
        return st.text_input(label, value=value, help=tooltip, key=key)
    # Without bounds, because the box would show what was typed but return the bound.
    if kind is int:
        return st.number_input(label, value=value, step=1, help=tooltip, key=key)
    return st.number_input(label, value=float(value), format="%g", step=None, help=tooltip, key=key)


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError("ui.hidden_layers", text=text) from error
