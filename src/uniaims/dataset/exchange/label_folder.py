"""A folder of images and label images: ``images/`` and ``masks/``, with tables of records and kinds beside them.

Masks may also lie beside the images and be known by an ending of their names: ``_mask``, ``_masks``, ``_label``, ...
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import image_files, pictures_in, save_picture
from uniaims.dataset.exchange.records import KindsTable, image_id_of, read_kinds, read_records, write_records
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord
from uniaims.errors import InputError, LabelsError
from uniaims.labels import read_objects, write_labels
from uniaims.names import files_in, stem_of

MASK_FOLDERS = ("masks", "labels", "mask", "label", "gt")
ENDINGS = ("_masks", "_mask", "_labels", "_label", "_instances", "_gt", "_seg")
_LABEL_SUFFIXES = (".tif", ".tiff", ".png", ".npy")


def matches(path: Path) -> bool:
    """Whether images and label images lie in folders of these names, or beside each other."""
    return path.is_dir() and any(True for _ in _pairs(path, ENDINGS))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read the images that have a label image, by the order of their names.

    Faults are images without one in ``images/``, images of the same name but for the suffix, and label images without
    an image in a folder of their own.
    """
    pairs = list(_pairs(path, ENDINGS))
    yield from read_pairs(path, pairs)
    used = {file for _, *files in pairs for file in files}
    holders = {mask.parent for _, _, mask in pairs}
    for picture in image_files(path / "images"):
        if picture not in used:
            text = f"{picture} has no label image of its own with the same name. Add it, or remove the image."
            yield Unreadable(stem_of(picture), LabelsError(text))
    for mask in (file for holder in sorted(holders - {path}) for file in files_in(holder, *_LABEL_SUFFIXES)):
        if mask not in used:
            text = f"{mask} has no image of the same name, or another label image does. Add it, or remove the mask."
            yield Unreadable(stem_of(mask), LabelsError(text))


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``images/``, ``masks/`` (compressed TIFF of 32 bits), ``samples.csv`` and, if there are any, ``kinds.csv``.

    Numbers of instances are kept.
    """
    write_pairs(entries, folder, lambda entry: save_picture(entry, folder / "images"))


def read_pairs(
    path: Path, pairs: Iterable[tuple[str, Path, Path]], split: str = ""
) -> Iterator[AnnotatedImage | Unreadable]:
    """Read stems with their image and label image; tables of records and kinds lie in ``path``.

    Images of a part of a dataset get its name before theirs, so that equal names in two parts stay apart.
    """
    records, kinds = read_records(path), read_kinds(path)
    for stem, picture, mask in pairs:
        name = image_id_of(f"{split}/{stem}.png")
        known = {"image_id": name, "split": split, **records.get(name, {})}
        yield attempt(name, _read_pair, picture, mask, known, kinds.get(name))


def _read_pair(picture: Path, mask: Path, known: dict[str, Any], kinds: dict[int, str] | None) -> AnnotatedImage:
    objects = read_objects(mask)
    frame = replace(frame_of(known["image_id"], picture, *objects.labels.shape), name=picture.name)
    return frame.entry(InstanceMasks.from_labels(objects.labels, objects.names(kinds or {})), known, objects.warnings)


def write_pairs(entries: Iterable[AnnotatedImage], folder: Path, save: Callable[[AnnotatedImage], str]) -> None:
    """Write label images into ``masks/`` and the tables; ``save`` writes an image and gives its name.

    Raises:
        InputError: if an image has no file: a folder of labels alone can't be trained on.
    """
    records: list[ImageRecord] = []
    kinds = KindsTable()
    (folder / "masks").mkdir()
    for entry in entries:
        if entry.image is None:
            raise InputError(f"image {entry.record.image_id!r} has labels but no picture. Add it, or choose coco.")
        save(entry)
        write_labels(folder / "masks" / f"{entry.record.image_id}.tif", entry.instances.labels())
        records.append(entry.record)
        kinds.add(entry.record.image_id, entry.instances)
    write_records(folder, records)
    kinds.write(folder)


def label_files(folder: Path, ending: str = "") -> dict[str, Path]:
    """The label images of a folder by the stem of their image, that is without ``ending``."""
    found: dict[str, Path] = {}
    for file in files_in(folder, *_LABEL_SUFFIXES):
        if stem_of(file).endswith(ending):
            found.setdefault(stem_of(file).removesuffix(ending), file)
    return found


def _pairs(path: Path, endings: tuple[str, ...]) -> Iterator[tuple[str, Path, Path]]:
    """Stem, image and label image of each sample of a folder."""
    holders = [path / name for name in MASK_FOLDERS if (path / name).is_dir()]
    pictures = pictures_in(path / "images") if (path / "images").is_dir() else pictures_in(path)
    for holder in holders or [path]:
        for ending in ("", *endings) if holders else endings:
            labels = label_files(holder, ending)
            pairs = [(stem, pictures[stem], labels[stem]) for stem in pictures if stem in labels]
            if pairs:
                yield from pairs
                return
