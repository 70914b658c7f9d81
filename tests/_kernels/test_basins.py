"""Contacts of basins and their merging, against their plain meaning."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims._kernels import basins, components
from uniaims.flows import (
    FlowSettings,
    fields_from_labels,
    labels_from_fields,
)
from uniaims.matching import evaluate

from ..shapes import discs, spoilt


def test_smoothing_is_two_sums_of_three_by_three():
    topography = np.random.default_rng(0).integers(0, 256, (30, 20)).astype(np.uint8)
    out = np.empty(topography.shape, np.uint16)
    for start in range(0, 30, 7):
        basins.smooth_rows(topography, start, min(start + 7, 30), out)
    padded = np.pad(topography.astype(float), 2)
    kernel = np.outer([1, 2, 3, 2, 1], [1, 2, 3, 2, 1])
    np.testing.assert_array_equal(out, ndimage.correlate(padded, kernel, mode="constant")[2:-2, 2:-2])


def reference_contacts(image, smooth, flow):
    """The plain meaning of `basins.find_contacts`, pair of pixels by pair of pixels."""

    def bend(axis, y, x):
        down, right = axis, 1 - axis
        ends = [(y - down, x - right), (y + down, x + right)]
        if min(map(min, ends)) < 0 or ends[1][0] >= len(image) or ends[1][1] >= image.shape[1]:
            return 0
        if not all(image[end] for end in ends):
            return 0
        return max(abs(sum(int(flow[axis][end]) for end in ends) - 2 * int(flow[axis, y, x])) - 2, 0)

    found = {}
    for axis in (0, 1):
        for y, x in np.ndindex(image.shape[0] - (axis == 0), image.shape[1] - (axis == 1)):
            here, there = (y, x), (y + 1 - axis, x + axis)
            if image[here] == image[there] or not image[here] or not image[there]:
                continue
            row = found.setdefault(tuple(sorted((int(image[here]), int(image[there])))), [0] * 5)
            row[0] = max(row[0], int(min(smooth[here], smooth[there])))
            row[1] += int(flow[axis][there]) - int(flow[axis][here])
            row[2] += sum(abs(int(part[place])) for part in flow for place in (here, there))
            row[3] += 1
            row[4] += bend(axis, *here) + bend(axis, *there)
    return sorted([*pair, *row] for pair, row in found.items())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 4)))
def test_contacts_agree_with_their_plain_meaning(image):
    random = np.random.default_rng(image.size)
    smooth = random.integers(0, 9000, image.shape).astype(np.uint16)
    flow = random.integers(-127, 128, (2, *image.shape)).astype(np.int8)
    fields = (np.where(image > 0, 200, 100).astype(np.uint8), flow, np.uint8(128))
    runs = components.find_runs(image)
    found = basins.find_contacts(runs, smooth, fields, 0, len(image))
    assert sorted(found.tolist()) == reference_contacts(image, smooth, flow)


def test_merging_mends_what_noise_cuts():
    labels = discs(384, 34, 16)
    fields = spoilt(fields_from_labels(labels), 0.5)
    cut = evaluate(labels, labels_from_fields(fields, FlowSettings(merge_difference=0)))
    mended = evaluate(labels, labels_from_fields(fields))
    assert mended.ap50 > 0.95
    assert mended.ap50 > cut.ap50 + 0.2
