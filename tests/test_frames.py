"""Frames and columns: what the page reads byte by byte."""

import struct

import numpy as np
import pytest

from uniaims.frames import columns, frame, read_columns, read_frames


def test_a_frame_holds_what_its_head_says() -> None:
    runs = np.array([[262_000, 0], [144, 70_000]], "<u4").tobytes()
    data = frame(2, 3, 5, 1 << 40, runs)
    assert struct.unpack("<I4sB3xIIQI", data[:32]) == (len(data) - 4, b"UL1\0", 2, 3, 5, 1 << 40, 2)
    assert data[32:] == runs
    first, second = read_frames(data + data)
    assert (first.level, first.y, first.x, first.head) == (2, 3, 5, 1 << 40)
    assert np.count_nonzero(second.numbers) == 144
    assert len(second.numbers) == 512 * 512


@pytest.mark.parametrize("count", [0, 1, 7])
def test_columns_are_aligned_and_read_back(count: int) -> None:
    table = {
        "number": np.arange(count, dtype=np.uint32),
        "kind": np.ones(count, np.uint8),
        "confidence": np.linspace(0, 1, count, dtype=">f4"),
        "sum": np.full(count, -(2**40), np.int64),
    }
    data = columns(table, seq=9)
    header, read = read_columns(data)
    assert (struct.unpack_from("<I", data)[0] + 4) % 8 == 0
    assert all(each["offset"] % 8 == 0 for each in header["columns"])
    assert header["seq"] == 9
    assert header["count"] == count
    for name, values in table.items():
        np.testing.assert_array_equal(read[name], values)
