"""The compiled loops of patches against plain Python of the same meaning, and on bytes that anybody may send."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from uniaims._kernels import patches
from uniaims._kernels.patches import COLUMN, CUT_OFF, EMPTY, LENGTH, NEW, OLD, OUTSIDE, ROW, SAME, TOO_LARGE, TOO_MANY

_HEIGHT, _WIDTH = 40, 1100
_LABELS = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).choice([0, 0, 0, 1, 2, 2**32 - 1], (6, 9)).astype(np.uint32)
)


def plain_decode(code, height, width, most_px):
    """Runs of five LEB128 numbers; None where something is wrong."""
    numbers, value, shift = [], 0, 0
    for byte in code:
        value |= (byte & 127) << shift
        shift += 7
        if value > 2**32 - 1 or shift > 35:
            return None
        if byte < 128:
            numbers.append(value)
            value, shift = 0, 0
    if shift or len(numbers) % 5:
        return None
    runs, y, x = [], 0, 0
    for down, across, length, old, new in zip(*[iter(numbers)] * 5, strict=True):
        y, x = y + down, across + (0 if down else x)
        if y >= height or x + length > width or length == 0 or old == new:
            return None
        runs.append([y, x, length, old, new])
        x += length
    return runs if sum(run[2] for run in runs) <= most_px else None


def leb128(*numbers):
    code = bytearray()
    for number in numbers:
        rest = number
        while rest >= 128:
            code.append(rest & 127 | 128)
            rest >>= 7
        code.append(rest)
    return bytes(code)


def decode(code, most_px=10_000):
    return patches.decode(np.frombuffer(code, np.uint8), _HEIGHT, _WIDTH, most_px)


@given(st.binary(max_size=60) | st.lists(st.integers(0, 12), max_size=40).map(lambda numbers: leb128(*numbers)))
def test_bytes_of_anybody_give_what_plain_python_gives(code):
    runs, fault = decode(code)
    wanted = plain_decode(code, _HEIGHT, _WIDTH, 10_000)
    assert (fault == 0) == (wanted is not None)
    assert runs.tolist() == (wanted or [])


@given(st.lists(st.tuples(*[st.integers(0, 2**32 - 1) | st.integers(0, 3)] * 5), max_size=6))
def test_large_numbers_never_run_over(rows):
    code = b"".join(leb128(*row) for row in rows)
    runs, fault = decode(code, 2**62)
    wanted = plain_decode(code, _HEIGHT, _WIDTH, 2**62)
    assert (fault == 0) == (wanted is not None)
    assert runs.tolist() == (wanted or [])


def test_faults_are_told_apart():
    assert decode(leb128(0, 0, 1, 0))[1] == CUT_OFF
    assert decode(b"\x80")[1] == CUT_OFF
    assert decode(leb128(0, 0, 1, 0, 2**32))[1] == TOO_LARGE
    assert decode(b"\x80\x80\x80\x80\x80\x80\x00")[1] == TOO_LARGE
    assert decode(leb128(_HEIGHT, 0, 1, 0, 1))[1] == OUTSIDE
    assert decode(leb128(0, _WIDTH, 1, 0, 1))[1] == OUTSIDE
    assert decode(leb128(0, 0, 0, 0, 1))[1] == EMPTY
    assert decode(leb128(0, 0, 1, 7, 7))[1] == SAME
    assert decode(leb128(0, 0, 101, 0, 1), 100)[1] == TOO_MANY


@given(_LABELS, _LABELS)
def test_a_difference_turns_one_into_the_other_and_goes_through_bytes(before, after):
    runs = patches.differences(before, after, 3, 5)
    moved = runs - np.array([3, 5, 0, 0, 0])
    code = patches.encode(moved)
    again, fault = patches.decode(code, 6, 9, 54)
    assert fault == 0
    assert again.tolist() == moved.tolist()
    left, strange = patches.compare(before, runs, 3, 5)
    assert strange == 0
    assert left.tolist() == runs.tolist()
    made = before.copy()
    patches.apply(made, moved)
    assert (made == after).all()


@given(_LABELS, _LABELS, _LABELS)
def test_comparing_tells_old_new_and_strange_pixels_apart(now, before, after):
    runs = patches.differences(before, after, 0, 0)
    left, strange = patches.compare(now, runs, 0, 0)
    todo = np.zeros(now.shape, bool)
    for run in left:
        todo[run[ROW], run[COLUMN] : run[COLUMN] + run[LENGTH]] = True
        assert (now[run[ROW], run[COLUMN] : run[COLUMN] + run[LENGTH]] == run[OLD]).all()
        assert run[NEW] != run[OLD]
    differs = before != after
    assert (todo == (differs & (now == before))).all()
    assert strange == np.count_nonzero(differs & (now != before) & (now != after))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 200), st.integers(1, 300)), max_size=5))
def test_no_run_crosses_a_tile(rows):
    runs = np.array([[y, x, length, 0, 1] for y, x, length in rows], np.int64).reshape(-1, 5)
    parts = patches.split(runs, 64)
    assert (parts[:, COLUMN] // 64 == (parts[:, COLUMN] + parts[:, LENGTH] - 1) // 64).all()
    spread = [[(r[0], x) for x in range(r[1], r[1] + r[2])] for r in runs.tolist()]
    assert [(r[0], x) for r in parts.tolist() for x in range(r[1], r[1] + r[2])] == [p for each in spread for p in each]


@given(_LABELS)
def test_renumbering_names_all_pixels_of_the_instances(labels):
    labels = labels % 3
    runs = patches.renumber(labels, np.array([False, True, False]), 9, 0, 0)
    patches.apply(labels, runs)
    assert not (labels == 1).any()
    assert int(runs[:, LENGTH].sum()) == np.count_nonzero(labels == 9)
    assert set(runs[:, OLD].tolist()) <= {1}
