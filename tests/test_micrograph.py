import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from uniaims.errors import ImageError, PixelSizeError
from uniaims.micrograph import LazyPixels, Micrograph, PixelSize, read_image

UNITS = {"nm": 1, "um": 1e3, "µm": 1e3, "μm": 1e3, "mm": 1e6, "pm": 1e-3, "Å": 0.1, "A": 0.1, "m": 1e9}


@given(
    st.floats(1e-3, 1e3, allow_nan=False),
    st.sampled_from(sorted(UNITS)),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", "/px", " / pixel", " per pixel", "/pix"]),
)
def test_parse(value: float, unit: str, space: str, suffix: str) -> None:
    nm = value * UNITS[unit]
    text = f"{value!r}{space}{unit}{suffix}"
    if 1e-4 <= nm <= 1e6:
        size = PixelSize.parse(text)
        assert size.nm == pytest.approx(nm)
        assert size.source == "given"
    else:
        with pytest.raises(PixelSizeError, match="wanted"):
            PixelSize.parse(text)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("2 x 3 nm", (2, 3)),
        ("2x3nm", (2, 3)),
        ("2 × 3 nm/px", (2, 3)),
        ("2 nm x 3", (2, 3)),
        ("2 nm/px x 3 nm/px", (2, 3)),
        ("0.002 µm * 30 Å", (2, 3)),
        ("500 x 250 pm", (0.5, 0.25)),
        ("2,5 x 3,5 nm", (2.5, 3.5)),
        ("2,5 nm x 3,5", (2.5, 3.5)),
    ],
)
def test_two_sides(text: str, sides: tuple[float, float]) -> None:
    size = PixelSize.parse(text)
    assert (size.width_nm, size.height_nm) == pytest.approx(sides)
    assert size.nm**2 == pytest.approx(sides[0] * sides[1])
    again = PixelSize.parse(str(size))
    assert (again.width_nm, again.height_nm) == pytest.approx(sides)


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("2,5 nm", 2.5), ("0,123 nm", 0.123), (",5 nm", 0.5), ("2,5e1 nm", 25), ("1,2345 µm", 1234.5), ("1,5µm", 1500),
        ("1.234 nm", 1.234), ("1.234,5 nm", 1234.5), ("1,234.5 nm", 1234.5), ("1 234 nm", 1234), ("10,000,5 nm", None),
    ],
)  # fmt: skip
def test_a_decimal_comma_is_one(text: str, nm: float | None) -> None:
    if nm is None:
        with pytest.raises(PixelSizeError):
            PixelSize.parse(text)
    else:
        assert PixelSize.parse(text).nm == pytest.approx(nm)


@pytest.mark.parametrize("text", ["2.5 x 2.5 nm", "2.5 x 2.50025 nm", "2.5 nm x 2.5 nm"])
def test_equal_sides_are_a_square(text: str) -> None:
    assert PixelSize.parse(text) == PixelSize(2.5)


@given(st.floats(1e-4, 1e6))
def test_text_can_be_parsed_again(nm: float) -> None:
    assert PixelSize.parse(str(PixelSize(nm))).nm == pytest.approx(nm, rel=1e-5)


@given(st.text(max_size=12))
def test_any_text_is_a_pixel_size_or_an_error(text: str) -> None:
    try:
        assert 1e-4 <= PixelSize.parse(text).nm <= 1e6
    except PixelSizeError as error:
        assert len(str(error)) > 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2.5", "no unit"),
        ("1,234 nm", "'1.234 nm' or '1234 nm'"),
        ("12,345 x 3 nm", "a thousand times"),
        ("2,5", "no unit"),
        ("1,2,3 nm", "write a number"),
        ("", "write a number"),
        ("nm", "write a number"),
        ("2.5 kV", "no unit of length"),
        ("2 x 3", "no unit"),
        ("1 x 2 x 3 nm", "width and height"),
        ("1 x 30 nm", "check both sides"),
        ("2 x -3 nm", "wanted"),
        ("2.5 nm wide", "is no pixel size"),
        ("-2 nm", "wanted"),
        ("0 nm", "wanted"),
        ("1e999 nm", "write a number"),
        ("2 m", "wanted"),
    ],
)
def test_parse_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(PixelSizeError, match=message):
        PixelSize.parse(text)


@pytest.mark.parametrize("nm", [0.0, -1.0, float("nan"), float("inf"), 1e-5, 2e6])
def test_impossible_pixel_sizes(nm: float) -> None:
    with pytest.raises(PixelSizeError):
        PixelSize(nm)


@pytest.mark.parametrize(
    ("nm", "text"),
    [(2.5, "2.5 nm"), (2500.0, "2.5 µm"), (1e6, "1 mm"), (0.12, "120 pm"), (1e-3, "1 pm"), (999.0, "999 nm")],
)
def test_text(nm: float, text: str) -> None:
    assert str(PixelSize(nm)) == text


@pytest.mark.parametrize(
    ("dtype", "gray"),
    [
        ("u1", "u1"),
        ("u2", "u2"),
        (">u2", "u2"),
        ("i2", "u2"),
        ("u4", "u2"),
        ("i8", "u2"),
        ("f2", "f4"),
        ("f4", "f4"),
        (">f8", "f4"),
    ],
)
def test_gray_keeps_values(dtype: str, gray: str) -> None:
    values = np.arange(20).reshape(4, 5)
    result = Micrograph(values.astype(dtype)).gray()
    assert result.dtype == np.dtype(gray)
    assert result.flags.c_contiguous
    assert np.array_equal(result, values)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "f8"])
def test_gray_of_negative_values(dtype: str) -> None:
    values = np.arange(-10, 10).reshape(4, 5)
    result = Micrograph(values.astype(dtype)).gray()
    assert result.dtype == np.float32
    assert np.array_equal(result, values)


