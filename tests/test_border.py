from pathlib import Path

import numpy as np
import pytest

from uniaims.boxes import Box
from uniaims.measurements.border import count_weights, counted_area, covered, cut_sides, evaluated_area, size_weights

FIELD = Box(10, 0, 110, 200)
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def boxes(*rows):
    return np.array(rows, np.int32)


def test_which_sides_cut():
    rows = boxes((20, 5, 30, 15), (10, 5, 30, 15), (20, 0, 110, 15), (20, 5, 30, 200))
    assert cut_sides(rows, FIELD).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("row", "weight"),
    [
        ((20, 5, 30, 15), 1.0),
        ((10, 5, 30, 15), 0.5),
        ((10, 0, 30, 15), 0.25),
        ((10, 5, 110, 15), 0.0),
        ((10, 0, 110, 200), 0.0),
    ],
)
def test_the_half_rule(row, weight):
    assert count_weights(boxes(row), FIELD).tolist() == [weight]
    assert count_weights(boxes(row), FIELD, np.array([True])).tolist() == [weight / 2]


def test_size_weights_are_one_over_the_chance_to_lie_whole():
    rows = boxes((20, 5, 29, 24), (10, 5, 30, 15), (11, 1, 109, 199))
    weights = size_weights(rows, FIELD)
    assert weights[0] == pytest.approx(100 * 200 / (90 * 180))
    assert weights[1] == 0
    assert weights[2] == pytest.approx(100 * 200 / (1 * 1))


def test_chances_by_trying_all_places():
    obstacles, high, wide = (Box(40, 50, 60, 90), Box(90, 150, 130, 250)), 9, 14
    open_places = 0
    for top in range(11, 109 - high + 1):
        for left in range(1, 199 - wide + 1):
            # a pixel between the object and the obstacle stays free
            hit = any(
                top <= each.bottom and top + high >= each.top and left <= each.right and left + wide >= each.left
                for each in obstacles
            )
            open_places += not hit
    weights = size_weights(boxes((20, 5, 20 + high, 5 + wide)), FIELD, obstacles)
    area = evaluated_area(FIELD, obstacles)
    assert area == 100 * 200 - 20 * 40 - 20 * 50
    assert weights[0] == pytest.approx(area / open_places, rel=0.005)


def test_where_no_place_is_free_the_weight_is_infinite():
    rows = boxes((3, 3, 10, 10))
    assert size_weights(rows, Box(0, 0, 12, 12)).tolist() == [pytest.approx(144 / 16)]
    assert np.isinf(size_weights(rows, Box(0, 0, 12, 12), [Box(5, 5, 6, 6)])).all()


def test_what_goes_on_under_writing():
    labels = np.zeros((20, 30), np.uint32)
    labels[2:6, 2:6], labels[10:14, 10:14], labels[10:14, 20:24] = 1, 2, 4
    numbers = np.array([1, 2, 4], np.uint32)
    assert covered(labels, numbers, [Box(14, 8, 18, 16)]).tolist() == [False, True, False]
    assert not covered(labels, numbers, []).any()


def test_counts_and_sizes_in_simulated_fields():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        from exact_pictures import Field
    from uniaims.statistics.weighted import weighted_sizes

    law, rng, region = Field(600, 50.0, 1.4, 250), np.random.default_rng(1), Box(0, 0, 600, 600)
    counts, found = [], []
    for _ in range(100):
        sizes, rows = law.draw(rng)
        weights = size_weights(rows, region)
        weights[np.isinf(weights)] = 0
        counts.append((len(sizes), count_weights(rows, region).sum(), (weights == 0).mean()))
        found.append(weighted_sizes(sizes, weights).values)
    seen, half, cut = np.mean(counts, axis=0)
    assert 0.25 < cut < 0.35
    assert seen / law.count > 1.15
    # 100 fields of 250 objects: the count itself is sure to half a per cent
    assert half / law.count == pytest.approx(1, abs=0.01)
    assert np.mean(found, axis=0) == pytest.approx(law.percentiles(0), rel=0.016)


def test_every_place_of_an_object_counts_once_on_the_area_of_the_half_rule():
    field, height, width = Box(3, 5, 23, 35), 4, 6
    corners = [
        (top, left)
        for top in range(field.top - height + 1, field.bottom)
        for left in range(field.left - width + 1, field.right)
    ]
    seen = boxes(*((max(t, 3), max(left, 5), min(t + height, 23), min(left + width, 35)) for t, left in corners))
    assert count_weights(seen, field).sum() == counted_area(field) == 19 * 29
    assert counted_area(field, [Box(8, 10, 12, 20)]) == 19 * 29 - 5 * 11
