"""What can be chosen about a comparison."""

import pytest

from uniaims.errors import SettingsError
from uniaims.measurements import PROPERTIES
from uniaims.pipeline.comparison_settings import SIZES, ComparisonSettings


def test_the_usual_comparison_is_of_medians_of_diameters():
    usual = ComparisonSettings()
    assert (usual.figure, usual.percentile, usual.confidence, usual.margin) == ("diameter", 50, 0.95, 0)


@pytest.mark.parametrize("name", SIZES)
def test_what_can_be_compared_is_a_size_that_is_measured(name):
    assert ComparisonSettings(figure=name).figure == name
    assert PROPERTIES[name].quantity in ("length", "area")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"figure": "colour"}, "'colour' can't be compared: wanted one of diameter, equivalent_diameter, area"),
        ({"figure": "max_ferret"}, "max_feret"),
        ({"percentile": 0}, "percentile = 0"),
        ({"percentile": 100}, "0 < percentile < 100"),
        ({"confidence": 1}, "confidence = 1"),
        ({"confidence": 0.49}, "0.5 <= confidence < 1"),
        ({"margin": -0.1}, "margin = -0.1"),
        ({"margin": 1}, "0 <= margin < 1"),
        ({"group": ("A=a",), "groups": "groups.csv"}, "Give patterns or a table"),
    ],
)
def test_settings_out_of_range_are_refused(wrong, told):
    with pytest.raises(SettingsError, match=told):
        ComparisonSettings(**wrong)


@pytest.mark.parametrize("right", [{"confidence": 0.5}, {"margin": 0.99}, {"percentile": 0.1}, {"percentile": 99.9}])
def test_ends_of_the_ranges_are_taken(right):
    assert ComparisonSettings(**right) != ComparisonSettings()
