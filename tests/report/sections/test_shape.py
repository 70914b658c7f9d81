import numpy as np

from uniaims.report.findings import Findings
from uniaims.report.sections.shape import ELONGATED_FROM, rose_chart, scatter_view, section, shape_charts


def large(make_content):
    """Findings of three discs of 40 px and more and of one of 20 px, cut by nothing."""
    labels = np.zeros((160, 220), np.uint32)
    y, x = np.mgrid[:160, :220]
    for number, (row, column, radius) in enumerate([(40, 40, 20), (40, 120, 22), (110, 60, 24), (110, 160, 10)], 1):
        labels[(y - row) ** 2 + (x - column) ** 2 < radius**2] = number
    return Findings(make_content(labels=labels))


def test_three_shape_charts_of_objects_that_are_large_enough(make_content):
    charts = shape_charts(large(make_content))
    assert [chart.name for chart in charts] == ["aspect-ratio", "circularity", "solidity"]
    assert "4 complete objects of 12 px or more" in charts[0].caption
    assert all("3 complete objects of 30 px or more" in chart.caption for chart in charts[1:])
    assert [chart.name for chart in shape_charts(Findings(make_content()))] == ["aspect-ratio"]


def test_the_scatter_plot_opens_with_shape_against_size(make_content):
    view = scatter_view(Findings(make_content()))
    assert (view.x, view.y) == ("diameter_nm", "aspect_ratio")
    assert "21 complete objects" in view.chart.caption


def test_the_rose_leaves_out_round_and_small_objects(make_content):
    findings = Findings(make_content())
    inside = findings.content.measurements.inside()
    elongated = np.isfinite(inside.values("orientation")) & (inside.values("aspect_ratio") >= ELONGATED_FROM)
    elongated &= inside.values("diameter") >= 12 * 2.5
    assert f"{elongated.sum()} complete objects" in rose_chart(findings).caption
    assert elongated.sum() > 0


def test_what_can_not_be_measured_is_left_out(make_content):
    line = np.zeros((20, 800), np.uint32)
    line[10, 5:795] = 1  # one pixel wide: no aspect ratio, so neither scatter plot nor rose
    findings = Findings(make_content(labels=line))
    assert "aspect-ratio" not in [chart.name for chart in shape_charts(findings)]
    assert scatter_view(findings) is None
    assert rose_chart(findings) is None
    assert section(findings).figure_count == 2


def test_no_object_gives_no_chart(make_content):
    findings = Findings(make_content(labels=np.zeros((5, 5), np.uint32)))
    made = section(findings)
    assert (made.figures, made.figure_count) == ((), 0)
    assert made.sentences == ("No object was found, so there is nothing to measure.",)


def test_charts_that_are_missing_have_a_reason(make_content):
    assert section(Findings(make_content())).sentences == (
        "No chart of circularity and solidity: no object in the statistics is 30 px or more across, and smaller ones "
        "have too few pixels for it.",
    )
    assert section(large(make_content)).sentences == ()
