"""Every line of the performance table: what is measured, how, and the budget it has to keep.

Budgets are for a machine with 2 cores and no GPU. Nothing here is a result: each check measures
when it is asked to. What several lines need is done once and shared.
"""

import contextlib
import importlib.metadata
import os
import platform
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from explorer import store
from explorer.bench import app, bombs, browser, crowd, projecting, running, throughput
from explorer.bench.rows import Check, Once, Reading
from explorer.bundle import BundleSummary, bundles_in, read_bundle, read_summary, write_bundle
from explorer.comparing import MOST
from explorer.live import modules

GROUPS = (
    "drag",
    "compare",
    "decode",
    "size",
    "start",
    "memory",
    "crowd",
    "bombs",
    "run",
    "projection",
    "training",
)

_SMALL = 28 * 28  # pixels of an image up to which it counts as small
_N_DRAGS = 3
_N_STARTS = 3
_N_SESSIONS = 50
_N_VIEWERS = 6
_N_COMPARISONS, _N_GIFS = 56, 40


@dataclass(frozen=True)
class Machine:
    """What was measured on.

    Attributes:
        date: Day, as ISO 8601 has it.
        n_cores: Cores this process may use.
        load: Load average of the minute before.
        system: Operating system and processor.
        chromium: Version, or None if it cannot be driven here.
        python: Version.
        torch: Version.
    """

    date: str
    n_cores: int
    load: float
    system: str
    chromium: str | None
    python: str
    torch: str


