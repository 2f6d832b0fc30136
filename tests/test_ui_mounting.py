"""What is mounted in the browser: it gets a scene, and only what it says of that scene counts."""

from inspect import unwrap
from types import SimpleNamespace

import pytest

from explorer.ui import mounting, state

SCENE = {"key": "a:1", "urls": {"module": "/a.js"}, "words": {}}


@pytest.fixture
def mounted(monkeypatch) -> SimpleNamespace:
    """SCENE as it was mounted: what was sent, and what is called when the hand lets go."""
    found = SimpleNamespace(remembered=[])

    def renderer(*, key: str, data: object, on_view_change: object) -> None:
        found.key, found.sent, found.rest = key, data, on_view_change

    monkeypatch.setattr(mounting, "_component", lambda name, entry: renderer)
    mount = unwrap(mounting.mount)  # a fragment needs a page around it
    mount("toy", "toy/page.js", SCENE, remember=found.remembered.append)
    return found


def test_a_scene_is_sent_as_it_is(mounted):
    assert (mounted.key, mounted.sent) == ("toy", SCENE)


@pytest.mark.parametrize(
    ("view", "counts"),
    [({"key": "a:1", "z": [1]}, True), ({"key": "b:1", "z": [1]}, False), (None, False)],
)
def test_what_the_browser_says_counts_only_if_it_is_of_this_scene(
    mounted, view, counts, monkeypatch
):
    monkeypatch.setattr(state, "reported_view", {"toy": view}.get)
    mounted.rest()
    assert mounted.remembered == ([view] if counts else [])
