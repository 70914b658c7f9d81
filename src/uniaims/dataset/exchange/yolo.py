"""YOLO segmentation: a text file of polygons for each image, and ``data.yaml`` with the names of the classes.

A line is a class and x, y of its polygon, as fractions of width and height. Pieces and holes are joined to one polygon
by ways that are gone twice (see `drawings.bridged`).
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.dataset.entry import Entry
from uniaims.dataset.exchange.drawings import Drawing, bridged, instances_of, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.pictures import checked_shape, pictures_in, save_picture
from uniaims.dataset.exchange.records import (
    UNNAMED,
    image_id_of,
    read_records,
    record_for,
    write_records,
)
from uniaims.dataset.instances import Instances
from uniaims.errors import InputError

DESCRIPTION = "data.yaml"

_FOLDERS = {"": "train", "train": "train", "validation": "val", "test": "test"}
_SPLITS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}
_NAMES_FILES = ("classes.txt", "obj.names", "labels/classes.txt")
_INLINE = re.compile(r"^names\s*:\s*([\[{].*?[\]}])", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^names\s*:\s*(?:#.*)?\n((?:[ \t]*(?:-|['\"]?\d+['\"]?\s*:).*\n?)+)", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*(?:-|['\"]?(\d+)['\"]?\s*:)\s*(.*?)\s*$", re.MULTILINE)


def matches(path: Path) -> bool:
    """Whether there is a folder of label texts, or ``data.yaml`` beside folders."""
    return path.is_dir() and (_label_folder(path) is not None)


def read(path: Path) -> Iterator[Entry | Unreadable]:
    """Read images and their label texts; an image without a text has no instances."""
    root = path.parent if path.is_file() else path
    names, records = class_names(root), read_records(root)
    for picture, text in _pairs(root):
        yield attempt(picture.name, _read_entry, picture, text, names, records)


def write(entries: Iterable[Entry], folder: Path) -> None:
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


def class_names(root: Path) -> dict[int, str]:
    """Names of the classes by number, of ``data.yaml`` or a list of names; empty if there is neither."""
    for file in sorted(root.glob("*.yaml")) + sorted(root.glob("*.yml")):
        names = _names_in_yaml(file.read_text("utf-8", "replace"))
        if names:
            return names
    for place in _NAMES_FILES:
        if (root / place).is_file():
            lines = (root / place).read_text("utf-8", "replace").splitlines()
            return {number: line.strip() for number, line in enumerate(lines) if line.strip()}
    return {}


def _names_in_yaml(text: str) -> dict[int, str]:
    """Names in one of the three ways YAML files write them: inline, as a block list, as a block of numbers."""
    inline = _INLINE.search(text)
    if inline:
        items = [item.strip() for item in inline[1][1:-1].split(",") if item.strip()]
        if inline[1][0] == "{":
            return {int(item.partition(":")[0].strip("'\" ")): _unquoted(item.partition(":")[2]) for item in items}
        return {number: _unquoted(item) for number, item in enumerate(items)}
    block = _BLOCK.search(text)
    found = _LINE.findall(block[1]) if block else []
    return {int(number or place): _unquoted(name) for place, (number, name) in enumerate(found)}


def _unquoted(text: str) -> str:
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] == '"':
        return str(json.loads(plain))
    return plain[1:-1].replace("''", "'") if len(plain) > 1 and plain[0] == plain[-1] == "'" else plain


def _label_folder(path: Path) -> Path | None:
    """The first folder called ``labels`` in which label texts lie."""
    for folder in sorted([*path.glob("labels"), *path.glob("*/labels")]):
        files = [file for file in folder.rglob("*.txt") if file.name != "classes.txt"]
        if files:
            return folder
    return None


def _pairs(root: Path) -> Iterator[tuple[Path, Path]]:
    """Images and where their label texts are, or would be: ``labels`` stands for ``images`` in the path."""
    for holder in sorted([*root.glob("images"), *root.glob("*/images")]):
        for folder in [holder, *sorted(item for item in holder.iterdir() if item.is_dir() and item.suffix != ".zarr")]:
            for stem, picture in pictures_in(folder).items():
                yield picture, holder.parent / "labels" / folder.relative_to(holder) / f"{stem}.txt"


def _read_entry(picture: Path, text: Path, names: dict[int, str], records: dict[str, dict[str, Any]]) -> Entry:
    shape = checked_shape(picture.name, picture, None, None)
    lines = text.read_text("utf-8").splitlines() if text.is_file() else []
    drawings = [
        _drawing(line, shape, names, f"{text}: line {number}") for number, line in enumerate(lines, 1) if line.strip()
    ]
    part = next(
        (_SPLITS[folder] for folder in (picture.parent.name, picture.parent.parent.name) if folder in _SPLITS), ""
    )
    known = records.get(picture.stem, {"image_id": image_id_of(picture.name), "split": part})
    instances = instances_of(shape, drawings)
    return Entry(record_for(picture.name, shape, known), instances, picture)


def _drawing(line: str, shape: tuple[int, int], names: dict[int, str], what: str) -> Drawing:
    words = line.split()
    if len(words) == 5:
        raise InputError(f"{what} is a box, no outline. Segment the objects first.")
    try:
        number, values = int(words[0]), np.array(words[1:], np.float64)
    except ValueError as error:
        raise InputError(f"{what} is {line[:60]!r}: wanted a class number and x y pairs.") from error
    if values.size and not (values.min() > -1 and values.max() < 2):
        raise InputError(f"{what} has {values.max():g}: wanted fractions of width and height, from 0 to 1.")
    ring = ring_of(values, what) * (shape[1], shape[0])
    return Drawing([[ring]], kind=names.get(number, str(number)))


def _line(instances: Instances, i: int, classes: dict[str, int]) -> str:
    number = classes.setdefault(instances.kind(i) or UNNAMED, len(classes))
    ring = bridged(instances.rings(i)) / (instances.shape[1], instances.shape[0])
    return f"{number} " + " ".join(f"{value:.7g}" for value in ring.ravel().tolist()) + "\n"
