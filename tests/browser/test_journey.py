"""From the link to a corrected picture."""

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


def opened(page: Page, link: str) -> Page:
    page.goto(link.split("#", maxsplit=1)[0] + "#/i/1")
    expect(page.get_by_text("Saved")).to_be_visible()
    page.wait_for_timeout(1500)  # tiles come and are drawn
    return page


def picture(page: Page) -> NDArray[Any]:
    box = {"x": 200.0, "y": 150.0, "width": 500.0, "height": 400.0}
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=box))).convert("RGB"), int)


def object_count(page: Page) -> int:
    text = page.get_by_text(re.compile(r"^of [\d,]+ objects$")).inner_text()
    return int(text.split()[1].replace(",", ""))


def test_a_folder_of_results_is_a_project_with_its_images(page: Page, link: str, results: Path) -> None:
    page.goto(link.split("#", maxsplit=1)[0] + "#/p/1/images")
    expect(page.get_by_text("powder.tif")).to_be_visible()
    summary = json.loads((results / "powder" / "summary.json").read_text())
    expect(page.get_by_text(f"{summary['instance_count']} objects")).to_be_visible()


def test_labels_are_drawn_in_colour_over_the_grey_picture(page: Page, link: str) -> None:
    opened(page, link)
    coloured = 0.0
    for _ in range(40):
        coloured = (np.ptp(picture(page), axis=2) > 12).mean()
        if coloured > 0.4:
            break
        page.wait_for_timeout(500)
    assert 0.4 < coloured < 0.95


def test_what_is_deleted_is_gone_after_a_reload_and_comes_back_by_undo(page: Page, link: str) -> None:
    opened(page, link)
    expect(page.get_by_text(re.compile(r"^of [1-9][\d,]* objects$"))).to_be_visible()
    before = object_count(page)
    page.mouse.click(*MIDDLE)
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.get_by_text(f"of {before - 1} objects")).to_be_visible()
    expect(page.get_by_text("Saved")).to_be_visible()
    page.reload()
    expect(page.get_by_text(f"of {before - 1} objects")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text(f"of {before} objects")).to_be_visible()


def test_the_page_speaks_chinese(page: Page, link: str) -> None:
    opened(page, link)
    page.get_by_role("button", name="中文").click()
    assert page.locator("html").get_attribute("lang") == "zh"
    page.get_by_role("button", name="English").click()


@pytest.mark.parametrize("where", ["#/projects", "#/p/1/images", "#/i/1"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_are_accessible(page: Page, link: str, where: str, scheme: str) -> None:
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.goto(link.split("#", maxsplit=1)[0] + where)
    page.wait_for_timeout(800)
    page.evaluate(AXE.read_text())  # not a script tag: the page's own policy forbids foreign ones
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.target.join(' '))]))")
    assert found == []
