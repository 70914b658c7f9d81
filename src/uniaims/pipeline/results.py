"""The results of an analysis on the disk: the files of a folder, and the summary that says what they rest on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, fields
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import polars

from uniaims.boxes import Box
from uniaims.deprecation import OldAttribute
from uniaims.formats import sidecars_of
from uniaims.measurements.files import FILE_TYPES, parquet
from uniaims.modes import DEFAULT_MODE, MODES, Mode, mode_named
from uniaims.names import path_of_uri, shown

SUMMARY = "summary.json"
TABLE_FILES = tuple(each.file for each in FILE_TYPES if not each.asked_by)
RESULT_FILES = ("labels.tif", *TABLE_FILES, "overlay.png", "report.html", SUMMARY)
"""What a finished result folder holds."""


@dataclass(frozen=True)
class Summary:
    """The figures of one analysis and all that is needed to trace them; the content of ``summary.json``.

    Attributes:
        image: absolute path of the image, or "array", with replacement signs for what can't be shown.
        image_uri: the same as a ``file:`` URI, exact whatever the name is; null for arrays.
        image_bytes, image_modified: of the file, or all files of the folder, with those that tell of it beside it; the
            latter in ns since 1970. Null for arrays.
        image_state: digest of the names, sizes and times of these files: tells whether the image has changed.
        shape: height and width in pixels.
        pixel_size_nm, pixel_size_source: ``given``, ``metadata`` or ``scale bar``; null if unknown.
        pixel_width_nm, pixel_height_nm: both sides; where they differ, ``pixel_size_nm`` is the side of the square of
            the same area, and lengths in the table are measured with both.
        scale_bar: the bar that was read in the picture, whether its pixel size was used or not; null if there is none.
        instance_count: all instances; ``border_count`` of them are cut by the border.
        area_fraction: share of the analysed part that instances cover.
        content_edges: the analysed part.
        working_scale: working pixels per image pixel at which the network saw the image.
        diameter_px: size of the objects behind that scale, in image pixels; null if none were found by looking.
        diameter_source: ``given``, or ``found`` by looking.
        suited_size_fraction: share of the instances whose size suits the scale; null if nothing was found.
        minimum_confidence: the one in force: what was asked for, else the model's own.
        expected_ap50: the AP50 to expect, from the confidences of the instances; null if nothing was found.
        unsure_fraction: share of all objects that were found whose confidence is low; ``is_unsure``: nearly half of
            them or more.
        warnings: sentences that the reader should read; ``contradictions`` are those on a pixel size far from what
            file or scale bar say.
        notes: sentences on what was done as always, such as leaving out a banner.
        seconds: wall time by stage.
        detector_hash: of the scale bar detector that was given; null for the built-in chain.
        not_measured: property -> why some of its values are missing.
        kinds: kind of object -> its counts, area fraction and diameters; empty where the model tells no kinds apart.
        figures: the figures of the mode by name, each with ``value``, ``unit``, ``u`` (half width at k = 2), ``parts``
            (what it comes from -> relative standard uncertainty), ``n`` and, where there is no value, ``why``; those of
            the release before by column name.
        found_count, kept_count: objects that were found, and those that statistics of size and shape rest on.
        excluded: reason -> how many of those found they leave out; all reasons are there.
    """

    image: str
    image_uri: str | None
    image_bytes: int | None
    image_modified: int | None
    image_state: str | None
    shape: tuple[int, int]
    pixel_size_nm: float | None
    pixel_size_source: str | None
    pixel_width_nm: float | None
    pixel_height_nm: float | None
    scale_bar: Mapping[str, Any] | None
    instance_count: int
    border_count: int
    area_fraction: float
    content_edges: Box
    working_scale: float
    diameter_px: float | None
    diameter_source: str
    suited_size_fraction: float | None
    minimum_confidence: float
    expected_ap50: float | None
    unsure_fraction: float | None
    is_unsure: bool
    model: str
    model_hash: str
    detector_hash: str | None
    settings: Mapping[str, Any]
    version: str
    seconds: Mapping[str, float]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    contradictions: tuple[str, ...]
    acquisition: Mapping[str, Any]
    not_measured: Mapping[str, str]
    kinds: Mapping[str, Any]
    figures: Mapping[str, Mapping[str, Any]]
    found_count: int | None = None
    kept_count: int | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)

    scale = OldAttribute("working_scale")
    seen_well = OldAttribute("suited_size_fraction")
    quality = OldAttribute("expected_ap50")
    content = OldAttribute("content_edges")

    def to_json(self) -> str:
        """The text of ``summary.json``, in ASCII; for one release with the keys of the one before."""
        table = asdict(self)
        old = {
            "content": astuple(self.content_edges),
            "scale": self.working_scale,
            "seen_well": self.suited_size_fraction,
            "quality": self.expected_ap50,
        }
        readable = json.loads(shown(json.dumps(table | old, ensure_ascii=False, allow_nan=False)))
        return json.dumps(readable, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a summary back, one of an older version too: what that did not know is null or empty.

        Raises:
            ValueError: if it is none.
        """
        known = json.loads(text)
        if not isinstance(known, dict) or "image" not in known or not isinstance(known.get("settings", {}), dict):
            raise ValueError("no summary of an analysis")
        named = {new: known[old] for old, new in _OLD_KEYS.items() if old in known}
        values: dict[str, Any] = {item.name: (_EMPTY | named | known).get(item.name) for item in fields(cls)}
        edges = values["content_edges"]
        try:
            values["content_edges"] = Box(**edges) if isinstance(edges, dict) else Box(*edges)
        except TypeError as error:
            raise ValueError(f"no box of content: {edges!r}") from error
        return cls(**values)

    @property
    def file(self) -> Path:
        """The file that was analysed, exactly."""
        return path_of_uri(self.image_uri) if self.image_uri else Path(self.image)

    @property
    def mode(self) -> Mode:
        """What the analysis was made for."""
        name = str(self.settings.get("mode", DEFAULT_MODE))
        return mode_named(name if name in MODES else DEFAULT_MODE)

    @property
    def page(self) -> int | None:
        """Which image of the file; ``None`` where none was chosen."""
        page = self.settings.get("page")
        return page if isinstance(page, int) else None


