"""What an analysis rests on, in words."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.micrograph import PixelSize
from uniaims.pipeline import AnalysisSettings
from uniaims.pipeline.provenance import (
    printed_boxes,
    scale_bar_note,
    scale_bar_rows,
    scale_bar_trace,
    scale_facts,
    settings_in_words,
)
from uniaims.scalebar import ScaleBar, ScaleReading
from uniaims.segmenter import Segmentation, SegmenterSettings
from uniaims.settings import words_of

BAR = ScaleBar(7.143, 139.989, Box(501, 6, 508, 146), Box(449, 12, 505, 142), "1µm", 1.0, "µm", 0.9384)
READING = ScaleReading(BAR, drawn=(BAR.box, Box(449, 12, 505, 142)), letters=(Box(1, 2, 3, 4),))
BY_BAR, BY_FILE = PixelSize(7.143, "scale bar"), PixelSize(5.0, "metadata")


@pytest.fixture
def segmentation(slope_model: Any) -> Segmentation:
    labels = np.zeros((60, 80), np.uint32)
    return Segmentation(
        labels,
        np.zeros(0, np.float32),
        SegmenterSettings(),
        slope_model.info,
        0.5,
        Box(0, 0, 60, 80),
        diameter_px=45.41,
    )


def test_a_scale_bar_is_traced_to_its_pixels() -> None:
    assert scale_bar_trace(READING, BY_BAR) == {
        "text": "1µm",
        "value": 1.0,
        "unit": "µm",
        "length_px": 139.989,
        "pixel_size_nm": 7.143,
        "confidence": 0.9384,
        "bar_edges": {"top": 501, "left": 6, "bottom": 508, "right": 146},
        "label_edges": {"top": 449, "left": 12, "bottom": 505, "right": 142},
        "box": [6, 501, 146, 508],
        "text_box": [12, 449, 142, 505],
        "used": True,
    }
    assert scale_bar_trace(None, BY_FILE) is scale_bar_trace(ScaleReading(None), None) is None


def test_the_report_says_whether_the_bar_was_used() -> None:
    rows = scale_bar_rows(READING, BY_BAR)
    assert rows["Label"] == "“1µm”, taken as 1 µm"
    assert rows["Length"] == "140.0 px"
    assert rows["Bar is at"] == "columns 6 – 145, rows 501 – 507"
    assert rows["Its pixel size is used"] == "yes"
    assert scale_bar_rows(READING, BY_FILE)["Its pixel size is used"] == "no: the metadata of the file have one"
    assert scale_bar_rows(None, BY_FILE) == {}


def test_only_a_pixel_size_of_the_bar_gets_its_note() -> None:
    assert scale_bar_note(READING, BY_BAR) == "“1µm” = 140.0\u00a0px, confidence 0.94"
    assert scale_bar_note(READING, BY_FILE) == scale_bar_note(None, BY_FILE) == ""


def test_what_is_printed_keeps_its_place() -> None:
    assert printed_boxes(READING) == (BAR.box, Box(449, 12, 505, 142), Box(1, 2, 3, 4))
    assert printed_boxes(None) == ()


def test_every_setting_has_a_name_in_words(segmentation: Segmentation) -> None:
    words = settings_in_words(AnalysisSettings(), segmentation)
    assert list(words) == [told.name for told in words_of(AnalysisSettings).values()]
    assert not [name for name, told in words_of(AnalysisSettings).items() if told.name == name.replace("_", " ")]
    assert not [text for pair in words.items() for text in pair if "_" in text or "None" in text]


def test_settings_that_were_left_open_show_the_value_in_force(segmentation: Segmentation) -> None:
    words = settings_in_words(AnalysisSettings(), segmentation)
    assert words["Minimum confidence"] == "0.5, the default of this model"
    assert words["Object diameter"] == "about 45.4 px across, found by looking"
    assert words["Network run on"] == "the processor"
    given = SegmenterSettings(diameter_px=30.0, minimum_confidence=0.25)
    asked = replace(segmentation, settings=given, diameter_px=30.0, scale_found=False)
    words = settings_in_words(AnalysisSettings(given), asked)
    assert words["Minimum confidence"] == "0.25, as given"
    assert words["Object diameter"] == "about 30 px across, as given"


def test_the_scale_is_told_in_lengths(segmentation: Segmentation) -> None:
    facts = scale_facts(segmentation, PixelSize(99.2))
    assert facts["Objects looked for"] == "about 45.4 px (4.50\u00a0µm) across, found by looking"
    assert facts["Image as the network saw it"] == "0.5 times its size"
    assert "Objects looked for" not in scale_facts(replace(segmentation, diameter_px=None), None)
