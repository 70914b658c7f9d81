"""Records of images as other programs can carry them: a dictionary of what is known, or a table beside the files."""

import csv
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any

from uniaims.atomic import atomic_file
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import DESCRIPTIVE_FIELDS, FIELDS, LONGEST_ID_BYTES, VOCABULARIES, ImageRecord, record_from
from uniaims.errors import InputError
from uniaims.formats import SUFFIXES
from uniaims.formats.numbers import doubtful_numbers, learn_habit, number_at_start
from uniaims.names import composed
from uniaims.texts import read_unicode

KEY = "uniaims"
"""Under this name a record is kept in files that allow for names of one's own."""
UNNAMED = "instance"
"""Stands for the kind that nobody has said, where a format wants one."""
TABLE = "samples.csv"
"""Table of the records, beside files that have no place for them."""
KINDS_TABLE = "kinds.csv"
"""Table of the kinds of instances, beside label images."""

_SPELLED_OUT = (
    ("scanning transmission", "STEM"),
    ("transmission electron", "TEM"),
    ("scanning electron", "SEM"),
    ("focused ion", "FIB"),
    ("atomic force", "AFM"),
    ("optical", "OM"),
    ("light", "OM"),
)
_DEFAULTS = ImageRecord("x", "x", 1, 1).as_dict()


def described(record: ImageRecord) -> dict[str, Any]:
    """What is known of an image: its id, and the descriptive fields that were set."""
    values = record.as_dict()
    known = {name: values[name] for name in DESCRIPTIVE_FIELDS if values[name] != _DEFAULTS[name]}
    return {"image_id": record.image_id, **known}


def image_id_of(name: str) -> str:
    """Name of an image, made from the path that a file gives: without suffix and without ``images/`` before it.

    Of a path on somebody's computer and of an address only the file's name is taken. Accents are composed; bytes of a
    name that is not UTF-8 become ``%ff``, so that two such names stay apart.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    parts = [part for part in path.parts if part not in {".", "..", "images"}]
    if path.is_absolute() or ":" in "".join(parts[:1]):
        parts = [path.name]
    joined = "".join(letter for letter in "__".join(parts) if ord(letter) >= 32)
    stem, dot, suffix = joined.rpartition(".")
    plain = stem if dot and f".{suffix.lower()}" in SUFFIXES | {".gif", ".webp"} else joined
    if not plain:
        raise InputError(f"An image is called {name!r}: wanted the name of a file.")
    spelled = "".join(f"%{ord(letter) & 255:02x}" if "\ud800" <= letter <= "\udfff" else letter for letter in plain)
    return composed(spelled).encode()[:LONGEST_ID_BYTES].decode("utf-8", "ignore")


def record_for(name: str, shape: tuple[int, int], known: Mapping[str, Any] | None = None) -> ImageRecord:
    """Make the record of an image.

    Args:
        name: path or name of the image's file, as the annotations give it.
        shape: rows and columns.
        known: values of fields, as `described` gives them; other names are passed over.

    Raises:
        InputError: if a value can't be used.
    """
    values = {field: value for field, value in (known or {}).items() if field in {"image_id", *DESCRIPTIVE_FIELDS}}
    image_id = str(values.pop("image_id", "") or image_id_of(name))
    for field, value in values.items():
        wanted = (int, float, type(None)) if field == "pixel_size_nm" else (type(_DEFAULTS[field]),)
        if not isinstance(value, wanted):
            raise InputError(f"image {image_id!r}: {field} is {value!r}: wanted {wanted[0].__name__}.")
    suffix = PurePosixPath(name.replace("\\", "/")).suffix
    place = {"image_id": image_id, "file": f"images/{image_id}{suffix}"}
    return record_from({**place, "width_px": shape[1], "height_px": shape[0], **values})


def known_word(field: str, text: str) -> str:
    """What others wrote of an image, in the words of our vocabulary: ``other`` where there is no such word."""
    words = VOCABULARIES.get(field)
    if words is None or not text:
        return text
    plain = text.casefold().strip()
    exact = next((word for word in words if word.casefold() == plain), "")
    spelled = next((word for start, word in _SPELLED_OUT if start in plain), "") if field == "modality" else ""
    return exact or spelled or ("other" if "other" in words else "")


def write_records(folder: Path, records: Iterable[ImageRecord]) -> None:
    """Write ``samples.csv``, a row for each image."""
    with atomic_file(folder / TABLE) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.DictWriter(stream, FIELDS)
        rows.writeheader()
        for record in records:
            rows.writerow({name: _text_of(value) for name, value in record.as_dict().items()})


def read_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Read ``samples.csv``: the known fields by image id; empty if there is no such table.

    Raises:
        InputError: if it is not in UTF-8 or UTF-16, has no column of ids, or a number in it is none.
    """
    path = folder / TABLE
    if not path.is_file():
        return {}
    rows = _rows_of(path)
    columns = rows.fieldnames or ()
    if not {"image_id", "stem"} & set(columns):
        shown = ", ".join(columns)[:80]
        raise InputError(f"{path} has the columns {shown!r}: wanted image_id or stem among them.")
    known = [row for row in rows if row.get("image_id") or row.get("stem")]
    habit = "\n".join(row.get("pixel_size_nm") or "" for row in known)
    return {
        composed(row.get("image_id") or row["stem"]): {
            field: _value_of(field, text, habit) for field, text in row.items() if field in FIELDS and text
        }
        for row in known
    }


