"""Take the picture in the README: python -m tests.browser.picture, with the app running."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, READY
from tests.tools import chromium

PICTURE = Path(__file__).with_name("explore.png")
VIEW = "?map=pca&color=hair+length"


def take(address: str) -> None:
    """Open the page as on a small laptop, let the filmstrips settle, and keep what it shows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{address}/{VIEW}")
        page.wait_for_selector(READY, timeout=120_000)
        page.wait_for_timeout(6_000)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.quantize(192, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
        browser.close()


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8501")
