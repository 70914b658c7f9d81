"""TIFF of all kinds, through tifffile: strips, tiles, BigTIFF, palettes, OME, ImageJ.

What the tags say about scale and acquisition is read in :mod:`uniaims.formats.tiff_calibrations`.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from uniaims.errors import ImageError
from uniaims.formats.channels import without_alpha
from uniaims.formats.complaints import Complaints
from uniaims.formats.lazy import EAGER_BYTES, LazyPixels, Pixels
from uniaims.formats.orientation import ORIENTATION_TAG, orientation_of_value
from uniaims.formats.raw_image import PagePlace, Reading, check_promise, check_size, page_place
from uniaims.formats.tiff_bounds import check_description, check_directories, check_segments
from uniaims.formats.tiff_calibrations import tiff_calibrations

_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _YCBCR, _COLOUR_FILTER = 0, 1, 2, 3, 6, 32803
_READABLE = frozenset({_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _YCBCR, _COLOUR_FILTER})
_COLOURS = frozenset({_RGB, _YCBCR})
_SEPARATE_PLANES, _NO_COMPRESSION = 2, 1
_ALPHA = frozenset({1, 2})
_LARGEST_CHUNK_BYTES = 2**26
"""A compressed strip or tile above this is decoded once with the whole image rather than for every window."""


@dataclass(frozen=True)
class Plane:
    """One image of a TIFF file: which directory (`page`) describes it, and where its pixels are.

    `offset` is their place in the file where several images share one directory (ImageJ stacks), `depth` the
    index inside a directory that holds a volume, `series` the number of the series it belongs to.
    """

    page: int
    offset: int | None = None
    depth: int = 0
    series: int = 0


@dataclass(frozen=True, eq=False)
class Layout:
    """How the samples of a pixel are stored and what they mean.

    `palette` is (N,) of gray values or (N, 3) of colours, uint8; `white` the value that means black where the
    scale runs from white to black.
    """

    height: int
    width: int
    samples: int
    dtype: np.dtype[Any]
    separate: bool
    palette: NDArray[np.uint8] | None
    white: int | None
    is_colour: bool
    has_alpha: bool

    @property
    def is_direct(self) -> bool:
        """Whether stored values are pixel values, (H, W) or (H, W, 3), with nothing to change."""
        return self.palette is None and self.white is None and not self.separate and self.samples in {1, 3}

    @property
    def nbytes(self) -> int:
        """Bytes of the whole plane as stored."""
        return self.height * self.width * self.samples * self.dtype.itemsize


def read(path: Path, page: int = 0) -> Reading:
    """Read image `page` of a TIFF: pages of a stack first, then those of further series. Thumbnails don't count."""
    complaints = Complaints()
    with complaints:
        reading = _read(path, page)
    return replace(reading, warnings=reading.warnings + complaints.summary())


def _read(path: Path, page: int) -> Reading:
    with path.open("rb") as stream:
        check_directories(stream, path.stat().st_size)
    with tifffile.TiffFile(path, _multifile=False) as tif:
        check_description(tif.pages.first.description)
        first = tif.pages.first
        check_size(first.imagewidth, first.imagelength)
        series = [entry for entry in tif.series if not entry.keyframe.is_reduced] or list(tif.series)
        counts = [_plane_count(entry, tif.filehandle.size) for entry in series]
        plane = _located(series, page_place(page, counts))
        directory = _directory(tif, plane.page)
        check_size(directory.imagewidth, directory.imagelength)
        _check_length(directory, plane, tif.filehandle.size)
        layout = _layout(directory)
        check_promise(layout.width, layout.height, tif.filehandle.size, layout.samples * layout.dtype.itemsize)
        check_segments(directory, tif.filehandle)
        calibrations = tiff_calibrations(tif, directory, plane.series)
        orientation = orientation_of_value(directory.tags.valueof(ORIENTATION_TAG))
        if layout.nbytes > EAGER_BYTES and _has_small_chunks(directory, layout, plane):
            lazy = _lazy(path, directory, plane, layout)
            return Reading(lazy, calibrations, _lazy_notes(layout), sum(counts), orientation)
        stored = _stored(path, directory, plane, layout)
    return replace(_eager_reading(stored, layout, calibrations, sum(counts)), orientation=orientation)


