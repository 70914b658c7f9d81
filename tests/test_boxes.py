"""Boxes: named edges, and one order in arrays."""

from dataclasses import asdict

import numpy as np
import pytest

from uniaims.boxes import BOTTOM, EDGES, LEFT, RIGHT, TOP, Box, box_array


def test_boxes_are_cut_to_the_picture_and_turned_with_it() -> None:
    assert Box(-3, 5, 9, 40).clipped((8, 20)) == Box(0, 5, 8, 20)
    assert Box(30, -9, 40, -2).clipped((8, 20)).shape == (0, 0)
    assert Box(1, 2, 3, 4).transposed == Box(2, 1, 4, 3)


def test_box_knows_its_sides() -> None:
    box = Box(1, 2, 11, 32)
    assert (box.height, box.width, box.shape, box.area) == (10, 30, (10, 30), 300)
    assert np.zeros((50, 50))[box.window].shape == box.shape
    assert Box.whole((50, 60, 3)).window == (slice(0, 50), slice(0, 60))


def test_arrays_and_json_have_the_edges_that_the_documentation_says() -> None:
    box = Box(top=1, left=2, bottom=11, right=32)
    array = box_array([box, Box(0, 0, 0, 0)])
    assert array.dtype == np.int32 and array[0, [TOP, LEFT, BOTTOM, RIGHT]].tolist() == [1, 2, 11, 32]
    assert asdict(box) == dict(zip(EDGES, array[0].tolist(), strict=True))
    assert Box.of_row(array[0]) == box and box_array([]).shape == (0, 4)
    assert all(type(edge) is int for edge in asdict(Box.of_row(array[0])).values())


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        (Box(0, 0, 8, 20), True),
        (Box(0, 0, 9, 20), False),
        (Box(0, 0, 8, 21), False),
        (Box(-1, 0, 8, 20), False),
        (Box(0, -1, 8, 20), False),
        (Box(3, 0, 3, 20), False),
    ],
)
def test_a_box_lies_in_a_picture_with_all_its_pixels(box: Box, inside: bool) -> None:
    assert box.lies_in((8, 20)) is inside


def test_the_old_tuple_warns() -> None:
    with pytest.warns(DeprecationWarning, match="use the box itself"):
        assert Box(1, 2, 3, 4).edges == (1, 2, 3, 4)
