"""Reading the texts that instruments write: encodings, sections of ``key=value``, numbers with units, XML."""

from xml.etree import ElementTree

from uniaims.formats.lengths import parse_quantity

Sections = dict[str, dict[str, str]]

_FORBIDDEN_XML = ("<!DOCTYPE", "<!ENTITY")


def decoded(data: bytes) -> str:
    """Text from bytes in UTF-16 with mark, UTF-8 or Windows-1252, without NULs."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace").replace("\0", "")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return text.replace("\0", "")


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
    quantity = parse_quantity(str(value)) if value is not None else None
    if quantity is None:
        return None
    unit = (quantity.unit or bare_unit).lower()
    return scaled(abs(quantity.value), 1 if unit.startswith("k") else 1e-3)


def magnification(text: str | None) -> float | None:
    """Magnification from ``"10.00 K X"``, ``"x25.0k"`` or ``"4000"``."""
    quantity = parse_quantity(text.strip().lstrip("xX× ")) if text else None
    if quantity is None:
        return None
    thousands = quantity.unit.upper() in {"K", "KX"}
    return scaled(quantity.value, 1000 if thousands else 1)


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
        return ElementTree.fromstring(text)  # noqa: S314 (entities were refused above)
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
    for element in _descend(root, path[0]):
        found = first_text(element, *path[1:]) if len(path) > 1 else (element.text or "").strip()
        if found:
            return found
    return None


def _descend(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if local_name(element) == name and element is not root]
