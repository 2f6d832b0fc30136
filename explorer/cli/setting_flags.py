"""The flags of settings, one for each field of `TrainConfig`, and the names they used to have."""

import argparse
import dataclasses
from collections.abc import Callable, Iterable, Sequence

from explorer.cli.values import whole_numbers
from explorer.config import SETTINGS, choices_of, default_of, options, type_of
from explorer.words import has, say

_METAVARS: dict[object, str] = {int: "N", float: "X", whole_numbers: "N,N"}


def add_settings(command: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add a flag for each of these settings.

    A flag that is not given leaves no value, so that defaults live in `TrainConfig` alone.
    """
    for name in names:
        _add_setting(command, name, type_of(name))


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
            notes.append(say("cli.renamed", was=head, now=flags[head]))
            now.append(flags[head] + equals + value)
        elif equals and value in values.get(head, {}):
            now.append(f"{head}={values[head][value]}")
            notes.append(say("cli.renamed", was=word, now=now[-1]))
        elif word in values.get(of, {}):
            now.append(values[of][word])
            notes.append(say("cli.renamed", was=f"{of} {word}", now=f"{of} {now[-1]}"))
        else:
            now.append(word)
    return now, notes


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _add_setting(command: argparse.ArgumentParser, name: str, kind: object) -> None:
    """Add the flag of one setting.

    Args:
        command: The command that takes it.
        name: Setting.
        kind: What annotates it.
    """
    text, flag = _help(name).replace("%", "%%"), _flag(name)
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
        metavar=None if choices else _METAVARS.get(read) or say("cli.metavars.text"),
        help=text,
    )


def _help(name: str) -> str:
    """Say what a setting means: as its page does, unless a terminal needs more words."""
    places = (f"cli.settings.{name}", f"settings.{name}_help")
    place = next(filter(has, places), "")
    words = say(place) if place else options()[name].help
    default = default_of(name)
    if default is dataclasses.MISSING:
        return words
    shown = ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
    return say("cli.flags.with_default", words=words, default=shown)