def test_gray_of_large_values() -> None:
    values = np.array([[0, 70_000], [2**31, 1]], np.uint32)
    assert np.array_equal(Micrograph(values).gray(), values.astype(np.float32))
    huge = Micrograph(np.array([[0, 1e300], [-1e300, 1]])).gray()
    assert np.isfinite(huge).all()


def test_gray_without_nan() -> None:
    values = np.array([[np.nan, 1, 2], [np.inf, -np.inf, 3]], np.float32)
    assert np.array_equal(Micrograph(values).gray(), [[1, 1, 2], [3, 1, 3]])
    with pytest.raises(ImageError, match="NaN"):
        Micrograph(np.full((3, 3), np.nan)).gray()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
def test_gray_of_colours(dtype: str) -> None:
    values = np.arange(20, dtype=dtype).reshape(4, 5)
    same = np.stack([values] * 3, axis=-1)
    assert np.allclose(Micrograph(same).gray(), values)
    primary = np.zeros((2, 3, 3), dtype)
    primary[:, 0, 0] = primary[:, 1, 1] = primary[:, 2, 2] = 100
    assert np.allclose(Micrograph(primary).gray()[0], [29.9, 58.7, 11.4], atol=0.5)


def test_gray_of_lazy_pixels() -> None:
    values = np.arange(20, dtype=np.uint16).reshape(4, 5)
    lazy = LazyPixels((4, 5), values.dtype, lambda rows, columns: values[rows, columns])
    assert np.array_equal(Micrograph(lazy).gray(), values)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4), (4, 5, 2)])
def test_from_array(shape: tuple[int, ...]) -> None:
    array = np.full(shape, 255, np.uint8)
    array[0, 0] = 7
    if shape[-1] in {2, 4}:
        array[..., -1] = 255
    micrograph = Micrograph.from_array(array.tolist() if shape == (4, 5) else array, PixelSize(2))
    assert micrograph.shape == (4, 5)
    assert micrograph.gray()[0, 0] == 7
    assert micrograph.pixel_size == PixelSize(2.0, "given")


def test_from_array_of_booleans_and_nan() -> None:
    assert Micrograph.from_array(np.eye(4) > 0).gray().max() == 255
    values = np.eye(4)
    values[0, 1] = np.nan
    assert any("NaN" in text for text in Micrograph.from_array(values).warnings)


@pytest.mark.parametrize(
    "array", [np.zeros(5), np.zeros((2, 3, 4, 5)), np.zeros((0, 5)), np.eye(3) > 0, np.eye(3) * 1j]
)
def test_no_micrograph(array: Any) -> None:
    with pytest.raises(ImageError):
        Micrograph(array)


def test_read_image(tmp_path: Path) -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(6, 8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        np.stack([pixels, pixels + 1]),
        photometric="minisblack",
        resolution=(2e6, 2e6),
        resolutionunit="CENTIMETER",
        metadata=None,
    )
    micrograph = read_image(str(tmp_path / "a.tif"), page=1)
    assert np.array_equal(micrograph.pixels, pixels + 1)
    assert micrograph.pixel_size is not None
    assert micrograph.pixel_size.nm == pytest.approx(5)
    assert micrograph.pixel_size.source == "metadata"
    assert micrograph.path == tmp_path / "a.tif"
    assert (micrograph.page_count, micrograph.warnings) == (2, ())
    again = pickle.loads(pickle.dumps(micrograph))
    assert np.array_equal(again.pixels, micrograph.pixels)


def test_read_image_without_pixel_size(tmp_path: Path) -> None:
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8)).save(tmp_path / "a.png", dpi=(300, 300))
    assert read_image(tmp_path / "a.png").pixel_size is None


def test_real_images(data_folder: Path) -> None:
    """One in ten of all images at hand; all Hitachi originals."""
    places = sorted(data_folder.glob("*/images/*"))[::10] + sorted(data_folder.glob("scalebar/hitachi/*.tif"))
    assert len(places) > 100
    for place in places:
        micrograph = read_image(place)
        gray = micrograph.gray()
        assert gray.shape == micrograph.shape
        assert gray.dtype in {np.dtype(np.uint8), np.dtype(np.uint16)}
        assert gray.max() > gray.min(), place
        assert micrograph.pixel_size is None, place
        assert micrograph.warnings == (), (place, micrograph.warnings)


def test_a_text_as_pixel_size_says_what_to_write():
    with pytest.raises(PixelSizeError, match=r"PixelSize\.parse"):
        PixelSize("2.5 nm")


def test_the_images_of_a_file_are_counted_and_told_where_none_was_chosen(tmp_path):
    tifffile.imwrite(tmp_path / "s.tif", np.zeros((3, 20, 30), np.uint8), photometric="minisblack")
    first = read_image(tmp_path / "s.tif")
    assert first.page_count == 3
    assert any("3 images" in text and "--page all" in text for text in first.warnings)
    assert not any("3 images" in text for text in read_image(tmp_path / "s.tif", 0).warnings)


@pytest.mark.parametrize("sides", [(2, 3), (3, 2), (3, 3), (0.1, 0.3), (1 / 3, 1 / 7), (1.7, 20.9)])
def test_json_tells_sides_without_the_noise_of_floats(sides: tuple[float, float]) -> None:
    size = PixelSize.of_sides(*sides)
    told = PixelSize.told(size)
    assert (told["pixel_width_nm"], told["pixel_height_nm"]) == tuple(float(f"{side:.12g}") for side in sides)
    assert told["pixel_size_nm"] == pytest.approx(size.nm, rel=1e-11)
    assert set(PixelSize.told(None).values()) == {None}
