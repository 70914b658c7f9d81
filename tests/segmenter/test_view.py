"""What the network sees: the same pixels whatever the windows, from memory or from a file."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from uniaims.boxes import Box
from uniaims.errors import SettingsError
from uniaims.formats import LazyPixels
from uniaims.micrograph import Micrograph, PixelSize, read_image
from uniaims.networks.card import Normalisation
from uniaims.segmenter.view import View, view_of


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(20, 230, (height, width), dtype=np.uint8)


def view(array: np.ndarray) -> View:
    return view_of(Micrograph.from_array(array), Normalisation())


@given(st.floats(0.1, 3.0), st.integers(0, 50), st.integers(0, 50), st.integers(1, 60), st.integers(1, 60))
def test_a_window_is_cut_from_the_same_whole(scale: float, top: int, left: int, height: int, width: int) -> None:
    image = view(picture(90, 110)).at(scale)
    rows, columns = image.shape
    window = (
        slice(top % rows, min(rows, top % rows + height)),
        slice(left % columns, min(columns, left % columns + width)),
    )
    whole = image[0:rows, 0:columns]
    assert whole.shape == image.shape
    np.testing.assert_allclose(image[window], whole[window], atol=2e-5)


def test_scale_one_is_the_image_itself() -> None:
    array = picture(30, 40)
    seen = view(array).at(1.0)
    np.testing.assert_array_equal(seen[0:30, 0:40], view(array).range.apply(array))


@pytest.mark.parametrize(("sides", "shape"), [((2, 3), (73, 65)), ((3, 2), (49, 98)), ((2, 2.05), (60, 80))])
def test_working_pixels_are_square(sides: tuple[float, float], shape: tuple[int, int]) -> None:
    micrograph = Micrograph.from_array(picture(60, 80), PixelSize.of_sides(*sides))
    seen = view_of(micrograph, Normalisation()).at(1.0)
    assert seen.shape == shape
    assert seen[0 : shape[0], 0 : shape[1]].shape == shape


def test_shrinking_keeps_the_mean_and_does_not_alias() -> None:
    stripes = np.zeros((100, 100), np.uint8)
    stripes[::2] = 200
    seen = view(stripes).at(0.25)[0:25, 0:25]
    assert seen[2:-2].std() < 0.05
    assert seen.mean() == pytest.approx(0.5, abs=0.05)


def test_enlarging_is_aligned_with_the_image() -> None:
    array = np.zeros((21, 21), np.uint8)
    array[10, 10] = 255
    seen = View(view(array).gray, Box(0, 0, 21, 21), Normalisation(0, 100).range_of(array), flat=False).at(3.0)
    enlarged = seen[0:63, 0:63]
    assert np.unravel_index(enlarged.argmax(), enlarged.shape) == (31, 31)
    np.testing.assert_allclose(enlarged, enlarged[::-1, ::-1], atol=1e-6)


def test_banner_counts_neither_for_content_nor_for_the_range() -> None:
    array = np.vstack([np.clip(picture(300, 400) // 4 + 90, 0, 150), np.zeros((40, 400), np.uint8)]).astype(np.uint8)
    seen = view(array)
    assert seen.content == Box(0, 0, 300, 400)
    assert seen.range.low > 80
    assert "40 px at the bottom" in seen.left_out()[0]
    assert view(picture(50, 50)).left_out() == ()


def test_large_images_are_judged_by_an_overview() -> None:
    array = np.vstack([picture(4000, 900), np.zeros((300, 900), np.uint8)])
    seen = view(array)
    assert 3990 <= seen.content.bottom <= 4000
    assert (seen.content.top, seen.content.left, seen.content.right) == (0, 0, 900)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_file_that_is_read_lazily_looks_the_same(
    dtype: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = picture(300, 260).astype(dtype)
    tifffile.imwrite(tmp_path / "image.tif", array, tile=(64, 64), compression="deflate")
    monkeypatch.setattr("uniaims.formats.tiff.EAGER_BYTES", 0)
    micrograph = read_image(tmp_path / "image.tif")
    assert isinstance(micrograph.pixels, LazyPixels)
    lazy, eager = view_of(micrograph, Normalisation()), view(array)
    assert (lazy.content, lazy.range) == (eager.content, eager.range)
    np.testing.assert_array_equal(lazy.at(0.5)[10:90, 20:100], eager.at(0.5)[10:90, 20:100])


def test_colour_becomes_luminance() -> None:
    colour = np.dstack([picture(40, 50, seed) for seed in range(3)])
    gray = Micrograph.from_array(colour).gray()
    np.testing.assert_array_equal(view(colour).gray[5:25, 5:25], gray[5:25, 5:25])


def test_not_a_number_becomes_the_lowest_level() -> None:
    array = picture(64, 64).astype(np.float32)
    array[5, 5], array[6, 6] = np.nan, np.inf
    pixels = LazyPixels(array.shape, array.dtype, lambda rows, columns: array[rows, columns])
    seen = view_of(Micrograph(pixels), Normalisation())
    window = seen.gray[0:10, 0:10]
    assert np.isfinite(window).all()
    assert window[5, 5] == np.nanmin(array)
    assert window[6, 6] == array[np.isfinite(array)].max()


def test_the_middle_has_the_proportions_of_the_content() -> None:
    seen = view(picture(100, 200))
    assert seen.middle(1e9) == seen.content
    assert seen.middle(5000) == Box(25, 50, 75, 150)


@pytest.mark.parametrize("side", [(60, 80), (61, 3000), (4099, 5)])
def test_only_the_panel_is_looked_at(side: tuple[int, int]) -> None:
    array = picture(*side)
    panel = Box(side[0] // 3, side[1] // 3, side[0] - 1, side[1] - 1)
    array[: panel.top] = 0
    seen = view_of(Micrograph.from_array(array), Normalisation(), panel)
    assert seen.content == panel
    assert [text.startswith("Only the panel") for text in seen.left_out()] == [True]


def test_a_panel_that_reaches_out_or_is_a_line_is_refused() -> None:
    with pytest.raises(SettingsError, match="at least 2 x 2"):
        view_of(Micrograph.from_array(picture(30, 40)), Normalisation(), Box(0, 0, 1, 40))
    with pytest.raises(SettingsError, match="reaches out"):
        view_of(Micrograph.from_array(picture(30, 40)), Normalisation(), Box(0, 0, 31, 40))
