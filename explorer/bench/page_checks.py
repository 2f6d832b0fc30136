"""The lines of the table about what a page draws while its sliders move."""

import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from explorer.bench import app, browser
from explorer.bench.rows import Check, Once, Reading, line
from explorer.bench.stand import Stand
from explorer.bundle import BundleSummary, read_bundle, write_bundle
from explorer.comparing import MOST

_SMALL = 28 * 28  # pixels of an image up to which it counts as small
_N_DRAGS = 3


def of_drag(stand: Stand, model: BundleSummary) -> Iterator[Check]:
    """A drag of a slider on Explore: the median of three drags, of messages the sum."""
    _, h, w = model.data.image_shape
    seconds, moves = browser.DRAG_S, browser.MOVES_PER_S
    dragged = Once(lambda: [browser.drag(stand.app.address, model.name) for _ in range(_N_DRAGS)])
    check = partial(line, "drag", model=model.name)

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


def of_comparison(shipped: list[BundleSummary]) -> Iterator[Check]:
    """A drag of a slider that moves four models side by side: one model, four times.

    It is the slowest of the small ones. Each number is the median of three drags, messages
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
    check = partial(line, "compare")
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


def of_decoding(stand: Stand, model: BundleSummary) -> Check:
    """Compare what a page draws with what torch decodes."""
    return Check(
        group="decode",
        what="canvas against torch's decode, worst pixel of 19 codes",
        unit="/255",
        budget=1,
        model=model.name,
        measure=partial(_decode_gap, stand, model),
    )


def _decode_gap(stand: Stand, model: BundleSummary) -> Reading:
    from explorer.latent.encode import decode

    drawn = browser.pictures(stand.app.address, model.name)
    x_hat = decode(read_bundle(model.folder), drawn.z).transpose(0, 2, 3, 1)  # (n, h, w, c)
    expected = np.rint(x_hat * 255).astype(int)
    gaps = np.abs(drawn.pixels.astype(int) - expected)
    return Reading(float(gaps.max()), f"{np.mean(gaps == 0):.2%} of all values are the same")
