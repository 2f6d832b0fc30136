"""What the browser fetches of a run."""

import shutil

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import store
from explorer.config import TrainConfig
from explorer.jobs.folder import RunFolder
from explorer.jobs.records import Record
from explorer.ui import run_routes
from explorer.ui.run_view import scene

pytestmark = [pytest.mark.usefixtures("no_process"), pytest.mark.slow]


@pytest.fixture
def client(at_home):
    with TestClient(Starlette(routes=run_routes.routes())) as client:
        yield client


def test_progress_sends_only_what_is_new(at_home, client):
    url = run_routes.urls(at_home)["progress"]
    news = client.get(url).json()
    assert news["state"] == "finished"
    assert news["left_s"] == 0
    assert news["health"]["words"]
    n_reports, n_snapshots = len(news["reports"]), len(news["snapshots"])
    assert n_reports > 0
    assert n_snapshots > 0
    later = client.get(f"{url}?reports={n_reports}&snapshots={n_snapshots - 1}").json()
    assert later["reports"] == []
    assert later["snapshots"] == news["snapshots"][-1:]
    assert client.get(url).headers["cache-control"] == "no-store"


def test_snapshots_items_and_map_are_served(at_home, client):
    urls = run_routes.urls(at_home)
    for which in ("latest", "0"):
        answer = client.get(f"{urls['snapshot']}/{which}")
        assert answer.status_code == 200
        assert b'"xy"' in answer.content
    assert client.get(urls["items"]).status_code == 200
    figure = client.get(f"{urls['map']}?theme=dark").json()
    rows = sorted(row for trace in figure["data"] for row in _values(trace["customdata"]))
    watched = at_home.watched()
    assert watched is not None
    assert rows == list(range(len(watched["labels"])))


def test_the_axes_of_a_flat_code_are_its_dimensions_counted_from_one():
    assert run_routes._titles(np.zeros((3, 2))) == ["Dimension 1", "Dimension 2"]
    assert run_routes._titles(np.zeros((3, 8))) == []


def _values(column) -> list[int]:
    """Plotly writes long columns as bytes."""
    if isinstance(column, dict):
        import base64

        return np.frombuffer(base64.b64decode(column["bdata"]), column["dtype"]).tolist()
    return column


def test_a_run_too_short_for_a_gif_says_so(client):
    run = RunFolder(store.runs_folder() / "short")
    run.create(
        Record(
            name="short", out=store.bundles_folder() / "short", config=TrainConfig(data="digits")
        )
    )
    answer = client.get(scene(run)["replays"][0]["url"])
    assert answer.status_code == 404
    assert "kept no pictures" in answer.json()["error"]


def test_a_snapshot_with_a_reused_number_is_not_taken_from_the_browsers_cache(
    at_home, client, tmp_path, monkeypatch
):
    monkeypatch.setenv("LATENT_EXPLORER_HOME", str(tmp_path))
    run = RunFolder(tmp_path / "runs" / at_home.id)
    shutil.copytree(at_home.path, run.path)
    url = f"{run_routes.urls(run)['snapshot']}/1"
    first = client.get(url)
    seen = {"If-None-Match": first.headers["etag"]}
    assert "no-cache" in first.headers["cache-control"]
    assert client.get(url, headers=seen).status_code == 304
    step = int(run.snapshots()[1]["step"])  # type: ignore[call-overload]
    run.forget_from(step)  # as a run does that resumes
    shutil.copy(run.path / "snapshots" / "0.npz", run.path / "snapshots" / "1.npz")
    again = client.get(url, headers=seen)
    assert again.status_code == 200
    assert again.content != first.content


@pytest.mark.parametrize("rest", ["snapshot/999999", "snapshot/-1", "snapshot/x", "snapshot/²"])
def test_missing_files_are_not_found(at_home, client, rest):
    assert client.get(f"/latent/run/{at_home.id}/{rest}").status_code == 404


@pytest.mark.parametrize("run", ["nothing", "..", "%2e%2e", "a%2fb"])
def test_an_unknown_run_is_not_found(client, run):
    assert client.get(f"/latent/run/{run}/items").status_code == 404


def test_a_page_that_watches_a_deleted_run_hears_so(client):
    news = client.get("/latent/run/gone/progress").json()
    assert news["state"] == "gone"
    assert news["reports"] == news["snapshots"] == []
