import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer.ui import index


@pytest.mark.parametrize("path", ["/", "/train", "/compare"])
def test_pages_begin_with_our_name_and_an_outline(path):
    answer = TestClient(Starlette(routes=index.routes())).get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"  # Streamlit's scripts change their names
    assert "<title>Latent Explorer</title>" in answer.text
    assert 'class="le-first" aria-hidden="true"' in answer.text
    assert '<div id="root"></div>' in answer.text
    assert "--le-hero: clamp(" in answer.text, "as large as on the stage"


def test_a_page_of_another_streamlit_is_left_as_it_is(monkeypatch, tmp_path):
    other = tmp_path / "index.html"
    other.write_text("<title>Something</title>")
    monkeypatch.setattr(index, "_INDEX", other)
    index.page_text.cache_clear()
    assert index.routes() == []
    index.page_text.cache_clear()
