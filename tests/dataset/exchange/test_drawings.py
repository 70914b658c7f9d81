"""Shapes as editors draw them."""

from math import pi

import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.dataset.exchange.drawings import (
    Drawing,
    bridged,
    ellipse,
    has_holes,
    instances_of,
    parts_of,
    rectangle,
    ring_of,
    signed_area,
)
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError


def test_parts_hold_each_its_own_holes(difficult: NDArray[np.uint32]) -> None:
    instances = InstanceMasks.from_labels(difficult)
    ring = instances.rings(0)  # a ring with a piece in its hole
    assert has_holes(ring)
    assert [len(part) for part in parts_of(ring)] == [2, 1]
    outer = parts_of(ring)[0]
    assert signed_area(outer[0]) > 0 > signed_area(outer[1])


def test_one_bridged_ring_fills_like_all_rings(difficult: NDArray[np.uint32]) -> None:
    instances = InstanceMasks.from_labels(difficult)
    for i in range(len(instances)):
        single = InstanceMasks.from_polygons(instances.shape, [[bridged(instances.rings(i))]])
        assert np.array_equal(single.mask(0), instances.mask(i))


def test_overlapping_parts_are_united() -> None:
    parts = [[rectangle(2, 2, 8, 8)], [rectangle(5, 5, 12, 12)]]
    mask = (0, 0, np.ones((3, 3), bool))
    instances = instances_of((20, 20), [Drawing(parts, [mask], "pore"), Drawing([[rectangle(0, 0, 1, 1)]])])
    assert instances.areas_px.tolist() == [36 + 49 - 9 + 9 - 1, 1]
    assert instances.kinds == ("pore", "")


@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_an_ellipse_has_its_area(degrees: float) -> None:
    ring = ellipse(50, 40, 30, 12, degrees)
    assert signed_area(ring) == pytest.approx(pi * 30 * 12, rel=1e-6)
    assert ring.mean(axis=0) == pytest.approx([50, 40])


def test_turning_is_clockwise_on_the_screen() -> None:
    ring = ellipse(0, 0, 10, 1, 90)
    assert abs(ring[0]) == pytest.approx([0, 10], abs=0.01)
    assert rectangle(0, 0, 4, 2, 90)[0] == pytest.approx([3, -1])


@pytest.mark.parametrize("points", [[[1, 2], [3, 4]], [[1, 2], [3, float("nan")], [5, 6]], "abc", [1, 2, 3], [{}]])
def test_what_is_no_ring_is_named(points: object) -> None:
    with pytest.raises(InputError, match="shape 7"):
        ring_of(points, "shape 7")
