import numpy as np

from uniaims.report.findings import Findings
from uniaims.report.sections.shape import ELONGATED_FROM, rose_chart, scatter_view, section, shape_charts


def test_three_shape_charts_of_complete_objects(make_content):
    charts = shape_charts(Findings(make_content()))
    assert [chart.name for chart in charts] == ["aspect-ratio", "circularity", "solidity"]
    assert all("22 complete objects" in chart.caption for chart in charts)


def test_the_scatter_plot_opens_with_shape_against_size(make_content):
    view = scatter_view(Findings(make_content()))
    assert (view.x, view.y) == ("equivalent_diameter_nm", "aspect_ratio")
    assert "22 complete objects" in view.chart.caption


def test_the_rose_leaves_out_round_objects(make_content):
    findings = Findings(make_content())
    inside = findings.content.measurements.inside()
    elongated = np.isfinite(inside.values("orientation")) & (inside.values("aspect_ratio") >= ELONGATED_FROM)
    assert f"{elongated.sum()} complete objects" in rose_chart(findings).caption
    assert elongated.sum() > 0


def test_what_can_not_be_measured_is_left_out(make_content):
    line = np.zeros((20, 20), np.uint32)
    line[10, 5:15] = 1  # one pixel wide: no aspect ratio, so neither scatter plot nor rose
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
