"""The command line takes all that it says from the catalogue."""

import argparse
import re
import sys

from explorer import cli, store, words
from explorer.cli.arguments import parser
from explorer.data import SOURCES
from tests.languages import OPEN, unmarked
from tests.tools import started

OWN_OF_ARGPARSE = {"show this help message and exit", "show program's version number and exit"}


def parsers() -> list[argparse.ArgumentParser]:
    main = parser()
    (commands,) = (a for a in main._actions if isinstance(a, argparse._SubParsersAction))
    return [main, *commands.choices.values()]


def test_every_help_text_is_from_the_catalogue(marks):
    for command in parsers():
        assert OPEN in str(command.description)
        for action in command._actions:
            assert action.help is None or OPEN in action.help or action.help in OWN_OF_ARGPARSE
            if isinstance(action.metavar, str) and re.search("[A-Z]{2}|[a-z]", action.metavar):
                assert OPEN in action.metavar or action.metavar == "README.md"


def test_of_data_sets_only_the_names_are_the_same_in_any_language(marks, capsys):
    assert cli.main(["data"]) == 0
    left = unmarked(capsys.readouterr().out).split()
    assert left == [source.name for source in SOURCES.all()]


def test_lists_and_descriptions_are_from_the_catalogue(marks, capsys):
    for args in (["data", "digits"], ["models"]):
        assert cli.main(args) == 0
        said = capsys.readouterr()
        assert said.out.count(OPEN) >= 2
        left = unmarked(said.out)
        for word in ("image", "dimension", "held", "licence", "grey", "You"):
            assert not re.search(rf"^ *{word}|\d {word}", left, re.MULTILINE), left


def test_what_training_says_is_from_the_catalogue(marks, own_home, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(store, "pretrained_folder", lambda: tmp_path / "none")
    flags = "--data digits --n-images 60 --arch mlp --hidden 8 --latent-dim 2 --epochs 1".split()
    assert cli.main(["train", *flags, "--out", str(own_home / "bundles" / "x")]) == 0
    assert cli.main(["models"]) == 0
    assert cli.main(["decode", "x", "--z", "[0]", "--out", str(tmp_path / "x.png")]) == 1
    said = capsys.readouterr()
    for line in unmarked(said.out + said.err).splitlines():
        assert not re.search(r"[A-Za-z]{3,} [a-z]{2,}", line), line


def test_a_missing_language_is_reported_once(monkeypatch, capsys):
    monkeypatch.setenv(words.ASKED, "xx")
    for _ in range(2):
        assert cli.main(["data"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said == [
        'LATENT_EXPLORER_LANGUAGE is "xx", which is not an available language '
        f"({', '.join(words.languages())}), so English is used."
    ]


def test_words_that_cannot_be_used_are_reported(monkeypatch, tmp_path, capsys):
    (tmp_path / "app.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv(words.ASKED, str(tmp_path))
    assert cli.main(["data"]) == 0
    said = capsys.readouterr().err
    assert said.endswith("1 entry cannot be used, so its words are English: app.json.\n")


def test_help_is_printed_where_the_terminal_lacks_signs(marks, monkeypatch, tmp_path):
    out = tmp_path / "help"
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with (
        out.open("wb") as stream,
        started([sys.executable, "-m", "explorer", "train", "--help"], stdout=stream) as program,
    ):
        assert program.wait(60) == 0
    assert b"\\u27e6How many times each image is seen.\\u27e7" in out.read_bytes()
