"""The numbers that a TIFF stores, as label images are read: palette numbers stay numbers, nothing is turned."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.complaints import Complaints
from uniaims.formats.raw_image import check_size
from uniaims.formats.tiff_bounds import check_directories, check_tile

_UNCHECKED_BYTES = 2**27
_MOST_TIMES_PACKED = 1100
"""Label images are mostly background, which deflate packs to a thousandth at best."""


def tiff_numbers(source: Path | BytesIO) -> NDArray[Any]:
    """The values of the first image, or stack, of a TIFF file as stored.

    Raises:
        ImageError: if it is damaged, or claims more pixels than it can hold.
    """
    try:
        _check_circles(source)
        # Other files that OME-XML may name are not opened.
        with Complaints(), tifffile.TiffFile(source, _multifile=False, is_ome=False) as file:
            return _first_series(file)
    except ImageError:
        raise
    except Exception as error:  # tifffile raises nearly anything on damaged files
        raise ImageError(f"the TIFF is damaged ({type(error).__name__}: {error})") from error


def _check_circles(source: Path | BytesIO) -> None:
    if isinstance(source, Path):
        with source.open("rb") as stream:
            check_directories(stream, source.stat().st_size)
    else:
        check_directories(source, source.getbuffer().nbytes)
        source.seek(0)


def _first_series(file: Any) -> NDArray[Any]:
    if not len(file.pages):
        raise ImageError("there is no image in this TIFF: export it again")
    series = file.series[0]
    page = series.keyframe
    check_size(page.imagewidth, page.imagelength)
    check_tile(page)
    claimed = int(np.prod(series.shape, dtype=np.float64)) * page.dtype.itemsize
    if claimed > _UNCHECKED_BYTES and claimed > _MOST_TIMES_PACKED * file.filehandle.size:
        raise ImageError(
            f"the header says {claimed:,} bytes of pixels, which {file.filehandle.size:,} bytes can't hold: "
            "the file is damaged or cut short; copy it again"
        )
    return np.asarray(series.asarray())
