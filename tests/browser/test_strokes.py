"""Strokes of the brush: measured at once, kept whatever dies, and said plainly where nothing can be drawn."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.xdist_group("browser")
NAME = "a <b>name.png"
NO_WEBGL = """const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : plain.call(this, kind, ...rest);
};"""


class Served:
    """A server with one picture that nobody has looked at; it can be killed and started again at its port."""

    def __init__(self, folder: Path) -> None:
        noise = np.random.default_rng(3).normal(90, 12, (600, 700)).clip(0, 255).astype(np.uint8)
        (folder / "pictures").mkdir()
        Image.fromarray(noise).save(folder / "pictures" / NAME)
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}/"
        self.link = self.start()

    def start(self) -> str:
        """Start it; the link that it prints."""
        words = ["serve", str(self._folder / "pictures"), "--data", str(self._folder / "data"), "--no-open", "--port"]
        port = self.address.split(":")[2].strip("/")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "uniaims", *words, port], stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        return next(line.strip() for line in self._process.stdout if "#/start?token=" in line)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("strokes"))
    yield server
    server.kill()


@pytest.fixture(scope="module")
def visitor(browser: Browser, served: Served) -> Iterator[BrowserContext]:
    """A browser whose person asked for little motion, signed in, with the picture read."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    page.goto(served.link)
    page.locator("main li a").first.click()
    page.locator("a.card").wait_for(timeout=60_000)
    expect(page.locator(".name")).to_have_text(NAME)
    page.close()
    yield context
    context.close()


def opened(visitor: BrowserContext, served: Served) -> Page:
    page = visitor.new_page()
    page.goto(served.address + "#/i/1")
    page.locator("#tab-figures").click()
    page.locator("#figure-count, #panel p").first.wait_for()
    return page


def stroke(page: Page, x: float, y: float) -> None:
    """Draw a short stroke with the brush that is chosen."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 10, steps=4)
    page.mouse.up()


def choose_brush(page: Page) -> None:
    """Choose the brush, and wait for the pixels and the fresh numbers that it needs."""
    with page.expect_response("**/numbers"):
        page.keyboard.press("b")
    page.wait_for_timeout(300)


def count_is(page: Page, wanted: int) -> None:
    expect(page.locator("#figure-count")).to_have_text(str(wanted), timeout=15_000)


def test_each_stroke_is_counted_and_a_second_tab_sees_it(visitor: BrowserContext, served: Served) -> None:
    page, other = opened(visitor, served), opened(visitor, served)
    choose_brush(page)
    stroke(page, 400, 250)
    count_is(page, 1)
    page.keyboard.press("Escape")
    stroke(page, 400, 450)
    count_is(page, 2)
    count_is(other, 2)
    page.keyboard.press("Control+z")
    count_is(page, 1)
    page.close()
    other.close()


def test_a_stroke_outlives_a_killed_server_and_a_closed_page(visitor: BrowserContext, served: Served) -> None:
    page = opened(visitor, served)
    choose_brush(page)
    served.kill()
    stroke(page, 600, 350)
    expect(page.get_by_text("Not sent yet, kept here")).to_be_visible()
    page.close(run_before_unload=False)
    served.start()
    again = opened(visitor, served)
    count_is(again, 2)
    expect(again.get_by_text("Saved")).to_be_visible()
    again.close()


def test_without_webgl_the_page_says_what_to_do(visitor: BrowserContext, served: Served) -> None:
    page = visitor.new_page()
    page.add_init_script(NO_WEBGL)
    page.goto(served.address + "#/i/1")
    expect(page.get_by_role("alert")).to_contain_text("WebGL 2")
    page.close()
