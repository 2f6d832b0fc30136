import json

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import store
from explorer.bundle import write_bundle
from explorer.latent.encode import decode
from explorer.live import modules
from explorer.ui import routes
from explorer.ui.opened import open_model
from tests.conftest import N_PLACED


@pytest.fixture
def opened(tiny, own_home):
    write_bundle(tiny, store.bundles_folder() / "tiny")
    return open_model("tiny")


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=routes.routes()))


def test_the_files_of_a_bundle_are_served_and_may_be_kept(opened, client):
    urls = routes.urls(opened)
    pack = client.get(urls["pack"])
    assert pack.content == opened.bundle.pack
    assert "immutable" in pack.headers["cache-control"]
    assert client.get(urls["codes"]).content == opened.codes_buffer


def test_the_encoder_is_written_for_the_browser_where_there_is_one(opened, tiny_gan, client):
    answer = client.get(routes.urls(opened)["encoder"])
    assert answer.content[:4] == b"LXPK"
    assert "immutable" in answer.headers["cache-control"]
    write_bundle(tiny_gan, store.bundles_folder() / "gan")
    urls = routes.urls(open_model("gan"))
    assert "encoder" not in urls
    assert client.get(urls["pack"].replace("decoder", "encoder")).status_code == 404


def test_all_modules_and_plotly_are_served_as_scripts(opened, client):
    urls = routes.urls(opened)
    module = urls["module"]
    for url in (module, module.replace("explore/", "run/"), urls["plotly"]):
        answer = client.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")


def test_the_kernels_are_served_as_webassembly(opened, client):
    url = routes.urls(opened)["module"].replace("explore/page.js", modules.KERNELS)
    for encoding in ("gzip", "identity"):
        answer = client.get(url, headers={"Accept-Encoding": encoding})
        assert answer.headers["content-type"] == "application/wasm"
        assert answer.headers["content-encoding" if encoding == "gzip" else "vary"]
        assert answer.content == (modules.FOLDER / modules.KERNELS).read_bytes()


def test_modules_are_compressed_for_browsers_that_take_it(opened, client):
    url = routes.urls(opened)["module"]
    short = client.get(url, headers={"Accept-Encoding": "gzip"})
    whole = client.get(url, headers={"Accept-Encoding": "identity"})
    assert short.headers["content-encoding"] == "gzip"
    assert short.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in whole.headers
    assert short.text == whole.text == modules.minified("explore/page.js")


@pytest.mark.parametrize(
    "file",
    [
        "nothing.js",
        "explore/page.css",
        "modules.py",
        "explore%2F..%2Fmodules.py",
        "..%2Fstore.py",
        "%2e%2e/errors.py",
    ],
)
def test_only_modules_leave_the_live_room(client, file):
    assert client.get(f"/latent/live/{modules.version()}/{file}").status_code == 404


def test_a_bundle_that_changed_asks_for_a_reload(opened, client):
    answer = client.get(routes.urls(opened)["codes"].replace(opened.version, "0" * 16))
    assert answer.status_code == 404
    assert "Reload the page" in answer.json()["error"]


def test_an_unknown_bundle_is_an_answer_and_not_a_crash(client):
    answer = client.get("/latent/bundle/x/nobody/codes")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["error"]


def test_maps_are_figures(opened, client):
    url = routes.urls(opened)["map"]
    figure = client.get(f"{url}?map=tsne&color=class&points=9&theme=dark").json()
    assert {trace["type"] for trace in figure["data"]} == {"scattergl"}
    assert json.dumps(client.get(f"{url}?points=x").json())


def test_originals_are_pictures_and_unknown_items_are_not(opened, client):
    url = routes.urls(opened)["original"]
    answer = client.get(f"{url}/3.png")
    assert answer.headers["content-type"] == "image/png"
    assert client.get(f"{url}/32.png").status_code == 404


def test_decoding_here_is_what_torch_decodes(tiny, opened, client):
    url = routes.urls(opened)["decode"]
    drawn = np.frombuffer(client.get(f"{url}?z=0.5,-1").content, "<f4").reshape(1, 8, 8)
    z = np.array([[0.5, -1]], np.float32)
    np.testing.assert_allclose(drawn, decode(tiny, z)[0], atol=1e-6)


@pytest.mark.parametrize("z", ["", "1", "1,2,3", "a,b", "nan,1", "inf,1"])
def test_a_code_that_does_not_fit_is_refused_in_words(opened, client, z):
    answer = client.get(f"{routes.urls(opened)['decode']}?z={z}")
    assert answer.status_code == 404
    assert "2 numbers" in answer.json()["error"]


def test_a_draw_from_the_prior_has_no_original(tiny_gan, own_home, client):
    write_bundle(tiny_gan, store.bundles_folder() / "gan")
    urls = routes.urls(open_model("gan"))
    assert client.get(f"{urls['original']}/{N_PLACED - 1}.png").status_code == 200
    assert client.get(f"{urls['original']}/{N_PLACED}.png").status_code == 404
