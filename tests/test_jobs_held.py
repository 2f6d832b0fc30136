"""Whether a run is worked on, as many people look at once."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer import store
from explorer.config import TrainConfig
from explorer.jobs.folder import LOCK_WAIT_S, RunFolder
from explorer.jobs.held import is_held
from explorer.jobs.records import JobStatus, Record

N_PEOPLE, N_LOOKS = 8, 1_000


@pytest.fixture
def run() -> RunFolder:
    run = RunFolder(store.runs_folder() / "mine")
    config = TrainConfig(data="digits", arch="mlp", hidden=(8,), epochs=1)
    run.create(Record(name="mine", out=store.bundles_folder() / "mine", config=config))
    with run.lock():
        pass  # as a process that has ended leaves it
    return run


def test_looking_at_the_same_time_is_not_mistaken_for_a_running_process(run):
    with ThreadPoolExecutor(N_PEOPLE) as people:
        looks = people.map(lambda _: run.is_worked_on(), range(N_PEOPLE * N_LOOKS))
        assert sum(looks) == 0


def test_a_process_that_holds_the_lock_is_seen_by_all(run):
    with run.lock(), ThreadPoolExecutor(N_PEOPLE) as people:
        assert all(people.map(lambda _: run.is_worked_on(), range(100)))
    assert not run.is_worked_on()


@pytest.mark.slow
def test_looking_keeps_no_process_from_starting(run):
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            run.is_worked_on()

    with ThreadPoolExecutor(N_PEOPLE) as people:
        for _ in range(N_PEOPLE):
            people.submit(look)
        try:
            for _ in range(20):
                with run.lock().acquire(timeout=LOCK_WAIT_S):
                    assert run.is_worked_on()
        finally:
            stop.set()


def test_looking_at_a_deleted_run_creates_no_files(run):
    said = JobStatus(state="running", step=1, steps=9, pid=1, updated_s=time.time() - 60)
    run.say(said)
    assert run.status().state == "failed"
    shutil.rmtree(run.path)
    assert not run.is_worked_on()
    run.status()
    assert list(store.runs_folder().iterdir()) == []


def test_looking_writes_nothing(run):
    (run.path / "lock").unlink()
    before = sorted(run.path.iterdir())
    assert not is_held(run.path / "lock")
    assert sorted(run.path.iterdir()) == before
