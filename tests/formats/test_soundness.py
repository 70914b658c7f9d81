from typing import Any

import numpy as np
import pytest

from uniaims.errors import ImageError
from uniaims.formats import soundness
from uniaims.formats.lazy import LazyPixels
from uniaims.formats.soundness import sound_pixels

RAMP = np.arange(20.0).reshape(4, 5)


def test_nan_and_infinity_are_replaced() -> None:
    pixels = RAMP.copy()
    pixels[0, :3] = np.nan, np.inf, -np.inf
    sound = sound_pixels(pixels)
    assert np.asarray(sound.pixels)[0, :3].tolist() == [3, 19, 3]
    assert any("3 values" in text for text in sound.warnings)


def test_nothing_finite() -> None:
    with pytest.raises(ImageError, match="NaN"):
        sound_pixels(np.full((4, 5), np.nan))


def test_complex() -> None:
    sound = sound_pixels(RAMP * (3 + 4j))
    assert np.allclose(np.asarray(sound.pixels), RAMP * 5)
    assert any("magnitude" in text for text in sound.warnings)


@pytest.mark.parametrize("values", [RAMP > 7, RAMP * 1j])
def test_lazy_pixels_are_changed_window_by_window(values: Any) -> None:
    lazy = LazyPixels(values.shape, values.dtype, lambda rows, columns: values[rows, columns])
    sound = sound_pixels(lazy)
    assert isinstance(sound.pixels, LazyPixels)
    assert np.array_equal(sound.pixels[1:3, 2:], sound_pixels(values).pixels[1:3, 2:])
    assert sound.pixels.dtype == sound.pixels[:1].dtype


@pytest.mark.parametrize("value", [0, 255])
def test_image_without_content(value: int) -> None:
    sound = sound_pixels(np.full((30, 40), value, np.uint8))
    assert any(f"same value ({value})" in text for text in sound.warnings)
    almost = np.full((30, 40), value, np.uint8)
    almost[1, 1] = 100
    assert sound_pixels(almost).warnings == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_too_small(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match=f"{shape[1]} x {shape[0]} pixels"):
        sound_pixels(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (3, 4, 5), (2, 3, 4, 3)])
def test_no_image_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ImageError, match=r"\(H, W\)"):
        sound_pixels(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("values", [np.array([["a", "b"]] * 2), np.array([[None, 1]] * 2, dtype=object)])
def test_no_numbers(values: Any) -> None:
    with pytest.raises(ImageError, match="integers or floats"):
        sound_pixels(values)


def test_large_images_are_not_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundness, "EAGER_BYTES", 10)
    assert sound_pixels(np.zeros((30, 40), np.uint8)).warnings == ()
