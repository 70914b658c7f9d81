"""From the link to a corrected picture and its report."""

import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")  # one server and one browser for all

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
MIDDLE = (470, 400)
SCREENS = [("#/projects", "main li a"), ("#/p/1/images", "a.card"), ("#/i/1", "[role=row][aria-selected]")]


@pytest.fixture
def viewer(page: Page, served: Any) -> Page:
    """The page with the analysed picture, as soon as its labels are drawn: in colour over grey."""
    page.goto(served.address + "#/p/1/images")
    page.get_by_role("link", name="part.png").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    for _ in range(100):
        if 0.4 < (np.ptp(drawn(page), axis=2) > 12).mean() < 0.95:
            return page
        page.wait_for_timeout(200)
    raise AssertionError("No labels were drawn.")


def drawn(page: Page) -> NDArray[Any]:
    box = {"x": 250.0, "y": 250.0, "width": 500.0, "height": 300.0}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB"), int)


def object_count(page: Page) -> int:
    text = page.get_by_text(re.compile(r"^of [1-9][\d,]* objects$")).inner_text()
    return int(text.split()[1].replace(",", ""))


def test_from_the_first_view_to_the_report(viewer: Page, results: Path) -> None:
    summary = json.loads((results / "part" / "summary.json").read_text())
    assert object_count(viewer) == summary["instance_count"]
    viewer.get_by_role("button", name="Report").click()
    expect(viewer.frame_locator("iframe.report").get_by_role("heading", level=1)).to_be_visible()


def test_what_is_deleted_is_gone_after_a_reload_and_comes_back_by_undo(viewer: Page) -> None:
    before = object_count(viewer)
    viewer.mouse.click(*MIDDLE)
    expect(viewer.get_by_text("1 selected")).to_be_visible()
    viewer.keyboard.press("Delete")
    expect(viewer.get_by_text(f"of {before - 1} objects")).to_be_visible()
    expect(viewer.get_by_text("Saved")).to_be_visible()
    viewer.reload()
    expect(viewer.get_by_text(f"of {before - 1} objects")).to_be_visible()
    viewer.keyboard.press("Control+z")
    expect(viewer.get_by_text(f"of {before} objects")).to_be_visible()


def test_outlines_change_as_one_edit_that_undo_takes_back(viewer: Page) -> None:
    viewer.mouse.click(*MIDDLE)
    area = viewer.locator(".card dd").nth(1)
    before = area.inner_text()
    for key in ("Shift+ArrowUp", "o"):
        viewer.keyboard.press(key)
    expect(area).not_to_have_text(before)
    expect(viewer.get_by_text("Saved")).to_be_visible()
    for _ in range(2):
        viewer.keyboard.press("Control+z")
    expect(area).to_have_text(before)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("zh", "dark")])
def test_screens_are_accessible_in_both_languages_and_themes(
    page: Page, served: Any, language: str, scheme: str
) -> None:
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.add_init_script(f"localStorage.setItem('uniaims.language', '{language}')")
    for where, sign in (
        ("#/projects", "main li a"),
        ("#/p/1/images", "a.card"),
        ("#/i/1", "[role=row][aria-selected]"),
    ):
        page.goto(served.address + where)
        page.locator(sign).first.wait_for()
        assert page.locator("html").get_attribute("lang") == language
        page.evaluate(AXE.read_text())  # not a script tag: the page's own policy forbids foreign ones
        assert findings(page) == []
    for tab in ("look", "figures", "analyse", "history"):
        page.locator(f"#tab-{tab}").click()
        assert (tab, findings(page)) == (tab, [])
    page.keyboard.press("?")
    assert findings(page) == []


def findings(page: Page) -> list[Any]:
    found: list[Any] = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.target.join(' '))]))"
    )
    return found
