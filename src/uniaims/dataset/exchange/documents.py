"""JSON and XML of others, read with care, and JSON written piece by piece."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from uniaims.errors import InputError

_LARGEST_XML_BYTES = 2**31
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_HEAD_BYTES = 65536


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        InputError: if it is no JSON, or nested so deeply that nobody means it.
    """
    try:
        return json.loads(path.read_text("utf-8-sig"))
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
        return stream.read(_HEAD_BYTES).decode("utf-8", "replace")


def read_xml(path: Path) -> Element:
    """The root element of an XML file.

    Documents that declare a type or entities are refused: these can blow up in memory or name other files.

    Raises:
        InputError: if it is no XML, or one that declares a type or entities.
    """
    if path.stat().st_size > _LARGEST_XML_BYTES:
        raise InputError(f"{path} is larger than 2 GB. Export the annotations in parts.")
    content = path.read_bytes()
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        content = content.decode("utf-16").encode()
    if _DECLARATION.search(content):
        raise InputError(f"{path} declares a document type or entities, which can be an attack. Take DOCTYPE out.")
    try:
        parser = XMLParser(encoding="utf-8")  # noqa: S314 - without declarations there is nothing to expand
        parser.feed(content)
        return parser.close()
    except (ParseError, ValueError) as error:
        raise InputError(f"{path} is no XML that can be read ({error}). Export it again.") from error


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
