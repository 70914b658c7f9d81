"""A folder of the Hugging Face library ``datasets``: Parquet files with images, instances, attributes and captions.

A row is an image: its bytes, the fields of its record as columns, and its instances as boxes, kinds and COCO's
compressed run lengths. Read are also sets whose instances are a label image in a column ``mask`` or ``label``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from uniaims.boxes import Box
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.coco import decode_counts, encode_counts
from uniaims.dataset.exchange.format import Unreadable, attempt, unequal_sizes
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import decoded_picture, encoded_picture, find_picture
from uniaims.dataset.exchange.records import image_id_of, known_word, named_kinds
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import DESCRIPTIVE_FIELDS
from uniaims.errors import InputError
from uniaims.labels import objects_of
from uniaims.names import files_in

_SHARD_BYTES = 2**28
_ROWS_AT_ONCE = 8
_SPLITS = {"": "train", "train": "train", "validation": "validation", "test": "test"}
_PARTS = {"train": "train", "validation": "validation", "val": "validation", "valid": "validation", "test": "test"}
_PART = re.compile(r"(train|validation|val|valid|test)(?:[-_]\d+)?(?:-of-\d+)?(?:-[0-9a-f]+)?\.parquet$")
"""Files as the library names them, ``train-00000-of-00001.parquet``; the rest is what people call theirs."""
_MASK_COLUMNS = ("mask", "masks", "label", "labels", "instance_mask", "annotation")
_CAPTION_COLUMNS = ("caption", "text", "description")
_INSTANCE: dict[str, pl.DataType] = {
    "number": pl.UInt32(),
    "kind": pl.String(),
    "bbox": pl.List(pl.Int32()),
    "area": pl.Int64(),
    "counts": pl.String(),
}
_TYPES: dict[str, pl.DataType] = {"synthetic": pl.Boolean(), "pixel_size_nm": pl.Float64()}
_SCHEMA: dict[str, pl.DataType] = {
    "image_id": pl.String(),
    "image": pl.Struct({"bytes": pl.Binary(), "path": pl.String()}),
    "width": pl.Int32(),
    "height": pl.Int32(),
    "instance_count": pl.Int32(),
    **{name: _TYPES.get(name, pl.String()) for name in DESCRIPTIVE_FIELDS},
    "instances": pl.List(pl.Struct(_INSTANCE)),
}
_DTYPES = {"String": "string", "Int32": "int32", "Int64": "int64", "UInt32": "uint32", "Float64": "float64"}
_DTYPES |= {"Boolean": "bool"}
_README = """---
{licence}task_categories:
- image-segmentation
tags:
- microscopy
- electron-microscopy
- instance-segmentation
configs:
- config_name: default
  data_files:
{files}
dataset_info:
  features:
{features}
---

# {title}

{images:,} micrographs with {instances:,} instances, written by Uni-AIMS.

