"""Labels to fields and back: shapes that break others, noise, and results that depend on nothing but the input."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from uniaims._kernels import basins, components, diffusion, distances, sinks, walk
from uniaims.errors import InputError, LabelsError, SettingsError
from uniaims.flows import (
    CompactFields,
    Fields,
    FlowSettings,
    fields_from_labels,
    flow_errors,
    labels_from_fields,
)
from uniaims.matching import evaluate

EXACT = FlowSettings(minimum_area_px=0, hole_share=0)
EIGHT = np.ones((3, 3))


def canvas(draw, height=128, width=128):
    image = np.zeros((height, width), np.uint8)
    draw(image)
    return image.astype(np.uint32)


def ring(image):
    cv2.circle(image, (64, 64), 50, 1, -1)
    cv2.circle(image, (64, 64), 40, 0, -1)


def dumbbell(image):
    cv2.circle(image, (30, 64), 25, 1, -1)
    cv2.circle(image, (98, 64), 25, 1, -1)
    cv2.line(image, (30, 64), (98, 64), 1, 3)


def crescent(image):
    cv2.circle(image, (64, 64), 50, 1, -1)
    cv2.circle(image, (84, 64), 45, 0, -1)


def spiral(image):
    angle = np.linspace(0, 6 * np.pi, 2000)
    points = np.stack([64 + (4 + 2.9 * angle) * np.cos(angle), 64 + (4 + 2.9 * angle) * np.sin(angle)], 1)
    cv2.polylines(image, [np.round(points).astype(np.int32)], False, 1, 5)


def star(image):
    angle = np.arange(10) * np.pi / 5
    reach = np.where(np.arange(10) % 2, 20, 60)
    points = np.stack([64 + reach * np.cos(angle), 64 + reach * np.sin(angle)], 1)
    cv2.fillPoly(image, [points.astype(np.int32)], 1)


def comb(image):
    cv2.rectangle(image, (5, 5), (120, 15), 1, -1)
    for x in range(5, 120, 12):
        cv2.rectangle(image, (x, 5), (x + 4, 120), 1, -1)


SHAPES = {
    "disc": lambda image: cv2.circle(image, (64, 64), 40, 1, -1),
    "ring": ring,
    "ring of one pixel": lambda image: cv2.circle(image, (64, 64), 50, 1, 1),
    "fibre": lambda image: cv2.line(image, (5, 10), (120, 110), 1, 3),
    "diagonal line": lambda image: cv2.line(image, (5, 10), (120, 110), 1, 1),
    "cut at the border": lambda image: cv2.circle(image, (0, 20), 30, 1, -1),
    "across the image": lambda image: cv2.line(image, (0, 10), (127, 10), 1, 1),
    "dumbbell": dumbbell,
    "crescent": crescent,
    "spiral": spiral,
    "star": star,
    "comb": comb,
    "whole image": lambda image: image.fill(1),
    "one pixel": lambda image: image.__setitem__((5, 5), 1),
}


def pieces_of(labels):
    """Give each 8-connected piece of each label its own number."""
    out = np.zeros(labels.shape, np.uint32)
    for label in np.unique(labels[labels > 0]):
        pieces, _ = ndimage.label(labels == label, EIGHT)
        out[pieces > 0] = pieces[pieces > 0] + out.max()
    return out


def discs(size=256, pitch=32, radius=14, seed=0):
    random = np.random.default_rng(seed)
    image = np.zeros((size, size), np.int32)
    centres = [(x, y) for y in range(pitch // 2, size, pitch) for x in range(pitch // 2, size, pitch)]
    for number, (x, y) in enumerate(centres, 1):
        cv2.circle(image, (x + int(random.integers(-1, 2)), y), int(random.integers(8, radius)), number, -1)
    return image.astype(np.uint32)


def spoilt(fields, strength, seed=0):
    random = np.random.default_rng(seed)
    white = random.normal(size=(4, *fields.probability.shape)).astype(np.float32)
    grain = np.stack([cv2.GaussianBlur(noise, (0, 0), 1.0) for noise in white])
    grain /= grain.std()
    return Fields(
        fields.probability + strength / 3 * grain[0],
        fields.flow + strength * grain[1:3],
        fields.topography + strength / 3 * grain[3],
    )


@pytest.mark.parametrize("name", SHAPES)
def test_any_shape_comes_back(name):
    labels = pieces_of(canvas(SHAPES[name]))
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    assert evaluate(labels, found).true_positives[8] == labels.max() == found.max()


@pytest.mark.parametrize("name", SHAPES)
def test_heat_has_one_peak_in_any_shape(name):
    """Following the largest step up the heat ends at one pixel: tested on the flow, which points up the heat."""
    labels = canvas(SHAPES[name])
    fields = fields_from_labels(labels)
    length = np.hypot(*fields.flow)
    inside = labels > 0
    assert np.all(length[~inside] == 0)
    assert np.all((np.abs(length[inside] - 1) < 1e-5) | (length[inside] == 0))
    assert (length[inside] == 0).mean() <= max(0.02, 1 / inside.sum())


@settings(max_examples=40, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 3)))
def test_fields_keep_their_promises_on_any_labels(labels):
    fields = fields_from_labels(labels)
    inside = labels > 0
    assert fields.flow.dtype == fields.topography.dtype == fields.probability.dtype == np.float32
    np.testing.assert_array_equal(fields.probability, inside)
    np.testing.assert_array_equal(fields.topography > 0, inside)
    length = np.hypot(*fields.flow)
    assert np.all((length == 0) | (np.abs(length - 1) < 1e-5))
    assert np.all(length[~inside] == 0)
    pieces = pieces_of(labels)
    if pieces.max():
        peaks = ndimage.maximum(fields.topography, pieces, np.arange(1, pieces.max() + 1))
        np.testing.assert_allclose(peaks, 1)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)), elements=st.integers(0, 3)))
def test_an_instance_does_not_see_its_neighbours(labels):
    together = fields_from_labels(labels)
    for label in range(1, 4):
        alone = fields_from_labels(labels == label)
        inside = labels == label
        np.testing.assert_array_equal(together.flow[:, inside], alone.flow[:, inside])
        np.testing.assert_array_equal(together.topography[inside], alone.topography[inside])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 95), st.integers(0, 95), st.integers(3, 30), st.integers(3, 30)), max_size=8))
def test_rectangles_come_back_however_they_overlap(boxes):
    labels = np.zeros((96, 96), np.uint32)
    for number, (top, left, height, width) in enumerate(boxes, 1):
        labels[top : top + height, left : left + width] = number
    labels = pieces_of(labels)
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    np.testing.assert_array_equal(found > 0, labels > 0)
    score = evaluate(labels, found)
    assert score.true_positives[0] >= score.true_count - 1


def test_dense_blobs_come_back_exactly():
    labels = discs(512, pitch=26)
    score = evaluate(labels, labels_from_fields(fields_from_labels(labels)))
    assert score.ap50 >= 0.999
    assert score.average_precisions[8] >= 0.99


def test_long_lines_do_not_underflow():
    labels = np.zeros((3, 6000), np.uint32)
    labels[1] = 1
    fields = fields_from_labels(labels)
    assert np.count_nonzero(fields.flow[1, 1] == 0) <= 1
    assert np.all(fields.flow[1, 1, :2990] == 1)
    assert np.all(fields.flow[1, 1, 3010:] == -1)
    assert labels_from_fields(fields, EXACT).max() == 1


def test_large_instance_next_to_small_ones_keeps_one_centre():
    image = np.zeros((700, 700), np.int32)
    cv2.circle(image, (350, 350), 300, 1, -1)
    for number, angle in enumerate(np.linspace(0, 2 * np.pi, 30, endpoint=False), 2):
        cv2.circle(image, (int(350 + 320 * np.cos(angle)), int(350 + 320 * np.sin(angle))), 12, number, -1)
    labels = image.astype(np.uint32)
    score = evaluate(labels, labels_from_fields(fields_from_labels(labels)))
    assert score.average_precisions[8] == 1


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_heat_solved_coarse_first_points_the_same_way(levels):
    image = canvas(SHAPES["disc"])
    weight = np.pad(image, 1) * 0.125
    plain = diffusion.dense_heat(weight, (65, 65), 0, 20_000, 0)
    quick = diffusion.dense_heat(weight, (65, 65), levels, 400, diffusion.MORE_SWEEPS)
    slopes = [
        np.array([diffusion.dense_slope(heat, y, x) for y, x in np.argwhere(weight > 0)]) for heat in (plain, quick)
    ]
    degrees = np.degrees(np.arccos(np.clip((slopes[0] * slopes[1]).sum(1), -1, 1)))
    assert np.median(degrees) < 3
    assert np.percentile(degrees, 99) < 20


def test_more_instances_than_16_bits_hold():
    labels = np.zeros((600, 600), np.uint32)
    labels[::2, ::2] = np.arange(1, 90_001).reshape(300, 300)
    found = labels_from_fields(fields_from_labels(labels), EXACT)
    np.testing.assert_array_equal(found, labels)


def test_numbers_may_be_huge():
    labels = np.zeros((20, 20), np.uint32)
    labels[2:9, 2:9] = 4_000_000_000
    labels[10:18, 3:12] = 7
    np.testing.assert_array_equal(fields_from_labels(labels).flow, fields_from_labels(pieces_of(labels)).flow)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (0, 5), (40, 30)])
def test_empty_images_give_nothing(shape):
    fields = fields_from_labels(np.zeros(shape, np.uint8))
    assert fields.flow.shape == (2, *shape)
    found = labels_from_fields(fields)
    assert found.shape == shape
    assert found.dtype == np.uint32
    assert not found.any()


def test_one_by_one_image_that_is_an_instance():
    assert labels_from_fields(fields_from_labels([[1]]), EXACT).tolist() == [[1]]


def test_results_do_not_depend_on_threads_or_on_the_kind_of_fields():
    fields = spoilt(fields_from_labels(discs(700, 30), threads=1), 0.4)
    one = labels_from_fields(fields, threads=1)
    for threads in (2, 3, 7):
        np.testing.assert_array_equal(labels_from_fields(fields, threads=threads), one)
    np.testing.assert_array_equal(labels_from_fields(fields.compact()), one)
    clean = fields_from_labels(one, threads=1)
    np.testing.assert_array_equal(fields_from_labels(one, threads=5).flow, clean.flow)


def walked(compact, cuts=()):
    height, width = compact.probability.shape
    target, marks = np.empty((height, width), np.int32), np.zeros(height * width, np.uint8)
    for start, stop in pairwise([0, *cuts, height]):
        walk.walk_rows(compact.probability, compact.flow, np.uint8(128), start, stop, target, marks)
    return target, marks


@pytest.mark.parametrize("rows", [1, 7, 50])
def test_walks_do_not_depend_on_how_rows_are_cut(rows):
    compact = spoilt(fields_from_labels(discs(128)), 0.4).compact()
    whole = walked(compact)
    for part, wanted in zip(walked(compact, range(rows, 128, rows)), whole, strict=True):
        np.testing.assert_array_equal(part, wanted)
    np.testing.assert_array_equal(np.flatnonzero(whole[1]), np.unique(whole[0][whole[0] >= 0]))


def test_both_ways_work_from_several_threads_at_a_time():
    images = [discs(200, seed=seed) for seed in range(8)]

    def there_and_back(labels):
        return labels_from_fields(fields_from_labels(labels, threads=2), threads=2)

    wanted = [there_and_back(labels) for labels in images]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(there_and_back, images), wanted, strict=True):
            np.testing.assert_array_equal(found, expected)


def reference_walk(inside, flow, y, x, steps):
    """The plain meaning of `walk.walk_rows`: where ``steps`` steps lead from a pixel, as (y, x) in 1/64 px."""
    if not (0 <= y < inside.shape[0] and 0 <= x < inside.shape[1] and inside[y, x]):
        return (0, 0)
    if steps > walk.STEPS:
        half = reference_walk(inside, flow, y, x, steps // 2)
        near = [(part + 32) >> 6 for part in half]
        more = reference_walk(inside, flow, y + near[0], x + near[1], steps // 2)
        return tuple(part + further for part, further in zip(half, more, strict=True))
    first = tuple((int(part[y, x]) + 1) >> 1 for part in flow)
    if steps == 1:
        return first
    side = [1 if part > 0 else -1 for part in first]
    around = [
        [reference_walk(inside, flow, y + down * side[0], x + right * side[1], steps - 1) for right in (0, 1)]
        for down in (0, 1)
    ]

    def between(one, other, share):
        return one + (((other - one) * abs(share) + 32) >> 6)

    rows = [[between(one, other, first[1]) for one, other in zip(*row, strict=True)] for row in around]
    return tuple(step + between(one, other, first[0]) for step, one, other in zip(first, *rows, strict=True))


def test_walks_agree_with_their_plain_meaning():
    compact = spoilt(fields_from_labels(discs(96)), 0.4, seed=3).compact()
    inside = compact.probability >= 128
    target, _ = walked(compact)
    assert np.all((target == -1) == ~inside)
    checked = 0
    for y, x in np.argwhere(inside)[::7]:
        end = reference_walk(inside, compact.flow, int(y), int(x), walk.REACH)
        row, column = (min(max(at + ((part + 32) >> 6), 0), 95) for at, part in zip((y, x), end, strict=True))
        if inside[row, column] and (row, column) != (y, x):
            assert target[y, x] == row * 96 + column
            checked += 1
    assert checked > 300


def test_the_steepest_flow_does_not_overflow_a_walk():
    """Each step is the longest that int8 holds; opposite neighbours differ by twice the length of a walk."""
    probability = np.full((40, 40), 255, np.uint8)
    chequered = np.where(np.indices((40, 40)).sum(0) % 2, 127, -127)
    for pattern in (np.full((40, 40), 127), np.full((40, 40), -127), chequered):
        flow = np.stack([pattern, pattern]).astype(np.int8)
        target, _ = walked(CompactFields(probability, flow, probability))
        for y, x in ((0, 0), (20, 20), (39, 39), (13, 30)):
            end = reference_walk(probability > 0, flow, y, x, walk.REACH)
            row, column = (min(max(at + ((part + 32) >> 6), 0), 39) for at, part in zip((y, x), end, strict=True))
            assert (row, column) == (y, x) or target[y, x] == row * 40 + column


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


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_distances_agree_with_scipy(inside):
    mask = np.pad(inside, 1).astype(np.uint8)
    squared = np.empty(mask.shape, np.int64)
    distances.squared_distances(mask, squared)
    np.testing.assert_array_equal(squared, np.rint(ndimage.distance_transform_edt(mask) ** 2))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.integers(0, 2)))
def test_runs_join_to_connected_components(labels):
    runs = components.find_runs(labels)
    parent = components.join_runs(*runs, labels.shape[1])
    found = np.empty(labels.shape, np.int64)
    components.paint_runs(runs[0], runs[1], parent, 0, len(labels), found)
    for label, structure in ((0, None), (1, EIGHT), (2, EIGHT)):
        pieces, count = ndimage.label(labels == label, structure)
        pairs = np.unique(np.stack([pieces[pieces > 0], found[pieces > 0]]), axis=1)
        assert pairs.shape[1] == count == len(np.unique(pairs[1]))


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


def test_thin_rods_side_by_side_stay_apart_when_blurred():
    y, x = np.indices((120, 120)) - 60.0
    angle = np.radians(25)
    along, across = y * np.cos(angle) - x * np.sin(angle), x * np.cos(angle) + y * np.sin(angle)
    labels = np.where((np.abs(across) < 20) & (np.abs(along) < 35), (across + 20) // 8 + 1, 0).astype(np.uint32)
    fields = fields_from_labels(labels)
    blurred = Fields(
        cv2.GaussianBlur(fields.probability, (0, 0), 2.5),
        np.stack([cv2.GaussianBlur(part, (0, 0), 2.5) for part in fields.flow]),
        cv2.GaussianBlur(fields.topography, (0, 0), 2.5),
    )
    assert evaluate(labels, labels_from_fields(blurred)).ap50 == 1
    assert labels_from_fields(blurred, FlowSettings(divergence_threshold=1e9)).max() < 5


def test_small_pieces_go_and_small_holes_are_filled():
    labels = np.zeros((80, 80), np.uint32)
    labels[5:45, 5:45] = 1
    labels[60:63, 60:63] = 2
    fields = fields_from_labels(labels)
    fields.probability[20:23, 20:23] = 0
    found = labels_from_fields(fields)
    assert found.max() == 1
    assert found[21, 21] == 1
    assert labels_from_fields(fields, FlowSettings(hole_share=0))[21, 21] == 0
    assert labels_from_fields(fields, FlowSettings(minimum_area_px=9)).max() == 2


def test_large_holes_and_nested_instances_are_left_alone():
    labels = canvas(ring)
    labels[60:68, 60:68] = 2
    found = labels_from_fields(fields_from_labels(labels), FlowSettings(hole_share=0.9))
    np.testing.assert_array_equal(found > 0, labels > 0)


def test_nan_counts_as_nothing():
    fields = fields_from_labels(discs(64))
    fields.probability[:32] = np.nan
    fields.flow[:, :, 40:] = np.nan
    found = labels_from_fields(fields)
    assert not found[:32].any()
    assert found[32:].any()


def test_flow_errors_score_each_instance():
    labels = discs(128)
    labels[labels == 3] = 0
    fields = fields_from_labels(labels)
    errors = flow_errors(labels, fields)
    assert errors.shape == (labels.max(),)
    assert np.isnan(errors[2])
    assert np.nanmax(errors) == 0
    assert np.nanmax(flow_errors(labels, fields.compact())) < 1e-3
    wrong = Fields(fields.probability, np.where(labels == 5, -1, 1) * fields.flow, fields.topography)
    np.testing.assert_allclose(flow_errors(labels, wrong)[4], 4, rtol=0.02)
    still = Fields(fields.probability, np.zeros_like(fields.flow), fields.topography)
    np.testing.assert_allclose(flow_errors(labels, still)[4], 1, rtol=0.02)


def test_a_merged_pair_scores_worse_than_its_parts():
    labels = np.zeros((40, 80), np.uint32)
    labels[5:35, 5:40], labels[5:35, 40:75] = 1, 2
    fields = fields_from_labels(labels)
    assert flow_errors(labels > 0, fields)[0] > 0.3 + flow_errors(labels, fields).max()


def test_fields_that_do_not_belong_together_are_refused():
    flat = np.zeros((4, 5), np.float32)
    with pytest.raises(InputError, match=r"give \(H, W\), \(2, H, W\)"):
        Fields(flat, flat, flat)
    with pytest.raises(InputError, match="compact"):
        CompactFields(flat, np.zeros((2, 4, 5), np.float32), flat)
    with pytest.raises(InputError, match="one image"):
        flow_errors(np.zeros((3, 3)), Fields(flat, np.zeros((2, 4, 5), np.float32), flat))
    with pytest.raises(InputError, match="relabel"):
        flow_errors(np.full((4, 5), 10**6), Fields(flat, np.zeros((2, 4, 5), np.float32), flat))


def test_labels_that_are_none_are_refused():
    with pytest.raises(LabelsError, match="whole numbers"):
        fields_from_labels([[0.5]])


@pytest.mark.parametrize(
    "wrong",
    [{"probability_threshold": 1.5}, {"minimum_area_px": -1}, {"hole_share": 2}, {"merge_difference": float("nan")}],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        FlowSettings(**wrong)
