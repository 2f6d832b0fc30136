"""How a setting of a run is declared: once, beside its default, with everything others need.

Its words are `settings.NAME` and `settings.NAME_help` of the catalogue; the command line takes
`cli.settings.NAME` in place of the help where there is one. Knows nothing of particular settings.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args, get_origin

from explorer.errors import ConfigError
from explorer.words import say

Group = Literal["model", "adversarial", "network", "likelihood", "learning", "reading"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The declaration of a setting, apart from its type and default.

    Attributes:
        group: The group in which the page shows it; `reading` is how images are read and resized,
            which is chosen with the data.
        least: Smallest number allowed; None if it is not a number.
        most: Largest number allowed.
        of_some_kinds: Whether only those kinds use it whose `KindSpec.settings` name it.
        fitted: Whether it can be chosen automatically to fit the images.
        was: Its former name.
        values_were: Pairs of the former and the present name of a value.
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
    """A setting that only one kind of model has; its `KindSpec` declares it.

    Attributes:
        default: Default value; all values have its type.
        choices: The values allowed, if it is a text with a fixed set of them.
        label: Its name on the page, unless the catalogue has one.
        help: One sentence on what it does, likewise; the command line shows it too.
    """

    group: Group = "model"
    default: Value
    choices: tuple[str, ...] = ()
    label: str = ""
    help: str = ""

    @property
    def type(self) -> object:
        """Its type, or a `Literal` of its choices."""
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
    """Return settings under the present names of the settings and of their values."""
    names = {about.was: name for name, about in settings.items() if about.was}
    now = {}
    for old, value in values.items():
        name = names.get(old, old)
        values_were = dict(settings[name].values_were) if name in settings else {}
        now[name] = values_were.get(value, value) if isinstance(value, str) else value
    return now


def check_bounds(name: str, value: object, about: Setting) -> None:
    """Refuse a number that is out of bounds; a setting without bounds passes.

    Raises:
        ConfigError: It is out of bounds.
    """
    if about.least is None or about.most is None or about.least <= cast(float, value) <= about.most:
        return
    raise ConfigError(
        "settings.out_of_bounds",
        name=name,
        value=str(value),
        least=_bound(about.least),
        most=_bound(about.most),
    )


def _bound(value: float) -> int | str:
    """Return a bound as an error says it: whole where it is a whole number."""
    return int(value) if float(value).is_integer() else f"{value:g}"


def check_type(name: str, value: object, kind: object) -> None:
    """Refuse a value that is not of the annotated type.

    Raises:
        ConfigError: It is of another type.
    """
    if get_origin(kind) is Literal:
        check_choice(name, value, get_args(kind))
        return
    if kind is float:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        good, needed = is_number, "number"
    elif kind is bool:
        good, needed = isinstance(value, bool), "true_or_false"
    elif kind is int:
        good, needed = isinstance(value, int) and not isinstance(value, bool), "whole_number"
    elif kind is str:
        good, needed = isinstance(value, str) and (bool(value) or name != "data"), "text"
    else:
        whole = isinstance(value, tuple) and all(type(part) is int for part in value)
        good, needed = whole, "whole_numbers"
    if not good:
        raise _wrong_value(name, value, say(f"values.{needed}"))


def check_choice(name: str, value: object, choices: Iterable[str]) -> None:
    """Refuse a value that is none of the choices.

    Raises:
        ConfigError: It is not.
    """
    choices = tuple(choices)
    if value not in choices:
        raise _wrong_value(name, value, say("values.one_of", choices=", ".join(choices)))


def _wrong_value(name: str, value: object, needed: str) -> ConfigError:
    shown = f"{value!r:.80}"  # it may come from a file
    return ConfigError("settings.not_allowed", name=name, shown=shown, needed=needed)
