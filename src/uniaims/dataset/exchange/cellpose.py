"""Cellpose: an image with ``_seg.npy`` (its editor's file) and ``_masks.tif`` (for training) beside it.

``_seg.npy`` holds pickled Python objects; only arrays and plain values are taken out of it (see `restricted_pickle`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import wanted_dict
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.label_folder import label_files
from uniaims.dataset.exchange.pictures import find_picture, pictures_in, save_picture
from uniaims.dataset.exchange.records import (
    KEY,
    KindsTable,
    described,
    image_id_of,
    read_kinds,
    read_records,
    write_records,
)
from uniaims.dataset.exchange.restricted_pickle import read_object
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.labels import check_labels, outlines, read_objects, write_labels
from uniaims.names import composed, files_in

SEGMENTATION = "_seg.npy"
MASKS = ("_masks", "_cp_masks")


def matches(path: Path) -> bool:
    """Whether there is a ``_seg.npy``, or label images ending in ``_masks`` beside images."""
    if path.is_file():
        return path.name.endswith(SEGMENTATION)
    return bool(_segmentations_in(path)) or bool(_masks_in(path))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read the ``_seg.npy`` files; images that have none by their ``_masks`` files."""
    files = [path] if path.is_file() else _segmentations_in(path)
    for file in files:
        yield attempt(file.name, _read_segmentation, file)
    done = {composed(file.name).removesuffix(SEGMENTATION) for file in files}
    if path.is_dir():
        yield from _read_masks(path, done)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write image, ``_seg.npy`` and ``_masks.tif`` of each entry, and the tables of records and kinds."""
    records, kinds = [], KindsTable()
    for entry in entries:
        name, labels = save_picture(entry, folder), entry.instances.labels()
        small = labels.astype(np.uint16) if labels.max(initial=0) < 2**16 - 1 else labels
        content = {
            "outlines": small * outlines(labels),
            "masks": small,
            "chan_choose": [0, 0],
            "ismanual": np.zeros(int(labels.max(initial=0)), bool),
            "filename": name,
            "diameter": np.nan,
            KEY: {**described(entry.record), "kinds": _kinds(entry.instances)},
        }
        np.save(folder / f"{entry.record.image_id}{SEGMENTATION}", np.array(content, object), allow_pickle=True)
        write_labels(folder / f"{entry.record.image_id}_masks.tif", labels)
        records.append(entry.record)
        kinds.add(entry.record.image_id, entry.instances)
    write_records(folder, records)
    kinds.write(folder)


def _kinds(instances: InstanceMasks) -> dict[int, str]:
    return {int(number): kind for number, kind in zip(instances.numbers, instances.kinds, strict=False)}


def _read_segmentation(file: Path) -> AnnotatedImage:
    content = wanted_dict(read_object(file), f"{file}")
    if "masks" not in content:
        raise InputError(f"{file} has no masks. Save it again in Cellpose.")
    masks = np.asarray(content["masks"])
    if masks.dtype.kind == "i" and masks.min(initial=0) == -1:
        masks = masks + 1  # before version 0.7 Cellpose counted from -1
    labels = check_labels(masks)
    stem = composed(file.name).removesuffix(SEGMENTATION)
    picture: Any = find_picture(str(content.get("filename") or ""), file) or pictures_in(file.parent).get(stem)
    if picture is None and isinstance(content.get("img"), np.ndarray):
        picture = content["img"].squeeze()
        if picture.shape[:2] != labels.shape:
            picture = np.moveaxis(picture, 0, -1)
    known: dict[str, Any] = content[KEY] if isinstance(content.get(KEY), dict) else {}
    file_of_picture = picture if isinstance(picture, Path) else None
    frame = frame_of(stem, file_of_picture, *labels.shape, drawn_as_stored=not known)
    kinds = {int(number): str(kind) for number, kind in dict(known.get("kinds", {})).items()}
    name = picture.name if isinstance(picture, Path) else f"{stem}.png"
    shown = replace(frame, name=name, image=picture)
    return shown.entry(InstanceMasks.from_labels(labels, kinds or None), {"image_id": stem, **known})


def _read_masks(path: Path, done: set[str]) -> Iterator[AnnotatedImage | Unreadable]:
    pictures, records, kinds = pictures_in(path), read_records(path), read_kinds(path)
    for stem, file in _masks_in(path).items():
        if stem not in done:
            name = image_id_of(f"{stem}.png")
            known = {"image_id": name, **records.get(name, {})}
            yield attempt(name, _read_mask, pictures[stem], file, known, kinds.get(name))


def _read_mask(picture: Path, file: Path, known: dict[str, Any], kinds: dict[int, str] | None) -> AnnotatedImage:
    objects = read_objects(file)
    frame = frame_of(known["image_id"], picture, *objects.labels.shape, drawn_as_stored=len(known) == 1)
    instances = InstanceMasks.from_labels(objects.labels, objects.names(kinds or {}))
    return replace(frame, name=picture.name).entry(instances, known, objects.warnings)


def _segmentations_in(path: Path) -> list[Path]:
    return [file for file in files_in(path, ".npy") if file.name.endswith(SEGMENTATION)]


def _masks_in(path: Path) -> dict[str, Path]:
    pictures = pictures_in(path)
    found = {stem: file for ending in MASKS for stem, file in label_files(path, ending).items()}
    return {stem: file for stem, file in sorted(found.items()) if stem in pictures}
