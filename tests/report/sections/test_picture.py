"""The picture to zoom into: its outlines, and what it can be coloured by."""

from dataclasses import replace

import pytest

from uniaims.measurements import measure
from uniaims.micrograph import PixelSize
from uniaims.report import Findings
from uniaims.report.sections import picture
from uniaims.report.sections.picture import section


def test_each_object_has_its_outline_without_scripts(make_content):
    made = section(Findings(make_content()))
    assert made.details["outlines"].count("M") == 24
    assert made.details["outlines"].startswith("<svg")
    assert made.details["counted"] == "24 objects"
    assert [each.name for each in made.pictures] == ["picture"]


def test_of_very_many_there_is_a_picture_in_place_of_paths(make_content, monkeypatch):
    monkeypatch.setattr(picture, "MANY_OBJECTS", 23)
    assert section(Findings(make_content())).details["outlines"].startswith("<img")


@pytest.mark.parametrize(
    ("pixel_size", "wanted"), [("2 nm", ""), (None, ""), (PixelSize.of_sides(2.0, 4.0), f"{220 / 160 / 2:.6g}")]
)
def test_only_pixels_that_are_not_square_change_the_proportions(make_content, pixel_size, wanted):
    assert section(Findings(make_content(pixel_size=pixel_size))).details["proportion"] == wanted


def test_kinds_colour_the_picture_first(make_content, disc_labels):
    content = make_content()
    measured = measure(disc_labels, "2.5 nm", content.image, kind_names=["a", "b"] * 12)
    made = section(Findings(replace(content, measurements=measured, known_kinds=("a", "b"))))
    kinds = [column.kind for column in made.details["colour_columns"]]
    assert kinds[0] == "name"
    assert kinds.index("boolean") < kinds.index("number")
