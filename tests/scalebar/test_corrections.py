"""Bars that the user boxes, and what is kept of them."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.errors import PixelSizeError, SettingsError
from uniaims.micrograph import PixelSize
from uniaims.scalebar import (
    ScaleReading,
    given_scale,
    keep_sample,
    parse_box,
    resolve_pixel_size,
)

from .pictures import micrograph, picture


def test_a_boxed_bar_is_measured_in_its_box() -> None:
    gray = picture()
    bar = given_scale(micrograph(gray), parse_box("50,460,270,490"), "1,0 um")
    assert bar.length_px == pytest.approx(200, abs=0.5)
    assert bar.pixel_size_nm == pytest.approx(5, rel=0.005)
    upright = given_scale(micrograph(np.ascontiguousarray(gray.T)), Box(50, 460, 270, 490), "1 um")
    assert upright.length_px == pytest.approx(bar.length_px)
    nothing = given_scale(micrograph(gray), Box(100, 100, 120, 300), "1 um")
    assert nothing.length_px == 200
    assert nothing.warnings


@pytest.mark.parametrize(
    ("box", "length"),
    [
        ("1,2,3", "1 um"), ("9,9,5,5", "1 um"), ("0,0,9,9999", "1 um"), ("inf,0,9,9", "1 um"), ("0,0,9,1e999", "1 um"),
        ("0,0,9,9", "1"), ("0,0,9,9", "0 um"), ("0,0,9,9", "-1 um"), ("0,0,9,9", "1,000 nm"), ("0,0,9,9", "10 um/div"),
    ],
)  # fmt: skip
def test_corrections_that_make_no_sense_are_refused(box: str, length: str) -> None:
    with pytest.raises((SettingsError, PixelSizeError)):
        given_scale(micrograph(picture()), parse_box(box), length)


def test_a_correction_without_a_bar_is_used_with_its_warning() -> None:
    taken = given_scale(micrograph(picture()), Box(100, 100, 101, 101), "1 um")
    resolved = resolve_pixel_size(
        micrograph(picture()), PixelSize(taken.pixel_size_nm, "scale bar"), ScaleReading(taken)
    )
    assert resolved.warnings == taken.warnings
    assert "No bar stands out" in resolved.warnings[0]


def test_two_pictures_of_one_name_are_both_kept(tmp_path: Path) -> None:
    bar = given_scale(micrograph(picture()), Box(460, 50, 490, 270), "1 um")
    first, second = (replace(micrograph(picture()), path=Path(folder) / "a.png") for folder in ("one", "two"))
    names = [keep_sample(each, bar, tmp_path, "a").name for each in (first, second, first)]
    assert names == ["a.json", "a-2.json", "a.json"]
    (tmp_path / "b.json").write_text("not ours", encoding="utf-8")
    assert keep_sample(first, bar, tmp_path, "b").name == "b-2.json"
    for name in ("../a", "b/c", "", "."):
        with pytest.raises(SettingsError, match="no name of a sample"):
            keep_sample(first, bar, tmp_path, name)


def test_corrections_are_kept_as_samples(tmp_path: Path) -> None:
    bar = given_scale(micrograph(picture()), Box(460, 50, 490, 270), "1 um")
    facts = json.loads(keep_sample(micrograph(picture()), bar, tmp_path, "a").read_text(encoding="utf-8"))
    assert (facts["value"], facts["unit"], facts["bar_box"]) == (1.0, "um", [60, 470, 260, 478])
    assert np.array_equal(cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_GRAYSCALE), picture())
