"""A new page is one folder with a `render()`, and its words: the app offers it and draws it."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

import explorer
from explorer import words
from explorer.ui import index, pages, views
from tests.tools import page_of_lengths

SCRIPT = Path(explorer.__file__).parent / "ui" / "navigation.py"


@pytest.fixture
def toy(tmp_path, monkeypatch) -> str:
    """A page in a folder of its own, beside those of the app."""
    page_of_lengths(tmp_path / "views", tmp_path / "words")
    monkeypatch.setattr(views, "__path__", [*views.__path__, str(tmp_path / "views")])
    monkeypatch.setenv(words.ASKED, str(tmp_path / "words"))
    return "lengths"


def test_a_page_is_offered_after_ours_and_drawn(toy):
    assert pages.names() == ["explore", "train", "compare", toy]
    app = AppTest.from_file(str(SCRIPT), default_timeout=60).run()
    assert not app.exception
    links = {link.proto.label: link.proto.page for link in app.sidebar.get("page_link")}
    assert list(links) == ["Explore", "Train", "Compare", "Lengths"]
    assert links["Lengths"] == toy
    app._page_hash = app.session_state["pages"][toy]._script_hash  # as a click on the link does
    app.run()
    assert not app.exception
    assert app.main.markdown[0].value == "The latent code of faces has 16 numbers."


def test_the_address_of_a_page_begins_with_our_outline(toy):
    answer = TestClient(Starlette(routes=index.routes())).get(f"/{toy}")
    assert answer.status_code == 200
    assert "<title>Latent Explorer</title>" in answer.text
