import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from uniaims.labels import polygons
from uniaims.pages.array_encoding import pack_array, pack_outlines, script_json, unpack_array, unpack_outlines


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40))
def test_integers_come_back_exactly(values):
    packed = pack_array(np.array(values, np.int64))
    np.testing.assert_array_equal(unpack_array(packed), values)


@given(hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(width=32)))
def test_floats_come_back_as_float32_with_nan(values):
    back = unpack_array(pack_array(values))
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, values.astype(np.float32))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [([0, 127], "int8"), ([0, 255], "uint8"), ([-1, 200], "int16"), ([0, 65535], "uint16"), ([0, 2**32 - 1], "uint32")],
)
def test_integers_take_the_fewest_bytes(values, dtype):
    packed = pack_array(np.array(values))
    assert packed["dtype"] == dtype
    assert unpack_array(packed).tolist() == values


def test_flags_are_integers():
    assert unpack_array(pack_array(np.array([True, False]))).tolist() == [1, 0]


def test_integers_beyond_32_bits_are_refused():
    with pytest.raises(OverflowError, match="give them as float64"):
        pack_array(np.array([-1, 2**32 - 1]))


def test_packed_arrays_are_json():
    packed = pack_array(np.linspace(0, 1, 50))
    assert unpack_array(json.loads(json.dumps(packed))).shape == (50,)


def test_outlines_come_back():
    y, x = np.mgrid[:120, :160]
    labels = np.zeros((120, 160), np.uint32)
    for label, radius in enumerate(np.linspace(3, 11, 24), 1):
        row, column = divmod(label - 1, 6)
        labels[(y - 4 - 30 * row) ** 2 + 1.6 * (x - 26 * column) ** 2 < radius**2] = label
    outlines = polygons(labels)
    back = unpack_outlines(pack_outlines(outlines))
    assert len(back) == 24
    for before, after in zip(outlines, back, strict=True):
        np.testing.assert_array_equal(after, before)


def test_points_on_straight_runs_are_left_out():
    square = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [0, 2], [0, 1]], np.float32)
    (back,) = unpack_outlines(pack_outlines([square]))
    assert back.tolist() == [[0, 0], [2, 0], [2, 2], [0, 2]]


def test_turning_points_of_thin_lines_stay():
    there_and_back = np.array([[0, 0], [3, 0], [6, 0], [3, 0]], np.float32)
    (back,) = unpack_outlines(pack_outlines([there_and_back]))
    assert back.tolist() == [[0, 0], [6, 0]]


def test_no_outlines_and_empty_outlines():
    assert unpack_outlines(pack_outlines([])) == []
    empty, full = np.empty((0, 2), np.float32), np.array([[1, 1], [4, 1], [4, 4]], np.float32)
    back = unpack_outlines(pack_outlines([full, empty, full]))
    assert [len(points) for points in back] == [3, 0, 3]
    np.testing.assert_array_equal(back[2], full)


@given(st.text())
def test_json_in_a_script_can_not_end_it(text):
    written = script_json({"name": text + "</script><!--\u2028"})
    assert not set(written) & set("<>&\u2028\u2029")
    assert json.loads(written)["name"] == text + "</script><!--\u2028"


def test_json_refuses_nan():
    with pytest.raises(ValueError, match="JSON"):
        script_json({"value": float("nan")})
