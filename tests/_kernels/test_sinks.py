"""Where walks end, and what leads there."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims._kernels import components, sinks

from ..shapes import EIGHT


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(1, 300).flatmap(lambda size: hnp.arrays(np.int64, size, elements=st.integers(0, size - 1))))
def test_chases_and_doublings_end_where_pointers_lead(link):
    """Two rounds of doubling after a chase lead to an end, or stay on a cycle of three or more."""
    end, spare = np.empty_like(link), np.empty_like(link)
    sinks.chase(link, 0, link.size, end)
    for _ in range(8):
        sinks.double(end, 0, link.size, spare)
        end, spare = spare, end
    for item in range(link.size):
        path = [item]
        while link[path[-1]] not in path:
            path.append(int(link[path[-1]]))
        cycle = path[path.index(int(link[path[-1]])) :]
        assert end[item] in cycle


@settings(max_examples=40, deadline=None, derandomize=True)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 15), st.integers(1, 15))))
def test_ends_that_touch_are_one_group_and_name_what_leads_to_them(marked):
    marks = np.zeros(-(-marked.size // 8) * 8, np.uint8)
    marks[: marked.size] = marked.ravel()
    target = np.full(marked.shape, -1, np.int32)
    target[marked] = np.flatnonzero(marked)  # each leads to itself
    places, ahead = sinks.list_marks(marks.view(np.uint64), 0, marks.size // 8, 1, target.ravel())
    np.testing.assert_array_equal(places, ahead)
    np.testing.assert_array_equal(places, np.flatnonzero(marked))
    places = np.concatenate(([0], places))
    groups, count = sinks.group_ends(np.arange(places.size), places, target)
    wanted, pieces = ndimage.label(marked, EIGHT)
    assert count == pieces
    sinks.name_places(places, groups, 0, places.size, target.ravel())
    runs = sinks.basin_runs(target, 0, len(target))
    found = np.empty(marked.shape, np.int64)
    components.paint_runs(*runs, 0, len(target), found)
    np.testing.assert_array_equal(found, wanted)
    for one, other in zip(runs, components.find_runs(found), strict=True):
        np.testing.assert_array_equal(one, other)
