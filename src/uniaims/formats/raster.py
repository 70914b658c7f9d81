"""PNG, JPEG and BMP, through Pillow.

Their resolution fields (``pHYs``, JFIF density, BMP pixels per metre) are made for printers and say nothing
about the sample, so none is read; side-car files next to the image are (see :mod:`uniaims.formats.sidecars`).
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from imagecodecs import png_decode
from numpy.typing import NDArray
from PIL import ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from uniaims.errors import ImageError
from uniaims.formats.channels import without_alpha
from uniaims.formats.orientation import orientation_of_picture
from uniaims.formats.raw_image import Reading, check_page, check_promise, check_size


class _QuietJpegImageFile(JpegImageFile):
    """A JPEG without Pillow's search for a print resolution, which writes to standard error where EXIF is damaged."""

    def _read_dpi_from_exif(self) -> None:
        pass


_OPENERS: dict[bytes, type[ImageFile.ImageFile]] = {
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"\xff\xd8\xff": _QuietJpegImageFile,
    b"BM": BmpImageFile,
}
"""Opened by the plug-ins themselves: ``Image.open`` would refuse above 179 megapixels, by a limit that is global."""

_SCAN, _MOST_SCANS = b"\xff\xda", 500
_PNG_HEADER_BYTES = 26
_PNG_SEVERAL_CHANNELS = frozenset({2, 4, 6})
"""Colour types RGB, gray with alpha and RGBA: byte 25 of a PNG, after the bit depth."""

_DIRECT_MODES = frozenset({"L", "RGB", "I;16", "I;16L", "I;16B", "I", "F"})


def read(path: Path, page: int = 0) -> Reading:
    """Read a PNG, JPEG or BMP as uint8 or uint16, (H, W) or (H, W, 3); palettes become colours or grays."""
    check_page(page, 1)
    with path.open("rb") as stream:
        head = stream.read(_PNG_HEADER_BYTES)
        stream.seek(0)
        opener = next(opener for start, opener in _OPENERS.items() if head.startswith(start))
        with opener(stream, str(path)) as image:
            check_size(*image.size)
            check_promise(*image.size, path.stat().st_size, _bytes_per_pixel(image))
            if "progressive" in image.info:
                _check_scans(path)
            orientation = orientation_of_picture(image)
            if opener is PngImageFile and head[24] == 16 and head[25] in _PNG_SEVERAL_CHANNELS:
                return replace(_wide_colours(path), orientation=orientation)
            image.load()
            return replace(_reading(image), orientation=orientation)


def _check_scans(path: Path) -> None:
    """Refuse a progressive JPEG that goes over its picture thousands of times, a few bytes each, to cost time."""
    count = path.read_bytes().count(_SCAN)
    if count > _MOST_SCANS:
        raise ImageError(f"the JPEG is said to be made of {count:,} layers: it is damaged; export it again")


def _bytes_per_pixel(image: ImageFile.ImageFile) -> int:
    """Bytes that Pillow takes for a pixel while it decodes; a progressive JPEG is held as coefficients besides."""
    channels = 1 if image.mode in {"1", "L", "P"} else 4
    return channels + 2 * len(image.getbands()) if "progressive" in image.info else channels


def _wide_colours(path: Path) -> Reading:
    """RGB or alpha of 16 bits, which Pillow would cut to 8."""
    pixels = np.asarray(png_decode(path.read_bytes()))
    if pixels.shape[-1] == 3:
        return Reading(pixels)
    opaque = without_alpha(pixels)
    return Reading(opaque.pixels, warnings=opaque.warnings)


def _reading(image: ImageFile.ImageFile) -> Reading:
    if image.mode == "1":
        return Reading(np.asarray(image.convert("L")))
    if image.mode in {"LA", "PA", "RGBA"} or "transparency" in image.info:
        opaque = without_alpha(np.asarray(image.convert("LA" if image.mode in {"L", "LA"} else "RGBA")))
        return Reading(_gray_if_colourless(opaque.pixels, image.mode), warnings=opaque.warnings)
    if image.mode in _DIRECT_MODES:
        return Reading(_wide_gray(np.asarray(image)))
    if image.mode in {"P", "CMYK", "YCbCr"}:
        return Reading(_gray_if_colourless(np.asarray(image.convert("RGB")), image.mode))
    raise ImageError(f"pixels of the kind {image.mode!r} are not read: save the image as 8- or 16-bit gray or RGB")


def _wide_gray(pixels: NDArray[Any]) -> NDArray[Any]:
    """16-bit gray that Pillow holds as int32, back as uint16."""
    if pixels.dtype == np.int32 and pixels.min() >= 0 and pixels.max() <= 65535:
        return pixels.astype(np.uint16)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _gray_if_colourless(pixels: NDArray[Any], mode: str) -> NDArray[Any]:
    """A palette of grays (mode P) as the gray image it is."""
    if mode not in {"P", "PA"} or pixels.ndim == 2:
        return pixels
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    if np.array_equal(red, green) and np.array_equal(red, blue):
        return np.ascontiguousarray(red)
    return pixels
