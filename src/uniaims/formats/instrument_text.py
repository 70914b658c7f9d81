"""Reading the texts that instruments write: sections of ``key=value``, numbers with units, XML."""

from functools import partial
from xml.etree import ElementTree

from uniaims.formats.lengths import parse_quantity

Sections = dict[str, dict[str, str]]

_THOUSANDS = frozenset({"K", "KX"})
_AROUND_XML = "\ufeff\0 \t\r\n"
_FORBIDDEN_XML = ("<!DOCTYPE", "<!ENTITY")


def sections(text: str) -> Sections:
    """``[Section]`` and ``key=value`` lines; what stands before the first section is in ``""``."""
    result: Sections = {"": {}}
    current = result[""]
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            current = result.setdefault(stripped[1:-1], {})
        elif "=" in stripped:
            key, value = stripped.split("=", 1)
            current[key.strip()] = value.strip()
    return result


def number(text: str | None) -> float | None:
    """The number at the start of `text`, whatever unit follows; None where there is none."""
    quantity = parse_quantity(text) if text else None
    return quantity.value if quantity else None


def scaled(value: float | None, factor: float) -> float | None:
    """``value * factor``, None staying None. Zero is what instruments write for "unknown" and becomes None too."""
    return value * factor if value else None


def kilovolts(value: float | str | None, bare_unit: str = "V") -> float | None:
    """Accelerating voltage in kV from ``"15.00 kV"``, ``"15000 Volt"``, ``"20 keV"``, or a number in `bare_unit`."""
    quantity = parse_quantity(str(value), partial(_is_voltage, bare_unit)) if value is not None else None
    if quantity is None:
        return None
    return scaled(abs(quantity.value), 1 if _is_kilo(quantity.unit or bare_unit) else 1e-3)


def _is_kilo(unit: str) -> bool:
    return unit.lower().startswith("k")


def _is_voltage(bare_unit: str, value: float, unit: str) -> bool:
    """Volts are written without thousandths, kilovolts end at 3,000."""
    return abs(value) <= 3000 if _is_kilo(unit or bare_unit) else abs(value) >= 1000


def magnification(text: str | None) -> float | None:
    """Magnification from ``"10.00 K X"``, ``"x25.0k"`` or ``"4000"``."""
    quantity = parse_quantity(text.strip().lstrip("xX× "), _is_magnification) if text else None
    if quantity is None:
        return None
    return scaled(quantity.value, 1000 if quantity.unit.upper() in _THOUSANDS else 1)


def _is_magnification(value: float, unit: str) -> bool:
    """Magnifications are whole numbers, or thousands with a fraction."""
    return value < 1000 if unit.upper() in _THOUSANDS else value >= 1000


def date_and_time(date: str | None, time: str | None) -> str | None:
    """``"date time"`` as the instrument wrote them; either may be missing."""
    return " ".join(part for part in (date, time) if part) or None


def parsed_xml(text: str) -> ElementTree.Element:
    """Root of an XML text; document types and entities, which can blow up memory, are refused.

    Raises:
        ValueError: on a document type, an entity, or text that is no XML.
    """
    if has_document_type(text):
        raise ValueError("XML with a document type or entities is not read")
    try:
        return ElementTree.fromstring(text.strip(_AROUND_XML))  # noqa: S314 (entities were refused above)
    except ElementTree.ParseError as error:
        raise ValueError(f"not well-formed XML: {error}") from error


def has_document_type(text: str) -> bool:
    """Whether an XML text declares a document type or entities."""
    return any(mark in text.upper() for mark in _FORBIDDEN_XML)


def local_name(element: ElementTree.Element) -> str:
    """Tag of `element` without its name space."""
    return element.tag.rsplit("}", 1)[-1]


def first_text(root: ElementTree.Element, *path: str) -> str | None:
    """Text of the first element whose last ancestors and itself are named `path`, whatever the name space."""
    element = first_element(root, *path)
    return None if element is None else (element.text or "").strip()


def first_element(root: ElementTree.Element, *path: str) -> ElementTree.Element | None:
    """The first element with a text whose last ancestors and itself are named `path`, whatever the name space.

    Each element is looked at once, however deep they are nested.
    """
    *ancestors, wanted = path
    waiting = [(child, 0) for child in reversed(root)]
    while waiting:
        element, matched = waiting.pop()
        name = local_name(element)
        if matched == len(ancestors):
            if name == wanted and (element.text or "").strip():
                return element
        elif name == ancestors[matched]:
            matched += 1
        waiting += [(child, matched) for child in reversed(element)]
    return None
