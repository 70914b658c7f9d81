from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.lazy import LazyPixels

WHOLE = np.arange(7 * 11 * 3).reshape(7, 11, 3)
READ: list[tuple[slice, slice]] = []


def window(rows: slice, columns: slice) -> NDArray[Any]:
    READ.append((rows, columns))
    assert rows.step is None
    assert 0 <= rows.start <= rows.stop <= 7
    assert 0 <= columns.start <= columns.stop <= 11
    return WHOLE[rows, columns]


PIXELS = LazyPixels((7, 11, 3), WHOLE.dtype, window)
bounds = st.none() | st.integers(-14, 14)
slices = st.builds(slice, bounds, bounds, st.sampled_from([None, 1, 2, 5, -1, -3]))
keys = st.tuples(slices | st.integers(-7, 6), slices | st.integers(-11, 10))


@given(keys | slices | st.integers(-7, 6) | st.tuples(st.just(...), st.integers(0, 2)))
def test_like_numpy(key: Any) -> None:
    assert np.array_equal(PIXELS[key], WHOLE[key])


def test_only_the_window_is_read() -> None:
    READ.clear()
    assert PIXELS[2:5:2, 3].shape == (2, 3)
    assert len(READ) == 1
    assert READ[0] == (slice(2, 5), slice(3, 4))


def test_whole_and_attributes() -> None:
    assert np.array_equal(np.asarray(PIXELS), WHOLE)
    assert np.asarray(PIXELS, dtype=np.float32).dtype == np.float32
    assert (PIXELS.ndim, PIXELS.size, PIXELS.nbytes, len(PIXELS)) == (3, 231, 231 * 8, 7)
    assert np.array_equal(PIXELS[WHOLE[..., 0] > 50], WHOLE[WHOLE[..., 0] > 50])
    with pytest.raises(ValueError, match="copy"):
        np.array(PIXELS, copy=False)


@pytest.mark.parametrize("key", [7, -8, (0, 11), (0, 0, 0, 0), (..., ...)])
def test_outside(key: Any) -> None:
    with pytest.raises(IndexError):
        PIXELS[key]


def test_damage_is_an_image_error() -> None:
    def broken(rows: slice, columns: slice) -> NDArray[Any]:
        raise OSError("bad strip")

    with pytest.raises(ImageError, match=r"rows 0 to 2.*bad strip"):
        LazyPixels((4, 4), np.dtype("u1"), broken)[:2]
