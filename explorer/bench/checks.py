"""Every line of the performance table: what is measured, how, and the budget it has to keep.

Budgets are for a machine with 2 cores and no GPU. Nothing here is a result: each check measures
when it is asked to. What several lines need is measured once and shared.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from explorer import store
from explorer.bench import app_checks, page_checks, projecting, throughput
from explorer.bench.rows import Check, Once, Reading, line
from explorer.bench.stand import Stand
from explorer.bundle import BundleSummary, bundles_in, read_summary
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


def checks(stand: Stand) -> Iterator[Check]:
    """Return all lines of the table, in its order."""
    shipped = [read_summary(folder) for folder in bundles_in(store.pretrained_folder())]
    for model in shipped:
        yield from page_checks.of_drag(stand, model)
    yield from page_checks.of_comparison(shipped)
    for model in shipped:
        yield page_checks.of_decoding(stand, model)
    yield from _size_checks(shipped)
    yield from app_checks.of_start(stand, shipped)
    yield from app_checks.of_memory(shipped)
    yield from app_checks.of_crowd()
    yield from app_checks.of_bombs()
    yield from app_checks.of_run()
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


def _size_checks(shipped: list[BundleSummary]) -> Iterator[Check]:
    """Packs as they are on disk, modules as they are sent. MB are 10**6 bytes, kB 1,000."""
    check = partial(line, "size")
    for model in shipped:
        pack = model.folder / "decoder.pack"
        yield check("decoder pack", "MB", 1.5, partial(_stored_mb, pack), model=model.name)
    # Modules that a page asks for before it can be used, by `import()` too.
    entries = {
        "Explore page": (("explore/page.js", "parts/legend.js", modules.KERNELS), 35),
        "Compare page": (("compare/page.js", modules.KERNELS), 40),
        "view of a run": (("run/page.js",), 40),
    }
    for what, (entry, budget_kb) in entries.items():
        measure = partial(_sent_kb, modules.with_imports(("adapter.js", *entry)))
        yield check(f"{what}: our JavaScript, gzipped", "kB", budget_kb, measure)


def _stored_mb(file: Path) -> Reading:
    return Reading(file.stat().st_size / 1e6)


def _sent_kb(names: list[str]) -> Reading:
    """Add up what is sent of each module, as the server compresses it."""
    sent = sum(len(modules.compressed(name) or b"") for name in names)
    return Reading(sent / 1e3, f"{len(names)} modules")


def _projection_checks() -> Iterator[Check]:
    check = partial(line, "projection")
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
