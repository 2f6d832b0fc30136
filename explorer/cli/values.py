"""Reads the values of flags. A value that cannot be read counts as wrong usage."""

import argparse
import re

from explorer.words import say


def whole_numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers separated by commas; an empty text means none."""
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise _unreadable("whole_numbers", text) from error


def numbers(text: str) -> tuple[float, ...]:
    """Read numbers separated by commas."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise _unreadable("numbers", text) from error


def port(text: str) -> int:
    """Read a port, from 1 to 65535."""
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise _unreadable("port", text)
    return int(text)


def host_name(text: str) -> str:
    """Read a host name, with or without a port, but without a scheme, which never matches."""
    name = text.strip().lower()
    if not re.fullmatch(
        r"(\*|(\*\.)?[a-z0-9_][a-z0-9._-]*|\[[0-9a-f:.]+\])(:\d+)?|[0-9a-f:.]+", name
    ):
        raise _unreadable("host_name", text)
    return name


def base_path(text: str) -> str:
    """Read the path that all addresses start with, without the slashes at its ends."""
    path = text.strip("/")
    parts = path.split("/")
    if not all(re.fullmatch(r"[A-Za-z0-9._~@-]+", part) and part.strip(".") for part in parts):
        raise _unreadable("base_path", text)
    return path


def _unreadable(what: str, text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(say(f"cli.values.{what}", text=repr(text)))