_OLD_KEYS = {"content": "content_edges", "scale": "working_scale", "seen_well": "suited_size_fraction"}
_OLD_KEYS |= {"quality": "expected_ap50"}
_EMPTY: dict[str, Any] = {
    "settings": {},
    "figures": {},
    "excluded": {},
    "seconds": {},
    "warnings": (),
    "notes": (),
    "contradictions": (),
    "content_edges": (0, 0, 0, 0),
}


@dataclass(frozen=True)
class ResultFolder:
    """The results of one image on the disk, with the summary, which is read once.

    Attributes:
        path: the folder.
        summary: of the analysis.
        is_complete: whether every file is there that should be.
    """

    path: Path
    summary: Summary
    is_complete: bool

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """That of a folder; ``None`` if there is no summary in it that can be read."""
        try:
            summary = Summary.from_json((path / SUMMARY).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return cls(path, summary, all((path / name).is_file() for name in RESULT_FILES))

    @property
    def name(self) -> str:
        """Of the folder; unique in an output folder."""
        return self.path.name

    @property
    def modified_ns(self) -> int:
        """When it was finished, in ns since 1970."""
        return (self.path / SUMMARY).stat().st_mtime_ns

    def table(self) -> polars.DataFrame:
        """The measurements.

        Raises:
            polars.exceptions.PolarsError, OSError: if they can't be read.
        """
        return polars.read_parquet(BytesIO((self.path / parquet.TYPE.file).read_bytes()))  # no path: no pattern


def read_results(output: Path, known: Mapping[str, ResultFolder] = MappingProxyType({})) -> dict[str, ResultFolder]:
    """All results in an output folder, complete or not, sorted by name; those that are ``known`` are not read again."""
    if not output.is_dir():
        return {}
    folders = sorted(path for path in output.iterdir() if path.is_dir() and not path.name.startswith("."))
    found = ((path.name, known.get(path.name) or ResultFolder.at(path)) for path in folders)
    return {name: each for name, each in found if each is not None}


def write_results(folder: Path, summary: Summary) -> None:
    """Write the summary, which comes last, into a folder of results."""
    (folder / SUMMARY).write_text(summary.to_json(), encoding="utf-8")


@dataclass(frozen=True)
class ImageFile:
    """What tells whether an image has changed, of all the files that it is made of; ``None`` for arrays."""

    size: int | None = None
    modified: int | None = None
    state: str | None = None


def image_file(path: Path | None) -> ImageFile:
    """Size in bytes, time of last change, and a digest of names, sizes and times of the files that make an image.

    These are the file with the side-cars beside it, or all files of a folder.
    """
    if path is None or not path.exists():
        return ImageFile()
    files = [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path, *sidecars_of(path)]
    statuses = {bytes(each.relative_to(path.parent)): each.stat() for each in files}
    digest = hashlib.sha256()
    for name, status in sorted(statuses.items()):
        digest.update(b"%s\0%d %d\n" % (name, status.st_size, status.st_mtime_ns))
    size = sum(status.st_size for status in statuses.values())
    modified = max((status.st_mtime_ns for status in statuses.values()), default=0)
    return ImageFile(size, modified, digest.hexdigest())
