"""Make the pictures of the page from the result of ``make demo``; needs Chromium, and the page (``make web``).

Run ``.venv/bin/python docs/images/make_browser_images.py``.
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
RESULT = HERE.parents[1] / "demo-report"
WEBGL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PATIENCE_MS = 300_000
DRAWN_MS = 4_000


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The link to a server of a folder."""
    with tempfile.TemporaryDirectory() as data:
        words = ["serve", str(folder), "--data", data, "--port", "0", "--no-open"]
        server = subprocess.Popen([sys.executable, "-m", "uniaims", *words], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        try:
            yield next(line.strip() for line in server.stdout if re.match("http://.*#/start", line))
        finally:
            server.terminate()
            server.wait(30)


def keep(page: Page, name: str) -> None:
    """Keep what the page shows as a small picture."""
    page.wait_for_timeout(DRAWN_MS)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(HERE / f"{name}.webp", quality=72, method=6)


def walk(page: Page, link: str) -> None:
    """Through the screens that the tutorial shows."""
    address = link.partition("#")[0]
    page.goto(link)
    page.get_by_role("heading", name="Projects").wait_for()
    page.goto(f"{address}#/i/1")
    page.get_by_text("Saved").wait_for()
    page.mouse.click(470, 400)
    keep(page, "browser-viewer")
    page.goto(f"{address}#/p/1/teach")
    page.get_by_role("table").first.wait_for()
    keep(page, "browser-teach")


def main() -> None:
    """Make them all."""
    with served(RESULT) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=WEBGL)
        page = browser.new_page(viewport={"width": 1280, "height": 760}, locale="en-GB", color_scheme="light")
        page.set_default_timeout(PATIENCE_MS)
        walk(page, link)
        browser.close()


if __name__ == "__main__":
    main()
