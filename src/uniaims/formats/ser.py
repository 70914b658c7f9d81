"""TIA series (``.ser``) of FEI microscopes, with what the ``.emi`` file beside says about the acquisition.

Written from the description of the format by C. Boothroyd (https://personal.ntu.edu.sg/cbb/info/TIAformat/).
Everything is little-endian; the rows of an image go from bottom to top.
"""

import re
import struct
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np

from uniaims.errors import ImageError
from uniaims.formats.calibration import understood
from uniaims.formats.instrument_text import first_text, kilovolts, local_name, magnification, parsed_xml
from uniaims.formats.numbers import learn_habit
from uniaims.formats.raw_image import Acquisition, Calibration, Reading, check_page, check_size
from uniaims.formats.stored_plane import stored_plane
from uniaims.texts import readable

_IMAGES = 0x4122
_WIDE_OFFSETS = 0x0220
_PIXEL_TYPES = {
    1: "<u1",
    2: "<u2",
    3: "<u4",
    4: "<i1",
    5: "<i2",
    6: "<i4",
    7: "<f4",
    8: "<f8",
    9: "<c8",
    10: "<c16",
}
_HEADER = struct.Struct("<hhhiiii")
_ELEMENT = struct.Struct("<ddiddihii")
_OBJECT_INFO = (b"<ObjectInfo>", b"</ObjectInfo>")
_LARGEST_EMI_BYTES = 2**26


def read(path: Path, page: int = 0) -> Reading:
    """Read image `page` of a series. Its pixel size is in m in the file."""
    with path.open("rb") as stream:
        _, _, version, kind, _, _, count = _HEADER.unpack(_exactly(stream, _HEADER.size))
        if kind != _IMAGES:
            raise ImageError("the series holds spectra, no images: give a .ser file with images")
        check_page(page, count)
        wide = version >= _WIDE_OFFSETS
        offset_form = struct.Struct("<q" if wide else "<i")
        (table,) = offset_form.unpack(_exactly(stream, offset_form.size))
        stream.seek(_checked_offset(table + page * offset_form.size))
        (element,) = offset_form.unpack(_exactly(stream, offset_form.size))
        stream.seek(_checked_offset(element))
        _, width_m, _, _, height_m, _, type_code, width, height = _ELEMENT.unpack(_exactly(stream, _ELEMENT.size))
    check_size(width, height)
    if type_code not in _PIXEL_TYPES:
        raise ImageError(f"the pixels have the unknown type {type_code}: the file is damaged; export it again")
    pixels = stored_plane(path, np.dtype(_PIXEL_TYPES[type_code]), element + _ELEMENT.size, (height, width))
    calibration = Calibration("TIA calibration", abs(width_m) * 1e9 or None, abs(height_m) * 1e9 or None)
    return Reading(pixels[::-1], (calibration, *_side_data(path)), (), count)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise ImageError("the file ends inside its header: it is cut short; copy it again")
    return data


def _checked_offset(offset: int) -> int:
    if offset < 0:
        raise ImageError(f"an offset of {offset} bytes is announced: the file is damaged; export it again")
    return offset


def _side_data(path: Path) -> tuple[Calibration, ...]:
    """The ``.emi`` that belongs to a series: ``a.emi`` to ``a_1.ser``."""
    stem = re.sub(r"_\d+$", "", path.stem)
    beside = [path.with_name(f"{name}.emi") for name in (stem, path.stem)]
    found = next((candidate for candidate in beside if candidate.is_file()), None)
    if found is None:
        return ()
    return (understood(f"side-car {found.name}", partial(_emi_calibration, found)),)


def _emi_calibration(path: Path, source: str) -> Calibration:
    """The XML text that stands inside the binary file."""
    with path.open("rb") as stream:
        data = stream.read(_LARGEST_EMI_BYTES)
    first, last = _OBJECT_INFO
    start = data.find(first)
    end = data.find(last, start)
    if start < 0 or end < 0:
        raise ValueError("there is no ObjectInfo in it")
    return Calibration(source, acquisition=_acquisition(readable(data[start : end + len(last)])))


def _acquisition(text: str) -> Acquisition:
    """Facts stand as triples of label, value and unit, the labels in words."""
    learn_habit(text)
    root = parsed_xml(text)
    facts: dict[str, str] = {}
    for data in (element for element in root.iter() if local_name(element) == "Data"):
        label, value = first_text(data, "Label"), first_text(data, "Value")
        if label and value:
            facts[label.lower()] = f"{value} {first_text(data, 'Unit') or ''}".strip()
    return Acquisition(
        instrument=facts.get("microscope") or first_text(root, "Manufacturer"),
        detector=first_text(root, "CameraNamePath") or None,
        voltage_kv=kilovolts(facts.get("high tension"), "kV"),
        magnification=magnification(facts.get("magnification")),
        date=first_text(root, "AcquireDate"),
    )
