"""Text files that SEMs write beside an image: JEOL and Hitachi ``<stem>.txt``, TESCAN ``<stem>.hdr``."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from uniaims.formats.calibration import told, understood
from uniaims.formats.instrument_text import (
    date_and_time,
    kilovolts,
    magnification,
    number,
    scaled,
    sections,
)
from uniaims.formats.lengths import length_nm
from uniaims.formats.numbers import learn_habit
from uniaims.formats.raw_image import Acquisition, Calibration
from uniaims.formats.vendors import size_pair, tescan_calibration
from uniaims.names import is_there
from uniaims.texts import readable

_LARGEST_BYTES = 2**20
_SUFFIXES = (".txt", ".TXT", ".hdr", ".HDR")


def sidecar_calibration(path: Path) -> tuple[Calibration, ...]:
    """What the side-car of the image at `path` says; empty where there is none of a known kind."""
    for candidate in sidecars_of(path):
        source = f"side-car {candidate.name}"
        try:
            with candidate.open("rb") as stream:
                text = readable(stream.read(_LARGEST_BYTES))
        except OSError as error:
            return (Calibration(source, warnings=(f"{source} can't be read: {error.strerror or error}",)),)
        parse = _parser(text)
        if parse is not None:
            return tuple(told([understood(source, partial(_parsed, parse, text))]))
    return ()


def _parsed(parse: Callable[[str, str], Calibration], text: str, source: str) -> Calibration:
    learn_habit(text)
    return parse(text, source)


def sidecars_of(path: Path) -> list[Path]:
    """Files that may be side-cars: ``a.txt``, ``a.hdr``, ``a-tif.hdr``, ``a.tif.txt`` for ``a.tif``."""
    stems = (path.stem, f"{path.stem}-{path.suffix[1:]}", path.name)
    names = (f"{stem}{suffix}" for suffix in _SUFFIXES for stem in stems)
    return [path.with_name(name) for name in names if is_there(path.with_name(name)) and path.with_name(name).is_file()]


def _parser(text: str) -> Callable[[str, str], Calibration] | None:
    if re.search(r"^\$\$?[CSE]M_", text, re.MULTILINE):
        return _jeol
    if re.search(r"^PixelSizeX\s*=", text, re.MULTILINE):
        return tescan_calibration
    if re.search(r"^(?:PixelSize|InstructName)\s*=", text, re.MULTILINE):
        return _hitachi
    return None


def _jeol(text: str, source: str) -> Calibration:
    """``$CM_MAG 5000`` lines. The scale is a bar: its length in pixels, and the label under it.

    Transmission microscopes write pixels per metre instead.
    """
    values = dict(_jeol_pairs(text))
    bar_px = number(values.get("SM_MICRON_BAR"))
    bar_nm = length_nm(values.get("SM_MICRON_MARKER", ""))
    pixel = bar_nm / bar_px if bar_nm and bar_px else None
    per_metre = number(values.get("EM_PIXELSPERMETER_X"))
    if pixel is None and per_metre:
        pixel = 1e9 / per_metre
    acquisition = Acquisition(
        instrument=values.get("CM_INSTRUMENT"),
        detector=values.get("CM_DETECTOR") or values.get("CM_SIGNAL"),
        voltage_kv=kilovolts(values.get("CM_ACCEL_VOLT"), "kV"),
        magnification=magnification(values.get("CM_MAG")),
        working_distance_mm=scaled(length_nm(values.get("SM_WD", ""), "mm"), 1e-6),
        date=date_and_time(values.get("CM_DATE"), values.get("CM_TIME")),
    )
    return Calibration(source, pixel, None, acquisition, size_pair(values.get("CM_FULL_SIZE")))


def _jeol_pairs(text: str) -> list[tuple[str, str]]:
    lines = (line.strip().lstrip("$").split(None, 1) for line in text.splitlines() if line.startswith("$"))
    return [(parts[0], parts[1].strip()) for parts in lines if len(parts) == 2]


def _hitachi(text: str, source: str) -> Calibration:
    """``PixelSize=24.8047`` in nm; other values carry their unit: ``WorkingDistance=8100 um``."""
    values = {key: value for section in sections(text).values() for key, value in section.items()}
    pixel = length_nm(values.get("PixelSize", ""), "nm")
    acquisition = Acquisition(
        instrument=values.get("InstructName") or None,
        detector=values.get("SignalName") or None,
        voltage_kv=kilovolts(values.get("AcceleratingVoltage") or values.get("AccVoltage")),
        magnification=magnification(values.get("Magnification")),
        working_distance_mm=scaled(length_nm(values.get("WorkingDistance", ""), "um"), 1e-6),
        date=date_and_time(values.get("Date"), values.get("Time")),
    )
    return Calibration(source, pixel, None, acquisition, size_pair(values.get("DataSize")))
