"""Small files that unpack to gigabytes of pixels, dropped on the Train page as a visitor does.

Knows nothing of budgets.
"""

import asyncio
import io
import re
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from explorer.bench import browser
from explorer.bench.app import RunningApp, running_app

if TYPE_CHECKING:
    from playwright.async_api import Page

_LOOK_S = 0.05  # between two looks at the memory
_SETTLE_S = 5.0
_STEADY_MB = 1.0
_ANSWER_S = 120.0
_COUNTED = re.compile(r"images? of \d+×\d+")  # what the preview says


def _zip_of_webps() -> bytes:
    """40 times 11 million transparent pixels; 1.8 GB as RGBA."""
    image = io.BytesIO()
    Image.new("RGBA", (3400, 3400)).save(image, "WEBP", lossless=True, method=0)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members:
        for i in range(40):
            members.writestr(f"{i}.webp", image.getvalue())
    return archive.getvalue()


def _zip_of_pngs(mode: str, side: int) -> bytes:
    """10 blank pictures of `side` by `side` pixels."""
    image = io.BytesIO()
    Image.new(mode, (side, side)).save(image, "PNG")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as members:
        for i in range(10):
            members.writestr(f"{i}.png", image.getvalue())
    return archive.getvalue()


def _tiff_of_frames() -> bytes:
    """200 frames of 16 million pixels; 3.2 GB as grey values."""
    image, frame = io.BytesIO(), Image.new("L", (4000, 4000))
    rest = [frame] * 199
    frame.save(image, "TIFF", compression="tiff_deflate", save_all=True, append_images=rest)
    return image.getvalue()


def _npz_of_hardly_anything() -> bytes:
    """100,000 images of 128×128, few of them not black: 1.6 GB in 12 MB, a ratio still accepted."""
    noise, black = np.random.default_rng(0).bytes(100_000), bytes(1000 * 128 * 128 - 100_000)
    shape = {"descr": "|u1", "fortran_order": False, "shape": (100_000, 128, 128)}
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as members,
        members.open("images.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, shape)
        for _ in range(100):
            member.write(noise + black)
    return archive.getvalue()


# Each is as large as the limits allow; larger ones are refused by their headers.
BOMBS: Mapping[str, Callable[[], bytes]] = {
    "webps.zip": _zip_of_webps,
    "large.zip": partial(_zip_of_pngs, "L", 13_300),
    "clear.zip": partial(_zip_of_pngs, "RGBA", 4_900),
    "frames.tiff": _tiff_of_frames,
    "images.npz": _npz_of_hardly_anything,
}


def peak_mb(name: str) -> tuple[float, int]:
    """Drop one of the files on a fresh app.

    Returns:
        The highest memory of its own until the page has answered, above that of the idle app, in
        MB; and the size of the file in bytes.
    """
    content = BOMBS[name]()
    with running_app() as app, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return asyncio.run(_dropped(app, path)), len(content)


async def _dropped(app: RunningApp, path: Path) -> float:
    async with browser.profile() as window:
        page = await window.new_page()
        await page.goto(f"{app.address}/train", wait_until="commit")
        await page.get_by_text("My own", exact=True).click()
        drop = page.locator('input[type="file"]')
        await drop.wait_for(state="attached")
        idle = highest = await _at_rest_mb(app)
        answered = asyncio.create_task(_answered(page, path))
        end_s = time.monotonic() + _ANSWER_S
        while not answered.done() and time.monotonic() < end_s:
            highest = max(highest, app.own_mb())
            await asyncio.sleep(_LOOK_S)
        await answered
        return highest - idle


async def _at_rest_mb(app: RunningApp) -> float:
    """Return the memory of the app and its waiting process, in MB, once it has stopped growing."""
    before, now = 0.0, app.own_mb()
    while abs(now - before) > _STEADY_MB:
        await asyncio.sleep(_SETTLE_S)
        before, now = now, app.own_mb()
    return now


async def _answered(page: "Page", path: Path) -> None:
    """Drop a file, and wait for the answer of the page: a preview or a refusal."""
    await page.locator('input[type="file"]').set_input_files(path)
    answer = page.get_by_text(_COUNTED).or_(page.get_by_role("alert")).first
    await answer.wait_for(timeout=1000 * _ANSWER_S)
