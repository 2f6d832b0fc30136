"""Whatever an address holds, the answer is a file or a refusal, never a fault of ours."""

from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.ui import routes, run_routes
from explorer.ui.opened import open_model

DIGITS = "9" * 5_000
WICKED = [
    *("", "-1", "1.5", "1e3", "nan", "٣", "²", "0x1", " 1", "1_0", "+1", "None", "true"),
    *(
        "..",
        ".",
        "../../etc/passwd",
        "..\\..",
        "a/b",
        "\x00",
        "\n",
        "%",
        "%00",
        "\ud800",
        "🦊",
        "'\"",
    ),
    *(
        DIGITS,
        "z" + DIGITS + "-0",
        "z0-" + DIGITS,
        "z-",
        "z0-0-0",
        "z²-0",
        "a" * 5_000,
        "," * 5_000,
    ),
]


def quoted(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


@pytest.fixture
def client(tiny, own_home) -> TestClient:
    write_bundle(tiny, store.bundles_folder() / "tiny")
    served = [*run_routes.routes(), *routes.routes()]
    return TestClient(Starlette(routes=served))  # which raises whatever a route raises


@pytest.mark.slow
@pytest.mark.parametrize("text", WICKED, ids=lambda text: ascii(text)[:20])
def test_no_part_of_an_address_breaks_a_route(client, text):
    urls = routes.urls(open_model("tiny"))
    part = quoted(text)
    asked = [
        f"{urls['original']}/{part}.png",
        *(f"{urls['map']}?{key}={part}" for key in ("map", "color", "points", "theme", "part")),
        f"{urls['decode']}?z={part}",
        f"{urls['decode']}?z={part},{part}",
        f"{urls['codes']}&for={part}",
        f"/latent/bundle/{part}/tiny/codes",
        f"/latent/bundle/x/{part}/codes",
        f"/latent/live/{part}/explore/page.js",
        f"/latent/live/x/{part}",
        f"/latent/plotly/{part}/plotly.min.js",
        *(f"/latent/run/{part}/{what}" for what in ("progress", "snapshot/1", "items", "gif")),
        f"/latent/{part}",
    ]
    for address in asked:
        answer = client.get(address, follow_redirects=False)
        assert answer.status_code in (200, 404, 307), address


def test_runs_are_asked_for_with_anything(client, own_home, tiny):
    run = jobs.RunFolder(store.runs_folder() / "20260101-one")
    run.create(jobs.Record(name="one", out=own_home / "one", config=tiny.config))
    for text in WICKED:
        for address in (f"snapshot/{quoted(text)}", f"progress?reports={quoted(text)}&snapshots=x"):
            answer = client.get(f"/latent/run/{run.id}/{address}", follow_redirects=False)
            assert answer.status_code in (200, 404, 307), address


@pytest.mark.parametrize(
    "address", ["/latent", "/latent/", "/latent/x", "/latent/bundle", "/latent/bundle/a/b/c"]
)
def test_addresses_that_lead_nowhere_say_so(client, address):
    assert client.get(address).status_code == 404


def test_responses_with_images_are_cached_by_the_browser_alone(client):
    urls = routes.urls(open_model("tiny"))
    for url in (f"{urls['original']}/3.png", urls["names"]):
        kept = client.get(url).headers["cache-control"]
        assert "private" in kept
        assert "public" not in kept
