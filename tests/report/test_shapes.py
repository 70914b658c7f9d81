import numpy as np

from uniaims.measurements import measure
from uniaims.report.columns import table_columns
from uniaims.report.shapes import ELONGATED_FROM, rose_view, scatter_view, shape_views


def parts(measurements):
    return table_columns(measurements), measurements.values("touches_border") == 0


def test_three_shape_charts_of_complete_objects(make_content):
    views = shape_views(*parts(make_content().measurements))
    assert [(view.name, view.number) for view in views] == [("aspect-ratio", 3), ("circularity", 4), ("solidity", 5)]
    assert all("22 complete objects" in view.caption for view in views)


def test_the_scatter_plot_opens_with_shape_against_size(make_content):
    view = scatter_view(*parts(make_content().measurements), figure=6)
    assert (view.x, view.y, view.number) == ("equivalent_diameter_nm", "aspect_ratio", 6)
    assert "22 complete objects" in view.caption


def test_the_rose_leaves_out_round_objects(make_content):
    measurements = make_content().measurements
    inside = measurements.inside()
    elongated = np.isfinite(inside.values("orientation")) & (inside.values("aspect_ratio") >= ELONGATED_FROM)
    view = rose_view(*parts(measurements), figure=7)
    assert f"{elongated.sum()} complete objects" in view.caption
    assert elongated.sum() > 0


def test_what_can_not_be_measured_is_left_out():
    line = np.zeros((20, 20), np.uint32)
    line[10, 5:15] = 1  # one pixel wide: no aspect ratio, so neither scatter plot nor rose
    columns, complete = parts(measure(line))
    assert "aspect-ratio" not in [view.name for view in shape_views(columns, complete)]
    assert scatter_view(columns, complete, 6) is None
    assert rose_view(columns, complete, 7) is None


def test_no_object_gives_no_chart():
    columns, complete = parts(measure(np.zeros((5, 5), np.uint32)))
    assert shape_views(columns, complete) == []
    assert scatter_view(columns, complete, 6) is None
    assert rose_view(columns, complete, 7) is None
