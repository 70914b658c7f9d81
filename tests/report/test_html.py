import base64
import hashlib
import io
import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from uniaims.boxes import Box
from uniaims.errors import LabelsError, OutputError
from uniaims.labels import polygons
from uniaims.measurements import measure
from uniaims.micrograph import PixelSize
from uniaims.pages.array_encoding import unpack_array, unpack_outlines
from uniaims.report import USUAL, Findings, write_report
from uniaims.report.html import key_figures

HOSTILE = '</script><script>alert(1)</script>"><img src=x onerror=alert(2)>&amp;.png'


@pytest.fixture
def report(tmp_path, read_page):
    """Write a report and read it back."""

    def write(content):
        path = tmp_path / "report.html"
        write_report(path, content)
        return read_page(path)

    return write


def data_of(page):
    (found,) = [script for attributes, script in page.scripts if attributes.get("id") == "data"]
    return json.loads(found)


@pytest.fixture(scope="module")
def usual(tmp_path_factory, make_content, read_page):
    """The report of a usual image."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, make_content(warnings=("The bar and the metadata disagree.",)))
    return read_page(path)


def test_pixels_that_are_not_square_are_shown_in_the_proportions_of_the_sample(report, make_content):
    content = make_content()
    size = PixelSize.of_sides(2, 3)
    page = report(replace(content, measurements=measure(content.labels, size)))
    height, width = content.labels.shape
    data = data_of(page)
    assert data["pixel_sides"] == pytest.approx([1 / 1.5**0.5, 1.5**0.5])
    assert data["pixel_size_nm"] * data["pixel_sides"][0] == pytest.approx(2)
    assert page.find("img", id="micrograph")[0]["style"] == f"aspect-ratio: {width / height / 1.5:.6g}"
    assert "in the proportions of the sample" in page.text


def test_the_page_carries_the_numbers_of_the_table(usual, make_content):
    measurements = make_content().measurements
    columns = {column["name"]: column for column in data_of(usual)["columns"]}
    assert list(columns) == measurements.table.columns
    for name, column in columns.items():
        expected = measurements.table[name].to_numpy()
        if column["kind"] == "name":
            told = [column["names"][code] for code in unpack_array(column["values"])]
            assert told == [each or "–" for each in expected]
            continue
        exact = expected.astype(np.float32) if expected.dtype.kind == "f" else expected
        np.testing.assert_array_equal(unpack_array(column["values"]), exact)


def test_the_page_carries_the_outlines(usual, make_content):
    expected = polygons(make_content().labels)
    for before, after in zip(expected, unpack_outlines(data_of(usual)["outlines"]), strict=True):
        np.testing.assert_array_equal(after, before)


def test_the_page_carries_the_picture(usual, make_content):
    (picture,) = usual.find("img", id="micrograph")
    data = base64.b64decode(picture["src"].removeprefix("data:image/jpeg;base64,"))
    shown = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    assert np.abs(shown - make_content().image).mean() < 4


def test_the_page_says_what_was_asked_for(usual):
    for needed in (
        "24 objects found, 21 of them in the statistics",
        "The bar and the metadata disagree.",
        "Left out of size and shape statistics",
        "Number density",
        "Area fraction",
        "x10,0",
        "95\u202f% interval",
        "fewer than 30 sizes",
        "Orientation of the major axis",
        "Provenance",
        "0123456789abcdef" * 4,
    ):
        assert needed in usual.text, needed
    assert {figure["data-chart"] for figure in usual.find("figure") if "data-chart" in figure} == {
        "size",
        "aspect-ratio",
        "scatter",
        "orientation",
    }


def test_nothing_is_loaded_from_anywhere(usual):
    for tag, attributes in usual.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset", "formaction"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, name, value)
        assert tag not in {"link", "iframe", "object", "embed", "base"}
        assert not re.search(r"url\(", attributes.get("style") or "")
    scripts = " ".join(script for attributes, script in usual.scripts if "type" not in attributes)
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|\bimport\(|importScripts|sendBeacon", scripts)
    assert set(re.findall(r"https?://[^\s\"'`)]+", scripts)) == {"http://www.w3.org/2000/svg"}


def test_styles_load_nothing(tmp_path, make_content):
    write_report(tmp_path / "report.html", make_content())
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    assert "url(" not in style
    assert "@import" not in style


def test_the_policy_lets_only_our_scripts_run(usual):
    (policy,) = usual.find("meta", **{"http-equiv": "Content-Security-Policy"})
    assert "default-src 'none'" in policy["content"]
    allowed = set(re.findall(r"'(sha256-[^']+)'", policy["content"]))
    ours = {
        "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for attributes, script in usual.scripts
        if attributes.get("type") != "application/json"
    }
    assert allowed == ours
    assert "unsafe-inline" not in policy["content"].split("script-src")[1]


def test_hostile_names_are_inert(report, make_content, usual):
    content = make_content(title=HOSTILE, warnings=(HOSTILE,), settings={HOSTILE: HOSTILE})
    page = report(replace(content, provenance={HOSTILE: HOSTILE}, model=HOSTILE, model_hash=HOSTILE))
    assert len(page.scripts) == len(usual.scripts)
    assert len(page.find("img")) == len(usual.find("img")) == 1
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert page.text.count(HOSTILE) >= 8
    assert HOSTILE in page.find("img")[0]["alt"]
    assert data_of(page)["stem"].startswith(("script", "<", "img", '"', "/"))


def test_names_that_are_no_utf8_are_written(report, make_content):
    assert "pow\ufffdder.png" in report(make_content(title="pow\udcffder.png")).text


def test_settings_and_labels_are_reachable_by_keyboard_and_screen_reader(usual):
    (canvas,) = usual.find("canvas")
    assert canvas["tabindex"] == "0"
    assert "24 objects" in canvas["aria-label"]
    ids = [attributes["id"] for _, attributes in usual.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in usual.find("a"):
        assert link["href"].removeprefix("#") in ids
    for svg in (attributes for tag, attributes in usual.elements if tag == "svg"):
        assert svg.get("aria-hidden") == "true" or svg.get("aria-label")
    for depth in (1, 2, 3):
        assert any(tag == f"h{depth}" for tag, _ in usual.elements)


def test_scripts_find_every_element_they_ask_for(usual):
    ids = {attributes["id"] for _, attributes in usual.elements if "id" in attributes}
    script = max((script for _, script in usual.scripts), key=len)
    asked = set(re.findall(r"\$\(\"#([\w-]+)\"", script)) | set(re.findall(r"\$\$?\(\"#([\w-]+) ", script))
    assert asked
    assert asked - ids == {"words"}, "of pages in other languages"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.zeros((40, 50), np.uint32), "No object was found"),
        (np.ones((40, 50), np.uint32), "No object is in the statistics of size: 1 cut by the border."),
        (np.pad(np.ones((1, 1), np.uint32), 20), "none of them in the statistics of size: 1 too small to resolve"),
        (np.pad(np.ones((1, 9), np.uint32), 20), "not measured"),
        (np.kron(np.arange(12, dtype=np.uint32).reshape(3, 4) * 1000, np.ones((9, 9), np.uint32)), "11 objects"),
        (np.pad(np.full((4, 4), 2**32 - 1, np.uint32), 3), "1 object found"),
    ],
    ids=["none", "all cut", "one pixel", "line with NaN", "gaps", "largest label"],
)
@pytest.mark.parametrize("pixel_size", ["0.05 nm", None])
def test_odd_images_render_sensibly(report, make_content, labels, said, pixel_size):
    page = report(make_content(labels=labels, pixel_size=pixel_size))
    assert said in page.text
    data = data_of(page)
    assert len(unpack_outlines(data["outlines"])) == len(np.unique(labels[labels > 0]))
    assert data["pixel_size_nm"] == (None if pixel_size is None else 0.05)
    drawings = " ".join(
        str(attributes) for tag, attributes in page.elements if tag in {"path", "rect", "circle", "text"}
    )
    assert "nan" not in drawings
    assert "inf" not in drawings
    assert ("unknown: lengths are in pixels" in page.text) == (pixel_size is None)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.bool_])
def test_images_of_any_type_and_colour(report, make_content, dtype):
    content = make_content()
    assert report(replace(content, image=np.stack([content.image] * 3, axis=2).astype(dtype))).find("canvas")


def test_the_part_left_out_is_in_the_data(report, make_content):
    content = make_content()
    page = report(
        replace(content, content=Box(0, 0, 140, 220), measurements=measure(content.labels, content=Box(0, 0, 140, 220)))
    )
    assert data_of(page)["content"] == {"top": 0, "left": 0, "bottom": 140, "right": 220}
    assert "rows 0 – 139" in page.text


def test_parts_that_do_not_belong_together_are_refused(tmp_path, make_content):
    content = make_content()
    with pytest.raises(LabelsError, match="Give labels made from this image"):
        write_report(tmp_path / "a.html", replace(content, image=content.image[:-1]))
    with pytest.raises(LabelsError, match="hold 1 instances and the measurements 24"):
        write_report(tmp_path / "a.html", replace(content, labels=(content.labels == 3).astype(np.uint32)))
    assert not list(tmp_path.iterdir())


def test_an_unwritable_place_is_an_output_error(tmp_path, make_content):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        write_report(tmp_path / "file" / "report.html", make_content())


def test_twenty_thousand_objects_stay_below_ten_megabytes(tmp_path, make_content):
    side, count = 20, 142
    rng = np.random.default_rng(0)
    labels = np.zeros((side * count, side * count), np.uint32)
    y, x = np.mgrid[:side, :side] - 9.5
    for index in range(count * count):
        row, column = divmod(index, count)
        disc = (x * rng.uniform(0.7, 1)) ** 2 + y**2 < rng.uniform(4, 9) ** 2
        labels[row * side : (row + 1) * side, column * side : (column + 1) * side][disc] = index + 1
    content = make_content(labels=labels)
    noisy = np.clip(content.image + rng.normal(0, 20, labels.shape), 0, 255).astype(np.uint8)
    write_report(tmp_path / "report.html", replace(content, image=noisy, measurements=measure(labels, "2 nm", noisy)))
    assert 2e6 < (tmp_path / "report.html").stat().st_size < 10e6


def test_the_same_analysis_gives_the_same_page(tmp_path, make_content):
    for name in ("a", "b"):
        write_report(tmp_path / name, make_content())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_real_image(tmp_path, data_folder, make_content):
    mask = data_folder / "emps" / "masks"
    if not mask.is_dir():
        pytest.skip(f"no {mask}")
    path = sorted(mask.glob("*.png"))[0]
    labels = np.asarray(Image.open(path)).astype(np.uint32)
    image = np.asarray(Image.open(data_folder / "emps" / "images" / path.name).convert("L"))
    content = replace(make_content(), image=image, labels=labels, measurements=measure(labels, "1 nm", image))
    write_report(tmp_path / "report.html", content)
    assert (tmp_path / "report.html").stat().st_size > image.size / 50


def test_the_viewer_knows_what_is_printed_over_the_picture(report, make_content):
    printed = (Box(140, 10, 150, 60), Box(125, 20, 138, 50))
    page = report(replace(make_content(), printed=printed))
    assert data_of(page)["printed"] == [asdict(box) for box in printed]


def test_key_figures_have_the_digits_that_their_uncertainty_allows(make_content):
    found = {each.name: each for each in key_figures(Findings(make_content()), USUAL)}
    median = found["Median diameter by number, x50,0"]
    half = re.match(r"± ([\d.]+) \(k = 2\)$", median.note)
    assert half
    assert len(half[1].partition(".")[2]) == len(median.value.partition(".")[2])
    assert found["x10,0 – x90,0"].note == "21 objects do not carry it: five are needed on each side, by their weight"


def test_long_key_figures_are_set_smaller(report, make_content):
    block = np.pad(np.ones((9, 9), np.uint32), 2)
    page = report(make_content(labels=np.kron(np.arange(1, 81, dtype=np.uint32).reshape(8, 10), block)))
    assert len(page.find("dd", **{"class": "value long"})) == 1  # the range from x10,0 to x90,0
    assert len(page.find("dd", **{"class": "value"})) == 5
