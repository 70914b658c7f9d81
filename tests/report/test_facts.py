from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pytest

from uniaims import __version__
from uniaims.boxes import Box
from uniaims.report.facts import FUNCTIONS, fact_groups, flatten, pixel_size_text, plain_value
from uniaims.report.findings import Findings


def rows(content):
    left, right = fact_groups(Findings(content))
    return {group.name: dict(group.rows) for group in left + right}


@pytest.mark.parametrize("name", [name for _, name in FUNCTIONS])
def test_the_functions_named_exist(name):
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(module), function))


def test_settings_are_flattened():
    @dataclass(frozen=True)
    class Flow:
        minimum_area_px: int = 3

    nested = {"model": "general", "flow": Flow(), "more": {"deep": {"x": 1.5}}}
    assert list(flatten(nested)) == [("model", "general"), ("flow.minimum_area_px", 3), ("more.deep.x", 1.5)]


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, "–"), (True, "yes"), (0.1, "0.1"), (1e-9, "1e-09"), ((1, 2.5), "1, 2.5"), ("<b>", "<b>"), (7, "7")],
)
def test_values_are_plain_text(value, written):
    assert plain_value(value) == written


def test_every_number_can_be_traced(make_content):
    groups = rows(make_content())
    assert groups["Analysis"]["Program"] == f"Uni-AIMS {__version__}"
    assert groups["Analysis"]["Model hash"] == "0123456789abcdef" * 4
    assert groups["Image"]["Pixel size"] == "2.5\u00a0nm, given by the user"
    assert groups["Image"]["Voltage / kV"] == "20"
    assert groups["Image"]["SHA-256 of the image file"] == "ab" * 32
    assert groups["Settings"] == {"diameter_px": "–", "flow.minimum_area_px": "12"}
    assert groups["Time by stage"] == {"Reading the file": "250\u00a0ms", "segment": "3.0\u00a0s"}
    assert groups["Computed by"]["Log-normal fit"] == "uniaims.statistics.fit_lognormal"


def test_the_evaluated_part_is_named_where_it_is_not_the_whole(make_content):
    content = make_content()
    assert "Evaluated part" not in rows(content)["Image"]
    assert (
        rows(replace(content, content=Box(0, 0, 140, 220)))["Image"]["Evaluated part"]
        == "rows 0 – 139, columns 0 – 219"
    )


def test_given_labels_have_no_model(make_content):
    groups = rows(replace(make_content(pixel_size=None), model=None, model_hash=None))
    assert groups["Analysis"]["Model"] == "none: labels were given"
    assert "Objects" not in groups["Computed by"]
    assert groups["Image"]["Pixel size"].startswith("unknown")


def test_what_was_not_measured_says_why(make_content):
    labels = np.zeros((20, 20), np.uint32)
    labels[5, 5] = 1
    labels[10:14, 10:14] = 2
    reasons = rows(make_content(labels=labels))["Not measured"]
    assert reasons["Major axis"].startswith("1 of 2 not measured")


def test_a_scale_bar_can_be_traced(make_content):
    content = replace(
        make_content(), scale_bar={"Label": "“1 µm”", "Length": "400.0 px"}, pixel_size_note="“1 µm” = 400.0 px"
    )
    groups = rows(content)
    assert groups["Scale bar"] == {"Label": "“1 µm”", "Length": "400.0 px"}
    assert groups["Image"]["Pixel size"].endswith("given by the user: “1 µm” = 400.0 px")
    assert "Scale bar" not in rows(make_content())


def test_the_header_leaves_out_what_a_pixel_size_rests_on(make_content):
    content = replace(make_content(), pixel_size_note="“1 µm” = 400.0 px")
    assert pixel_size_text(content) == "2.5\u00a0nm, given by the user"
