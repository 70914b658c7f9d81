from typing import Any

import numpy as np
import pytest

from uniaims.formats.channels import magnitude, without_alpha


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_is_laid_on_white(dtype: Any, channels: int) -> None:
    full = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
    pixels = np.zeros((2, 3, channels), dtype)
    pixels[..., -1] = full
    pixels[0, 0, -1] = 0
    opaque = without_alpha(pixels)
    assert opaque.pixels.dtype == dtype
    assert opaque.pixels.shape == ((2, 3) if channels == 2 else (2, 3, 3))
    assert (opaque.pixels[0, 0] == full).all()
    assert (opaque.pixels[1] == 0).all()
    assert "17 %" in opaque.warnings[0]


def test_half_transparent() -> None:
    pixels = np.full((2, 2, 2), 100, np.uint8)
    pixels[..., 1] = 255
    pixels[0, 0, 1] = 51
    assert without_alpha(pixels).pixels[0, 0] == 224


def test_magnitude() -> None:
    result = magnitude(np.full((2, 2), 3 - 4j))
    assert result.dtype == np.float32
    assert (result == 5).all()
