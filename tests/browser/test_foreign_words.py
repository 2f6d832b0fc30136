"""A model whose every text wants to be more than text: it is shown as it is, and does nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from explorer.bundle import write_bundle
from explorer.completing import complete
from tests.browser.conftest import SLOW_MS, Visit, serving, visiting
from tests.conftest import fresh_bundle

WORDS = (
    "!![x](http://tracker.example/a.png) https://evil.example www.evil.example a@evil.example "
    ":material/warning: :rocket: :red[red] $x^2$ <img src=x> a -> b"
)
CARD = f"""# {WORDS}

!![x](http://tracker.example/b.png)

- {WORDS}

| {WORDS} | b |
|---|---|
| ![c](http://tracker.example/c.png) | `code` |

<img src="http://tracker.example/d.png">

[x]: http://tracker.example/e.png
![x]

    {WORDS}
"""


@pytest.fixture(scope="module")
def foreign(tmp_path_factory, browser) -> Iterator[Visit]:
    """A page of an app in whose home such a model lies."""
    home = tmp_path_factory.mktemp("foreign")
    fresh = fresh_bundle("foreign")
    names = ("class " + WORDS, "b")
    made = replace(
        fresh,
        title=WORDS[:190],
        look_for=WORDS,
        data=replace(fresh.data, class_names=names, source=WORDS, licence=WORDS),
        slider_names={0: WORDS, 1: "plain"},
    )
    whole = replace(complete(made), factor_r2={WORDS: 0.5}, card=CARD, command="rm -rf /")
    write_bundle(whole, home / "bundles" / "foreign")
    with serving(home) as address:
        yield from visiting(browser, address, viewport={"width": 1280, "height": 800})


def test_foreign_words_lead_nowhere_and_load_nothing(foreign):
    asked: list[str] = []
    foreign.page.on("request", lambda request: asked.append(request.url))
    foreign.open("?model=foreign")
    page = foreign.page
    page.get_by_role("button", name="About this model").click()
    panel = page.get_by_role("dialog")
    panel.get_by_text("Full model card").click()
    panel.get_by_text("tracker.example/e.png").first.wait_for(timeout=SLOW_MS)
    for part in (panel, page.get_by_test_id("stSidebar")):
        links = part.locator("a").evaluate_all("links => links.map((a) => a.href)")
        assert not [link for link in links if "127.0.0.1" not in link]
        assert part.locator("img[src*=example], img[src='x'], .katex").count() == 0
        icons = part.locator("[data-testid=stIconMaterial]").all_inner_texts()
        assert "warning" not in icons
        assert "🚀" not in part.inner_text()
    assert "![c](http://tracker.example/c.png)" in panel.inner_text().replace("\u2060", "")
    assert ":material/warning: :rocket: :red[red]" in panel.inner_text().replace("\u2060", "")
    assert "rm -rf" not in panel.inner_text(), "a command is made from the settings"
    assert "latent-explorer train --data digits" in panel.inner_text()
    assert not [url for url in asked if "127.0.0.1" not in url and not url.startswith("blob:")]
