"""YOLO segmentation: a text file of polygons for each image, and ``data.yaml`` with the names of the classes.

A line is a class and x, y of its polygon, as fractions of width and height. Pieces and holes are joined to one polygon
by ways that are gone twice (see `drawings.bridged`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.drawings import BOX_ADVICE, Drawing, bridged, instances_of, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import pictures_in, save_picture
from uniaims.dataset.exchange.records import UNNAMED, image_id_of, read_records, write_records
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.names import files_in, folders_in, place_in, stem_of
from uniaims.texts import Text, read_text

DESCRIPTION = "data.yaml"

_FOLDERS = {"": "train", "train": "train", "validation": "val", "test": "test"}
_SPLITS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
_NAMES_FILES = ("classes.txt", "obj.names", "labels/classes.txt")
_LARGEST_YAML_BYTES = 2**22
_LARGEST_COORDINATE = 1.5
"""Numbers above are none of a polygon's: fractions reach a little beyond the image at most."""
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Description:
    """What ``data.yaml`` says, or a list of names.

    Attributes:
        names: names of the classes by number.
        folders: folders of images in the order of the file, and the split of each.
        warnings: sentences that the user should read.
    """

    names: dict[int, str] = field(default_factory=dict)
    folders: tuple[tuple[Path, str], ...] = ()
    warnings: tuple[str, ...] = ()


def matches(path: Path) -> bool:
    """Whether there is a folder of label texts, or ``data.yaml`` that names folders of images with texts."""
    if not path.is_dir():
        return False
    return _has_label_folder(path) or any(text for _, text, _ in islice(_pairs(path, description_of(path)), _LOOKED_AT))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read images and their label texts; an image without a text has no instances."""
    root = path.parent if path.is_file() else path
    description, records = description_of(path), read_records(root)
    for picture, text, split in _pairs(root, description):
        known = records.get(stem_of(picture), {"image_id": image_id_of(picture.name), "split": split})
        yield attempt(picture.name, _read_entry, picture, text, description, known)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``images/`` and ``labels/`` by split, ``data.yaml`` and ``samples.csv``; no split is taken for train."""
    classes: dict[str, int] = {}
    records = []
    for entry in entries:
        part = _FOLDERS[entry.record.split]
        name = Path(save_picture(entry, folder / "images" / part)).stem
        lines = [_line(entry.instances, i, classes) for i in range(len(entry.instances))]
        labels = folder / "labels" / part
        labels.mkdir(parents=True, exist_ok=True)
        (labels / f"{name}.txt").write_text("".join(lines), "utf-8")
        records.append(entry.record)
    used = {_FOLDERS[record.split] for record in records}
    parts = [f"{part}: images/{part}\n" for part in ("train", "val", "test") if part in used]
    names = [f"  {number}: {json.dumps(name, ensure_ascii=False)}\n" for name, number in classes.items()]
    (folder / DESCRIPTION).write_text(
        "".join(["path: .\n", *parts, "names:\n", *(names or ["  0: instance\n"])]), "utf-8"
    )
    write_records(folder, records)


def description_of(path: Path) -> Description:
    """What a YAML file, or one in a folder, says, else a list of names there; empty if there is neither.

    Raises:
        InputError: if a file is no YAML, or names classes in a way that is not known.
    """
    root = path.parent if path.is_file() else path
    for file in [path] if path.is_file() else files_in(root, ".yaml", ".yml"):
        text = read_text(file)
        if "names" not in text.text:
            continue
        content = _loaded(text, file)
        if "names" in content:
            return Description(_names(content["names"], file), _split_folders(content, root), text.warnings)
    for place in _NAMES_FILES:
        file_of_names = place_in(root, place.split("/"))
        if file_of_names is not None:
            text = read_text(file_of_names)
            return Description(_listed(text.text.splitlines()), (), text.warnings)
    return Description()


def _loaded(text: Text, file: Path) -> Mapping[str, Any]:
    """A mapping in YAML with all words as texts, so that ``no``, ``on`` and ``1.0`` are names as others are."""
    if len(text.text) > _LARGEST_YAML_BYTES:
        raise InputError(f"{file} is larger than 4 MB, which no description of classes is. Move it elsewhere.")
    try:
        content = yaml.load(text.text, yaml.BaseLoader)  # noqa: S506 - makes texts, lists and dictionaries only
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{file} is no YAML that can be read ({error}). Mend it, or move it elsewhere.") from error
    return content if isinstance(content, dict) else {}


def _names(value: Any, file: Path) -> dict[int, str]:
    """Names of the classes by number: of a list, a mapping, or the only one."""
    items = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else [value])
    try:
        names = {_whole(str(number)): name for number, name in items}
    except ValueError as error:
        raise InputError(f"{file}: names hold {error}: wanted the numbers of classes before their names.") from error
    if not all(isinstance(name, str) for name in names.values()):
        raise InputError(f"{file}: names hold lists or mappings: wanted one name for each class.")
    return {number: name.strip() for number, name in names.items() if name.strip()}


def _listed(lines: Iterable[str]) -> dict[int, str]:
    return {number: line.strip() for number, line in enumerate(lines) if line.strip()}


def _whole(text: str) -> int:
    """A whole number from 0 up, as ``1``, ``+1``, ``1.0`` or ``1e0``."""
    number = float(text)
    if not (isfinite(number) and number >= 0 and number == int(number)):
        raise ValueError(f"{text!r}")
    return int(number)


def _split_folders(content: Mapping[str, Any], root: Path) -> tuple[tuple[Path, str], ...]:
    """Folders of images that the keys train, val and test name; of each path the longest end that is there counts."""
    start = content.get("path")
    found = []
    for key, split in _SPLITS.items():
        value = content.get(key)
        for name in map(str, value if isinstance(value, list) else [value or ""]):
            ends = (f"{start}/{name}", name) if isinstance(start, str) else (name,)
            folder = next((place for end in ends if (place := _end_of(end, root))), None)
            if folder is not None and folder != root:
                found.append((folder, split))
    return tuple(found)