class Stand:
    """Where things are measured: the app, started when first needed.

    Use it with `with`, so that the app ends.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")

    def __enter__(self) -> "Stand":
        return self

    def __exit__(self, *raised: object) -> None:
        self._stack.close()

    @cached_property
    def app(self) -> app.RunningApp:
        """The app, running."""
        return self._stack.enter_context(app.running_app())

    def machine(self) -> Machine:
        """Describe the machine, with the load it had before anything was measured."""
        cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
        return Machine(
            date=datetime.now(UTC).date().isoformat(),
            n_cores=len(cores) if cores else os.cpu_count() or 0,
            load=round(self._load, 2),
            system=f"{platform.system()} {platform.machine()}",
            chromium=browser.version(),
            python=platform.python_version(),
            torch=importlib.metadata.version("torch"),
        )


def checks(stand: Stand) -> Iterator[Check]:
    """Return all lines of the table, in its order."""
    shipped = [read_summary(folder) for folder in bundles_in(store.pretrained_folder())]
    for model in shipped:
        yield from _drag_checks(stand, model)
    yield from _compare_checks(shipped)
    for model in shipped:
        yield Check(
            group="decode",
            what="canvas against torch's decode, worst pixel of 19 codes",
            unit="/255",
            budget=1,
            model=model.name,
            measure=partial(_decode_gap, stand, model),
        )
    yield from _size_checks(shipped)
    yield from _start_checks(stand, shipped)
    yield from _memory_checks(shipped)
    yield from _crowd_checks()
    yield from _bomb_checks()
    yield from _run_checks()
    yield from _projection_checks()
    for batch_size in (64, 128):
        yield Check(
            group="training",
            what=f"training throughput against pythae's, MLP 784-512-16, batch {batch_size}",
            unit="x",
            budget=1.5,
            at_least=True,
            measure=partial(_training_ratio, batch_size),
        )


def _drag_checks(stand: Stand, model: BundleSummary) -> Iterator[Check]:
    """Each number is the median of three drags, messages their sum."""
    _, h, w = model.data.image_shape
    seconds, moves = browser.DRAG_S, browser.MOVES_PER_S
    dragged = Once(lambda: [browser.drag(stand.app.address, model.name) for _ in range(_N_DRAGS)])
    check = partial(_check, "drag", model=model.name)

    def latency() -> Reading:
        drags = dragged()
        decode = statistics.median(float(np.median(drag.decodes_ms)) for drag in drags)
        p95 = statistics.median(float(np.quantile(drag.frames_ms, 0.95)) for drag in drags)
        return Reading(p95, f"of which the forward pass {decode:.1f} ms at the median")

    def frames() -> Reading:
        drags = dragged()
        took = statistics.median(drag.moves_s for drag in drags)
        return Reading(
            statistics.median(drag.n_in_time for drag in drags),
            f"the mouse took {took:.2f} s",
        )

    def messages() -> Reading:
        return Reading(sum(drag.n_messages for drag in dragged()))

    size = f"{w}x{h}"
    yield check(f"{size}: input event to picture, p95", "ms", 8 if h * w <= _SMALL else 16, latency)
    yield check(
        f"{size}: frames in a drag of {seconds} s at {moves} moves/s", "frames", 100, frames, True
    )
    yield check(f"{size}: messages to the server meanwhile", "messages", 0, messages)


def _compare_checks(shipped: list[BundleSummary]) -> Iterator[Check]:
    """With four models side by side that one slider moves together: one model four times over.

    It is the small one that takes longest. Each number is the median of three drags, messages
    their sum.
    """
    small = [model for model in shipped if model.data.image_shape[1:] == (28, 28)]
    if not small:
        return
    model = max(small, key=lambda one: (one.folder / "decoder.pack").stat().st_size)

    def drag() -> list[browser.Drag]:
        bundle = read_bundle(model.folder)
        names = [f"copy-{i}" for i in range(MOST)]
        with app.running_app() as fresh:
            for name in names:
                write_bundle(replace(bundle, name=name), fresh.home / "bundles" / name)
            return [browser.drag_comparison(fresh.address, names) for _ in range(_N_DRAGS)]

    dragged = Once(drag)
    check = partial(_check, "compare")
    what = f"{MOST} of {model.name} side by side"

    def latency() -> Reading:
        p95 = [float(np.quantile(one.frames_ms, 0.95)) for one in dragged()]
        return Reading(statistics.median(p95))

    def frames() -> Reading:
        return Reading(statistics.median(one.n_in_time for one in dragged()))

    def messages() -> Reading:
        return Reading(sum(one.n_messages for one in dragged()))

    yield check(f"{what}: input event to all pictures, p95", "ms", 33, latency)
    yield check(f"{what}: frames in a drag of {browser.DRAG_S} s", "frames", 60, frames, True)
    yield check(f"{what}: messages to the server meanwhile", "messages", 0, messages)


def _check(
    group: str,
    what: str,
    unit: str,
    budget: float,
    measure: Callable[[], Reading],
    at_least: bool = False,
    *,
    model: str = "",
) -> Check:
    return Check(
        group=group,
        what=what,
        unit=unit,
        budget=budget,
        at_least=at_least,
        model=model,
        measure=measure,
    )


def _decode_gap(stand: Stand, model: BundleSummary) -> Reading:
    from explorer.latent.encode import decode

    drawn = browser.pictures(stand.app.address, model.name)
    x_hat = decode(read_bundle(model.folder), drawn.z).transpose(0, 2, 3, 1)  # (n, h, w, c)
    expected = np.rint(x_hat * 255).astype(int)
    gaps = np.abs(drawn.pixels.astype(int) - expected)
    return Reading(float(gaps.max()), f"{np.mean(gaps == 0):.2%} of all values are the same")


def _size_checks(shipped: list[BundleSummary]) -> Iterator[Check]:
    """Packs as they lie on disk, modules as they are sent: MB are 10**6 bytes, kB 1,000."""
    check = partial(_check, "size")
    for model in shipped:
        pack = model.folder / "decoder.pack"
        yield check("decoder pack", "MB", 1.5, partial(_stored_mb, pack), model=model.name)
    # Modules that a page asks for before the first drag, be it by `import()` or as a worker.
    entries = {
        "Explore page": (("explore/page.js", "parts/legend.js", "model/projector-worker.js"), 35),
        "Compare page": (("compare/page.js",), 40),
        "view of a run": (("run/page.js",), 40),
    }
    for what, (entry, budget_kb) in entries.items():
        measure = partial(_sent_kb, modules.with_imports(("adapter.js", *entry)))
        yield check(f"{what}: our JavaScript, gzipped", "kB", budget_kb, measure)


def _stored_mb(file: Path) -> Reading:
    return Reading(file.stat().st_size / 1e6)


def _sent_kb(names: list[str]) -> Reading:
    """Add up what is sent of each module, which the server compresses on its own."""
    sent = sum(len(modules.compressed(name) or b"") for name in names)
    return Reading(sent / 1e3, f"{len(names)} modules")


def _start_checks(stand: Stand, shipped: list[BundleSummary]) -> Iterator[Check]:
    """Medians of three: of starts, and of loads of a page seen twice before in the same profile."""
    check = partial(_check, "start")

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


def _memory_checks(shipped: list[BundleSummary]) -> Iterator[Check]:
    """Of the app's processes together, the command's and the server's.

    Each number is that of an app of its own, so that what was measured before leaves no trace.
    """
    check = partial(_check, "memory")

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


def _crowd_checks() -> Iterator[Check]:
    """Each of an app of its own, so that no crowd finds what another left."""
    check = partial(_check, "crowd")

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


def _bomb_checks() -> Iterator[Check]:
    """Each dropped on an app of its own."""
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


def _run_checks() -> Iterator[Check]:
    """With a run at work on the faces, the heaviest set that comes along; and a run itself."""
    check = partial(_check, "run")

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


def _projection_checks() -> Iterator[Check]:
    check = partial(_check, "projection")
    race = Once(partial(projecting.tsne_race, 10_000, 16))
    what = "t-SNE of 10,000 x 16"

    def share() -> Reading:
        done = race()
        note = f"{done.ours_s:.1f} s and {done.theirs_s:.1f} s, digits moved about, PCA to 16"
        return Reading(done.ours_s / done.theirs_s, note)

    def purity_lost() -> Reading:
        done = race()
        note = (
            f"{done.purity:.1%} and {done.their_purity:.1%}; {done.code_purity:.1%} among the codes"
        )
        return Reading(100 * (done.their_purity - done.purity), note)

    def first_picture() -> Reading:
        return Reading(race().first_picture_s, f"of {race().n_pictures} pictures")

    yield check("PCA of 60,000 x 16", "s", 0.3, lambda: Reading(projecting.pca_s(60_000, 16)))
    yield check(f"{what}: time, as a share of scikit-learn's", "x", 0.5, share)
    yield check(f"{what}: 10-NN label purity, behind scikit-learn's", "points", 0.5, purity_lost)
    yield check(f"{what}: first picture after", "s", 1, first_picture)


def _training_ratio(batch_size: int) -> Reading:
    race = throughput.training_race(batch_size)
    return Reading(race.ratio, f"{race.ours:,.0f} and {race.theirs:,.0f} images/s")
