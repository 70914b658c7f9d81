"""Where in a TIFF scale and acquisition stand: vendors' tags, OME-XML, ImageJ's description, resolution."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from uniaims.formats.calibration import told, understood
from uniaims.formats.instrument_text import local_name, magnification, number, parsed_xml
from uniaims.formats.lengths import nanometres_per
from uniaims.formats.numbers import learn_habit
from uniaims.formats.raw_image import Acquisition, Calibration
from uniaims.formats.vendors import (
    fei_calibration,
    gatan_calibration,
    olympus_calibration,
    tescan_calibration,
    tvips_calibration,
    zeiss_calibration,
)
from uniaims.texts import readable

_TEXT_TAGS: dict[int, tuple[str, Callable[[str, str], Calibration]]] = {
    34682: ("FEI", fei_calibration),
    34680: ("FEI", fei_calibration),
    34683: ("Thermo Fisher", fei_calibration),
    50431: ("TESCAN", tescan_calibration),
}
_PARSED_TAGS: dict[int, tuple[str, Callable[[Mapping[str, Any], str], Calibration]]] = {
    33560: ("Olympus SIS", olympus_calibration),
    37706: ("TVIPS", tvips_calibration),
}
_ZEISS = 34118
_GATAN = (65003, 65004, 65009, 65010)
_MAKE, _MODEL, _RESOLUTIONS, _RESOLUTION_UNIT, _DATE = 271, 272, (282, 283), 296, 306
_NM_PER_RESOLUTION_UNIT = {2: 2.54e7, 3: 1e7}
_LARGEST_TAG_BYTES = 2**24
_COARSEST_RESOLUTION_NM = 2000.0
"""Resolution tags of larger pixels (below 12,700 dpi) are for printers and screens and say nothing of the sample."""
_INCHES = frozenset({"inch", "inches", "in"})
_NO_UNITS = frozenset({"", "pixel", "pixels", "px", "null"})
_FIRST_PRIVATE = 32768
_KNOWN_PRIVATE = frozenset({*_TEXT_TAGS, *_PARSED_TAGS, _ZEISS, *_GATAN, 34377, 34675, 37500, 50838, 50839})
"""Read here, or Photoshop's, colour profiles, makers' notes and ImageJ's own."""
_LEAST_TEXT, _LONGEST_TEXT = 16, 2**20
_SPEAKS_OF_SCALE = re.compile(
    r"(?:pixel|px).{0,2}(?:size|width|height)|(?:length|nm|um|metres?|meters?).{0,2}per.{0,2}pixel|micron.?(?:bar|marker)"
    r"|accelerat|magnification",
    re.IGNORECASE,
)
_TAG_PAGES = 4
"""Olympus puts its tag on the second page: tags are looked for on the first pages as well as on the image's own."""


@dataclass(frozen=True)
class _Place:
    """A place in the file that may tell the scale, and how to read it."""

    source: str
    parse: Callable[[str], Calibration]


def tiff_calibrations(tif: Any, directory: Any, series: int) -> tuple[Calibration, ...]:
    """All that the tags of `directory` and of the first directories of `tif` say, most trustworthy first.

    A part that can't be understood becomes a calibration that has only a warning.
    """
    tags = _tags(tif, directory)
    places = [*_vendor_places(tif, directory, tags), *_unknown_places(tif, tags)]
    vendors = told([understood(place.source, place.parse) for place in places])
    return (*vendors, *(understood(place.source, place.parse) for place in _general_places(tif, directory, series)))


def _tags(tif: Any, directory: Any) -> dict[int, Any]:
    """Tags by code; those of the image's own directory win."""
    tags = {tag.code: tag for tag in directory.tags}
    for index in range(min(_TAG_PAGES, len(tif.pages))):
        for tag in getattr(tif.pages[index], "tags", ()):
            tags.setdefault(tag.code, tag)
    return tags


def _vendor_places(tif: Any, directory: Any, tags: Mapping[int, Any]) -> list[_Place]:
    places = [
        _Place(f"{vendor} tag {code}", partial(_from_text, tif, tags[code], parse))
        for code, (vendor, parse) in _TEXT_TAGS.items()
        if code in tags
    ]
    if _ZEISS in tags:
        parse_zeiss = partial(_from_text, tif, tags[_ZEISS], partial(zeiss_calibration, directory.imagewidth))
        places.append(_Place(f"Zeiss tag {_ZEISS}", parse_zeiss))
    places += [
        _Place(f"{vendor} tag {code}", partial(_from_mapping, tags[code], parse))
        for code, (vendor, parse) in _PARSED_TAGS.items()
        if code in tags
    ]
    if _GATAN[0] in tags and _GATAN[2] in tags and not directory.is_eer:
        places.append(_Place("Gatan tags 65003 to 65010", partial(_from_gatan, tags)))
    return places


def _unknown_places(tif: Any, tags: Mapping[int, Any]) -> list[_Place]:
    """Private tags of programs not known here that hold a text which speaks of pixels or a microscope."""
    codes = [
        code
        for code, tag in tags.items()
        if code >= _FIRST_PRIVATE and code not in _KNOWN_PRIVATE and _LEAST_TEXT <= tag.valuebytecount <= _LONGEST_TEXT
    ]
    return [
        _Place(f"tag {code}", Calibration)
        for code in codes
        if _SPEAKS_OF_SCALE.search(_stored_text(tif, tags[code], _LONGEST_TEXT))
    ]


