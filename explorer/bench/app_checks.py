"""The lines of the table about the app as a process: its start, its memory, and many visitors."""

import statistics
from collections.abc import Iterator
from functools import partial

import numpy as np

from explorer.bench import app, bombs, browser, crowd, running
from explorer.bench.rows import Check, Once, Reading, line
from explorer.bench.stand import Stand
from explorer.bundle import BundleSummary

_N_STARTS = 3
_N_SESSIONS = 50
_N_VIEWERS = 6
_N_COMPARISONS, _N_GIFS = 56, 40


def of_start(stand: Stand, shipped: list[BundleSummary]) -> Iterator[Check]:
    """Starts, and loads of a page opened twice before in the same profile; medians of three."""
    check = partial(line, "start")

    def first_answer() -> Reading:
        starts = []
        for _ in range(_N_STARTS):
            with app.running_app() as started:
                starts.append(started.first_answer_s)
        return Reading(statistics.median(starts), f"the slowest {max(starts):.1f} s")

    def loaded(model: str) -> Reading:
        warm, first = browser.load_s(stand.app.address, model)
        return Reading(warm, f"{first:.1f} s on the very first visit")

    yield check("command to first HTTP answer", "s", 4, first_answer)
    for model in shipped:
        what = "page load until it can be dragged, warm"
        yield check(what, "s", 3, partial(loaded, model.name), model=model.name)


def of_memory(shipped: list[BundleSummary]) -> Iterator[Check]:
    """Memory of the command and the server together.

    Each number is measured on an app of its own, so that earlier measurements leave no trace.
    """
    check = partial(line, "memory")

    def explore() -> tuple[int, float]:
        with app.running_app() as fresh:
            names = [model.name for model in shipped]

            def look() -> tuple[int, float]:
                return len(fresh.torch_libraries()), fresh.resident_mb()

            return browser.while_exploring(fresh.address, names, look)

    explored = Once(explore)

    def torch_libraries() -> Reading:
        return Reading(explored()[0])

    def resident() -> Reading:
        return Reading(explored()[1], "after exploring every shipped model once")

    def session() -> Reading:
        with app.running_app() as fresh:
            return Reading(app.session_mb(fresh, _N_SESSIONS))

    yield check("app while exploring: torch libraries loaded", "libraries", 0, torch_libraries)
    yield check("app while exploring: resident memory", "MB", 350, resident)
    yield check(f"each of {_N_SESSIONS} idle sessions adds", "MB", 10, session)


def of_crowd() -> Iterator[Check]:
    """Many visitors, each time of an app of its own, so that no crowd finds what another left."""
    check = partial(line, "crowd")

    def p95(values: np.ndarray) -> Reading:
        note = f"the median {np.median(values):,.2g}, the longest {values.max():,.2g}"
        return Reading(float(np.quantile(values, 0.95)), note)

    def ready() -> Reading:
        with app.running_app() as fresh:
            return p95(crowd.ready_s(fresh, _N_SESSIONS))

    def rests() -> Reading:
        with app.running_app() as fresh:
            return p95(crowd.rests_ms(fresh, _N_SESSIONS))

    asked = Once(partial(crowd.costly_mb, _N_COMPARISONS, _N_GIFS))
    costly = f"{_N_COMPARISONS} comparisons and {_N_GIFS} GIFs at once: memory over idle"
    yield check(f"{_N_SESSIONS} sessions opened at once: ready, p95", "s", 3, ready)
    yield check(
        f"{_N_SESSIONS} visitors, each resting once a second: answer, p95", "ms", 200, rests
    )
    yield check(
        f"a click beside {_N_VIEWERS} viewers of a run: answer, p95",
        "ms",
        300,
        lambda: p95(crowd.clicks_ms(_N_VIEWERS)),
    )
    yield check(f"{costly}, at its highest", "MB", 500, lambda: Reading(asked().highest_mb))
    yield check(f"{costly}, within a minute", "MB", 100, lambda: Reading(asked().left_mb))


def of_bombs() -> Iterator[Check]:
    """Small files of very many pixels, each dropped on an app of its own."""
    for name in bombs.BOMBS:
        yield Check(
            group="bombs",
            what="small file of very many pixels, dropped: memory over idle, at its highest",
            unit="MB",
            budget=300,
            model=name,
            measure=partial(_bomb, name),
        )


def _bomb(name: str) -> Reading:
    highest_mb, n_bytes = bombs.peak_mb(name)
    return Reading(highest_mb, f"a file of {n_bytes / 1e3:,.0f} kB")


def of_run() -> Iterator[Check]:
    """The app while a run works on the faces, the heaviest included set; and a run itself."""
    check = partial(line, "run")

    def look() -> tuple[browser.Drag, float]:
        with running.app_with_run("faces") as busy:
            return browser.drag(busy.address, "faces"), running.answer_ms(busy.address)

    def train() -> tuple[float, float, float]:
        with app.running_app() as fresh:
            return running.first_look_s(fresh.address)

    def seconds(which: int) -> Reading:
        return Reading(trained()[which])

    looked, trained = Once(look), Once(train)

    def latency() -> Reading:
        return Reading(float(np.quantile(looked()[0].frames_ms, 0.95)))

    yield check("while a run works, faces: input event to picture, p95", "ms", 16, latency)
    yield check(
        f"while a run works, faces: frames in a drag of {browser.DRAG_S} s",
        "frames",
        100,
        lambda: Reading(looked()[0].n_in_time),
        True,
    )
    yield check("while a run works: click to answer", "ms", 300, lambda: Reading(looked()[1]))
    for which, (what, budget_s) in enumerate((("first picture", 3), ("map", 15), ("all done", 15))):
        name = f"Train, digits, quick look: {what}"
        yield check(name, "s", budget_s, partial(seconds, which))
