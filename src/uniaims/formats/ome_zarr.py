"""OME-Zarr (NGFF 0.4 and 0.5) folders, and plain Zarr arrays of an image; Zarr formats 2 and 3."""

import json
import math
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

_LARGEST_CHUNK_BYTES = 2**31


@dataclass(frozen=True)
class Source:
    """The full-resolution array of an image, and its multiscale description (empty for a plain array)."""

    array: str
    multiscale: Mapping[str, Any]


def read(path: Path, page: int = 0) -> Reading:
    """Read plane `page` of the full resolution; leading axes (time, channel, z) are counted as pages."""
    source = _source(path)
    array = _open(path, source.array)
    if array.ndim < 2:
        raise ImageError(f"the array has the shape {array.shape}: at least (H, W) is wanted")
    height, width = array.shape[-2:]
    check_size(width, height)
    count = math.prod(array.shape[:-2])
    check_page(page, count)
    leading = tuple(int(index) for index in np.unravel_index(page, array.shape[:-2]))
    pixels = _pixels(path, source.array, array, leading)
    calibration = understood("NGFF metadata", partial(_calibration, source.multiscale, array.ndim))
    return Reading(pixels, (calibration,), (), count)


def _open(path: Path, name: str) -> Any:
    """The array `name`; pixel types and codecs that could run code (pickles) are refused before any is decoded."""
    array = zarr.open_array(str(path / name), mode="r")
    if array.dtype.kind not in "biufc":
        raise ImageError(f"the array holds values of the type {array.dtype}: numbers are wanted")
    if "pickle" in json.dumps(array.metadata.to_dict(), default=str).lower():
        raise ImageError("the array is stored as Python pickles, which can run any code: it is not read")
    chunk_bytes = math.prod(array.chunks) * array.dtype.itemsize
    if chunk_bytes > _LARGEST_CHUNK_BYTES:
        raise ImageError(f"the array is stored in chunks of {chunk_bytes:,} bytes: write it in smaller ones")
    return array


def _pixels(path: Path, name: str, array: Any, leading: tuple[int, ...]) -> Pixels:
    height, width = array.shape[-2:]
    if height * width * array.dtype.itemsize <= EAGER_BYTES:
        return np.asarray(array[leading])
    return LazyPixels((height, width), array.dtype, partial(_window, path, name, leading))


def _window(path: Path, name: str, leading: tuple[int, ...], rows: slice, columns: slice) -> NDArray[Any]:
    return np.asarray(_open(path, name)[(*leading, rows, columns)])


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
    if (path / ".zarray").is_file():
        return True
    description = path / "zarr.json"
    return description.is_file() and json.loads(description.read_text("utf-8")).get("node_type") == "array"


def _attributes(path: Path) -> Mapping[str, Any]:
    """NGFF attributes: at the top in 0.4, under "ome" in 0.5."""
    attributes: dict[str, Any] = zarr.open_group(str(path), mode="r", use_consolidated=False).attrs.asdict()
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
