"""A file is dropped, its scale set, it is segmented, corrected and exported."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.xdist_group("browser")
DROP = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  document.querySelector("main").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


def dropped(page: Page, name: str, image: Image.Image) -> None:
    import base64

    file = io.BytesIO()
    image.save(file, "PNG")
    page.evaluate(DROP, [name, base64.b64encode(file.getvalue()).decode()])


def test_from_a_dropped_file_to_a_table_of_measurements(page: Page, served: Any, results: Path, tmp_path: Path) -> None:
    page.goto(served.address + "#/projects")
    page.get_by_label("Name of a project").fill("Dropped")
    page.get_by_role("button", name="New project").click()
    page.get_by_text("Drop micrographs here").wait_for()
    dropped(page, "dropped.png", Image.open(results.parent / "part.png").crop((0, 0, 320, 240)))
    page.get_by_role("link", name="dropped.png").click()
    set_scale(page)
    page.locator("#tab-analyse").click()
    page.get_by_role("button", name="Segment and measure").click()
    expect(page.get_by_role("button", name="Report")).to_be_visible(timeout=120_000)
    count = correct(page)
    rows = exported(page, tmp_path)
    assert len(rows) == count
    assert all(float(row["area_nm2"]) > 0 for row in rows)


def set_scale(page: Page) -> None:
    """A line along the picture is 10 µm."""
    expect(page.get_by_text("scale unknown").last).to_be_visible()
    page.locator("[role=application][aria-busy=false]").wait_for()
    page.keyboard.press("Shift+R")
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(500, 300, steps=3)
    page.mouse.up()
    page.get_by_role("spinbutton", name="is").fill("10")
    page.get_by_label("Unit", exact=True).select_option("µm")
    page.get_by_role("button", name="Use").click()
    expect(page.locator("footer")).to_contain_text("nm/px")


def correct(page: Page) -> int:
    """Delete the object that the model is least sure of; how many are left."""
    page.locator("#tab-figures").click()
    before = int(page.locator("#figure-count").inner_text())
    page.keyboard.press("n")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Delete")
    expect(page.locator("#figure-count")).to_have_text(str(before - 1))
    expect(page.locator("#figure-d50")).to_contain_text("m")
    page.locator("#tab-analyse").click()
    page.get_by_role("button", name="Measure what is drawn now").click()
    expect(page.locator("#panel").get_by_text("Done")).to_be_visible(timeout=120_000)
    return before - 1


def exported(page: Page, folder: Path) -> list[dict[str, str]]:
    page.get_by_role("button", name="Export").click()
    page.get_by_label("Measurements (tables)").check()
    with page.expect_download(timeout=60_000) as told:
        page.get_by_role("button", name="Make file").click()
    path = folder / told.value.suggested_filename
    told.value.save_as(path)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("measurements.csv"))
            text = archive.read(name).decode("utf-8-sig")
    else:
        text = path.read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))
