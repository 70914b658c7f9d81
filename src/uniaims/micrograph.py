"""A micrograph: pixels, the size of a pixel and how the image was taken.

>>> micrograph = read_image("powder.tif")               # doctest: +SKIP
>>> micrograph.shape, micrograph.pixel_size             # doctest: +SKIP
((943, 1024), PixelSize(nm=2.5, source='metadata'))
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims import formats
from uniaims.errors import ImageError, PixelSizeError
from uniaims.formats import Acquisition, LazyPixels, Pixels
from uniaims.formats.calibration import LARGEST_NM, SMALLEST_NM, is_plausible
from uniaims.formats.channels import without_alpha
from uniaims.formats.lengths import nanometres_per, parse_quantity
from uniaims.formats.soundness import check_pixels, finite_pixels, sound_pixels

__all__ = ["Acquisition", "LazyPixels", "Micrograph", "PixelSize", "read_image"]

PixelSizeSource = Literal["given", "metadata", "scale bar"]

_PER_PIXEL = re.compile(r"\s*(?:/|per)\s*(?:px|pix|pixel)\s*$")
_DISPLAY_UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


@dataclass(frozen=True)
class PixelSize:
    """Length of a pixel's side in nm, and where it comes from.

    Raises:
        PixelSizeError: where `nm` is outside 0.1 pm .. 1 mm.
    """

    nm: float
    source: PixelSizeSource = "given"

    def __post_init__(self) -> None:
        if not is_plausible(self.nm):
            raise PixelSizeError(
                f"a pixel size of {self.nm:g} nm came, between {SMALLEST_NM:g} nm and {LARGEST_NM:g} nm is wanted: "
                "check number and unit"
            )

    @classmethod
    def parse(cls, text: str) -> "PixelSize":
        """A pixel size that the user wrote: ``"2.5 nm"``, ``"0.8µm"``, ``"1.2 Å/px"``; also mm, pm, m, um, A.

        Raises:
            PixelSizeError: where `text` is no length with a unit.
        """
        quantity = parse_quantity(_PER_PIXEL.sub("", text))
        advice = 'write a number and a unit, such as "2.5 nm"'
        if quantity is None or quantity.rest:
            hint = ", with a decimal point" if "," in text else ""
            raise PixelSizeError(f"{text!r} is no pixel size: {advice}{hint}")
        if not quantity.unit:
            raise PixelSizeError(f"{text!r} has no unit: {advice} (nm, µm, mm, pm, Å, m)")
        factor = nanometres_per(quantity.unit)
        if factor is None:
            raise PixelSizeError(f"{quantity.unit!r} in {text!r} is no unit of length: use nm, µm, mm, pm, Å or m")
        return cls(quantity.value * factor, "given")

    def __str__(self) -> str:
        """For the eye, in the unit that keeps the number between 1 and 1000: ``"2.5 nm"``."""
        factor, unit = next((pair for pair in _DISPLAY_UNITS if self.nm >= pair[0]), _DISPLAY_UNITS[-1])
        return f"{self.nm / factor:.6g} {unit}"


@dataclass(frozen=True, eq=False)
class Micrograph:
    """An image with all that is known about it.

    `pixels` is (H, W) or (H, W, 3), integers or floats. Large images stay in their file: `pixels` then is a
    memory map or a :class:`LazyPixels`, which give windows by slicing and the whole by ``np.asarray``.
    `pixel_size` is None where nothing in the file tells it, `path` None for an image that came as an array.
    `warnings` are sentences that the user should read.

    Raises:
        ImageError: where `pixels` is no image.
    """

    pixels: Pixels
    pixel_size: PixelSize | None = None
    acquisition: Acquisition = field(default_factory=Acquisition)
    path: Path | None = None
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_pixels(self.pixels)

    @classmethod
    def from_array(cls, array: Any, pixel_size: PixelSize | None = None) -> "Micrograph":
        """A micrograph from anything NumPy takes: (H, W), (H, W, 1), RGB or RGBA; booleans and complex too.

        Raises:
            ImageError: where the array is no image.
        """
        pixels = np.asarray(array)
        warnings: tuple[str, ...] = ()
        if pixels.ndim == 3 and pixels.shape[2] == 1:
            pixels = pixels[..., 0]
        if pixels.ndim == 3 and pixels.shape[2] in {2, 4} and pixels.dtype.kind in "iuf":
            opaque = without_alpha(pixels)
            pixels, warnings = opaque.pixels, opaque.warnings
        sound = sound_pixels(pixels)
        return cls(sound.pixels, pixel_size, warnings=warnings + sound.warnings)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return (self.pixels.shape[0], self.pixels.shape[1])

    def gray(self) -> NDArray[Any]:
        """The whole image in memory as gray values, (H, W), uint8, uint16 or float32.

        Colours become luminance (ITU-R BT.601). Other integers become uint16 where all values fit, else float32.
        NaN and -inf are replaced by the lowest finite value, +inf by the highest. The array may share its memory
        with `pixels`: copy it before writing into it.

        Raises:
            ImageError: where no value is finite.
        """
        pixels = np.asarray(self.pixels)
        if pixels.ndim == 3:
            pixels = _luminance(_plain(pixels))
        return np.ascontiguousarray(_plain(pixels))


def read_image(path: str | Path, page: int = 0) -> Micrograph:
    """Read a micrograph with its pixel size and acquisition data, from the file itself or a side-car beside it.

    Args:
        path: PNG, JPEG, BMP, TIFF, DM3, DM4, SER, MRC or EMD file, or the folder of an OME-Zarr image.
        page: which image of a file with several, counted from 0.

    Raises:
        ImageError: where there is no file, or no image in it, or less of it than its header says.
    """
    place = Path(path)
    raw = formats.read(place, page)
    size = None if raw.pixel_size_nm is None else PixelSize(raw.pixel_size_nm, "metadata")
    return Micrograph(raw.pixels, size, raw.acquisition, place, raw.warnings)


def _plain(pixels: NDArray[Any]) -> NDArray[Any]:
    """uint8, uint16 or float32 with all values finite; shape kept."""
    kind, width = pixels.dtype.kind, pixels.dtype.itemsize
    if kind == "u" and width <= 2:
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if kind == "f":
        finite = np.asarray(finite_pixels(pixels).pixels)
        largest = np.finfo(np.float32).max
        return (np.clip(finite, -largest, largest) if width > 4 else finite).astype(np.float32, copy=False)
    if kind not in "iu":
        raise ImageError(f"pixels of the type {pixels.dtype} came: integers or floats are wanted")
    fits = pixels.min() >= 0 and pixels.max() <= np.iinfo(np.uint16).max
    return pixels.astype(np.uint16 if fits else np.float32)


def _luminance(pixels: NDArray[Any]) -> NDArray[Any]:
    gray: NDArray[Any] = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return gray
