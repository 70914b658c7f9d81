"""OME-Zarr (NGFF 0.4 and 0.5) folders, and plain Zarr arrays of an image; Zarr formats 2 and 3."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.calibration import understood
from uniaims.formats.lazy import EAGER_BYTES, LazyPixels, Pixels
from uniaims.formats.lengths import nanometres_per
from uniaims.formats.raw_image import Calibration, Reading, check_page, check_size
from uniaims.formats.zarr_store import StoredArray, check_plane, read_json, stored_array


@dataclass(frozen=True)
class Source:
    """The full-resolution array of an image, and its multiscale description (empty for a plain array)."""

    array: str
    multiscale: Mapping[str, Any]


def read(path: Path, page: int = 0, *, may_be_empty: bool = False) -> Reading:
    """Read plane `page` of the full resolution; leading axes (time, channel, z) are counted as pages.

    One of which no chunk is there is refused, unless it ``may_be_empty``: writers leave out what is all background.
    """
    source = _source(path)
    array = stored_array(path / source.array)
    height, width = array.shape[-2:]
    check_size(width, height)
    count = math.prod(array.shape[:-2])
    check_page(page, count)
    leading = tuple(int(index) for index in np.unravel_index(page, array.shape[:-2]))
    notes = check_plane(array, leading, may_be_empty=may_be_empty)
    calibration = understood("NGFF metadata", partial(_calibration, source.multiscale, len(array.shape)))
    return Reading(_pixels(array, leading), (calibration,), notes, count)


def _pixels(array: StoredArray, leading: tuple[int, ...]) -> Pixels:
    height, width = array.shape[-2:]
    window = partial(_window, array, leading)
    if height * width * array.dtype.itemsize <= EAGER_BYTES:
        return window(slice(0, height), slice(0, width))
    return LazyPixels((height, width), array.dtype.newbyteorder("="), window)


def _window(array: StoredArray, leading: tuple[int, ...], rows: slice, columns: slice) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Numcodecs codecs are not in the Zarr version 3")
        opened: Any = zarr.open_array(str(array.folder), mode="r", zarr_format=array.zarr_format)
    return np.asarray(opened[(*leading, rows, columns)]).astype(array.dtype.newbyteorder("="), copy=False)


def _source(path: Path) -> Source:
    if _is_array(path):
        return Source("", {})
    attributes = _attributes(path)
    if "plate" in attributes or "well" in attributes:
        raise ImageError("this is a plate or well of many images: give the folder of one image in it")
    if "bioformats2raw.layout" in attributes and "multiscales" not in attributes:
        inner = _source(path / "0")
        return Source(f"0/{inner.array}", inner.multiscale)
    multiscales = attributes.get("multiscales")
    if not multiscales:
        raise ImageError("there is no multiscale image in this Zarr folder: give the folder of an OME-Zarr image")
    name = PurePosixPath(multiscales[0]["datasets"][0]["path"])
    if name.is_absolute() or ".." in name.parts:
        raise ImageError(f"its pixels are said to be at {name}, outside the folder: the file is damaged")
    return Source(str(name), multiscales[0])


def _is_array(path: Path) -> bool:
    return (path / ".zarray").is_file() or read_json(path / "zarr.json").get("node_type") == "array"


def _attributes(path: Path) -> Mapping[str, Any]:
    """NGFF attributes: at the top in 0.4, under "ome" in 0.5."""
    attributes: dict[str, Any] = read_json(path / "zarr.json").get("attributes") or read_json(path / ".zattrs")
    nested = attributes.get("ome")
    return nested if isinstance(nested, dict) else attributes


def _calibration(multiscale: Mapping[str, Any], ndim: int, source: str) -> Calibration:
    """Scale of the last two axes (y, x): that of the first resolution times that of the whole."""
    if not multiscale:
        return Calibration(source)
    scales = np.ones(ndim)
    for holder in (multiscale["datasets"][0], multiscale):
        for transformation in holder.get("coordinateTransformations", ()):
            if transformation.get("type") == "scale":
                scales = scales * np.asarray(transformation["scale"], dtype=float)
    axes = multiscale.get("axes", ())[-2:]
    factors = [nanometres_per(axis.get("unit", "")) if isinstance(axis, dict) else None for axis in axes]
    if len(factors) < 2 or None in factors:
        text = "the NGFF axes have no unit of length: the image has no pixel size"
        return Calibration(source, warnings=(text,))
    height, width = (float(scale) * (factor or 0) for scale, factor in zip(scales[-2:], factors, strict=True))
    return Calibration(source, width, height)
