"""A micrograph: pixels, the size of a pixel and how the image was taken.

>>> micrograph = read_image("powder.tif")               # doctest: +SKIP
>>> micrograph.shape, micrograph.pixel_size             # doctest: +SKIP
((943, 1024), PixelSize(nm=2.5, source='metadata', aspect=1.0))
"""

import math
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
from uniaims.formats import guarded as guarded_formats
from uniaims.formats.calibration import (
    LARGEST_ASPECT,
    LARGEST_NM,
    SMALLEST_NM,
    has_plausible_aspect,
    is_plausible,
    pixel_aspect,
)
from uniaims.formats.channels import without_alpha
from uniaims.formats.lengths import given_length, parse_quantity, without_per_pixel
from uniaims.formats.soundness import check_pixels, finite_pixels, sound_pixels

__all__ = ["Acquisition", "LazyPixels", "Micrograph", "PixelSize", "read_image"]

PixelSizeSource = Literal["given", "metadata", "scale bar"]

_TIMES = re.compile(r"\s*[x×*]\s*(?=[-+.\d])")
_DISPLAY_UNITS = ((1e6, "mm"), (1e3, "µm"), (1.0, "nm"), (1e-3, "pm"))


@dataclass(frozen=True)
class PixelSize:
    """Length of a pixel's side in nm, and where it comes from.

    `aspect` is height / width of a pixel. Where it is not 1, `nm` is the side of the square of the same area, so that
    ``nm**2`` is a pixel's area whatever its shape; `of_sides` makes one from width and height.

    Raises:
        PixelSizeError: where `nm` is outside 0.1 pm .. 1 mm, or `aspect` outside 1/20 .. 20.
    """

    nm: float
    source: PixelSizeSource = "given"
    aspect: float = 1.0

    def __post_init__(self) -> None:
        try:
            plausible = is_plausible(self.nm)
        except TypeError as error:
            raise PixelSizeError(
                f"PixelSize({self.nm!r}): a number in nm is wanted. PixelSize.parse takes texts with a unit, such as "
                'PixelSize.parse("2.5 nm")'
            ) from error
        if not plausible:
            raise PixelSizeError(
                f"a pixel size of {self.nm:g} nm came, between {SMALLEST_NM:g} nm and {LARGEST_NM:g} nm is wanted: "
                "check number and unit"
            )
        if not has_plausible_aspect(self.aspect):
            raise PixelSizeError(
                f"pixels {self.aspect:g} times as high as wide came, at most {LARGEST_ASPECT:g} times as long as "
                "broad is wanted: check both sides"
            )

    @classmethod
    def of_sides(cls, width_nm: float, height_nm: float, source: PixelSizeSource = "given") -> "PixelSize":
        """That of pixels of so many nm across and down; sides that differ by at most 0.5 % count as equal.

        Raises:
            PixelSizeError: where a side is outside 0.1 pm .. 1 mm, or one is more than 20 times the other.
        """
        width, height = cls(width_nm, source), cls(height_nm, source)
        aspect = pixel_aspect(width.nm, height.nm)
        return width if aspect == 1.0 else cls(math.sqrt(width.nm * height.nm), source, aspect)

    @classmethod
    def parse(cls, text: str) -> "PixelSize":
        """A pixel size that the user wrote: ``"2.5 nm"``, ``"2,5 nm"``, ``"0.8µm"``, ``"1.2 Å/px"``; mm, pm, m, um, A.

        Of pixels that are not square width x height: ``"2 x 3 nm"``, ``"2 nm x 3 nm"``.

        Raises:
            PixelSizeError: where `text` is no length with a unit, or more than two.
        """
        sides = _TIMES.split(text)
        if len(sides) == 1:
            return cls(given_length(text, "pixel size").nm)
        if len(sides) > 2:
            raise PixelSizeError(f'{text!r} has {len(sides)} sides: write width and height, such as "2 x 3 nm"')
        width, height = (given_length(side, "pixel size") for side in _with_units(sides))
        return cls.of_sides(width.nm, height.nm)

    @staticmethod
    def told(size: "PixelSize | None") -> dict[str, float | None]:
        """The keys by which JSON tells the size of a pixel, in nm, without the noise of the last digits of a float."""
        sides = (size.nm, size.width_nm, size.height_nm) if size else (None, None, None)
        names = ("pixel_size_nm", "pixel_width_nm", "pixel_height_nm")
        return {name: side and float(f"{side:.12g}") for name, side in zip(names, sides, strict=True)}

    @property
    def width_nm(self) -> float:
        """Length of the horizontal side in nm."""
        return self.nm / math.sqrt(self.aspect)

    @property
    def height_nm(self) -> float:
        """Length of the vertical side in nm."""
        return self.nm * math.sqrt(self.aspect)

    def __str__(self) -> str:
        """For the eye, in the unit that keeps the number between 1 and 1000: ``"2.5 nm"``, ``"2 x 3 nm"``."""
        sides = [self.nm] if self.aspect == 1.0 else [self.width_nm, self.height_nm]
        factor, unit = next((pair for pair in _DISPLAY_UNITS if min(sides) >= pair[0]), _DISPLAY_UNITS[-1])
        return f"{' x '.join(f'{side / factor:.6g}' for side in sides)} {unit}"


@dataclass(frozen=True, eq=False)
class Micrograph:
    """An image with all that is known about it.

    `pixels` is (H, W) or (H, W, 3), integers or floats. Large images stay in their file: `pixels` then is a
    memory map or a :class:`LazyPixels`, which give windows by slicing and the whole by ``np.asarray``.
    `pixel_size` is None where nothing in the file tells it, `path` None for an image that came as an array.
    `warnings` are sentences that the user should read, `page_count` is the number of images in the file.

    Raises:
        ImageError: where `pixels` is no image.
    """

    pixels: Pixels
    pixel_size: PixelSize | None = None
    acquisition: Acquisition = field(default_factory=Acquisition)
    path: Path | None = None
    warnings: tuple[str, ...] = ()
    page_count: int = 1

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


def read_image(path: str | Path, page: int | None = None, *, guarded: bool = False) -> Micrograph:
    """Read a micrograph with its pixel size and acquisition data, from the file itself or a side-car beside it.

    Args:
        path: PNG, JPEG, BMP, TIFF, DM3, DM4, SER, MRC or EMD file, or the folder of an OME-Zarr image.
        page: which image of a file with several, counted from 0; ``None``: the first, with a warning of the others.
        guarded: read in a child process with limits, so that a file that hangs or crashes its reader, or fills the
            memory, ends in an error too; the result is the same. See :mod:`uniaims.guard`.

    Raises:
        ImageError: where there is no file, or no image in it, or less of it than its header says.
    """
    place = Path(path)
    raw = guarded_formats.read(place, page) if guarded else formats.read(place, page)
    size = None if raw.pixel_size_nm is None else PixelSize(raw.pixel_size_nm, "metadata", raw.pixel_aspect)
    return Micrograph(raw.pixels, size, raw.acquisition, place, raw.warnings, raw.page_count)


def _with_units(sides: list[str]) -> list[str]:
    """Texts of two sides; where only one has a unit, the other gets it."""
    found = [parse_quantity(without_per_pixel(side)) for side in sides]
    unit = next((each.unit for each in found if each and each.unit), "")
    bare = [each is not None and not each.unit and not each.rest for each in found]
    return [side + unit if alone else side for side, alone in zip(sides, bare, strict=True)]


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