`image` holds the picture, `caption` a sentence about it, `instances` its objects: `bbox` is x, y, width, height in px,
`counts` the mask as COCO's compressed run lengths, for `pycocotools.mask.decode` with `size` [height, width].
"""


def matches(path: Path) -> bool:
    """Whether there are Parquet files with a column of images."""
    return any("image" in _schema(file) for file in _files(path)[:1])


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read the rows of all Parquet files; a file called train, validation or test names the split."""
    for file in _files(path):
        try:
            yield from _read_file(file)
        except pl.exceptions.PanicException as error:  # is no Exception: it would end the program
            raise InputError(f"{file} can't be read as Parquet ({error}). Is it whole?") from error


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``data/*.parquet`` by split in parts of about 256 MB, and ``README.md`` with the description of columns.

    Images that browsers don't show are written as PNG. No split is taken for train.
    """
    (folder / "data").mkdir()
    shards = _Shards(folder / "data")
    for entry in entries:
        shards.add(_SPLITS[entry.record.split], _row(entry), entry)
    shards.finish()
    (folder / "README.md").write_text(shards.card(), "utf-8")


def _read_file(file: Path) -> Iterator[AnnotatedImage | Unreadable]:
    with file.open("rb") as stream:  # a path would be taken for a pattern, and has to be UTF-8
        total = int(pl.scan_parquet(stream).select(pl.len()).collect().item())
    found = _PART.match(file.name) or _PART.match(f"{file.parent.name}.parquet")
    split = _PARTS[found[1]] if found else ""
    for start in range(0, total, _ROWS_AT_ONCE):
        with file.open("rb") as stream:
            rows = pl.scan_parquet(stream).slice(start, _ROWS_AT_ONCE).collect()
        for number, row in enumerate(rows.iter_rows(named=True), start):
            fallback = f"{file.stem}-{number:06d}"
            yield attempt(str(row.get("image_id") or fallback), _entry, row, split, fallback, file)


def _schema(file: Path) -> Mapping[str, pl.DataType]:
    with file.open("rb") as stream:
        return pl.read_parquet_schema(stream)


class _Shards:
    """Rows on their way to Parquet files, and what the card says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.bytes: dict[str, int] = {}
        self.files: dict[str, list[Path]] = {}
        self.images = 0
        self.instances = 0
        self.licences: set[str] = set()

    def add(self, split: str, row: dict[str, Any], entry: AnnotatedImage) -> None:
        """Take a row; where there are enough for a file, they are written."""
        self.rows.setdefault(split, []).append(row)
        picture = len(row["image"]["bytes"]) if row["image"] else 0
        self.bytes[split] = self.bytes.get(split, 0) + picture + 100 * len(entry.instances)
        self.images += 1
        self.instances += len(entry.instances)
        self.licences.add(entry.record.licence)
        if self.bytes[split] > _SHARD_BYTES:
            self._flush(split)

    def finish(self) -> None:
        """Write the rest, and give the files their final names, which say how many there are."""
        for split in list(self.rows):
            self._flush(split)
        for split, files in self.files.items():
            for number, file in enumerate(files):
                file.replace(self.folder / f"{split}-{number:05d}-of-{len(files):05d}.parquet")

    def card(self) -> str:
        """The text of ``README.md``."""
        licence = self.licences.pop().lower() if len(self.licences) == 1 else ""
        files = "\n".join(f"  - split: {split}\n    path: data/{split}-*" for split in self.files)
        return _README.format(
            licence=f"license: {json.dumps(licence)}\n" if licence else "",
            files=files,
            features="\n".join(_features()),
            title="Micrographs with instances",
            images=self.images,
            instances=self.instances,
        )

    def _flush(self, split: str) -> None:
        if not self.rows[split]:
            return
        files = self.files.setdefault(split, [])
        files.append(self.folder / f"{split}-{len(files):05d}.parquet")
        pl.DataFrame(self.rows[split], _SCHEMA).write_parquet(files[-1], row_group_size=100)
        self.rows[split], self.bytes[split] = [], 0


def _features() -> Iterator[str]:
    """The columns, as the card of a dataset describes them."""
    for name, dtype in _SCHEMA.items():
        if name == "instances":
            yield "  - name: instances\n    list:"
            yield from (f"    - name: {field}\n      {_feature(kind)}" for field, kind in _INSTANCE.items())
        else:
            yield f"  - name: {name}\n    {'dtype: image' if name == 'image' else _feature(dtype)}"


def _feature(dtype: pl.DataType) -> str:
    return f"dtype: {_DTYPES[str(dtype)]}" if str(dtype) in _DTYPES else "list: int32"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".parquet" else []
    return sorted(file for place in (path, path / "data") for file in files_in(place, ".parquet"))


def _row(entry: AnnotatedImage) -> dict[str, Any]:
    height, width = entry.record.shape
    picture = encoded_picture(entry)
    known = {name: value for name, value in entry.record.as_dict().items() if name in DESCRIPTIVE_FIELDS}
    return {
        "image_id": entry.record.image_id,
        "image": {"bytes": picture[1], "path": picture[0]} if picture else None,
        "width": width,
        "height": height,
        "instance_count": len(entry.instances),
        **known,
        "instances": _instance_rows(entry.instances),
    }


def _instance_rows(instances: InstanceMasks) -> list[dict[str, Any]]:
    codes = encode_counts([instances.coco_counts(i) for i in range(len(instances))])
    columns = (instances.numbers.tolist(), map(Box.of_row, instances.boxes), instances.areas_px.tolist(), codes)
    return [
        {
            "number": number,
            "kind": instances.kind(i),
            "bbox": [box.left, box.top, box.width, box.height],
            "area": area,
            "counts": code,
        }
        for i, (number, box, area, code) in enumerate(zip(*columns, strict=True))
    ]


def _entry(row: Mapping[str, Any], split: str, fallback: str, file: Path) -> AnnotatedImage:
    image = row.get("image") or {}
    name = str(image.get("path") or row.get("file_name") or f"{fallback}.png")
    pixels = decoded_picture(image["bytes"], name) if image.get("bytes") else None
    picture = find_picture(name, file) if pixels is None else None
    sides = pixels.shape[:2] if pixels is not None else (row.get("height"), row.get("width"))
    frame = frame_of(name, picture, *sides)
    if row.get("height") and (row["height"], row.get("width")) != frame.shape:
        raise unequal_sizes(name, (row["height"], row.get("width", 0)), frame.shape)
    caption = next((row[key] for key in _CAPTION_COLUMNS if row.get(key)), "")
    known: dict[str, Any] = {key: row[key] for key in _TYPES if isinstance(row.get(key), (float, bool))}
    known |= {key: known_word(key, row[key]) for key in DESCRIPTIVE_FIELDS if isinstance(row.get(key), str)}
    identity = str(row.get("image_id") or image_id_of(Path(name).name))
    values = {"split": split, **known, "caption": str(caption), "image_id": identity}
    if "instance_count" in row:
        values["split"] = row.get("split") or ""
    instances, warnings = _instances(row, frame.shape, name)
    return replace(frame, image=picture if pixels is None else pixels).entry(instances, values, warnings)


def _instances(row: Mapping[str, Any], shape: tuple[int, int], name: str) -> tuple[InstanceMasks, tuple[str, ...]]:
    """Instances of a row, and what the user should read about them."""
    rows = row.get("instances")
    if isinstance(rows, list):
        counts = decode_counts([item["counts"] for item in rows])
        kinds = named_kinds(str(item.get("kind") or "") for item in rows)
        found = InstanceMasks.from_coco_counts(shape, counts, kinds)
        numbers = np.array([item.get("number") or i for i, item in enumerate(rows, 1)], np.uint32)
        return replace(found, numbers=numbers), ()
    for column in _MASK_COLUMNS:
        mask = row.get(column)
        if isinstance(mask, dict) and mask.get("bytes"):
            objects = objects_of(decoded_picture(mask["bytes"], f"{name}: {column}"))
            return InstanceMasks.from_labels(objects.labels), tuple(
                f"image {name!r}: {text}" for text in objects.warnings
            )
    raise InputError(f"image {name!r} has neither instances nor a column of masks: {', '.join(_MASK_COLUMNS)}.")
