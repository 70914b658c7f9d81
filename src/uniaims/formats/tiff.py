"""TIFF of all kinds, through tifffile: strips, tiles, BigTIFF, palettes, OME, ImageJ, and the vendors' tags."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.channels import without_alpha
from uniaims.formats.instrument_text import has_document_type
from uniaims.formats.lazy import EAGER_BYTES, LazyPixels
from uniaims.formats.raw_image import Calibration, Pixels, Reading, check_page, check_size
from uniaims.formats.tiff_calibrations import tiff_calibrations

_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_LARGEST_LAZY_CHUNK = 2**26


@dataclass(frozen=True)
class Plane:
    """One image (H, W) of a TIFF file: which directory (`page`) holds it, and where inside.

    `offset` is the place of the pixels where the file has them without a directory of their own (ImageJ
    stacks); `depth` the index in a directory that holds a volume.
    """

    page: int
    offset: int | None = None
    depth: int = 0
    series: int = 0


def read(path: Path, page: int = 0) -> Reading:
    """Read image `page` of a TIFF: pages of a stack, then those of further series. Thumbnails don't count."""
    with tifffile.TiffFile(path, _multifile=False) as tif:
        _refuse_xml_bomb(tif)
        check_size(tif.pages.first.imagewidth, tif.pages.first.imagelength)
        series = [entry for entry in tif.series if not _is_thumbnail(entry)] or list(tif.series)
        count = sum(_plane_count(entry) for entry in series)
        check_page(page, count)
        plane = _locate(series, page)
        directory = _directory(tif, plane)
        _check_directory(directory, tif.filehandle.size)
        layout = _layout(directory)
        calibrations = tiff_calibrations(tif, directory, plane.series)
        pixels = _pixels(path, tif, plane, layout)
    return _reading(pixels, layout, calibrations, count)
