"""A new export format is one record: registered, or declared by a package, pages offer it."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.export import FORMATS, ComparisonTable, ExportFormat, RunReplay, Titles, formats_of
from explorer.registry import Registry
from explorer.ui import address, compare_view, exports, run_routes, run_view
from explorer.ui.opened import open_model
from tests.tools import installed

TOY = """
from explorer.export import ComparisonTable, ExportFormat

FORMAT = ExportFormat(
    name="names", suffix=".txt", media_type="text/plain", saves=ComparisonTable,
    write=lambda table: " ".join(table.models).encode(),
)
"""


@pytest.fixture
def of_comparisons() -> Iterator[ExportFormat[ComparisonTable]]:
    toy = ExportFormat(
        name="names",
        suffix=".txt",
        media_type="text/plain",
        saves=ComparisonTable,
        write=lambda table: " ".join(table.models).encode(),
    )
    FORMATS.register(toy)  # type: ignore[arg-type]
    yield toy
    FORMATS.forget(toy)  # type: ignore[arg-type]


@pytest.fixture
def of_runs() -> Iterator[ExportFormat[RunReplay]]:
    toy = ExportFormat(
        name="title",
        suffix=".txt",
        media_type="text/plain",
        saves=RunReplay,
        write=lambda replay: replay.titles.run.encode(),
    )
    FORMATS.register(toy)  # type: ignore[arg-type]
    yield toy
    FORMATS.forget(toy)  # type: ignore[arg-type]


def replay_named(name: str) -> RunReplay:
    titles = Titles(run=name, originals="", reconstructions="", samples="")
    return RunReplay(moments=[], x=np.zeros((0, 1, 8, 8), np.uint8), titles=titles)


def content(address: str) -> bytes:
    return base64.b64decode(address.partition(";base64,")[2])


def test_a_comparison_is_offered_in_a_registered_format_and_written(of_comparisons, tiny, own_home):
    for name in ("one", "two"):
        write_bundle(replace(tiny, name=name), store.bundles_folder() / name)
    scene = compare_view.scene([open_model("one"), open_model("two")], address.SharedStart())
    offered = {table["name"]: table for table in scene["tables"]}
    assert list(offered) == ["csv", "markdown", "latex", "names"]
    assert offered["names"]["label"] == ".txt", "without words, it goes by its suffix"
    assert content(offered["names"]["url"]) == b"one two"
    assert content(offered["markdown"]["url"]).startswith(b"|  | one | two |")


def test_a_run_is_offered_in_a_registered_format_and_served(of_runs, tiny, own_home, monkeypatch):
    run = jobs.RunFolder(store.runs_folder() / "20260101-one")
    run.create(jobs.Record(name="My run", out=own_home / "one", config=tiny.config))
    monkeypatch.setattr(run_routes, "replay_of", lambda run: replay_named(run.record().name))
    offered = {one["name"]: one for one in run_view.scene(run)["replays"]}
    assert list(offered) == ["gif", "title"]
    client = TestClient(Starlette(routes=run_routes.routes()))
    answer = client.get(offered["title"]["url"])
    assert answer.content == b"My run"
    assert answer.headers["content-type"].startswith("text/plain")
    assert client.get(offered["title"]["url"].replace(".txt", ".mov")).status_code == 404


def test_a_format_of_another_package_is_found_by_its_entry_point(tmp_path: Path, monkeypatch):
    with installed(tmp_path, "toy_export", TOY, "latent_explorer.exports", "FORMAT"):
        fresh = Registry[ExportFormat[object]]("latent_explorer.exports", FORMATS._own)
        assert [one.name for one in fresh.all()][-1] == "names"
        monkeypatch.setattr("explorer.export.formats.FORMATS", fresh)
        assert [one.suffix for one in formats_of(ComparisonTable)][-1] == ".txt"
        assert exports.offered(ComparisonTable, lambda one: one.name)[-1]["url"] == "names"