def _end_of(path: str, root: Path) -> Path | None:
    """The folder below ``root`` that the longest possible end of a path leads to."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in {"", ".", ".."}]
    places = (place_in(root, parts[start:]) for start in range(len(parts)))
    return next((place for place in places if place is not None and place.is_dir()), None)


def _has_label_folder(path: Path) -> bool:
    """Whether label texts lie in a folder called ``labels``."""
    for holder in (path, *folders_in(path)):
        folder = place_in(holder, ["labels"])
        for place in (folder, *folders_in(folder)) if folder is not None and folder.is_dir() else ():
            if any(file.name.lower() != "classes.txt" for file in files_in(place, ".txt")):
                return True
    return False


def _pairs(root: Path, description: Description) -> Iterator[tuple[Path, Path | None, str]]:
    """Images, their label texts if there are any, and their splits."""
    splits, seen = dict(description.folders), set[Path]()
    for folder in [*splits, *_image_folders(root)]:
        inner = [item for item in folders_in(folder) if item.suffix.lower() != ".zarr"] if folder in splits else []
        for place in (folder, *inner):
            if place not in seen:
                seen.add(place)
                split = splits.get(place) or splits.get(folder) or _split_of(place)
                yield from ((picture, _text_of(picture, root), split) for picture in pictures_in(place).values())


def _image_folders(root: Path) -> Iterator[Path]:
    """Folders called ``images`` and those in them."""
    for holder in (root, *folders_in(root)):
        folder = place_in(holder, ["images"])
        if folder is not None and folder.is_dir():
            yield folder
            yield from (item for item in folders_in(folder) if item.suffix.lower() != ".zarr")


def _split_of(folder: Path) -> str:
    return next((_SPLITS[name] for name in (folder.name, folder.parent.name) if name in _SPLITS), "")


def _text_of(picture: Path, root: Path) -> Path | None:
    """Where the text of an image is: ``labels`` stands for the last ``images`` in the path, else it lies beside it."""
    parts = list(picture.parent.relative_to(root).parts)
    places = [i for i, part in enumerate(parts) if part.lower() == "images"]
    if places:
        parts[places[-1]] = "labels"
    return place_in(root, [*parts, f"{picture.stem}.txt"])


def _read_entry(picture: Path, text: Path | None, description: Description, known: dict[str, Any]) -> AnnotatedImage:
    frame = frame_of(picture.name, picture)
    content = read_text(text) if text is not None else Text("", "utf-8")
    rows = [_Row(f"{text}: line {i}", line) for i, line in enumerate(content.text.splitlines(), 1) if line.strip()]
    have_tracks = _have_tracks(rows)
    drawings = [row.drawing(frame.shape, description.names, has_track=have_tracks) for row in rows]
    return frame.entry(instances_of(frame.shape, drawings), known, (*description.warnings, *content.warnings))


class _Row:
    """A line of a label text: a class, and numbers; a confidence and the number of a track may stand at the end."""

    def __init__(self, what: str, line: str) -> None:
        self.what = what
        words = _with_points(line).split() or [""]
        try:
            self.number, self.values = _whole(words[0]), np.array(words[1:], np.float64)
        except ValueError as error:
            raise InputError(f"{what} is {line[:60]!r}: wanted a class number and x y pairs.") from error

    def drawing(self, shape: tuple[int, int], names: Mapping[int, str], *, has_track: bool) -> Drawing:
        """The instance that the line draws."""
        values = self.values[:-1] if has_track else self.values
        pairs = values[: len(values) // 2 * 2]  # a number left over is a confidence, or that of a track
        if len(pairs) == 4:
            raise InputError(f"{self.what} is a box. {BOX_ADVICE}")
        if pairs.size and not (pairs.min() > -1 and pairs.max() < 2):
            worst = pairs.min() if pairs.min() <= -1 else pairs.max()
            raise InputError(f"{self.what} has {worst:g}: wanted fractions of width and height, from 0 to 1.")
        if len(pairs) < len(values) and not (0 <= values[-1] <= 1 or values[-1] == np.floor(values[-1])):
            raise InputError(f"{self.what} ends with {values[-1]:g}: wanted pairs of x and y, or a confidence.")
        ring = ring_of(pairs, self.what) * (shape[1], shape[0])
        return Drawing([[ring]], kind=names.get(self.number, str(self.number)))


def _with_points(line: str) -> str:
    """A line with points in its numbers and spaces between them; commas are either."""
    if "," not in line:
        return line
    is_decimal = len(line.split()) > 1 and "." not in line
    return line.replace(",", "." if is_decimal else " ")


def _have_tracks(rows: Sequence[_Row]) -> bool:
    """Whether the last number of all rows is that of a track: whole, and too large for a coordinate in one of them."""
    lasts = [row.values[-1] for row in rows if row.values.size]
    others = [row.values[:-1].max(initial=0) for row in rows if row.values.size]
    are_whole = all(last >= 1 and last == np.floor(last) for last in lasts)
    return are_whole and max(lasts, default=0) > _LARGEST_COORDINATE and max(others, default=0) <= _LARGEST_COORDINATE


def _line(instances: InstanceMasks, i: int, classes: dict[str, int]) -> str:
    number = classes.setdefault(instances.kind(i) or UNNAMED, len(classes))
    ring = bridged(instances.rings(i)) / (instances.shape[1], instances.shape[0])
    return f"{number} " + " ".join(f"{value:.7g}" for value in ring.ravel().tolist()) + "\n"
