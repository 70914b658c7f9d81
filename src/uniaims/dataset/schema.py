"""The schema: what is known of an image, one row of a dataset's table of images.

What the image shows stands in `uniaims.records`; here is what makes a record of it: name, file, origin and state.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import PurePosixPath
from typing import Any

from uniaims.errors import SettingsError
from uniaims.records import Attributes, one_of, vocabularies_of

LONGEST_ID_BYTES = 200
"""File systems allow for 255 bytes in a name, of which suffixes and temporary names need some."""


@dataclass(frozen=True)
class _Place:
    """What every record must have; a base of its own, so that these fields come first."""

    image_id: str
    file: str
    width_px: int
    height_px: int


@dataclass(frozen=True)
class ImageRecord(Attributes, _Place):
    """What is known of one image: what it shows (see `uniaims.records.Attributes`), and this.

    Attributes:
        image_id: name of the image in its dataset; it is also the name of its file, so it holds no ``/``.
        file: path of the image inside the dataset's folder, with ``/``; or absolute, where the image was linked.
        width_px: columns.
        height_px: rows.
        pixel_size_nm: side of a pixel in nanometres, None if unknown; of pixels that are not square that of the square
            of the same area, and how oblong they are only the file of the image tells.
        pixel_size_source: where that comes from.
        licence: SPDX identifier, or a text.
        source: where the image comes from: a DOI, an address, a set.
        group: what images share that must not be parted by a split: an article, a specimen, a session.
        annotator: who drew the instances.
        review_state: how far the labels are trusted.
        split: part of the dataset.
        synthetic: whether the image was computed.
    """

    pixel_size_nm: float | None = None
    pixel_size_source: str = one_of("given", "metadata", "scale bar")
    licence: str = ""
    source: str = ""
    group: str = ""
    annotator: str = ""
    review_state: str = one_of("unlabelled", "suggested", "labelled", "reviewed", "rejected")
    split: str = one_of("train", "validation", "test")
    synthetic: bool = False

    def __post_init__(self) -> None:
        faults = faults_of(asdict(self))
        if faults:
            raise SettingsError(f"image {self.image_id!r}: " + " ".join(faults))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height_px, self.width_px

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, in the order of the table's columns."""
        return asdict(self)


FIELDS = tuple(item.name for item in fields(ImageRecord))
"""Names of the fields, in the order of the table's columns."""
DESCRIPTIVE_FIELDS = FIELDS[len(fields(_Place)) :]
"""The fields that a user may set; the others follow from the image."""
VOCABULARIES = vocabularies_of(ImageRecord)
"""Texts that a field may hold beside the empty one."""


def faults_of(values: dict[str, Any]) -> list[str]:
    """Say what is wrong with the values of a record: a sentence each, with the remedy; empty if nothing is."""
    faults = [*_faults_of_types(values), *_faults_of_place(values), *_faults_of_size(values)]
    for name, allowed in VOCABULARIES.items():
        value = values.get(name, "")
        if value and value not in allowed:
            close = get_close_matches(str(value), allowed, 1, 0.5)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            faults.append(f"{name} is {value!r}: wanted one of {', '.join(allowed)}, or nothing.{hint}")
    return faults


def record_from(values: dict[str, Any]) -> ImageRecord:
    """Make a record from a dictionary; None counts as unknown.

    Raises:
        SettingsError: if a field is not known, or a value can't be used.
    """
    unknown = sorted(values.keys() - set(FIELDS))
    if unknown:
        raise SettingsError(f"no field is called {', '.join(unknown)}: wanted some of {', '.join(FIELDS)}.")
    return ImageRecord(**{name: value for name, value in values.items() if value is not None})


def _faults_of_types(values: dict[str, Any]) -> list[str]:
    """What is no text, number or truth value where one is wanted; None counts as unknown."""
    faults = []
    for name in ("image_id", "file", *DESCRIPTIVE_FIELDS):
        value = values.get(name)
        fits, wanted = _TYPES.get(name, (_is_plain, "a text that UTF-8 can hold"))
        if value is not None and not fits(value):
            faults.append(f"{name} is {value!r}: wanted {wanted}.")
    return faults


def _is_plain(value: object) -> bool:
    """Whether a value is a text without halves of characters, as names of files in another coding get."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


_TYPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "pixel_size_nm": (
        lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        "a number, or none",
    ),
    "synthetic": (lambda value: isinstance(value, bool), "True or False"),
}


def _faults_of_place(values: dict[str, Any]) -> list[str]:
    """What is wrong with the name and the path; neither may leave the dataset's folder."""
    name, file = str(values.get("image_id", "")), str(values.get("file", ""))
    faults = []
    too_long = len(name.encode("utf-8", "replace")) > LONGEST_ID_BYTES
    if not name or too_long or name in {".", ".."} or any(c in "/\\" or ord(c) < 32 for c in name):
        faults.append(f"image_id is {name!r}: wanted 1 to {LONGEST_ID_BYTES} bytes that can be a file name.")
    if not file or "\\" in file or ".." in PurePosixPath(file).parts:
        faults.append(f"file is {file!r}: wanted a path with / that does not lead out of the folder.")
    return faults


def _faults_of_size(values: dict[str, Any]) -> list[str]:
    faults = [
        f"{name} is {values.get(name)!r}: wanted a whole number from 1 up."
        for name in ("width_px", "height_px")
        if not isinstance(values.get(name), int) or values[name] < 1
    ]
    pixel_size = values.get("pixel_size_nm")
    if isinstance(pixel_size, int | float) and not (isfinite(pixel_size) and pixel_size > 0):
        faults.append(f"pixel_size_nm is {pixel_size!r}: wanted a length above 0, or none.")
    return faults
