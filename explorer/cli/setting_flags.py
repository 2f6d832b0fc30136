"""The flags of settings, one for each field of `TrainConfig`, and the names they used to have."""

import argparse
import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence

from explorer.cli.values import whole_numbers
from explorer.config import SETTINGS, TrainConfig, choices_of, default_of, options, type_of

_METAVARS: dict[object, str] = {int: "N", float: "X", whole_numbers: "N,N"}


def add_settings(command: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag for each of these settings.

    A flag that is not given leaves no value, so that defaults live in `TrainConfig` alone.
    """
    helps = _helps()
    for name in names:
        _add_setting(command, name, type_of(name), helps.get(name, ""))


def with_names_now(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return arguments with the present names of settings and of their values.

    Returns:
        The arguments, and a note on each old name.
    """
    flags = {_flag(about.was): _flag(name) for name, about in SETTINGS.items() if about.was}
    values = {_flag(name): dict(about.values_were) for name, about in SETTINGS.items()}
    now: list[str] = []
    notes = []
    for word in argv:
        head, equals, value = word.partition("=")
        of = now[-1] if now else ""
        if head in flags:
            notes.append(f"{head} is now called {flags[head]}.")
            now.append(flags[head] + equals + value)
        elif equals and value in values.get(head, {}):
            notes.append(f"{word} is now called {head}={values[head][value]}.")
            now.append(f"{head}={values[head][value]}")
        elif word in values.get(of, {}):
            notes.append(f"{of} {word} is now called {of} {values[of][word]}.")
            now.append(values[of][word])
        else:
            now.append(word)
    return now, notes


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _add_setting(command: argparse.ArgumentParser, name: str, kind: object, words: str) -> None:
    """Add the flag of one setting.

    Args:
        command: The command that takes it.
        name: Setting.
        kind: What annotates it.
        words: What it means.
    """
    default = default_of(name)
    if isinstance(default, tuple):
        default = ",".join(map(str, default))
    tail = "" if default is dataclasses.MISSING else f" (default: {default})"
    text = f"{words}{tail}".replace("%", "%%")
    flag = _flag(name)
    if kind is bool:
        yes_or_no = argparse.BooleanOptionalAction
        command.add_argument(
            flag, dest=name, default=argparse.SUPPRESS, action=yes_or_no, help=text
        )
        return
    choices = choices_of(name) or None
    read: Callable[[str], object] = str
    if not choices and kind is not str:
        read = int if kind is int else float if kind is float else whole_numbers
    command.add_argument(
        flag,
        dest=name,
        default=argparse.SUPPRESS,
        type=read,
        choices=choices,
        metavar=None if choices else _METAVARS.get(read, "TEXT"),
        help=text,
    )


def _helps() -> dict[str, str]:
    """Return what each setting means: what the docstring of TrainConfig or its option says."""
    text = (TrainConfig.__doc__ or "").partition("Attributes:")[2]
    found = re.findall(r"^ {8}(\w+): (.*(?:\n {12}.*)*)", text, re.MULTILINE)
    helps = {name: " ".join(words.replace("`", "").split()) for name, words in found}
    return helps | {name: option.help for name, option in options().items()}
