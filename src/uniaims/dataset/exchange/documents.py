"""JSON and XML of others, read with care, and JSON written piece by piece."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError, XMLParser

from uniaims.errors import InputError
from uniaims.texts import Text, decoded, glimpse, read_text

_LARGEST_XML_BYTES = 2**31
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_XML_HEAD = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_HEAD_BYTES = 65536


@dataclass(frozen=True)
class Document:
    """What a file holds: values of JSON, or the root element of XML; ``warnings`` are sentences for the user."""

    content: Any
    warnings: tuple[str, ...] = ()


def read_json(path: Path) -> Document:
    """What a JSON file holds.

    Raises:
        InputError: if it is no JSON, in an encoding that can't be told, or nested so deeply that nobody means it.
    """
    text = read_text(path)
    try:
        return Document(json.loads(text.text), text.warnings)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON that can be read ({error}). Export it again.") from error


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file in UTF-8."""
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")


def stream_list(stream: IO[str], items: Iterable[Any]) -> None:
    """Write a JSON list piece by piece, a line for each item."""
    stream.write("[")
    for number, item in enumerate(items):
        stream.write(",\n" if number else "\n")
        stream.write(json.dumps(item, ensure_ascii=False))
    stream.write("]")


def head_of(path: Path) -> str:
    """The first 64 KiB of a file as text, to see what it is; empty for a folder."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return glimpse(stream.read(_HEAD_BYTES))


def read_xml(path: Path) -> Document:
    """The root element of an XML file.

    Documents that declare a type or entities are refused: these can blow up in memory or name other files.

    Raises:
        InputError: if it is no XML, or one that declares a type or entities.
    """
    if path.stat().st_size > _LARGEST_XML_BYTES:
        raise InputError(f"{path} is larger than 2 GB. Export the annotations in parts.")
    text = _xml_text(path.read_bytes(), path)
    if _DECLARATION.search(text.text):
        raise InputError(f"{path} declares a document type or entities, which can be an attack. Take DOCTYPE out.")
    try:
        parser = XMLParser(encoding="utf-8")  # noqa: S314 - without declarations there is nothing to expand
        parser.feed(_XML_HEAD.sub("", text.text, count=1).encode())
        return Document(parser.close(), text.warnings)
    except (ParseError, ValueError) as error:
        raise InputError(f"{path} is no XML that can be read ({error}). Export it again.") from error


def _xml_text(content: bytes, path: Path) -> Text:
    """The text of an XML file in the encoding that it declares, where it is in that."""
    declared = _XML_ENCODING.match(content)
    try:
        encoding = declared[1].decode() if declared else ""
        text = Text(content.decode(encoding), encoding) if encoding else decoded(content, str(path))
    except (LookupError, UnicodeError):  # no encoding of that name, or a text in another
        text = decoded(content, str(path))
    if "\0" in text.text:  # the parser might take it for UTF-16, and see other words than are looked for here
        raise InputError(f"{path} is no XML: it holds NULs. Export it again.")
    return text


def wanted_dict(value: Any, what: str) -> dict[str, Any]:
    """``value`` if it is a dictionary.

    Raises:
        InputError: if not.
    """
    if not isinstance(value, dict):
        raise InputError(f"{what} is a {type(value).__name__}: wanted a dictionary. Is it this format?")
    return value


def wanted_list(value: Any, what: str) -> list[Any]:
    """``value`` if it is a list; nothing counts as an empty one.

    Raises:
        InputError: if not.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise InputError(f"{what} is a {type(value).__name__}: wanted a list. Is it this format?")
    return value
