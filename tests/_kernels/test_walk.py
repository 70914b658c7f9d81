"""Walks along the flow, against their plain meaning."""

from itertools import pairwise

import numpy as np
import pytest

from uniaims._kernels import walk
from uniaims.flows import (
    CompactFields,
    fields_from_labels,
)

from ..shapes import discs, spoilt


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
