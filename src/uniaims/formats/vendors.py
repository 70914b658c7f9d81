"""What vendors write into TIFF tags: FEI/Thermo Fisher, Zeiss, TESCAN, Olympus SIS, TVIPS, Gatan.

Each function takes the content of one tag and returns a calibration. They may raise on damaged content: the
caller turns that into a warning.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from uniaims.formats.instrument_text import (
    Sections,
    date_and_time,
    first_element,
    first_text,
    kilovolts,
    local_name,
    magnification,
    number,
    parsed_xml,
    scaled,
    sections,
)
from uniaims.formats.lengths import length_nm, nanometres_per
from uniaims.formats.numbers import learn_habit
from uniaims.formats.raw_image import Acquisition, Calibration
from uniaims.texts import readable

_ZEISS_DISPLAY_WIDTH = 1024
_BASE64 = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
_PAIR = re.compile(r"(\d+)\s*[*xX, ]\s*(\d+)")


def size_pair(text: str | None) -> tuple[int, int] | None:
    """(width, height) from ``"1280x960"``, ``"1024 * 768"`` or ``"1280 960"``."""
    found = _PAIR.search(text or "")
    return (int(found[1]), int(found[2])) if found else None


def fei_calibration(text: str, source: str) -> Calibration:
    """Tags 34680, 34682 and 34683 of FEI and Thermo Fisher: INI text or XML, which some programs pack as base64."""
    plain = _unpacked(text)
    if not plain.lstrip("\ufeff \t\r\n").startswith("<"):
        return _fei_ini_calibration(plain, source)
    root = parsed_xml(plain)
    parse = {"FeiImage": _phenom_calibration, "MementoItemCollection": _memento_calibration}
    return parse.get(local_name(root), _thermo_calibration)(root, source)


def _unpacked(text: str) -> str:
    """The text in base64; `text` itself where it is none."""
    letters = "".join(text.split())
    if not _BASE64.fullmatch(letters):
        return text
    plain = readable(b64decode(letters + "=" * (-len(letters) % 4)))
    learn_habit(plain)
    return plain


def _fei_ini_calibration(text: str, source: str) -> Calibration:
    """Lengths in m, voltages in V. ``[Image] ResolutionX/Y`` is the size without data bar."""
    found = sections(text)
    scan = _fei_section(found, "Scan", "PixelWidth", ("EScan", "IScan"))
    beam = _fei_section(found, "Beam", "HV", ("EBeam", "IBeam"))
    image = found.get("Image", {})
    width = number(image.get("ResolutionX"))
    height = number(image.get("ResolutionY"))
    pixel_width = number(scan.get("PixelWidth"))
    if pixel_width is None and width and (field := number(scan.get("HorFieldsize"))):
        pixel_width = field / width
    return Calibration(
        source,
        scaled(pixel_width, 1e9),
        scaled(number(scan.get("PixelHeight")), 1e9),
        _fei_acquisition(found, beam),
        (int(width), int(height)) if width and height else None,
    )


def _fei_section(found: Sections, name: str, key: str, others: tuple[str, ...]) -> dict[str, str]:
    """Section `name` if it has `key`, else the section of the beam in use, else the first of `others` that has it."""
    in_use = found.get("Beam", {}).get(name, "")
    for candidate in (name, in_use, *others):
        if key in found.get(candidate, {}):
            return found[candidate]
    return found.get(name, {})


def _fei_acquisition(found: Sections, beam: Mapping[str, str]) -> Acquisition:
    system, user, bar = found.get("System", {}), found.get("User", {}), found.get("DatabarData", {})
    column = _fei_section(found, "Beam", "WD", ("EBeam", "IBeam"))
    distance = number(column.get("WD")) or number(found.get("Stage", {}).get("WorkingDistance"))
    return Acquisition(
        instrument=system.get("SystemType") or system.get("Type") or None,
        detector=found.get("Detectors", {}).get("Name") or None,
        voltage_kv=kilovolts(beam.get("HV") or bar.get("flAccV")),
        magnification=magnification(found.get("Image", {}).get("Magnification") or bar.get("flMag")),
        working_distance_mm=scaled(distance, 1e3),
        date=date_and_time(user.get("Date"), user.get("Time")),
    )


def _thermo_calibration(root: Element, source: str) -> Calibration:
    """Pixel size in its stated unit (m), voltage in V, working distance in m."""
    width, height = (number(first_text(root, "ImageSize", axis)) for axis in ("X", "Y"))
    detector = first_text(root, "ScanningDetector", "DetectorName") or first_text(root, "BinaryResult", "Detector")
    acquisition = Acquisition(
        instrument=first_text(root, "Instrument", "InstrumentModel")
        or first_text(root, "Instrument", "InstrumentClass"),
        detector=detector or first_text(root, "DetectorName"),
        voltage_kv=kilovolts(first_text(root, "Optics", "AccelerationVoltage")),
        magnification=magnification(first_text(root, "Optics", "NominalMagnification")),
        working_distance_mm=scaled(number(first_text(root, "Optics", "WorkingDistance")), 1e3),
        date=first_text(root, "Acquisition", "AcquisitionDatetime"),
    )
    pixel_width, pixel_height = (_xml_length_nm(root, "PixelSize", axis) for axis in ("X", "Y"))
    size = (int(width), int(height)) if width and height else None
    return Calibration(source, pixel_width, pixel_height, acquisition, size)


def _phenom_calibration(root: Element, source: str) -> Calibration:
    """XML of Phenom desktop microscopes: lengths in the unit that stands in an attribute."""
    distance = _xml_length_nm(root, "workingDistance")
    voltage = first_element(root, "highVoltage")
    acquisition = Acquisition(
        instrument=first_text(root, "instrument", "edition") or first_text(root, "instrument", "type"),
        detector=first_text(root, "detector"),
        voltage_kv=None if voltage is None else kilovolts(f"{voltage.text or ''} {voltage.get('unit', 'V')}"),
        working_distance_mm=scaled(distance, 1e-6),
        date=first_text(root, "time") or first_text(root, "date"),
    )
    width, height = (_xml_length_nm(root, name) for name in ("pixelWidth", "pixelHeight"))
    return Calibration(source, width, height, acquisition)


def _memento_calibration(root: Element, source: str) -> Calibration:
    """XML of some Helios programs: items with a name, nested, whose unit is called ``MementoItemUnitMeter``."""
    sides = dict(_memento_lengths_nm(root, ()))
    return Calibration(source, sides.get(("PixelSize", "Width")), sides.get(("PixelSize", "Height")))


def _memento_lengths_nm(element: Element, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], float]]:
    """The last two names and the value of every item that is a length."""
    parts = {local_name(child): (child.text or "").strip() for child in element}
    inner = (*path, parts["Name"])[-2:] if "Name" in parts else path
    factor = nanometres_per(parts.get("MementoItemUnit", "").removeprefix("MementoItemUnit"))
    value = number(parts.get("anyType"))
    if factor and value:
        yield inner, value * factor
    for child in element:
        yield from _memento_lengths_nm(child, inner)


def _xml_length_nm(root: Element, *path: str) -> float | None:
    """Length in an element, with the unit in its attribute or text, else in m."""
    element = first_element(root, *path)
    return None if element is None else length_nm(element.text or "", element.get("unit") or "m")


def zeiss_calibration(image_width: int, text: str, source: str) -> Calibration:
    """Tag 34118: pairs of lines, ``AP_WD`` and ``WD = 5.6 mm``, after a block of bare numbers.

    ``AP_PIXEL_SIZE`` is the pixel of a 1024 pixel wide display, not of the image: ``AP_IMAGE_PIXEL_SIZE`` counts.
    Old files have only the display pixel, in nm there or in m as fourth bare number.
    """
    values = _zeiss_values(text)
    size = size_pair(values.get("DP_IMAGE_STORE"))
    pixel = length_nm(values.get("AP_IMAGE_PIXEL_SIZE", ""))
    warnings: tuple[str, ...] = ()
    if pixel is None and (display := _zeiss_display_pixel_nm(text, values)):
        stored_width = size[0] if size else image_width
        pixel = display * _ZEISS_DISPLAY_WIDTH / stored_width
        warnings = (f"{source} gives only the pixel of the display ({display:g} nm): scaled to the image",)
    acquisition = Acquisition(
        instrument=values.get("DP_SEM") or values.get("SV_SERIAL_NUMBER"),
        detector=values.get("DP_DETECTOR_TYPE") or values.get("DP_DETECTOR_CHANNEL"),
        voltage_kv=kilovolts(values.get("AP_ACTUALKV") or values.get("AP_MANUALKV")),
        magnification=magnification(values.get("AP_MAG")),
        working_distance_mm=scaled(length_nm(values.get("AP_WD", ""), "mm"), 1e-6),
        date=date_and_time(values.get("AP_DATE"), values.get("AP_TIME")),
    )
    return Calibration(source, pixel, None, acquisition, size, warnings)


def _zeiss_values(text: str) -> dict[str, str]:
    """Right sides of the lines that follow a key such as ``AP_WD``."""
    values: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        stripped = line.strip()
        if re.fullmatch(r"(?:AP|DP|SV)_\w+", stripped):
            key = stripped
        elif key:
            values[key] = re.split(r"\s*[=:]\s*", stripped, maxsplit=1)[-1]
            key = ""
    return values


def _zeiss_display_pixel_nm(text: str, values: Mapping[str, str]) -> float | None:
    named = length_nm(values.get("AP_PIXEL_SIZE", ""))
    if named is not None:
        return named
    bare = [line.strip() for line in text.splitlines()[:4]]
    return scaled(number(bare[3]), 1e9) if len(bare) == 4 and re.fullmatch(r"[-+.,\deE]+", bare[3]) else None


def tescan_calibration(text: str, source: str) -> Calibration:
    """Tag 50431 or a .hdr side-car: INI text (in the tag behind binary data); lengths in m, voltage in V."""
    start = text.find("[MAIN]")
    text = text[max(0, start) :]
    learn_habit(text)
    found = sections(text)
    values = {key: value for section in found.values() for key, value in section.items()}
    distance = number(values.get("WD") or values.get("WorkingDistance"))
    acquisition = Acquisition(
        instrument=values.get("DeviceModel") or values.get("Device"),
        detector=values.get("Detector") or values.get("Detector0"),
        voltage_kv=kilovolts(values.get("HV") or values.get("AcceleratorVoltage")),
        magnification=magnification(values.get("Magnification")),
        working_distance_mm=scaled(distance, 1e3),
        date=date_and_time(values.get("Date"), values.get("Time")),
    )
    width, height = (scaled(number(values.get(key)), 1e9) for key in ("PixelSizeX", "PixelSizeY"))
    return Calibration(source, width, height, acquisition)


def olympus_calibration(tag: Mapping[str, Any], source: str) -> Calibration:
    """Tag 33560 as tifffile parses it: pixel sizes in m."""
    date = tag.get("datetime")
    acquisition = Acquisition(
        detector=tag.get("cameraname") or None,
        magnification=float(tag.get("magnification") or 0) or None,
        date=str(date) if date else None,
    )
    width, height = (scaled(float(tag.get(key) or 0), 1e9) for key in ("pixelsizex", "pixelsizey"))
    return Calibration(source, width, height, acquisition)


def tvips_calibration(tag: Mapping[str, Any], source: str) -> Calibration:
    """Tag 37706 as tifffile parses it: version 2 has pixel sizes in nm and texts."""
    size = (int(tag.get("ImageSizeX", 0)), int(tag.get("ImageSizeY", 0)))
    acquisition = Acquisition(
        instrument=tag.get("TemType") or None,
        detector=tag.get("CameraType") or None,
        voltage_kv=kilovolts(tag.get("TemHighTension") or tag.get("HighTension")),
        magnification=float(tag.get("TemMagnification") or tag.get("Magnification") or 0) or None,
    )
    width, height = (float(tag.get(key) or 0) or None for key in ("PixelSizeX", "PixelSizeY"))
    return Calibration(source, width, height, acquisition, size if min(size) > 0 else None)


def gatan_calibration(tag: Mapping[int, Any], source: str) -> Calibration:
    """Tags 65003/65004 (units of x and y) and 65009/65010 (scale of x and y) of TIFFs from DigitalMicrograph."""
    width, height = (_gatan_side(tag, *codes) for codes in ((65003, 65009), (65004, 65010)))
    return Calibration(source, width, height)


def _gatan_side(tag: Mapping[int, Any], unit_code: int, scale_code: int) -> float | None:
    factor = nanometres_per(str(tag.get(unit_code, "")))
    scale = tag.get(scale_code)
    return None if factor is None or scale is None else float(scale) * factor
