"""What users choose about reports; no result depends on it."""

import pytest

from uniaims.errors import SettingsError
from uniaims.pages.report_settings import ReportSettings
from uniaims.settings import words_of


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"language": "de"}, "language is 'de': wanted en or zh"),
        ({"figures": "tiff"}, "figures is 'tiff': wanted svg, png or pdf"),
        ({"figure_width": 29.9}, "figure_width = 29.9"),
        ({"figure_width": float("nan")}, "figure_width = nan"),
        ({"figure_width": 401.0}, "wanted 30 to 400 mm"),
        ({"figure_font": 3.9}, "figure_font = 3.9"),
        ({"figure_font": 20.1}, "4 to 20 points"),
    ],
)
def test_what_is_out_of_range_is_refused(wrong, said):
    with pytest.raises(SettingsError, match=said):
        ReportSettings(**wrong)


@pytest.mark.parametrize("width", [30.0, 88.0, 400.0])
def test_the_ends_of_the_range_are_in_it(width):
    assert ReportSettings(figures="pdf", figure_width=width, figure_font=4.0).figure_width == width


def test_none_of_them_makes_results_old():
    assert not [name for name, words in words_of(ReportSettings).items() if words.matters or words.in_methods]
