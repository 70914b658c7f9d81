"""Rows of instances: kept, read back, and said of labels as they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.engine.layers.ingest import suggested
from uniaims.engine.layers.instances import (
    AT_BORDER,
    IN_PIECES,
    ROW,
    SUGGESTED,
    InstanceTable,
    decode_rows,
    empty_rows,
    encode_rows,
    measured_rows,
)
from uniaims.errors import DataFolderError, LabelsError


def test_rows_come_back():
    rows = np.frombuffer(np.random.default_rng(0).bytes(100 * ROW.itemsize), ROW)
    again = decode_rows(encode_rows(rows))
    assert again.tobytes() == rows.tobytes()
    assert len(decode_rows(encode_rows(empty_rows()))) == 0


@given(st.binary(max_size=50))
def test_any_bytes_are_rows_or_told(data):
    with pytest.raises(DataFolderError, match="damaged"):
        decode_rows(data)


def test_rows_that_are_cut_off_are_told():
    import imagecodecs

    raw = imagecodecs.zstd_decode(encode_rows(empty_rows(range(1, 50))))
    for size in (2, 30, len(raw) - 1):
        with pytest.raises(DataFolderError, match="damaged"):
            decode_rows(imagecodecs.zstd_encode(raw[:size]))


def test_flags_follow_from_the_pixels():
    labels = np.zeros((20, 20), np.uint32)
    labels[5:8, 5:8] = labels[12, 12] = 1
    labels[0:3, 5:8] = 2
    labels[10:12, 10:12] = 3
    assert measured_rows(labels)["flags"].tolist() == [IN_PIECES, AT_BORDER, 0]


def test_numbers_too_large_for_pages_are_refused():
    with pytest.raises(LabelsError, match="Renumber"):
        measured_rows(np.full((2, 2), 1 << 24, np.uint32))


def test_what_a_model_says():
    labels = np.zeros((9, 9), np.uint32)
    labels[2, 2], labels[4, 4] = 1, 3
    rows = measured_rows(labels)
    suggested(np.array([0.9, 0.8, 0.7]), np.array([4, 5, 6]), 11)(rows)
    assert rows["confidence"].tolist() == pytest.approx([0.9, 0.7])
    assert rows["kind"].tolist() == [4, 6]
    assert rows["state"].tolist() == [SUGGESTED] * 2
    assert rows["model"].tolist() == [11] * 2


def test_a_table_grows_and_replaces():
    table = InstanceTable(empty_rows([5, 9]))
    fresh = empty_rows(range(1, 200))
    fresh["area"] = 1
    table.put(fresh)
    assert table.count == 199
    assert len(table.rows) == 199
    assert table.get([9, 1000])["area"].tolist() == [1, 0]
    assert 5 in table
    assert 1000 not in table
