"""Bytes that the page reads without parsing: tiles of labels as frames, tables as columns."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FRAMES = "application/vnd.uniaims.frames"
COLUMNS = "application/vnd.uniaims.columns"
_HEAD = struct.Struct("<4sB3xIIQI")
"""Mark, level, y, x, head, number of runs."""
_MARK = b"UL1\0"
_ALIGNED = 8
_RUN_BYTES = 8


@dataclass(frozen=True, eq=False)
class Frame:
    """A tile as it comes: ``numbers`` are those of its pixels, row by row."""

    level: int
    y: int
    x: int
    head: int
    numbers: NDArray[np.uint32]


def frame(level: int, y: int, x: int, head: int, runs: bytes) -> bytes:
    """One tile, its length in front.

    Args:
        level: of the pyramid, 0 = full size.
        y: its row.
        x: its column.
        head: the number of the edit that touched it last.
        runs: pairs (length, number), u32 little-endian.
    """
    body = _HEAD.pack(_MARK, level, y, x, head, len(runs) // _RUN_BYTES)
    return struct.pack("<I", len(body) + len(runs)) + body + runs


def read_frames(data: bytes) -> Iterator[Frame]:
    """Invert `frame`, for as many as follow each other."""
    place = 0
    while place < len(data):
        (size,) = struct.unpack_from("<I", data, place)
        _, level, y, x, head, count = _HEAD.unpack_from(data, place + 4)
        runs = np.frombuffer(data, "<u4", 2 * count, place + 4 + _HEAD.size).reshape(-1, 2)
        yield Frame(level, y, x, head, np.repeat(runs[:, 1], runs[:, 0]))
        place += 4 + size


def columns(table: Mapping[str, NDArray[Any]], **more: Any) -> bytes:
    """A table: JSON that tells names, types and places, then the columns, little-endian, each aligned.

    Args:
        table: columns of equal length.
        more: what else the JSON tells.
    """
    told, parts, offset = [], list[bytes](), 0
    count = 0
    for name, values in table.items():
        plain = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        data = plain.tobytes()
        told.append({"name": name, "type": plain.dtype.str[1:], "offset": offset})
        parts += [data, bytes(-len(data) % _ALIGNED)]
        offset += len(data) + -len(data) % _ALIGNED
        count = len(plain)
    header = json.dumps({"count": count, **more, "columns": told}, allow_nan=False).encode()
    header += b" " * (-(4 + len(header)) % _ALIGNED)
    return struct.pack("<I", len(header)) + header + b"".join(parts)


def read_columns(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Invert `columns`: what the JSON tells, and the table."""
    (size,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + size])
    start, count = 4 + size, header["count"]
    table = {
        each["name"]: np.frombuffer(data, f"<{each['type']}", count, start + each["offset"])
        for each in header["columns"]
    }
    return header, table
