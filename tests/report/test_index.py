import re

import numpy as np
import pytest

from uniaims.errors import OutputError
from uniaims.report import IndexEntry, IndexFailure, IndexWay, write_index

RANDOM = np.random.default_rng(8)


def entry(name="powder.tif", **changed):
    values = {
        "name": name,
        "href": "powder/report.html",
        "thumbnail": RANDOM.integers(0, 256, (90, 120, 3), np.uint8),
        "instance_count": 60,
        "border_count": 10,
        "diameters": RANDOM.lognormal(3, 0.3, 50),
        "area_fraction": 0.4,
        "pixel_size_nm": 2.0,
        "seconds": 1.5,
    }
    return IndexEntry(**(values | changed))


@pytest.fixture
def index(tmp_path, read_page):
    """Write an overview and read it back."""

    def write(*arguments, **named):
        write_index(tmp_path / "index.html", *arguments, **named)
        return read_page(tmp_path / "index.html")

    return write


def test_a_row_for_each_image(index):
    page = index([entry("b.tif"), entry("a.tif", instance_count=1234)])
    assert page.text.index("a.tif") < page.text.index("b.tif")
    assert "1\u202f234" in page.text
    assert len(page.find("img")) == 2
    assert "1\u202f294 objects in 2 images." in page.text
    assert len(page.find("path", **{"class": "violin"})) == 4  # in the rows and in the figure
    assert "3.00" in page.text  # seconds in all


def test_links_lead_to_the_reports(index):
    page = index([entry(href="50 % <odd>/report.html")])
    links = {link["href"] for link in page.find("a") if not link["href"].startswith("#")}
    assert links == {"50%20%25%20%3Codd%3E/report.html"}


def test_medians_are_those_of_the_diameters(index):
    page = index([entry(diameters=np.array([10.0, 20.0, 90.0]))])
    values = [cell.get("data-value") for cell in page.find("td") if cell.get("data-value")]
    assert values[2] == "20.0"
    assert "20.00" in page.text


def test_images_without_a_pixel_size_stand_apart(index):
    page = index([entry("known.tif", diameters=np.array([5e3] * 9)), entry("unknown.tif", pixel_size_nm=None)])
    ids = {attributes.get("id") for tag, attributes in page.elements if tag == "section"}
    assert {"images", "images-in-pixels"} <= ids
    assert "Diameter / µm" in page.text
    assert "Diameter / px" in page.text
    assert "1 image without a known pixel size (" in page.text


def test_failures_and_hostile_names_are_text(index):
    hostile = "<script>alert(1)</script>"
    page = index([entry(hostile, warnings=(hostile,)), entry("b")], [IndexFailure(hostile, hostile)], title=hostile)
    assert len(page.scripts) == 3
    assert page.text.count(hostile) >= 5
    assert "1 image could not be analysed; nothing was written for it." in page.text


def test_nothing_is_loaded_from_anywhere(index):
    page = index([entry(), entry("b.tif")])
    for tag, attributes in page.elements:
        assert (attributes.get("src") or "data:").startswith("data:"), tag
        assert not (attributes.get("href") or "").startswith(("http", "//"))
    scripts = " ".join(script for _, script in page.scripts)
    assert set(re.findall(r"https?://[^\s\"'`)]+", scripts)) == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(diameters=np.empty(0), instance_count=0, border_count=0)],
        [entry(diameters=np.array([np.nan, 4.0])), entry("b", diameters=np.array([np.nan]))],
        [entry(thumbnail=None, area_fraction=None, seconds=None, pixel_size_nm=None)],
        [entry(diameters=np.full(20, 7.0))],
        [entry(thumbnail=np.full((30, 30), 3.5, np.float32))],
    ],
    ids=["no image", "no object", "NaN", "little known", "all alike", "float picture"],
)
def test_odd_batches_render_sensibly(index, entries):
    page = index(entries)
    drawings = " ".join(
        str(attributes) for tag, attributes in page.elements if tag in {"path", "rect", "circle", "text"}
    )
    assert "nan" not in drawings
    assert f"in {len(entries)} image{'' if len(entries) == 1 else 's'}." in page.text


def test_many_images_have_rows_but_no_figure(index):
    page = index([entry(f"{number:03}.tif") for number in range(45)])
    assert len(page.find("path", **{"class": "violin"})) == 45
    assert "comparison" not in {attributes.get("id") for _, attributes in page.elements}


def test_an_unwritable_place_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_index(tmp_path / "file" / "index.html", [entry()])


def test_one_object_has_no_spread(index):
    page = index([entry(diameters=np.array([2052.0]), instance_count=1, border_count=0)])
    assert "2\u202f052 –" not in page.text


def test_different_ways_of_analysing_are_told(index):
    ways = [IndexWay(("a.tif", "b.tif"), {"Object diameter": "24"}), IndexWay(("<c>.tif",), {"Object diameter": "30"})]
    text = index([entry()], ways=ways).text
    for needed in ("analysed in different ways", "2 images: a.tif, b.tif", "1 image: <c>.tif", "Object diameter", "30"):
        assert needed in text
    many = index([entry()], ways=[IndexWay(tuple("abcdefgh"), {"Version": "1"}), IndexWay(("z",), {"Version": "2"})])
    assert "a, b, c, d, e and 3 more" in many.text
    assert "different ways" not in index([entry()]).text


def test_a_name_never_turns_the_page(index):
    assert "\u202e" not in index([entry("a\u202egnp.exe\udcff")], [IndexFailure("\x1b[2J", "\x07")]).text
