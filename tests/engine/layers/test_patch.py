"""Patches that anybody may send: right, or refused in words; never more memory than allowed."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.engine.layers.patch import NOTHING, Patch, difference
from uniaims.engine.layers.tile import TILE_PX
from uniaims.errors import DataFolderError, InputError

_SHAPE = (600, 700)


@given(st.binary(max_size=80) | st.binary(max_size=80).map(zlib.compress))
def test_bytes_of_anybody_are_a_patch_or_refused(data):
    try:
        patch = Patch.decode(data, _SHAPE)
    except InputError as error:
        assert "the patch can't be used" in str(error)
        return
    assert Patch.decode(patch.encode(), _SHAPE).runs.tolist() == patch.runs.tolist()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is cut off"),
        (b"not zlib", "not compressed by zlib"),
        (zlib.compress(b"\0\0\1\0\1")[:-3], "is cut off"),
        (zlib.compress(bytes(50 << 20)), "larger than 8 MB"),
        (zlib.compress(b"\0\0\1\0"), "in the middle of a run"),
        (zlib.compress(b"\0\0\xff\xff\xff\xff\x0f\0\1"), "out of the image"),
    ],
)
def test_faults_are_told(data, reason):
    with pytest.raises(InputError, match=reason):
        Patch.decode(data, _SHAPE)


def test_a_run_may_cross_tiles_and_is_cut():
    patch = Patch.of(np.array([[599, 500, 100, 0, 3], [2, 0, 700, 1, 0]]))
    assert patch.runs[:, [0, 1, 2]].tolist() == [[2, 0, 512], [2, 512, 188], [599, 500, 12], [599, 512, 88]]
    assert set(patch.tiles) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    for place, runs in patch.tiles.items():
        assert (runs[:, 0] // TILE_PX == place[0]).all()
        assert (runs[:, 1] // TILE_PX == place[1]).all()


def test_what_a_patch_tells_of_itself():
    before, after = np.zeros(_SHAPE, np.uint32), np.zeros(_SHAPE, np.uint32)
    before[10:20, 505:520], after[15:30, 510:515], after[40, 40] = 7, 8, 9
    patch = difference(before, after)
    assert patch.numbers == [7, 8, 9]
    assert patch.new_numbers == [8, 9]
    assert patch.balance() == {7: (150, 0), 8: (0, 75), 9: (0, 1)}
    assert patch.pixel_count == 150 + 50 + 1
    assert (patch.boxes[8].top, patch.boxes[8].left, patch.boxes[8].bottom, patch.boxes[8].right) == (15, 510, 30, 515)
    assert patch.inverse.balance() == {7: (0, 150), 8: (75, 0), 9: (1, 0)}
    assert NOTHING.box is None
    assert NOTHING.balance() == {}
    assert not NOTHING.tiles


def test_a_damaged_log_is_told():
    for data in (b"x", zlib.compress(b"\0\0\1\1")):
        with pytest.raises(DataFolderError, match="log is damaged"):
            Patch.trusted(data)
