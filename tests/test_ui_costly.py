"""Answers that cost much: worked out once for all who ask, a few at a time, kept up to a size."""

import asyncio
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explorer import jobs, store
from explorer.bundle import write_bundle
from explorer.errors import DataError
from explorer.export import as_gif
from explorer.ui import opened, routes, run_routes
from explorer.ui.costly import Costly
from explorer.ui.opened import open_model
from tests.tools import awaited


class Work:
    """Work that waits until it may go on, and counts itself."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.done: list[object] = []
        self.now = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, name: object, size: int = 10) -> bytes:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        assert self.may_go_on.wait(30)
        with self._lock:
            self.now -= 1
            self.done.append(name)
        return b"x" * size


def ask_all(costly: Costly, work: Work, names: list[object], size: int = 10) -> list[bytes]:
    async def ask() -> list[bytes]:
        asked = [costly.get(name, partial(work, name, size)) for name in names]
        answers = asyncio.gather(*asked)
        await asyncio.sleep(0.05)
        work.may_go_on.set()
        return await answers

    return awaited(ask())


def test_what_many_ask_for_at_once_is_worked_out_once():
    work, costly = Work(), Costly(at_once=4, most_bytes=1_000)
    answers = ask_all(costly, work, ["one"] * 20)
    assert work.done == ["one"]
    assert answers == [b"x" * 10] * 20
    ask_all(costly, work, ["one"])
    assert work.done == ["one"]  # and is kept


@pytest.mark.parametrize("at_once", [1, 2])
def test_only_a_few_are_worked_out_at_the_same_time(at_once):
    work = Work()
    ask_all(Costly(at_once=at_once, most_bytes=1_000), work, list(range(20)))
    assert sorted(work.done, key=str) == sorted(range(20), key=str)
    assert work.most <= at_once


def test_those_used_last_are_kept_up_to_a_size():
    work, costly = Work(), Costly(at_once=1, most_bytes=35)
    ask_all(costly, work, ["one", "two", "three"])
    ask_all(costly, work, ["one", "four"])  # which sends the second away
    assert costly.size_bytes == 30
    work.done.clear()
    ask_all(costly, work, ["one", "three", "four"])
    assert work.done == []
    ask_all(costly, work, ["two"])
    assert work.done == ["two"]
    assert ask_all(costly, work, ["large"], size=36) == [b"x" * 36]
    assert costly.size_bytes <= 35


def test_a_failure_reaches_all_who_wait_and_is_tried_again():
    costly, tried = Costly(at_once=1, most_bytes=100), []

    def fails() -> bytes:
        tried.append(1)
        raise DataError.worded("No data.", "Some is needed.", "Get some.")

    for _ in range(2):
        with pytest.raises(DataError, match="No data"):
            awaited(costly.get("key", fails))
    assert len(tried) == 2
    assert awaited(costly.get("key", lambda: b"good")) == b"good"


def test_one_who_leaves_does_not_end_it_for_the_others():
    work, costly = Work(), Costly(at_once=1, most_bytes=100)

    async def ask() -> bytes:
        first = asyncio.create_task(costly.get("key", lambda: work("key")))
        second = asyncio.create_task(costly.get("key", lambda: work("key")))
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0.05)
        work.may_go_on.set()
        return await second

    assert awaited(ask()) == b"x" * 10
    assert work.done == ["key"]


@pytest.fixture
def client(tiny, own_home) -> TestClient:
    write_bundle(tiny, store.bundles_folder() / "tiny")
    return TestClient(Starlette(routes=routes.routes()))


@pytest.mark.parametrize(
    ("address", "maker"),
    [
        ("comparison", "comparison_buffer"),
        ("map", "map_figure"),
        ("encoder", "encoder_pack"),
    ],
)
def test_the_large_routes_work_once_for_many(client, monkeypatch, address, maker):
    make, made = getattr(routes, maker), []

    def counted(*args: object) -> object:
        made.append(1)
        return make(*args)

    monkeypatch.setattr(routes, maker, counted)
    for name in ("HEAVY", "_LIGHT"):
        monkeypatch.setattr(routes, name, Costly(at_once=2, most_bytes=10_000_000))
    url = routes.urls(open_model("tiny"))[address]  # type: ignore[literal-required]
    with ThreadPoolExecutor(16) as visitors:
        answers = list(visitors.map(lambda _: client.get(url), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(made) == 1


def test_answers_that_are_kept_hold_no_opened_model_in_memory(client, monkeypatch):
    for name in ("HEAVY", "_LIGHT", "_ORIGINALS"):
        monkeypatch.setattr(routes, name, Costly(at_once=1, most_bytes=10_000_000))
    opened._opened.cache_clear()
    model = open_model("tiny")
    for url in (routes.urls(model)[part] for part in ("map", "codes")):
        assert client.get(url).status_code == 200
    gone = weakref.ref(model)
    del model
    opened._opened.cache_clear()
    # The thread that answered lets go of its work a moment after it has answered.
    patience = time.monotonic() + 10
    while gone() is not None and time.monotonic() < patience:
        time.sleep(0.01)
    assert gone() is None


def test_the_film_of_a_run_is_made_once_and_again_when_the_run_has_gone_on(
    tiny, own_home, monkeypatch
):
    run = jobs.RunFolder(store.runs_folder() / "20260101-one")
    run.create(jobs.Record(name="one", out=own_home / "one", config=tiny.config))
    run.append("snapshots.jsonl", {"step": 1, "elapsed_s": 0.5})
    made: list[str] = []

    def film(run_id: str) -> bytes:
        made.append(run_id)
        return b"GIF89a"

    gif = replace(as_gif.FORMAT, write=film)  # type: ignore[arg-type]
    monkeypatch.setattr(run_routes, "formats_of", lambda thing: [gif])
    monkeypatch.setattr(run_routes, "replay_of", lambda run: run.id)
    client = TestClient(Starlette(routes=run_routes.routes()))
    url = run_routes.replay_url(run, gif)

    def ask() -> set[bytes]:
        with ThreadPoolExecutor(16) as visitors:
            return {one.content for one in visitors.map(lambda _: client.get(url), range(32))}

    assert ask() == {b"GIF89a"}
    assert len(made) == 1
    run.append("snapshots.jsonl", {"step": 2, "elapsed_s": 1.0})
    assert ask() == {b"GIF89a"}
    assert len(made) == 2
    assert client.get("/latent/run/nobody/replay.gif").status_code == 404
