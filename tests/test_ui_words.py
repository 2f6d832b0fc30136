"""Names and cards reach Streamlit's Markdown as plain text, whatever they hold."""

import re

import pytest

from explorer.completing import complete
from explorer.ui.cards import harmless
from explorer.ui.words import plain
from tests.conftest import fresh_bundle

# What Streamlit's Markdown makes something of, by the patterns it looks for, in the raw text or in
# what the parser leaves of it once escapes are gone.
IN_TEXT = {
    "icon": r":material/\w+:",
    "smiley": r":[\w+-]+:",
    "address": r"(?:https?://|www\.)[-\w]",
    "mail": r"[-.\w+]+@[-\w]+\.[-\w]+",
    "arrow": r"(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
}
NAMES = {
    "picture": "![x](http://tracker.example/x.png)",
    "picture twice": "!![x](http://tracker.example/x.png)",
    "link": "[x](javascript:alert(1))",
    "bare address": "see https://evil.example/?a=1 or www.evil.example",
    "mail": "write to me@evil.example",
    "icon": ":material/warning: danger :red[now] :rocket:",
    "arrows": "a -> b <-> c -- d >= e",
    "html": "<img src=x onerror=alert(1)> &lt;b&gt;",
    "formula": "$x^2$ and ~~gone~~",
    "block": "a\n\n    code\n# heading\n1. list\n===",
    "turned": "gnp.\u202egpj.exe",
    "controls": "a\x1b[2Jb\x00c",
    "half a character": "a\ud800b",
}


def read(markdown: str) -> str:
    """What a parser leaves as text of Markdown in which all signs are escaped."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_shown_as_they_are_and_do_nothing(name):
    shown = plain(name)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)[`*_\[\]#|$<>~&]", shown), "all that marks up is escaped"
    for what, pattern in IN_TEXT.items():
        assert not re.search(pattern, read(shown)), what
    as_read = read(shown).replace("\u2060", "")
    assert [w for w in as_read.split() if w.isalnum()] == [w for w in name.split() if w.isalnum()]
    assert shown.encode()


def test_plain_names_in_any_script_stay_as_they_are():
    for name in ("Zwölf", "手書き", "हिन्दी", "👩‍🚀 x", "t-shirt (2)"):
        assert read(plain(name)).replace("\u2060", "") == name


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_cards_from_elsewhere_are_plain_text(name):
    shown = harmless(f"# {name}\n\n- {name}\n| {name} |\n{name}\n")
    for line in shown.splitlines():
        code_apart = re.sub("^    .*|`[^`]*`", "", line)
        assert not re.search(r"(?<!\\)(\[|!\[|<)", code_apart)
        for what, pattern in IN_TEXT.items():
            assert not re.search(pattern, read(code_apart)), what


def test_our_own_cards_keep_headings_lists_tables_and_words():
    card = complete(fresh_bundle("a_b")).card
    shown = harmless(card)
    assert shown.count("#### ") == card.count("# ")
    assert shown.splitlines()[0] == r"#### a\_b"
    assert "| (`mse`) |" not in shown
    assert re.search(r"^\| .*\(`mse`\)", read(shown), re.MULTILINE)
    assert "|---|---:|---|" in shown
    assert read(shown).replace("\u2060", "").count("test the") == card.count("test the")
