"""A server with one analysed picture, and the system's browser signed in to it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

import uniaims
from uniaims.pipeline import analyse_batch

PAGE = Path(uniaims.__file__).parent / "server" / "static" / "index.html"
SAMPLE = Path(uniaims.__file__).parent / "samples" / "powder.tif"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=40_000)  # machines of CI are busy
SOFTWARE_WEBGL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where CI runs, nothing is left out: a missing browser or page is a failure there."""
    lacks = [each for each, there in (("`make web`", PAGE.is_file()), ("Chromium", CHROMIUM is not None)) if not there]
    if lacks and not os.environ.get("CI"):
        skip = pytest.mark.skip(reason=f"needs {' and '.join(lacks)}")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser") / "results"
    analyse_batch([SAMPLE], folder)
    return folder


@pytest.fixture(scope="session")
def link(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The link that `uniaims serve` prints."""
    words = ["serve", str(results), "--data", str(tmp_path_factory.mktemp("data")), "--port", "0", "--no-open"]
    server = subprocess.Popen([sys.executable, "-m", "uniaims", *words], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield next(line.strip() for line in server.stdout if re.match("http://", line))
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


# Of a module: the loop of events that Playwright runs in its thread would stand in the way of other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_WEBGL)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser, link: str) -> Iterator[BrowserContext]:
    """A browser that has opened the link."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB")
    page = context.new_page()
    page.goto(link)
    page.get_by_role("heading", name="Projects").wait_for()
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may say nothing on its console."""
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    page.close()
    assert said == []
