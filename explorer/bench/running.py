"""The app while a run works: whether the page stays fast, and how soon there is something to see.

Knows nothing of budgets.
"""

import asyncio
import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from explorer import jobs, presets
from explorer.bench import browser
from explorer.bench.app import RunningApp, running_app
from explorer.data import SOURCES
from explorer.errors import MachineError

_WAIT_S = 120.0
_N_CLICKS = 5
_CLICK_PAUSE_S = 1.0
_READY_TO_TRAIN_S = 12.0  # a visitor looks at the form; meanwhile a process gets ready

# Holds the promise of the time that the next click takes until a dialog has been painted.
_ANSWER = """() => ({took: new Promise((resolve) =>
  addEventListener("click", ({timeStamp}) => {
    const watch = new MutationObserver(() => {
      if (!document.querySelector('[role="dialog"]')) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - timeStamp)));
    });
    watch.observe(document.body, {childList: true, subtree: true});
  }, {capture: true, once: true}))})"""


@contextlib.contextmanager
def app_with_run(data: str) -> Iterator[RunningApp]:
    """Start the app, and a run that works all the time.

    Args:
        data: Name of the set that it learns from, by the thorough preset.

    Raises:
        MachineError: The run does not begin to work.
    """
    with running_app() as app, at_home(app.home):
        source = next(source for source in SOURCES.all() if source.name == data)
        config = presets.preset("best", data, source.image_shape, source.n_images)
        run = jobs.begin(config, "bench")
        try:
            _until_it_works(run)
            yield app
        finally:
            jobs.delete(run)


def answer_ms(address: str) -> float:
    """Return the milliseconds from a click to the answer on the screen, a median over some clicks.

    The click opens the panel about the model, which Python draws. It is timed in the page itself,
    from the click as the browser saw it to the frame after the panel appears.
    """

    async def clicks() -> float:
        async with browser.profile() as window:
            page = await window.new_page()
            await browser.open_model(page, address, "faces")
            took = []
            for _ in range(_N_CLICKS):
                await asyncio.sleep(_CLICK_PAUSE_S)
                answer = await page.evaluate_handle(_ANSWER)
                await page.get_by_role("button", name="About this model").click()
                await page.get_by_role("dialog").wait_for()
                took.append(float(await answer.evaluate("({took}) => took")))
                await page.keyboard.press("Escape")
            return statistics.median(took)

    return asyncio.run(clicks())


def first_look_s(address: str) -> tuple[float, float, float]:
    """Press Train for a quick look at the digits, and return the seconds to pictures, map and end.

    The form has been open for some seconds before, as it is when somebody reads it.
    """

    async def press() -> tuple[float, float, float]:
        async with browser.profile() as window:
            page = await window.new_page()
            await page.goto(f"{address}/train")
            button = page.get_by_role("button", name="Train", exact=True)
            await button.wait_for()
            await asyncio.sleep(_READY_TO_TRAIN_S)
            begin = time.perf_counter()
            await button.click()
            took = []
            for sign in ("[data-step]", '[data-ready="true"]', '[data-state="finished"]'):
                await page.wait_for_selector(f'[data-testid="run"]{sign}')
                took.append(time.perf_counter() - begin)
            first, mapped, done = took
            return first, mapped, done

    return asyncio.run(press())


@contextlib.contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Let this process use the bundles and runs of another home for a while."""
    before = os.environ.get("LATENT_EXPLORER_HOME")
    os.environ["LATENT_EXPLORER_HOME"] = str(home)
    try:
        yield
    finally:
        del os.environ["LATENT_EXPLORER_HOME"]
        if before is not None:
            os.environ["LATENT_EXPLORER_HOME"] = before


def _until_it_works(run: jobs.RunFolder) -> None:
    give_up = time.monotonic() + _WAIT_S
    while run.status().step == 0:
        if time.monotonic() > give_up or run.status().state == "failed":
            why = run.status().error or run.status().state
            raise MachineError("bench.run_did_not_start", why=why)
        time.sleep(0.1)