def _general_places(tif: Any, directory: Any, series: int) -> list[_Place]:
    """OME, ImageJ and the baseline tags: what any program may write."""
    places = []
    description = tif.pages.first.description
    if description.lstrip().startswith("<") and "OME" in description:
        places.append(_Place("OME-XML", partial(ome_calibration, description, series)))
    if description.startswith("ImageJ="):
        places.append(_Place("ImageJ", partial(_from_imagej, description, directory.tags)))
    else:
        places.append(_Place("TIFF resolution tags", partial(_from_resolution, directory.tags)))
    places.append(_Place("TIFF tags", partial(_from_baseline, directory.tags)))
    return places


def _from_text(tif: Any, tag: Any, parse: Callable[[str, str], Calibration], source: str) -> Calibration:
    if tag.valuebytecount > _LARGEST_TAG_BYTES:
        raise ValueError(f"it has {tag.valuebytecount:,} bytes")
    text = _stored_text(tif, tag, tag.valuebytecount)
    learn_habit(text)
    return parse(text, source)


def _stored_text(tif: Any, tag: Any, most_bytes: int) -> str:
    tif.filehandle.seek(tag.valueoffset)
    return readable(tif.filehandle.read(min(tag.valuebytecount, most_bytes)))


def _from_mapping(tag: Any, parse: Callable[[Mapping[str, Any], str], Calibration], source: str) -> Calibration:
    if not isinstance(tag.value, Mapping) or not tag.value:
        raise TypeError("its structure is not the known one")
    return parse(tag.value, source)


def _from_gatan(tags: Mapping[int, Any], source: str) -> Calibration:
    return gatan_calibration({code: tags[code].value for code in _GATAN if code in tags}, source)


def ome_calibration(description: str, series: int, source: str) -> Calibration:
    """OME-XML: physical sizes of image number `series`, in µm where no unit is given."""
    root = parsed_xml(description)
    images = _named(root, "Image")
    if not images:
        return Calibration(source)
    image = images[min(series, len(images) - 1)]
    pixels = _named(image, "Pixels")[0].attrib
    size = (int(pixels["SizeX"]), int(pixels["SizeY"]))
    return Calibration(
        source, _ome_side_nm(pixels, "X"), _ome_side_nm(pixels, "Y"), _ome_acquisition(root, image), size
    )


def _ome_side_nm(pixels: Mapping[str, str], axis: str) -> float | None:
    size = number(pixels.get(f"PhysicalSize{axis}"))
    factor = nanometres_per(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    return size * factor if size and factor else None


def _ome_acquisition(root: Element, image: Element) -> Acquisition:
    microscopes, detectors, lenses = (_named(root, name) for name in ("Microscope", "Detector", "Objective"))
    instrument = " ".join(microscopes[0].get(key, "") for key in ("Manufacturer", "Model") if microscopes).strip()
    dates = _named(image, "AcquisitionDate")
    return Acquisition(
        instrument=instrument or None,
        detector=detectors[0].get("Model") if detectors else None,
        magnification=magnification(lenses[0].get("NominalMagnification")) if lenses else None,
        date=dates[0].text if dates else None,
    )


def _named(root: Element, name: str) -> list[Element]:
    return [element for element in root.iter() if local_name(element) == name]


def _from_imagej(description: str, tags: Any, source: str) -> Calibration:
    """``unit=nm`` (and ``yunit=µm`` where it differs) in the description, pixels per unit in the resolution tags.

    Inches are for printing unless they hold more pixels than any printer has.
    """
    values = dict(line.split("=", 1) for line in description.splitlines() if "=" in line)
    unit = values.get("unit", "").strip()
    if unit.lower() in _NO_UNITS:
        return _from_resolution(tags, source)
    units = (unit, values.get("yunit", "").strip() or unit)
    factors = [nanometres_per(text) for text in units]
    foreign = [text for text, factor in zip(units, factors, strict=True) if factor is None]
    if foreign:
        text = f"{source} has the image calibrated in {foreign[0]!r}, which is no length: it has no pixel size"
        return Calibration(source, warnings=(text,))
    width, height = (
        _reciprocal(_pixels_per_unit(tags, code), factor or 0)
        for code, factor in zip(_RESOLUTIONS, factors, strict=True)
    )
    is_printed = unit.lower() in _INCHES and max(width or 0, height or 0) > _COARSEST_RESOLUTION_NM
    return Calibration(source) if is_printed else Calibration(source, width, height)


def _from_resolution(tags: Any, source: str) -> Calibration:
    """Pixels per inch or cm, where they are too many for any printer."""
    factor = _NM_PER_RESOLUTION_UNIT.get(int(tags.valueof(_RESOLUTION_UNIT, 1)))
    if factor is None:
        return Calibration(source)
    width, height = (_reciprocal(_pixels_per_unit(tags, code), factor) for code in _RESOLUTIONS)
    if width is None or height is None or max(width, height) > _COARSEST_RESOLUTION_NM:
        return Calibration(source)
    return Calibration(source, width, height)


def _reciprocal(count: float | None, factor: float) -> float | None:
    return factor / count if count else None


def _pixels_per_unit(tags: Any, code: int) -> float | None:
    value = tags.valueof(code)
    if value is None or value[1] == 0:
        return None
    return float(value[0] / value[1]) or None


def _from_baseline(tags: Any, source: str) -> Calibration:
    parts = (tags.valueof(code) for code in (_MAKE, _MODEL))
    instrument = " ".join(str(part).strip() for part in parts if part).strip()
    date = tags.valueof(_DATE)
    return Calibration(source, acquisition=Acquisition(instrument=instrument or None, date=str(date) if date else None))
