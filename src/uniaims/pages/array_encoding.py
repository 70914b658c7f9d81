"""Arrays inside a page: typed, deflated, base64; and data inside a page: JSON that can't break out of its element.

The JavaScript of the same meaning is ``templates/array_encoding.js``.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

_SCRIPT_BREAKERS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
HALF_PIXELS_PER_PIXEL = 2
DEFLATE_LEVEL = 6
"""Level 9 would save 4 % of the outlines and take six times as long."""


class PackedArray(TypedDict):
    """A one-dimensional array as it stands in the page's JSON.

    ``data`` is base64 of the zlib stream of the little-endian bytes, all first bytes first, then all second bytes
    and so on (bytes of one significance resemble each other, so they deflate well).
    """

    dtype: str
    length: int
    data: str


class PackedOutlines(TypedDict):
    """Closed polygons in units of half a pixel, x to the right and y down from the image's upper left corner.

    ``start_x``, ``start_y``: first point of each polygon, as differences from polygon to polygon. ``counts``: points
    of each. ``step_x``, ``step_y``: from each point to the next within its polygon (``counts - 1`` steps each).
    """

    counts: PackedArray
    start_x: PackedArray
    start_y: PackedArray
    step_x: PackedArray
    step_y: PackedArray


def pack_array(values: NDArray[np.generic]) -> PackedArray:
    """Pack (N,) numbers: floats as float32 (7 digits, NaN kept), integers and booleans exactly in the fewest bytes.

    Raises:
        OverflowError: if the integers fit neither 32 bits signed nor unsigned.
    """
    narrow = values.astype("<f4") if values.dtype.kind == "f" else _narrow_integers(values.astype(np.int64))
    planes = narrow.view(np.uint8).reshape(narrow.size, narrow.dtype.itemsize).T
    stream = zlib.compress(np.ascontiguousarray(planes).tobytes(), level=DEFLATE_LEVEL)
    return {"dtype": narrow.dtype.name, "length": narrow.size, "data": base64.b64encode(stream).decode("ascii")}


def unpack_array(packed: PackedArray) -> NDArray[np.generic]:
    """Invert ``pack_array``: the (N,) array in its narrow dtype."""
    dtype = np.dtype(packed["dtype"]).newbyteorder("<")
    planes = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), np.uint8)
    columns = planes.reshape(dtype.itemsize, packed["length"]).T
    return np.ascontiguousarray(columns).view(dtype).reshape(-1)


def pack_outlines(polygons: Sequence[NDArray[np.float32]]) -> PackedOutlines:
    """Pack N polygons, each (K, 2) float32 of x, y in pixels; points on straight runs are left out, shapes stay."""
    points = np.rint(np.concatenate([*polygons, np.empty((0, 2))]) * HALF_PIXELS_PER_PIXEL).astype(np.int64)
    counts = np.array([len(polygon) for polygon in polygons], np.int64)
    kept = _corners(points, counts)
    points, counts = points[kept], np.bincount(np.repeat(np.arange(len(counts)), counts)[kept], minlength=len(counts))
    first = np.cumsum(counts) - counts
    starts = np.zeros((len(counts), 2), np.int64)
    starts[counts > 0] = points[first[counts > 0]]
    steps = np.delete(np.diff(points, axis=0), first[(counts > 0) & (first > 0)] - 1, axis=0)
    return {
        "counts": pack_array(counts),
        "start_x": pack_array(np.diff(starts[:, 0], prepend=0)),
        "start_y": pack_array(np.diff(starts[:, 1], prepend=0)),
        "step_x": pack_array(steps[:, 0]),
        "step_y": pack_array(steps[:, 1]),
    }


def unpack_outlines(packed: PackedOutlines) -> list[NDArray[np.float32]]:
    """Invert ``pack_outlines``: N polygons, each (K, 2) float32 of x, y in pixels, without points on straight runs."""
    counts = unpack_array(packed["counts"]).astype(np.int64)
    starts = np.stack(
        [np.cumsum(unpack_array(packed[axis]).astype(np.int64)) for axis in ("start_x", "start_y")], axis=1
    )
    steps = np.stack([unpack_array(packed[axis]).astype(np.int64) for axis in ("step_x", "step_y")], axis=1)
    ends = np.cumsum(np.maximum(counts - 1, 0))
    polygons = []
    for start, count, end in zip(starts, counts, ends, strict=True):
        own = steps[end - max(count - 1, 0) : end]
        points = np.concatenate([start[None], start + np.cumsum(own, axis=0)])[:count]
        polygons.append((points / HALF_PIXELS_PER_PIXEL).astype(np.float32))
    return polygons


def script_json(value: object) -> str:
    """Serialise to JSON that is inert in a ``<script>`` element, whatever strings it carries; NaN is refused."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _SCRIPT_BREAKERS.items():
        text = text.replace(character, escape)
    return text


def _narrow_integers(values: NDArray[np.int64]) -> NDArray[np.generic]:
    """Choose the narrowest integer type that JavaScript has too and that holds all values."""
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    for dtype in ("<i1", "<u1", "<i2", "<u2", "<i4", "<u4"):
        limits = np.iinfo(dtype)
        if limits.min <= low and high <= limits.max:
            return values.astype(dtype)
    raise OverflowError(f"Integers from {low} to {high} don't fit 32 bits; give them as float64.")


def _corners(points: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which points (P,) of closed polygons, one after another with ``counts`` (N,) points each, are to be kept.

    Those whose two neighbours lie straight ahead and behind are not; of a polygon all of whose points are alike, the
    first is.
    """
    filled = counts[counts > 0]
    first, last = np.cumsum(filled) - filled, np.cumsum(filled) - 1
    incoming = np.diff(points, axis=0, prepend=0)
    incoming[first] = points[first] - points[last]
    outgoing = np.roll(incoming, -1, axis=0)
    outgoing[last] = incoming[first]
    cross = incoming[:, 0] * outgoing[:, 1] - incoming[:, 1] * outgoing[:, 0]
    kept: NDArray[np.bool_] = (cross != 0) | ((incoming * outgoing).sum(axis=1) <= 0)
    kept |= np.repeat(filled < 3, filled)
    if len(first):
        kept[first] |= ~np.logical_or.reduceat(kept, first)
    return kept
