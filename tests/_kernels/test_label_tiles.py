"""The compiled loops of label tiles against plain Python of the same meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims._kernels import label_tiles

_LABELS = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).choice([0, 0, 1, 2, 3, 5], (8, 10)).astype(np.uint32)
)
_AREAS = {1: 40, 2: 7, 3: 7, 5: 2}


def plain_mode(four):
    """Most pixels, then an instance, then the smaller area, then the smaller number."""
    return min(set(four), key=lambda number: (-four.count(number), number == 0, _AREAS.get(number, 0), number))


@given(_LABELS)
def test_runs_and_back(tile):
    runs = label_tiles.find_runs(tile)
    assert (np.repeat(runs[:, 1], runs[:, 0]).reshape(tile.shape) == tile).all()
    assert (runs[1:, 1] != runs[:-1, 1]).all()
    painted = np.full(tile.shape, 9, np.uint32)
    assert label_tiles.paint_runs(runs, painted)
    assert (painted == tile).all()


@pytest.mark.parametrize("runs", [[[79, 1]], [[81, 1]], [[40, 1], [0, 2], [40, 3]], [[2**32 - 1, 1]], np.empty((0, 2))])
def test_runs_that_do_not_fill_a_tile_are_told(runs):
    assert not label_tiles.paint_runs(np.array(runs, np.uint32).reshape(-1, 2), np.zeros((8, 10), np.uint32))


@given(_LABELS)
def test_half_is_the_mode_of_four(fine):
    areas = np.zeros(max(_AREAS) + 1, np.int64)
    areas[list(_AREAS)] = list(_AREAS.values())
    coarse = label_tiles.halve(fine, areas)
    for y, x in np.ndindex(coarse.shape):
        assert coarse[y, x] == plain_mode(fine[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].ravel().tolist())


def test_rescue_takes_from_background_and_from_those_that_have_more():
    tile = np.array([[0, 2, 2], [3, 0, 0]], np.uint32)
    numbers = np.array([1, 2, 3, 4, 5], np.uint32)
    boxes = np.array([[0, 0, 1, 1], [0, 1, 1, 3], [1, 0, 2, 1], [0, 1, 1, 2], [1, 0, 2, 1]], np.int64)
    wanted, places = np.array([0, 1, 3, 4]), np.array([[0, 0], [0, 1], [0, 1], [1, 0]])
    label_tiles.rescue(tile, wanted, places, numbers, 2 * boxes + 8, np.array([8, 8]), 1)
    assert tile.tolist() == [[1, 4, 2], [3, 0, 0]]  # 2 has a pixel left, the last one of 3 stays


@given(_LABELS)
def test_shapes_of_all_and_of_one(labels):
    areas, sums = np.zeros(6, np.int64), np.zeros((6, 2), np.int64)
    boxes, places = np.zeros((6, 4), np.int32), np.zeros((6, 2), np.int32)
    label_tiles.measure_all(labels, areas, sums, boxes, places)
    for number in range(1, 6):
        rows, columns = np.nonzero(labels == number)
        one = label_tiles.measure_one(labels, number).tolist()
        assert one == [areas[number], *sums[number], *boxes[number], *places[number]]
        if not len(rows):
            assert not any(one)
            continue
        middle = (len(rows) - 1) // 2
        assert one == [
            len(rows), rows.sum(), columns.sum(), rows.min(), columns.min(), rows.max() + 1, columns.max() + 1,
            rows[middle], columns[middle],
        ]  # fmt: skip


@given(_LABELS, _LABELS)
def test_changes_are_counted_by_number(before, after):
    lost, gained = np.zeros(6, np.int64), np.zeros(6, np.int64)
    label_tiles.count_changes(before, after, lost, gained)
    for number in range(1, 6):
        assert lost[number] == np.count_nonzero((before == number) & (after != number))
        assert gained[number] == np.count_nonzero((before != number) & (after == number))
    assert lost[0] == gained[0] == 0
