"""ImageJ's ROI files: outlines as bytes (``ij.io.RoiDecoder`` and ``RoiEncoder`` in ImageJ's sources).

Big-endian: 64 bytes of header, coordinates, 64 bytes of second header, name, properties. Coordinates of 16 bits count
from the box's corner, those of 32 bits from the image's. (0, 0) is the image's upper left corner.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import atan2, degrees, hypot

import numpy as np
from numpy.typing import NDArray

from uniaims.dataset.exchange.drawings import Ring, ellipse, rectangle
from uniaims.errors import InputError

POLYGON, RECTANGLE, OVAL, FREEHAND, TRACED = 0, 1, 2, 7, 8
_OTHERS = {3: "line", 4: "freehand line", 5: "polyline", 6: "empty selection", 9: "angle", 10: "point selection"}
_SUBTYPES = {1: "text", 2: "arrow", 4: "picture"}
_ELLIPSE, _ROTATED_RECTANGLE = 3, 5
_SPLINE, _SUBPIXEL = 1, 128
_VERSION = 227
_HEADER, _SECOND_HEADER = struct.Struct(">4sHBxhhhhH16xhiiihhfii"), struct.Struct(">4xiiiii4xhBBifiii12x")
_STEPS = {0: 2, 1: 2, 2: 4, 3: 6, 4: 0}
"""Number of coordinates after each command of a path: move, line, quadratic and cubic curve, close."""
_CURVE_POINTS = 16
_SMALLEST_CORNER = -5000
"""Below it a corner of 16 bits has run over."""


@dataclass(frozen=True)
class Roi:
    """A selection: rings (K, 2) of x, y in px, filled by the even-odd rule; ``kind`` is a property of our own.

    ``position`` is the slice of a stack that it belongs to, ``place`` its channel, slice and frame in a hyperstack;
    both count from 1, 0 is every one.
    """

    rings: Sequence[Ring]
    name: str = ""
    kind: str = ""
    group: int = 0
    position: int = 0
    place: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True)
class _Header:
    version: int
    form: int
    top: int
    left: int
    bottom: int
    right: int
    points: int
    path_size: int
    subtype: int
    options: int
    aspect: float
    position: int
    floats: tuple[float, float, float, float]
    second: int
    code: bytes = field(repr=False)


def decode_roi(code: bytes) -> Roi:
    """The selection in the bytes of a ``.roi`` file.

    Raises:
        InputError: if it is none, is cut short, or is a selection without an area, such as points and lines.
    """
    header = _header(code)
    if header.form in _OTHERS or header.subtype in _SUBTYPES:
        what = _SUBTYPES.get(header.subtype) or _OTHERS[header.form]
        raise InputError(f"the selection is a {what}, which has no area. Remove it, or draw around the objects.")
    if header.options & _SPLINE and header.form in {POLYGON, FREEHAND}:
        raise InputError("the selection is a spline. Turn it into a polygon: Edit > Selection > Interpolate.")
    name, properties, group, place = _texts(header)
    kinds = [line.partition(":")[2].strip() for line in properties.splitlines() if line.startswith("kind:")]
    return Roi(_rings(header), name, kinds[0] if kinds else "", group, header.position, place)


def encode_roi(roi: Roi) -> bytes:
    """The bytes of a ``.roi`` file: a polygon of fractions of pixels, or a path for several rings."""
    points = np.concatenate(roi.rings)
    left, top = (int(edge) for edge in np.floor(points.min(axis=0)))
    right, bottom = (int(edge) for edge in np.ceil(points.max(axis=0)))
    single = len(roi.rings) == 1
    data = _polygon_data(points, left, top) if single else _path_data(roi.rings)
    count = len(points) if single else 0
    header = _HEADER.pack(
        b"Iout",
        _VERSION,
        POLYGON if single else RECTANGLE,
        *(_wrapped(edge) for edge in (top, left, bottom, right)),
        count if count < 65536 else 0,
        *(0, 0 if single else len(data) // 4, 0, 0, 0, _SUBPIXEL if single else 0, 0.0, 0, 64 + len(data)),
    )
    if count >= 65536:
        header = header[:18] + struct.pack(">i", count) + header[22:]
    return header + data + _named(roi, 64 + len(data))


def _named(roi: Roi, place: int) -> bytes:
    """Second header, name and properties, from byte ``place`` on."""
    name = roi.name.encode("utf-16-be")
    properties = f"kind: {' '.join(roi.kind.split())}\n".encode("utf-16-be") if roi.kind else b""
    at = place + 64
    second = _SECOND_HEADER.pack(
        *(0, 0, 0, at if name else 0, len(name) // 2, 0, roi.group, 0, 0, 0.0),
        *(at + len(name) if properties else 0, len(properties) // 2, 0),
    )
    return second + name + properties


def _header(code: bytes) -> _Header:
    if len(code) < 64 or code[:4] != b"Iout":
        raise InputError(f"{len(code)} bytes that begin with {code[:4]!r} are no ImageJ selection. Save it again.")
    values = _HEADER.unpack_from(code)
    version, form, *edges, points = values[1:8]
    path_size, (subtype, options, aspect, position, second) = values[9], values[12:17]
    top, left, bottom, right = (edge + 65536 if edge < _SMALLEST_CORNER else edge for edge in edges)
    (size,) = struct.unpack_from(">i", code, 18)
    floats = struct.unpack_from(">4f", code, 18)
    many = points == 0 and form in {POLYGON, FREEHAND, TRACED}
    return _Header(
        *(version, form, top, left, bottom, right, size if many else points, path_size, subtype, options, aspect),
        *(max(0, position), floats, second, code),
    )


def _rings(header: _Header) -> list[Ring]:
    if header.form == RECTANGLE and header.path_size > 0:
        return _path(_floats(header, 64, header.path_size))
    if header.form in {RECTANGLE, OVAL}:
        return [_rectangle_or_oval(header)]
    if header.form not in {POLYGON, FREEHAND, TRACED}:
        raise InputError(f"the selection is of the unknown type {header.form}. Save it again in ImageJ.")
    if header.subtype == _ELLIPSE:
        return [_long_ellipse(header)]
    if header.points < 3:
        raise InputError(f"the selection has {header.points} points, which have no area. Draw it again.")
    if header.options & _SUBPIXEL and header.version >= 222:
        flat = _floats(header, 64 + 4 * header.points, 2 * header.points)
        return [flat.reshape(2, -1).T.astype(np.float64)]
    _check_length(header, 64 + 4 * header.points)
    flat = np.frombuffer(header.code, ">i2", 2 * header.points, 64).astype(np.float64)
    flat[flat < 0] += 65536
    return [flat.reshape(2, -1).T + np.array([header.left, header.top])]


def _rectangle_or_oval(header: _Header) -> Ring:
    x, y = float(header.left), float(header.top)
    width, height = header.right - x, header.bottom - y
    if header.options & _SUBPIXEL and header.version >= 223:
        x, y, width, height = header.floats
    if header.form == RECTANGLE:
        return rectangle(x, y, x + width, y + height)
    return ellipse(x + width / 2, y + height / 2, width / 2, height / 2)


def _long_ellipse(header: _Header) -> Ring:
    """An ellipse that is stored by the ends of its long axis and the ratio of its axes."""
    x1, y1, x2, y2 = header.floats
    length = hypot(x2 - x1, y2 - y1)
    turn = degrees(atan2(y2 - y1, x2 - x1))
    return ellipse((x1 + x2) / 2, (y1 + y2) / 2, length / 2, header.aspect * length / 2, turn)


def _path(flat: NDArray[np.float64]) -> list[Ring]:
    """Rings of a path of commands; curves are cut into short lines."""
    rings: list[list[tuple[float, float]]] = []
    place = 0
    while place < len(flat):
        step = int(flat[place])
        count = _STEPS.get(step, -1)
        if count < 0 or place + 1 + count > len(flat) or (step and not rings):
            raise InputError("the path of the selection is damaged. Save it again in ImageJ.")
        points = [(float(x), float(y)) for x, y in flat[place + 1 : place + 1 + count].reshape(-1, 2)]
        if step == 0:
            rings.append([points[0]])
        elif step < 4:
            rings[-1] += _curve([rings[-1][-1], *points])
        place += 1 + count
    return [np.array(ring, np.float64) for ring in rings if len(ring) > 2]


def _curve(controls: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points on a Bézier curve, without its first."""
    if len(controls) == 2:
        return controls[1:]
    found = []
    for number in range(1, _CURVE_POINTS + 1):
        layer, at = np.array(controls), number / _CURVE_POINTS
        while len(layer) > 1:
            layer = layer[:-1] * (1 - at) + layer[1:] * at
        found.append((float(layer[0, 0]), float(layer[0, 1])))
    return found


