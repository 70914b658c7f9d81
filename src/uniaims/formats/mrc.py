"""MRC2014 images, stacks and volumes, and the older variants of IMOD and FEI.

Header and modes: Cheng et al., "MRC2014: Extensions to the MRC format header for electron cryo-microscopy and
tomography", J. Struct. Biol. 192 (2015) 146.
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from uniaims.errors import ImageError
from uniaims.formats.instrument_text import scaled
from uniaims.formats.raw_image import Acquisition, Calibration, Reading, check_page, check_size
from uniaims.formats.stored_plane import stored_plane
from uniaims.texts import readable

_HEADER_BYTES = 1024
_MODES = {0: "i1", 1: "i2", 2: "f4", 4: "c8", 6: "u2", 12: "f2"}
_COLOUR_MODE = 16
_IMOD_STAMP = 1146047817
_FEI_KINDS = frozenset({b"FEI1", b"FEI2"})
_FEI_BYTES = 172


@dataclass(frozen=True)
class Header:
    """The parts of the header that matter here; cell lengths in Å belong to a grid of so many intervals."""

    byte_order: str
    width: int
    height: int
    count: int
    mode: int
    grid: tuple[int, int]
    cell_angstrom: tuple[float, float]
    extended_bytes: int
    extended_kind: bytes
    has_unsigned_bytes: bool


def read(path: Path, page: int = 0) -> Reading:
    """Read section `page`."""
    with path.open("rb") as stream:
        data = stream.read(_HEADER_BYTES)
        header = _header(data)
        extended = stream.read(min(header.extended_bytes, _FEI_BYTES))
    check_size(header.width, header.height)
    check_page(page, header.count)
    is_byte = header.mode == _COLOUR_MODE or header.has_unsigned_bytes
    dtype = np.dtype("u1" if is_byte else f"{header.byte_order}{_MODES[header.mode]}")
    shape = (header.height, header.width, 3) if header.mode == _COLOUR_MODE else (header.height, header.width)
    plane_bytes = math.prod(shape) * dtype.itemsize
    start = _HEADER_BYTES + header.extended_bytes + page * plane_bytes
    pixels = stored_plane(path, dtype, start, shape)
    calibrations = (*_fei_calibration(header, extended), _cell_calibration(header))
    return Reading(pixels, calibrations, (), header.count)


def _header(data: bytes) -> Header:
    """Parse 1024 bytes."""
    if len(data) < _HEADER_BYTES:
        raise ImageError(
            f"an MRC header has {_HEADER_BYTES} bytes, the file {len(data)}: it is cut short; copy it again"
        )
    byte_order = _byte_order(data)
    width, height, count, mode = struct.unpack_from(f"{byte_order}4i", data)
    columns, rows = struct.unpack_from(f"{byte_order}2i", data, 28)
    extended = struct.unpack_from(f"{byte_order}i", data, 92)[0]
    stamp, flags = struct.unpack_from(f"{byte_order}2i", data, 152)
    if extended < 0:
        raise ImageError(f"an extended header of {extended} bytes is announced: the file is damaged")
    return Header(
        byte_order=byte_order,
        width=width,
        height=height,
        count=count,
        mode=mode,
        grid=(columns, rows),
        cell_angstrom=struct.unpack_from(f"{byte_order}2f", data, 40),
        extended_bytes=extended,
        extended_kind=data[104:108],
        has_unsigned_bytes=mode == 0 and stamp == _IMOD_STAMP and not flags & 1,
    )


def _byte_order(data: bytes) -> str:
    """``<`` or ``>``: the one that gives a valid mode and the smaller sizes, as not all programs stamp it."""
    largest: dict[int, str] = {}
    for byte_order in "><":
        *sizes, mode = struct.unpack_from(f"{byte_order}4i", data)
        if min(sizes) > 0 and (mode in _MODES or mode == _COLOUR_MODE):
            largest[max(sizes)] = byte_order
    if not largest:
        raise ImageError("there is no valid MRC header (sizes and mode) in this file: it is damaged or another format")
    return largest[min(largest)]


def _cell_calibration(header: Header) -> Calibration:
    """Cell length / grid. Exactly 1 Å is what programs write that know no pixel size."""
    source = "MRC header"
    sides = [
        length / count * 0.1 if count > 0 and length else None
        for length, count in zip(header.cell_angstrom, header.grid, strict=True)
    ]
    warnings: tuple[str, ...] = ()
    if sides[0] is not None and math.isclose(sides[0], 0.1, rel_tol=1e-6):
        warnings = ("the MRC header gives exactly 1 Å, which programs also write for an unknown pixel size: check it",)
    return Calibration(source, sides[0], sides[1], warnings=warnings)


def _fei_calibration(header: Header, extended: bytes) -> tuple[Calibration, ...]:
    """Extended header of FEI/Thermo Fisher: pixel sizes in m, voltage in V. Always little-endian."""
    if header.extended_kind not in _FEI_KINDS or len(extended) < _FEI_BYTES:
        return ()
    (voltage,) = struct.unpack_from("<d", extended, 84)
    width_m, height_m = struct.unpack_from("<2d", extended, 156)
    acquisition = Acquisition(
        instrument=readable(extended[20:36]).strip() or None,
        voltage_kv=scaled(voltage, 1e-3) if math.isfinite(voltage) else None,
    )
    return (Calibration("FEI header of the MRC", width_m * 1e9 or None, height_m * 1e9 or None, acquisition),)
