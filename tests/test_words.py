"""The words: gaps, numbers, plurals, and languages beside English."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from explorer import words
from explorer.config import TrainConfig
from explorer.verdict import About
from explorer.words import (
    catalogue,
    decimal,
    is_plural,
    language,
    languages,
    moment,
    percent,
    rounded,
    say,
    together,
)
from tests.tools import node

GAP = re.compile(r"\{(\w+)\}")
# Sections whose places are ended by words that the code has, too, or by the names of settings.
STRICT = {"cli", "completing", "damage", "jobs", "registry", "training", "values"}
SETTINGS = TrainConfig.__dataclass_fields__


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch):
    """Return a function that makes a language of a code and some words, and has it spoken."""

    def speak(code: str, **sections: object) -> None:
        folder = tmp_path / code
        folder.mkdir()
        for name, section in {"app": {}, **sections}.items():
            (folder / f"{name}.json").write_text(json.dumps(section), encoding="utf-8")
        monkeypatch.setenv(words.ASKED, str(folder))

    return speak


def leaves(part: object, place: str = "") -> Iterator[tuple[str, object]]:
    """Yield each sentence, plurals whole, with the place it has."""
    if isinstance(part, dict) and not is_plural(part):
        for key, inner in part.items():
            yield from leaves(inner, f"{place}.{key}" if place else key)
    else:
        yield place, part


def gaps_of(sentence: object) -> set[str]:
    return set(GAP.findall(json.dumps(sentence)))


def test_gaps_are_filled_with_numbers_as_english_writes_them():
    assert say("explore.models", count=1234567) == "Models (1,234,567)"
    assert say("explore.models", count=np.int64(12)) == "Models (12)"
    assert say("explore.models", count="1234567") == "Models (1234567)"


@pytest.mark.parametrize(
    ("value", "says"),
    [(0.0, "0"), (76500, "76500"), (3.456, "3.46"), (1023.9, "1020"), (2e-7, "0.0000002")],
)
def test_numbers_are_rounded_to_significant_digits(value, says):
    assert rounded(value, 3) == says


@pytest.mark.parametrize(("count", "says"), [(1, "1 dimension"), (0, "0 dimensions"), (2, "2 di")])
def test_a_count_chooses_the_plural(count, says):
    assert say("explore.card_line", count=count).startswith(says)


def test_a_language_has_its_own_numbers_and_plurals(spoken):
    forms = {"one": "{count} wymiar", "few": "{count} wymiary", "many": "{count} wymiarów"}
    spoken("pl", explore={"card_line": {**forms, "other": "{count} wymiaru"}})
    said = [say("explore.card_line", count=count) for count in (1, 3, 12_345)]
    assert said == ["1 wymiar", "3 wymiary", "12\u00a0345 wymiarów"]
    assert decimal(1.5, 2) == "1,50"
    assert rounded(0.12345, 3) == "0,123"
    assert percent(0.125, 1) == "12,5%"
    assert together(["a", "b", "c"]) == "a, b i c"
    assert moment("train.moment", datetime(2026, 9, 3, 9, 5)) == "3 wrz 09:05"
    assert language() == "pl"


def test_a_language_that_lacks_words_has_the_english_ones(spoken):
    spoken("de", train={"page": "Trainieren"})
    assert say("train.page") == "Trainieren"
    assert say("compare.page") == "Compare"


def test_an_unknown_language_is_english(monkeypatch):
    monkeypatch.setenv(words.ASKED, "xx")
    assert language() == "en"
    assert say("train.page") == "Train"


def test_a_language_is_found_by_its_folder_alone(monkeypatch, tmp_path):
    shutil.copytree(words.HERE / "en", tmp_path / "fr")
    (tmp_path / "fr" / "app.json").write_text('{"train": "Entraîner"}', encoding="utf-8")
    monkeypatch.setattr(words, "HERE", tmp_path)
    languages.cache_clear()
    words._folder.cache_clear()
    monkeypatch.setenv(words.ASKED, "fr")
    try:
        assert languages() == ("fr",)
        assert words._folder("fr") == tmp_path / "fr"
    finally:
        languages.cache_clear()
        words._folder.cache_clear()


def test_every_sentence_is_said_somewhere():
    """Its place is in the code, or its own name is, where a page gets the whole section."""
    root = words.HERE.parent
    python = "".join(path.read_text("utf-8") for path in root.rglob("*.py")).replace("'", '"')
    code = python + "".join(path.read_text("utf-8") for path in root.glob("live/**/*.js"))
    known = {*re.findall(r"[\w-]+", code), *re.findall(r"\w+", code), *SETTINGS}
    begun = tuple(re.findall(r'f"([a-z_]+\.[a-z_.]*)\{', code))
    # A name may be built, as in f"train.fit_{fit}", or of two; a verdict begins with what it is on.
    built = [*re.findall(r"""["`.](\w{3,})\$?\{[^{}"`]+\}""", code)]
    built += [f"{about}_" for about in get_args(About)]
    for place, _ in leaves(catalogue()):
        section, name, *_ = place.split(".")
        if section == "errors" or f'"{place}"' in code:  # see test_errors.py for those
            continue
        if section in STRICT:
            ends = (place.removeprefix(start) for start in begun if place.startswith(start))
            assert any(f'"{end}"' in python or end in SETTINGS for end in ends), place
            continue
        key = re.sub("(_help|Help|Touch)$", "", name)  # a control asks for those by its own name
        halves = ((key[:at], key[at + 1 :]) for at, sign in enumerate(key) if sign == "_")
        is_joined = any(f'"{a}"' in python and f'"{b}"' in python for a, b in halves)
        assert key in known or key.startswith(tuple(built)) or is_joined, place


def test_every_language_has_the_gaps_of_the_english_sentences():
    english = dict(leaves(catalogue()))
    for code in languages():
        for place, sentence in leaves(words._read(words.HERE / code)):
            assert gaps_of(sentence) <= gaps_of(english[place]), place


def test_plurals_have_every_form_of_their_language():
    for code in languages():
        forms = words._locale(code).plural_form.tags | {"other"}
        for place, sentence in leaves(words._read(words.HERE / code)):
            if is_plural(sentence):
                assert isinstance(sentence, dict)
                assert set(sentence) == forms, place


def test_the_browser_fills_gaps_as_python_does(tmp_path):
    sentence = catalogue()["explore"]["card_line"]  # type: ignore[index]
    script = tmp_path / "fill.mjs"
    script.write_text(
        f"""import {{ decimal, fill }} from "{words.HERE.parent}/live/parts/dom.js";
        const sentence = {json.dumps(sentence)};
        const said = [1, 2, 12345].map((count) => fill(sentence, {{ count }}));
        said.push(decimal(-1234.5, 2), fill("{{a}}", {{ a: "12345" }}));
        console.log(JSON.stringify(said));"""
    )
    said = [say("explore.card_line", count=count) for count in (1, 2, 12345)]
    out = subprocess.run([node(), script], capture_output=True, check=True).stdout
    assert json.loads(out) == [*said, decimal(-1234.5, 2), "12345"]


# Functions of one file that say a sentence of one section, beside `say` itself.
SECTIONS = {
    "bundle/card.py": {"_say": "model_card."},
    "bundle/table.py": {"_say": "model_table."},
    "data/members.py": {"_why": "data.skipped."},
    "evaluation/case.py": {"why": "scores.missing."},
    "evaluation/groups.py": {"why": "scores.missing."},
}


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield where a sentence is said, its place, and the values it is given if they are known."""
    root = words.HERE.parent
    for path in sorted(root.rglob("*.py")):
        file = path.relative_to(root).as_posix()
        sections = {"say": "", "remark": "reading.", **SECTIONS.get(file, {})}
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            function = getattr(getattr(call, "func", None), "id", "")
            if not isinstance(call, ast.Call) or function not in sections or not call.args:
                continue
            first, given = call.args[0], {keyword.arg for keyword in call.keywords}
            known = None if None in given else {arg for arg in given if arg}
            for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield f"{file}:{call.lineno}", f"{sections[function]}{part.value}", known


def test_every_sentence_that_is_said_exists_and_is_given_what_it_needs():
    sentences = dict(leaves(catalogue()))
    found = list(said())
    assert len(found) > 400
    for where, place, given in found:
        assert place in sentences, (where, place)
        needs = gaps_of(sentences[place]) | ({"count"} if is_plural(sentences[place]) else set())
        assert given is None or needs == given, (where, place)


def test_a_folder_that_nobody_asked_for_is_no_language(monkeypatch, tmp_path):
    (tmp_path / "app.json").write_text("{ // somebody's project")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(words.ASKED, raising=False)
    words._folder.cache_clear()
    assert language() == "en"
    assert say("train.page") == "Train"


def test_a_path_that_the_disk_refuses_is_no_language(monkeypatch):
    monkeypatch.setenv(words.ASKED, "x" * 300)
    assert words.missing()
    assert say("train.page") == "Train"


def test_words_that_do_not_fit_stay_english_and_are_named(spoken):
    spoken(
        "de",
        compare=["no section"],
        explore={
            "models": "{0.__class__}",
            "card_line": {"one": "eine"},
            "map_pca": "{",
            "map_pca3": {"one": "a", "other": "b"},
            "making_map": "{gap}",
            "some_points": 3,
            "all_points": "{count:>9}",
        },
        stage={"honestyEnds": ["nah"]},
        train={"page": "Trainieren"},
    )
    places = words.unusable()
    assert say("explore.models", count=3) == "Models (3)"
    assert say("explore.card_line", count=1).startswith("1 dimension")
    assert say("compare.page") == "Compare"
    assert say("train.page") == "Trainieren"
    assert sorted(places) == [
        "compare",
        *(f"explore.{name}" for name in ("all_points", "card_line")),
        *(f"explore.{name}" for name in ("making_map", "map_pca", "map_pca3", "models")),
        "explore.some_points",
        "stage.honestyEnds",
    ]


def test_a_file_that_cannot_be_read_is_english_and_is_named(spoken, tmp_path):
    spoken("de", train={"page": "Trainieren"})
    (tmp_path / "de" / "compare.json").write_text('{"page": "Vergl', encoding="utf-8")
    (tmp_path / "de" / "explore.json").write_bytes(b'{"page": "\xff"}')
    (tmp_path / "de" / "run.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "de" / "train.json").write_text('\ufeff{"page": "Trainieren"}', encoding="utf-8")
    assert say("compare.page") == "Compare"
    assert say("train.page") == "Trainieren"
    assert words.unusable() == ["compare.json", "explore.json", "run.json"]


@pytest.mark.parametrize(
    ("folder", "tag"), [("pl", "pl"), ("pt-BR", "pt-BR"), ("my words", "en"), ('"><b>', "en")]
)
def test_pages_name_a_language_that_browsers_know(spoken, folder, tag):
    spoken(folder)
    assert words.tag() == tag
