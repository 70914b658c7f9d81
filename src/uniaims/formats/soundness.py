"""Checks that the pixels of every format pass: shape, kind of values, NaN and infinities, an image without content."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.channels import magnitude
from uniaims.formats.lazy import EAGER_BYTES, LazyPixels, Pixels

SMALLEST_SIDE_PX = 2
"""An image with a shorter side has no neighbouring pixels, so no outlines and nothing to measure."""


@dataclass(frozen=True)
class SoundPixels:
    """Real pixels (H, W) or (H, W, 3), and what was changed or noticed."""

    pixels: Pixels
    warnings: tuple[str, ...] = ()


def sound_pixels(pixels: Pixels) -> SoundPixels:
    """Check and, where needed, repair `pixels`; planes that stay in the file are checked by shape and type only."""
    _check_shape(pixels.shape)
    real = _real(pixels)
    if isinstance(real.pixels, LazyPixels) or real.pixels.nbytes > EAGER_BYTES:
        return real
    finite = finite_pixels(real.pixels)
    return SoundPixels(finite.pixels, real.warnings + finite.warnings + _notes(np.asarray(finite.pixels)))


def check_pixels(pixels: Pixels) -> None:
    """Check that `pixels` is an image of integers or floats.

    Raises:
        ImageError: if the shape is not (H, W) or (H, W, 3), a side is too short, or the type is another.
    """
    _check_shape(pixels.shape)
    if pixels.dtype.kind not in "iuf":
        raise ImageError(
            f"the pixels are of the type {pixels.dtype}: integers or floats are wanted; "
            "Micrograph.from_array converts booleans and complex numbers"
        )


def finite_pixels(pixels: NDArray[Any]) -> SoundPixels:
    """Replace NaN and -inf by the lowest finite value and +inf by the highest."""
    if pixels.dtype.kind != "f":
        return SoundPixels(pixels)
    finite = np.isfinite(pixels)
    if finite.all():
        return SoundPixels(pixels)
    if not finite.any():
        raise ImageError("all pixels are NaN or infinite: there is no image in this file; export it again")
    low, high = pixels[finite].min(), pixels[finite].max()
    bad = int(pixels.size - np.count_nonzero(finite))
    text = f"{bad:,} values are NaN or infinite: replaced by the lowest ({low:g}) or highest ({high:g}) of the others"
    return SoundPixels(np.nan_to_num(pixels, nan=low, neginf=low, posinf=high), (text,))


def _check_shape(shape: tuple[int, ...]) -> None:
    if len(shape) not in {2, 3} or (len(shape) == 3 and shape[2] != 3):
        raise ImageError(f"the pixels have the shape {shape}: (H, W) or (H, W, 3) is wanted")
    if min(shape[:2]) < SMALLEST_SIDE_PX:
        raise ImageError(
            f"the image is {shape[1]} x {shape[0]} pixels: at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX} "
            "are needed; export the whole image"
        )


def _real(pixels: Pixels) -> SoundPixels:
    """Complex values become their magnitude, booleans 0 and 255; anything that is no number is refused."""
    kind = pixels.dtype.kind
    if kind in "iuf":
        return SoundPixels(pixels)
    if kind not in "bc":
        raise ImageError(f"the pixels are of the type {pixels.dtype}: integers or floats are wanted")
    change = magnitude if kind == "c" else _black_and_white
    warnings = ("the pixels are complex numbers: their magnitude is used",) if kind == "c" else ()
    if not isinstance(pixels, LazyPixels):
        return SoundPixels(change(pixels), warnings)
    dtype = np.dtype(np.float32 if kind == "c" else np.uint8)
    return SoundPixels(LazyPixels(pixels.shape, dtype, partial(_changed_window, pixels, change)), warnings)


def _changed_window(pixels: LazyPixels, change: Any, rows: slice, columns: slice) -> NDArray[Any]:
    changed: NDArray[Any] = change(pixels.window(rows, columns))
    return changed


def _black_and_white(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels.astype(np.uint8) * np.uint8(255)


def _notes(pixels: NDArray[Any]) -> tuple[str, ...]:
    first = pixels[0, 0]
    if np.array_equal(pixels[::7, ::7], np.broadcast_to(first, pixels[::7, ::7].shape)) and (pixels == first).all():
        return (f"all pixels have the same value ({np.ravel(first)[0]:g}): there is nothing to see in this image",)
    return ()