def _plane_count(series: Any, file_bytes: int) -> int:
    """Planes of a series; of one whose planes lie behind each other without directories, those that the file holds."""
    frame = series.keyframe
    size = int(series.size)
    per_plane: int = frame.imagewidth * frame.imagelength * frame.samplesperpixel
    count = size // max(1, per_plane)
    if series.is_truncated and frame.nbytes:
        count = min(count, (file_bytes - series.dataoffset) // frame.nbytes)
    return max(1, count)


def _located(series: list[Any], place: PagePlace) -> Plane:
    """Directory and offset of a plane."""
    entry = series[place.stack]
    frame = entry.keyframe
    if entry.is_truncated:
        return Plane(frame.index, entry.dataoffset + place.plane * frame.nbytes, 0, place.stack)
    depth = max(1, frame.imagedepth)
    holder = entry[place.plane // depth]
    if holder is None:
        raise ImageError(f"plane {place.plane} is in another file of a set: give that file")
    return Plane(holder.index, None, place.plane % depth, place.stack)


def _directory(tif: Any, index: int) -> Any:
    page = tif.pages[index]
    return page.aspage() if isinstance(page, tifffile.TiffFrame) else page


def _check_length(directory: Any, plane: Plane, file_bytes: int) -> None:
    """A file that ends before its pixels do is refused, whatever a decoder would make of it."""
    if plane.offset is not None:
        end = plane.offset + directory.nbytes
    else:
        ends = (start + length for start, length in zip(directory.dataoffsets, directory.databytecounts, strict=False))
        end = max(ends, default=0)
        if int(directory.compression) == _NO_COMPRESSION and int(directory.photometric) != _YCBCR:
            row_bits = directory.imagewidth * directory.samplesperpixel * directory.bitspersample
            missing = directory.imagelength * -(-row_bits // 8) - sum(directory.databytecounts)
            end += max(0, missing)
    if end > file_bytes:
        raise ImageError(
            f"the file has {file_bytes:,} bytes, its pixels end at byte {end:,}: it is cut short; copy it again"
        )


def _layout(directory: Any) -> Layout:
    photometric = int(directory.photometric)
    if photometric not in _READABLE:
        raise ImageError(f"colours of the kind {directory.photometric!s} are not read: save the image as gray or RGB")
    if directory.dtype is None:
        raise ImageError(f"samples of {directory.bitspersample} bits are not read: save the image with 8 or 16 bits")
    extra, samples = directory.extrasamples, directory.samplesperpixel
    is_separate = samples > 1 and int(directory.planarconfig) == _SEPARATE_PLANES
    return Layout(
        height=directory.imagelength,
        width=directory.imagewidth,
        samples=samples,
        dtype=np.dtype(directory.dtype),
        separate=is_separate,
        palette=_palette(directory.colormap) if photometric == _PALETTE else None,
        white=2**directory.bitspersample - 1 if photometric == _MINISWHITE and directory.dtype.kind in "bu" else None,
        is_colour=(samples >= 3 and photometric in _COLOURS) or (samples == 3 and not is_separate),
        has_alpha=bool(extra) and int(extra[-1]) in _ALPHA and samples in {2, 4},
    )


def _palette(colormap: NDArray[Any] | None) -> NDArray[np.uint8] | None:
    """Colours of a palette, (N, 3), or (N,) where all are gray. Some programs store them with 8 bits."""
    if colormap is None:
        return None
    colours = colormap if colormap.max(initial=0) < 256 else colormap >> 8
    table = np.ascontiguousarray(colours.T.astype(np.uint8))
    is_gray = np.array_equal(table[:, 0], table[:, 1]) and np.array_equal(table[:, 0], table[:, 2])
    return np.ascontiguousarray(table[:, 0]) if is_gray else table


def _has_small_chunks(directory: Any, layout: Layout, plane: Plane) -> bool:
    if plane.depth or directory.imagedepth > 1:
        return False
    if plane.offset is not None or directory.is_memmappable:
        return True
    return bool(np.prod(directory.chunks, dtype=np.int64) * layout.dtype.itemsize <= _LARGEST_CHUNK_BYTES)


def _stored(path: Path, directory: Any, plane: Plane, layout: Layout) -> NDArray[Any]:
    """The whole plane as stored: (H, W), (H, W, S) or (S, H, W)."""
    if plane.offset is not None:
        return np.array(_mapped(path, directory, plane, layout)).astype(layout.dtype, copy=False)
    stored = np.asarray(directory.asarray())
    return stored[plane.depth] if directory.imagedepth > 1 else stored


def _mapped(path: Path, directory: Any, plane: Plane, layout: Layout) -> NDArray[Any]:
    """Uncompressed pixels, mapped."""
    offset = plane.offset if plane.offset is not None else directory.dataoffsets[0]
    shape: tuple[int, ...] = (layout.height, layout.width)
    if layout.samples > 1:
        shape = (layout.samples, *shape) if layout.separate else (*shape, layout.samples)
    return np.memmap(path, layout.dtype.newbyteorder(directory.parent.byteorder), "r", offset, shape)


def _lazy(path: Path, directory: Any, plane: Plane, layout: Layout) -> Pixels:
    mappable = plane.offset is not None or directory.is_memmappable
    if mappable and layout.is_direct:
        return _mapped(path, directory, plane, layout)
    sample = _colours(np.zeros(_stored_shape(layout), layout.dtype), layout)
    shape = (layout.height, layout.width, *sample.shape[2:])
    return LazyPixels(shape, sample.dtype, partial(_window, path, plane, layout))


def _stored_shape(layout: Layout) -> tuple[int, ...]:
    if layout.samples == 1:
        return (1, 1)
    return (layout.samples, 1, 1) if layout.separate else (1, 1, layout.samples)


def _window(path: Path, plane: Plane, layout: Layout, rows: slice, columns: slice) -> NDArray[Any]:
    """Rows and columns of a large plane, from the strips or tiles that hold them."""
    import zarr

    box = (slice(None), rows, columns) if layout.separate else (rows, columns)
    with Complaints(), tifffile.TiffFile(path, _multifile=False) as tif:
        directory = _directory(tif, plane.page)
        if plane.offset is not None or directory.is_memmappable:
            stored = np.array(_mapped(path, directory, plane, layout)[box])
        else:
            with directory.aszarr() as store:
                stored = np.asarray(zarr.open_array(store, mode="r")[box])
    return _colours(stored.astype(layout.dtype, copy=False), layout)


def _colours(stored: NDArray[Any], layout: Layout) -> NDArray[Any]:
    """(H, W) or (H, W, 3) from stored samples; alpha and further channels are left out."""
    if layout.separate:
        stored = np.moveaxis(stored, 0, -1)
    if layout.palette is not None:
        index = np.minimum(stored, len(layout.palette) - 1)
        return np.asarray(layout.palette[index])
    if layout.white is not None:
        stored = ~stored if stored.dtype.kind == "b" else (layout.white - stored).astype(layout.dtype)
    if stored.ndim == 2:
        return stored
    if layout.is_colour or (layout.samples == 4 and layout.has_alpha):
        return np.ascontiguousarray(stored[..., :3])
    return np.ascontiguousarray(stored[..., 0])


def _eager_reading(stored: NDArray[Any], layout: Layout, calibrations: Any, count: int) -> Reading:
    if layout.has_alpha and layout.white is None:
        opaque = without_alpha(np.moveaxis(stored, 0, -1) if layout.separate else stored)
        return Reading(opaque.pixels, calibrations, opaque.warnings, count)
    return Reading(_colours(stored, layout), calibrations, _channel_notes(layout), count)


def _lazy_notes(layout: Layout) -> tuple[str, ...]:
    if layout.has_alpha:
        return ("the alpha channel is left out",)
    return _channel_notes(layout)


def _channel_notes(layout: Layout) -> tuple[str, ...]:
    """What of several samples for a pixel was read, where that is not plain."""
    if layout.samples == 1:
        return ()
    if not layout.is_colour:
        return (f"the image has {layout.samples} channels: the first is read",)
    if layout.samples > 3:
        return (f"the image has {layout.samples} channels: red, green and blue are read",)
    if layout.separate:
        return (
            "the file says that its three planes are red, green and blue, and so they were read: if they are three "
            "images, save each as a page of its own",
        )
    return ()
