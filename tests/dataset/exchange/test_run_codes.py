"""Codes of run lengths: against plain Python, against the libraries that own them, and against nonsense."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uniaims._kernels import run_codes
from uniaims.dataset.exchange.coco import decode_counts, encode_counts
from uniaims.dataset.exchange.drawings import mask_of_row_runs
from uniaims.dataset.exchange.label_studio import decode_brush, encode_brush
from uniaims.errors import InputError, LabelsError

COUNTS = st.lists(st.integers(0, 2**33), max_size=12)


@st.composite
def masks(draw: st.DrawFn) -> NDArray[np.bool_]:
    """Masks of some runs, in images from 1 x 1 to 40 x 300."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 300))
    lengths = draw(st.lists(st.integers(1, height * width), min_size=1, max_size=30))
    values = np.arange(len(lengths)) % 2 == draw(st.integers(0, 1))
    flat = np.repeat(values, lengths)[: height * width]
    return np.pad(flat, (0, height * width - len(flat))).reshape(height, width)


def plain_coco(counts: list[int]) -> str:
    """COCO's text, written down from its description."""
    text = ""
    for i, count in enumerate(counts):
        value = count - (counts[i - 2] if i > 2 else 0)
        while True:
            group, value = value & 31, value >> 5
            done = value == (-1 if group & 16 else 0)
            text += chr(48 + (group if done else group | 32))
            if done:
                break
    return text


def plain_brush(values: list[int], literal_below: int = 2) -> list[int]:
    """Label Studio's code of bytes; runs shorter than ``literal_below`` are written one by one."""
    bits = f"{len(values):032b}{7:05b}" + "".join(f"{size - 1:04b}" for size in (3, 4, 8, 16))
    for value, group in groupby(values):
        length = len(list(group))
        if length < literal_below:
            bits += f"000{length - 1:03b}" + f"{value:08b}" * length
            continue
        while length:
            step = min(length, 65536)
            choice = next(i for i, size in enumerate((3, 4, 8, 16)) if step <= 2**size)
            bits += f"1{choice:02b}{step - 1:0{(3, 4, 8, 16)[choice]}b}{value:08b}"
            length -= step
    bits += "0" * (8 - len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


@given(st.lists(COUNTS, max_size=6))
def test_coco_text_is_that_of_plain_python_and_comes_back(counts: list[list[int]]) -> None:
    texts = encode_counts(counts)
    assert texts == [plain_coco(runs) for runs in counts]
    assert decode_counts(texts) == counts


@given(masks())
def test_coco_text_is_that_of_pycocotools(mask: NDArray[np.bool_]) -> None:
    pycoco = pytest.importorskip("pycocotools.mask", reason="pycocotools is not installed")
    theirs = pycoco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    flat = mask.T.ravel()
    runs = [len(list(group)) for _, group in groupby(flat)]
    counts = [0, *runs] if flat[0] else runs
    assert encode_counts([counts]) == [theirs]
    assert decode_counts([theirs]) == [counts]


@pytest.mark.parametrize("text", ["~", "P" * 20, "\x00", "5é", "O"])
def test_nonsense_is_no_coco_text(text: str) -> None:
    with pytest.raises(LabelsError, match="no text of COCO"):
        decode_counts(["04", text])


@given(masks())
def test_brush_code_is_that_of_plain_python_and_comes_back(mask: NDArray[np.bool_]) -> None:
    code = encode_brush((0, 0, mask), mask.shape)
    assert code == plain_brush(np.repeat(mask.ravel() * 255, 4).tolist())
    assert_same(decode_brush(code, mask.shape), mask)


@given(masks(), st.integers(1, 9))
def test_brush_code_with_single_values_is_read(mask: NDArray[np.bool_], literal_below: int) -> None:
    pixels = np.stack([mask * 17, mask * 0, mask * 200, mask * 129], axis=-1)
    code = plain_brush(pixels.ravel().tolist(), literal_below)
    assert_same(decode_brush(code, mask.shape), mask)


def test_brush_code_is_that_of_label_studios_converter() -> None:
    brush = pytest.importorskip("label_studio_sdk.converter.brush", reason="label-studio-sdk is not installed")
    mask = np.random.default_rng(0).random((60, 90)) > 0.4
    assert encode_brush((0, 0, mask), mask.shape) == brush.mask2rle(mask.astype(np.uint8) * 255)


@given(st.binary(max_size=60))
def test_nonsense_is_no_brush_code(code: bytes) -> None:
    with pytest.raises(InputError, match="cut short"):
        decode_brush(code, (1000, 1000))


def test_a_short_code_asks_for_little_memory() -> None:
    huge = plain_brush([0] * 8)
    huge[:4] = [255] * 4  # says that it holds 2^32 - 1 values
    runs, whole = run_codes.decode_brush(np.array(huge, np.uint8))
    assert not whole
    assert runs.size < 1000


@given(masks(), st.integers(0, 5), st.integers(0, 5))
def test_row_runs_come_back_from_any_place(mask: NDArray[np.bool_], top: int, left: int) -> None:
    whole = np.pad(mask, ((top, 2), (left, 3)))
    runs = run_codes.row_runs(mask, left, top, *whole.shape)
    assert int(runs.sum()) == whole.size
    assert np.array_equal(np.repeat(np.arange(runs.size) % 2 == 1, runs), whole.ravel())
    assert_same(mask_of_row_runs(runs, whole.shape[1]), whole)


@pytest.mark.parametrize("name", ["encode_coco", "decode_coco", "row_runs", "encode_brush", "decode_brush"])
def test_kernels_are_compiled(name: str) -> None:
    assert getattr(run_codes, name).py_func is not None


def assert_same(found: tuple[int, int, NDArray[np.bool_]], mask: NDArray[np.bool_]) -> None:
    """The placed mask is the whole one."""
    top, left, inside = found
    whole = np.zeros(mask.shape, bool)
    whole[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    assert np.array_equal(whole, mask)
