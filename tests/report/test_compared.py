"""What a comparison of groups holds."""

import math

import pytest

from uniaims.measurements import PROPERTIES

from .made_comparison import compared, group, unit


def test_a_group_counts_its_objects_and_pictures():
    one = group("A", unit("a", [3, 1]), unit("b", [2]), unit("c", []))
    assert (one.object_count, one.picture_count) == (3, 3)
    assert one.sizes.tolist() == [1, 2, 3]


def test_the_middle_picture_tells_how_finely_a_group_was_seen():
    fine, coarse = unit("a", [40, 60], pixel_size_nm=1.0), unit("b", [50], pixel_size_nm=10.0)
    assert group("A", fine, coarse, fine).median_px == 50
    assert group("A", fine, coarse).median_px == pytest.approx((50 + 5) / 2)
    assert group("A", fine, unit("c", [])).median_px == 50  # a picture without objects tells nothing
    assert math.isnan(group("A", unit("c", [])).median_px)


@pytest.mark.parametrize(
    ("percentile", "name", "what", "symbol"),
    [
        (50.0, "equivalent_diameter", "median equivalent diameter", "x50,0"),
        (50.0, "area", "median area", "x50,0"),
        (90.0, "max_feret", "P90 of the ", "x90,0"),
        (2.5, "area", "P2.5 of the area", "x2.5,0"),
    ],
)
def test_the_figure_has_a_name_and_a_symbol(percentile, name, what, symbol):
    told = compared(percentile=percentile, property_=PROPERTIES[name])
    assert told.what.startswith(what)
    assert told.symbol == symbol


def test_samples_are_specimens_where_any_was_told():
    assert compared().noun.plural == "pictures"
    assert compared(group("A", unit("a", [1])), group("B", unit("b", [1], specimen="s"))).noun.plural == "specimens"


@pytest.mark.parametrize(
    ("sizes", "calibrated", "name", "units"),
    [
        ([20], True, "equivalent_diameter", ("nm", "nm", 1.0)),
        ([2000], True, "equivalent_diameter", ("nm", "µm", 1000.0)),
        ([2000], False, "equivalent_diameter", ("px", "px", 1.0)),
        ([2e6], True, "area", ("nm²", "nm²", 1.0)),
        ([2e6], False, "area", ("px²", "px²", 1.0)),
    ],
)
def test_lengths_are_shown_in_the_unit_that_reads_best(sizes, calibrated, name, units):
    told = compared(group("A", unit("a", sizes)), calibrated=calibrated, property_=PROPERTIES[name])
    assert (told.unit, told.shown_unit.symbol, told.shown_unit.size) == units
    assert told.axis_label == f"{PROPERTIES[name].label} / {units[1]}"