class KindsTable:
    """Kinds of the instances of several images, to be written as ``kinds.csv``: image_id, number, kind."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, str]] = []

    def add(self, image_id: str, instances: InstanceMasks) -> None:
        """Take the kinds of an image's instances."""
        kinds = zip(instances.numbers, instances.kinds, strict=False)
        self.rows += [(image_id, int(number), kind) for number, kind in kinds if kind]

    def write(self, folder: Path) -> None:
        """Write the table, if there is a kind at all."""
        if not self.rows:
            return
        with atomic_file(folder / KINDS_TABLE) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("image_id", "number", "kind"), *self.rows])


def read_kinds(folder: Path) -> dict[str, dict[int, str]]:
    """Read ``kinds.csv``: by image id the kinds by number; empty if there is no such table."""
    path, kinds = folder / KINDS_TABLE, dict[str, dict[int, str]]()
    if path.is_file():
        for row in _rows_of(path):
            kinds.setdefault(composed(row["image_id"]), {})[int(row["number"])] = row["kind"]
    return kinds


def _rows_of(path: Path) -> "csv.DictReader[str]":
    """Rows of a table with commas, or with the semicolons or tabs that spreadsheets write in many countries."""
    text = read_unicode(path)
    head = text.partition("\n")[0]
    return csv.DictReader(StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))


def named_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """Kinds as read, `UNNAMED` taken for none; empty if no instance has one."""
    plain = tuple("" if kind == UNNAMED else kind for kind in kinds)
    return plain if any(plain) else ()


def _text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else str(value)


def _value_of(name: str, text: str, habit: str) -> Any:
    if name == "synthetic":
        return text.strip().lower() in {"true", "1", "yes"}
    return pixel_size_nm(text, TABLE, habit) if name == "pixel_size_nm" else text


def pixel_size_nm(text: str, what: str, habit: str = "") -> float:
    """The number that a text of a file ``what`` says, as `uniaims.formats.numbers` reads it.

    Args:
        text: the number.
        what: names the file in errors.
        habit: other numbers of the file, which may tell whether it has decimal commas.

    Raises:
        InputError: if it is no number, or one that can be read in two ways.
    """
    with doubtful_numbers() as doubts:
        learn_habit(habit)
        found = number_at_start(text)
    if doubts:
        raise InputError(f"{what}: pixel_size_nm {doubts[0]}.")
    if found is None or found.rest.strip():
        raise InputError(f"{what}: pixel_size_nm is {text!r}: wanted a number.")
    return found.value
