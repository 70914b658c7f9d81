import pytest
from hypothesis import given
from hypothesis import strategies as st

from uniaims.errors import ImageError
from uniaims.formats.raw_image import (
    MAXIMUM_PIXELS,
    Acquisition,
    check_page,
    check_promise,
    check_size,
    page_place,
)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any), st.data())
def test_pages_run_through_the_stacks(counts: list[int], data: st.DataObject) -> None:
    page = data.draw(st.integers(0, sum(counts) - 1))
    expected = [(stack, plane) for stack, count in enumerate(counts) for plane in range(count)][page]
    place = page_place(page, counts)
    assert (place.stack, place.plane) == expected


@pytest.mark.parametrize(("page", "counts"), [(0, []), (0, [0]), (3, [1, 2]), (-1, [4])])
def test_no_such_page(page: int, counts: list[int]) -> None:
    with pytest.raises(ImageError):
        page_place(page, counts)


def test_check_page_names_the_pages() -> None:
    check_page(2, 3)
    with pytest.raises(ImageError, match="pages 0 to 2"):
        check_page(3, 3)


def test_check_size() -> None:
    check_size(32_768, 32_768)
    assert MAXIMUM_PIXELS == 32_768**2
    for width, height in ((32_769, 32_768), (0, 5), (5, -1)):
        with pytest.raises(ImageError):
            check_size(width, height)


def test_check_promise() -> None:
    check_promise(4000, 4000, 60)
    check_promise(8192, 8192, 20_000)
    with pytest.raises(ImageError, match="can't hold"):
        check_promise(16_384, 16_384, 20_000)
    with pytest.raises(ImageError, match="can't hold"):
        check_promise(8192, 8192, 20_000, bytes_per_pixel=4)


def test_acquisition_is_filled_from_another() -> None:
    known = Acquisition(instrument="A", voltage_kv=5.0)
    assert known.filled_from(Acquisition(instrument="B", date="today")) == Acquisition(
        instrument="A", voltage_kv=5.0, date="today"
    )
