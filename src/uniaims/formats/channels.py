"""Channels as files hold them (gray, RGB, alpha, complex) made into (H, W) or (H, W, 3) of real values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Opaque:
    """Pixels without alpha, (H, W) or (H, W, 3), and a warning where the alpha channel hid something."""

    pixels: NDArray[Any]
    warnings: tuple[str, ...] = ()


def without_alpha(pixels: NDArray[Any]) -> Opaque:
    """Gray + alpha (H, W, 2) or RGBA (H, W, 4), any dtype, laid on white as viewers show it.

    An alpha channel that is opaque everywhere is dropped; one that is zero everywhere comes from broken
    exports, and the colours below it are kept.
    """
    alpha = pixels[..., -1]
    colours = pixels[..., 0] if pixels.shape[-1] == 2 else pixels[..., :-1]
    full = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 1.0
    transparent = alpha < full
    if not transparent.any():
        return Opaque(np.ascontiguousarray(colours))
    if not alpha.any():
        text = "the alpha channel makes the whole image invisible: it is ignored"
        return Opaque(np.ascontiguousarray(colours), (text,))
    share = 100 * float(transparent.mean())
    weight = alpha.astype(np.float32) / np.float32(full)
    if colours.ndim == 3:
        weight = weight[..., None]
    blended = colours.astype(np.float32) * weight + np.float32(full) * (1 - weight)
    if pixels.dtype.kind in "iu":
        blended = np.clip(np.rint(blended), 0, full)
    text = f"{share:.2g} % of the pixels are transparent: the image was laid on white"
    return Opaque(blended.astype(pixels.dtype), (text,))


def magnitude(pixels: NDArray[Any]) -> NDArray[Any]:
    """Absolute value of complex pixels as float32."""
    return np.asarray(np.abs(pixels), dtype=np.float32)
