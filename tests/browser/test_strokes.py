"""Strokes of the brush: measured at once, kept whatever dies, and said plainly where nothing can be drawn."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.xdist_group("browser")
NO_WEBGL = """const plain = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind === "webgl2" ? null : plain.call(this, kind, ...rest);
};"""
NOISE = "#/i/2"


def opened(context: BrowserContext, served: Any) -> Page:
    page = context.new_page()
    page.goto(served.address + NOISE)
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
    """Choose the brush, and wait for the fresh numbers that it needs and the pixels under it."""
    page.locator("[role=application][aria-busy=false]").wait_for()
    with page.expect_response("**/numbers"):
        page.keyboard.press("b")
    page.locator("[role=application][aria-busy=false]").wait_for()


def count_is(page: Page, wanted: int) -> None:
    expect(page.locator("#figure-count")).to_have_text(str(wanted))


def test_each_stroke_is_counted_and_a_second_tab_sees_it(context: BrowserContext, served: Any) -> None:
    page, other = opened(context, served), opened(context, served)
    expect(page.get_by_role("heading", level=1)).to_have_text("a <b>name.png")
    choose_brush(page)
    stroke(page, 400, 250)
    count_is(page, 1)
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 selected")).to_be_hidden()
    stroke(page, 400, 450)
    count_is(page, 2)
    count_is(other, 2)
    page.keyboard.press("Control+z")
    count_is(page, 1)
    page.close()
    other.close()


def test_a_while_without_a_line_loses_nothing(context: BrowserContext, served: Any) -> None:
    page = opened(context, served)
    choose_brush(page)
    context.set_offline(True)
    try:
        stroke(page, 500, 300)
        expect(page.get_by_text("Not sent yet, kept here")).to_be_visible()
    finally:
        context.set_offline(False)
    expect(page.get_by_text("Saved")).to_be_visible()
    page.close()
    again = opened(context, served)
    count_is(again, 2)
    again.close()


def test_a_stroke_outlives_a_killed_server_and_a_closed_page(context: BrowserContext, served: Any) -> None:
    page = opened(context, served)
    choose_brush(page)
    served.kill()
    stroke(page, 600, 450)
    expect(page.get_by_text("Not sent yet, kept here")).to_be_visible()
    page.close(run_before_unload=False)
    served.start()
    again = opened(context, served)
    count_is(again, 3)
    expect(again.get_by_text("Saved")).to_be_visible()
    again.close()


def test_without_webgl_the_page_says_what_to_do(context: BrowserContext, served: Any) -> None:
    page = context.new_page()
    page.add_init_script(NO_WEBGL)
    page.goto(served.address + NOISE)
    expect(page.get_by_role("alert")).to_contain_text("WebGL 2")
    page.close()
