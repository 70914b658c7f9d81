"""A server with one analysed picture and one that nobody has looked at, and the system's browser signed in to it."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect, sync_playwright

import uniaims
from uniaims.pipeline import analyse_batch

PAGE = Path(uniaims.__file__).parent / "server" / "static" / "index.html"
SAMPLE = Path(uniaims.__file__).parent / "samples" / "powder.tif"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
expect.set_options(timeout=40_000)  # machines of CI are busy
SOFTWARE_WEBGL = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
HOSTILE = "a <b>name.png"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker has them all; where CI runs, a missing browser or page is a failure."""
    lacks = [each for each, there in (("`make web`", PAGE.is_file()), ("Chromium", CHROMIUM is not None)) if not there]
    skip = pytest.mark.skip(reason=f"needs {' and '.join(lacks)}")
    for item in items:
        if lacks and not os.environ.get("CI") and Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


class Served:
    """`uniaims serve` of a folder; it can be killed and started again at its port.

    ``cookies`` are those of the browser that has opened its link, which works once.
    """

    cookies: StorageState | None = None

    def __init__(self, folder: Path, data: Path) -> None:
        self._folder, self._data = folder, data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        self.link = self.start()

    def start(self) -> str:
        """Start it; the link that it prints."""
        port = self.address.split(":")[2].strip("/")
        words = ["serve", str(self._folder), "--data", str(self._data), "--no-open", "--port", port]
        with (self._data.parent / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "uniaims", *words], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        return next(line.strip() for line in self._process.stdout if re.match("http://.*#/start", line))

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the results of a part of the sample, and beside them a picture of noise."""
    folder = tmp_path_factory.mktemp("browser")
    part = Image.open(SAMPLE).crop((0, 0, 640, 480))
    part.save(folder / "part.png")
    analyse_batch([folder / "part.png"], folder / "results")
    noise = np.random.default_rng(3).normal(90, 12, (600, 700)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noise).save(folder / "results" / HOSTILE)
    return folder / "results"


@pytest.fixture(scope="session")
def served(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(results, tmp_path_factory.mktemp("served") / "data")
    yield server
    server.kill()


# Of a module: the loop of events that Playwright runs in its thread would stand in the way of other tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SOFTWARE_WEBGL)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser that has opened the link, of a person who asked for little motion."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 720}, locale="en-GB", reduced_motion="reduce", storage_state=served.cookies
    )
    context.set_default_timeout(90_000)  # machines of CI are busy
    if served.cookies is None:
        page = context.new_page()
        page.goto(served.link)
        page.get_by_role("heading", name="Projects").wait_for()
        served.cookies = context.storage_state()
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