def _floats(header: _Header, place: int, count: int) -> NDArray[np.float64]:
    _check_length(header, place + 4 * count)
    values = np.frombuffer(header.code, ">f4", count, place).astype(np.float64)
    if not np.isfinite(values).all():
        raise InputError("the selection has coordinates that are no numbers. Save it again in ImageJ.")
    return values


def _check_length(header: _Header, wanted: int) -> None:
    if wanted > len(header.code) or wanted < 0:
        raise InputError(
            f"the selection has {len(header.code)} bytes, wanted {wanted}: it is cut short. Save it again."
        )


def _texts(header: _Header) -> tuple[str, str, int, tuple[int, int, int]]:
    """Name, properties, group and place in a hyperstack of a selection; empty where it has none."""
    if not 0 < header.second <= len(header.code) - 52:
        return "", "", 0, (0, 0, 0)
    padded = header.code[header.second : header.second + 64].ljust(64, b"\0")
    values = _SECOND_HEADER.unpack(padded)
    name, properties = (_text(header.code, *values[i : i + 2]) for i in (3, 10))
    channel, slice_, frame = (max(0, int(value)) for value in values[:3])
    return name, properties, values[6], (channel, slice_, frame)


def _text(code: bytes, place: int, length: int) -> str:
    if place <= 0 or length <= 0 or place + 2 * length > len(code):
        return ""
    return code[place : place + 2 * length].decode("utf-16-be", "replace")


def _polygon_data(points: Ring, left: int, top: int) -> bytes:
    whole = np.floor(points - (left, top)).astype(np.int64).astype(np.uint16)
    return whole.T.astype(">u2").tobytes() + points.T.astype(">f4").tobytes()


def _path_data(rings: Sequence[Ring]) -> bytes:
    pieces = []
    for ring in rings:
        steps = np.ones((len(ring), 3))
        steps[0, 0], steps[:, 1:] = 0, ring
        pieces += [steps.ravel(), np.array([4.0])]
    return np.concatenate(pieces).astype(">f4").tobytes()


def _wrapped(edge: int) -> int:
    """An edge in 16 bits, run over if need be, as ImageJ does."""
    return (edge + 32768) % 65536 - 32768
