from dataclasses import replace

import numpy as np
import pytest

from uniaims import __version__
from uniaims.boxes import Box
from uniaims.report import wording
from uniaims.report.findings import Findings
from uniaims.statistics import fit_lognormal


def test_the_methods_name_what_a_paper_needs(make_content):
    content = make_content()
    text = " ".join(wording.methods(Findings(content)))
    for needed in (
        f"Uni-AIMS {__version__}",
        "model “general”, weights 0123456789ab",
        "powder.tif (220\u00a0×\u00a0160\u00a0px, pixel size 2.5\u00a0nm, given by the user)",
        "24 objects were found",
        "Left out of size and shape statistics: 2 cut by the border, 1 too small to resolve, leaving 21 objects.",
        "counts each object that a side of the evaluated part cuts by half",
        "n = 21",
        "95\u202f% interval of the median",
        "Settings: flow.minimum_area_px 12.",
    ):
        assert needed in text
    assert "diameter_px" not in text


def lawful(make_content, values):
    """Findings of made-up sizes."""
    findings = Findings(make_content())
    findings.sizes[0] = replace(findings.sizes[0], values=np.sort(values), fit=fit_lognormal(values))
    return findings


def test_the_methods_name_a_log_normal_law_only_where_one_can_be_told(make_content):
    random = np.random.default_rng(3)
    said = [
        " ".join(wording.methods(lawful(make_content, values)))
        for values in (random.lognormal(1, 0.4, 300), random.choice([2.0, 9.0], 300) * random.normal(1, 0.02, 300))
    ]
    assert "A log-normal law fitted to the sizes has a median of" in said[0]
    assert "The sizes are not compatible with a log-normal law: the largest distance" in said[1]
    assert "log-normal" not in " ".join(wording.methods(lawful(make_content, random.lognormal(1, 0.4, 20))))


def test_the_methods_are_plain_words(make_content):
    settings = {"Model": "general", "Tile side": "1536 px", "Mirror images": "not used", "Pixel size given": "none"}
    content = replace(make_content(settings=settings), pixel_size_note="“1 µm” = 400.0 px, confidence 0.93")
    text = " ".join(wording.methods(Findings(content)))
    assert "Settings: tile side 1536 px." in text
    assert "given by the user: “1 µm” = 400.0 px, confidence 0.93)" in text


def test_given_labels_are_measured_not_segmented(make_content):
    content = replace(make_content(settings={}), model=None, model_hash=None)
    text = " ".join(wording.methods(Findings(content)))
    assert "segmented" not in text
    assert "Settings" not in text


@pytest.mark.parametrize(
    ("labels", "finding", "nothing"),
    [
        (np.zeros((9, 9), np.uint32), "No object was found in this image.", "nothing to measure"),
        (np.ones((9, 9), np.uint32), "1 object found, none of them in the statistics of size: 1 cut", "of size: 1 cut"),
    ],
)
def test_nothing_to_tell_is_told(make_content, labels, finding, nothing):
    findings = Findings(make_content(labels=labels))
    assert wording.finding(findings).startswith(finding)
    assert nothing in wording.nothing_complete(findings)
    assert wording.methods(findings)


def test_the_finding_gives_the_median_with_its_interval(make_content):
    text = wording.finding(Findings(make_content()))
    assert text.startswith("24 objects found, 21 of them in the statistics, with a median diameter of 31.1 ± ")
    assert text.endswith("nm (by number, k = 2).")


def test_a_single_object_has_no_interval(make_content):
    labels = np.zeros((30, 30), np.uint32)
    labels[10:20, 10:20] = 1
    text = wording.finding(Findings(make_content(labels=labels)))
    assert text == "1 object found, in the statistics, with a diameter of 28.21\u00a0nm."
    content = make_content(labels=labels)
    methods = " ".join(wording.methods(Findings(content)))
    assert "28.21\u00a0nm of the only object" in methods
    assert "x10" not in methods


def test_exclusion_is_said(make_content):
    text = wording.exclusion(Findings(make_content()))
    assert text == "Statistics rest on 21 objects; left out: 2 cut by the border, 1 too small to resolve."


def test_the_picture_says_what_is_missing(make_content):
    content = replace(make_content(pixel_size=None), content=Box(0, 0, 140, 220))
    caption = wording.picture_caption(Findings(content))
    assert "no scale bar" in caption
    assert "dimmed part" in caption
    assert "no scale bar" not in wording.picture_caption(Findings(make_content()))
