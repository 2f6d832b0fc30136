"""How a setting of a run is declared: once, beside its default, with all that others need of it.

Its words are `settings.NAME` and `settings.NAME_help` of the catalogue; the command line takes
`cli.settings.NAME` in place of the help where there is one. Knows nothing of particular settings.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin

from explorer.errors import ConfigError

Group = Literal["model", "adversarial", "network", "likelihood", "learning", "reading"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What there is to know of a setting besides its type and default.

    Attributes:
        group: What it belongs to, and so where its control is; `reading` is how images are read
            and brought to one size, which is chosen with the data.
        least: The smallest number allowed, of those that are numbers.
        most: The largest.
        of_some_kinds: Whether it means something only to kinds whose `KindSpec.settings` name it.
        fitted: Whether it may be left to be chosen to fit the images.
        was: The name it had before.
        values_were: Values it has now, by the names they had before.
    """

    group: Group
    least: float | None = None
    most: float | None = None
    of_some_kinds: bool = False
    fitted: bool = False
    was: str = ""
    values_were: tuple[tuple[str, str], ...] = ()


Value = bool | int | float | str


@dataclass(frozen=True, kw_only=True)
class Option(Setting):
    """A setting that one kind of model alone has, and declares in its `KindSpec`.

    Attributes:
        default: Its value unless another is given, which must be of the same type.
        choices: The values to choose from; any are allowed if there are none.
        label: Its name on the page, unless the catalogue has one.
        help: One sentence on what it does, likewise, which the command line shows too.
    """

    group: Group = "model"
    default: Value
    choices: tuple[str, ...] = ()
    label: str = ""
    help: str = ""

    @property
    def type(self) -> object:
        """What annotates a field of this kind."""
        return Literal[self.choices] if self.choices else type(self.default)


def setting(
    default: Any,
    group: Group,
    least: float | None = None,
    most: float | None = None,
    *,
    of_some_kinds: bool = False,
    fitted: bool = False,
    was: str = "",
    values_were: tuple[tuple[str, str], ...] = (),
) -> Any:
    """Declare a field of a dataclass as a setting; the arguments are those of `Setting`."""
    about = Setting(
        group=group,
        least=least,
        most=most,
        of_some_kinds=of_some_kinds,
        fitted=fitted,
        was=was,
        values_were=values_were,
    )
    return dataclasses.field(default=default, metadata={"setting": about})


def settings_of(config: type) -> dict[str, Setting]:
    """Return the settings that a dataclass declares, by name, in their order."""
    return {f.name: f.metadata["setting"] for f in dataclasses.fields(config) if f.metadata}


def renamed(values: Mapping[str, object], settings: Mapping[str, Setting]) -> dict[str, object]:
    """Return settings by the names that they, and their values, have now."""
    names = {about.was: name for name, about in settings.items() if about.was}
    now = {}
    for old, value in values.items():
        name = names.get(old, old)
        values_were = dict(settings[name].values_were) if name in settings else {}
        now[name] = values_were.get(value, value) if isinstance(value, str) else value
    return now


def check_bounds(name: str, value: object, about: Setting) -> None:
    """Refuse a number out of bounds; what has none is not one.

    Raises:
        ConfigError: It is.
    """
    if about.least is None or about.most is None or about.least <= cast(float, value) <= about.most:
        return
    raise ConfigError(
        "settings.out_of_bounds",
        name=name,
        value=str(value),
        least=f"{about.least:g}",
        most=f"{about.most:g}",
    )


def check_type(name: str, value: object, kind: object) -> None:
    """Refuse a value that is not what the field's annotation says.

    Raises:
        ConfigError: It is not.
    """
    if get_origin(kind) is Literal:
        good, needed = value in get_args(kind), "one of " + ", ".join(get_args(kind))
    elif kind is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        good, needed = is_number, "a number"
    elif kind is bool:
        good, needed = isinstance(value, bool), "true or false"
    elif kind is int:
        good, needed = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif kind is str:
        good, needed = isinstance(value, str) and (bool(value) or name != "data"), "text"
    else:
        whole = isinstance(value, tuple) and all(type(part) is int for part in value)
        good, needed = whole, "a list of whole numbers"
    if not good:
        raise wrong_value(name, value, needed)


def wrong_value(name: str, value: object, needed: str) -> ConfigError:
    """Say that a setting has a value which it cannot have."""
    shown = f"{value!r:.80}"  # it may come from a file
    return ConfigError("settings.not_allowed", name=name, shown=shown, needed=needed)
