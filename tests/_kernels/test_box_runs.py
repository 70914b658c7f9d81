"""Run lengths in boxes: bytes, areas and polygons, against their plain meaning."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uniaims._kernels import box_runs

RUNS = st.lists(st.lists(st.one_of(st.integers(0, 300), st.integers(0, 2**32 - 1)), max_size=6), max_size=5)


def leb128(value: int) -> bytes:
    """As the DWARF standard has it."""
    code = bytearray()
    while value >= 128:
        code.append(value & 127 | 128)
        value >>= 7
    return bytes([*code, value])


@given(RUNS)
def test_bytes_are_leb128_and_come_back(runs: list[list[int]]) -> None:
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in runs])]).astype(np.int64)
    counts = np.array([value for each in runs for value in each], np.uint32)
    code, ends = box_runs.encode(counts, offsets)
    assert code.tobytes() == b"".join(leb128(value) for each in runs for value in each)
    back, back_offsets = box_runs.decode(code, ends)
    assert np.array_equal(back, counts)
    assert np.array_equal(back_offsets, offsets)


@given(RUNS)
def test_every_second_run_is_the_instance(runs: list[list[int]]) -> None:
    offsets = np.concatenate([[0], np.cumsum([len(each) for each in runs])]).astype(np.int64)
    counts = np.array([value for each in runs for value in each], np.uint32)
    assert box_runs.areas(counts, offsets).tolist() == [sum(each[1::2]) for each in runs]
    assert box_runs.lengths_in_boxes(counts, offsets).tolist() == [sum(each) for each in runs]
