"""Pascal VOC: ``Annotations``, ``JPEGImages``, ``SegmentationObject``, ``SegmentationClass``, ``ImageSets``.

Label images are palette PNGs of 8 bits, as in VOC, up to 254 instances; above that PNGs of 16 bits. In palette PNGs 255
marks the rims that VOC leaves out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import numpy as np
from imagecodecs import png_encode
from numpy.typing import NDArray
from PIL import Image

from uniaims.boxes import Box
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import Document, read_xml
from uniaims.dataset.exchange.drawings import BOX_ADVICE
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import decoded_picture, find_picture, save_picture
from uniaims.dataset.exchange.records import UNNAMED, image_id_of, named_kinds, read_records, write_records
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError, LabelsError
from uniaims.labels import ObjectLabels, objects_of
from uniaims.names import composed, files_in, place_in, stem_of
from uniaims.texts import read_unicode

_VOID, _LARGEST_PALETTE = 255, 254
_BITS = np.arange(8)
_FILES = {"": "train", "train": "train", "validation": "val", "test": "test"}
_SPLITS = {"train": "train", "val": "validation", "test": "test"}


def matches(path: Path) -> bool:
    """Whether there are ``SegmentationObject`` and ``Annotations``."""
    return (path / "SegmentationObject").is_dir() and (path / "Annotations").is_dir()


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read the images that have a label image in ``SegmentationObject``."""
    if not (path / "SegmentationObject").is_dir():
        raise InputError(f"{path} has no SegmentationObject, only boxes. {BOX_ADVICE}")
    records, splits = read_records(path), _splits(path)
    for file in files_in(path / "SegmentationObject", ".png"):
        known, split = records.get(image_id_of(file.name)), splits.get(stem_of(file), "")
        yield attempt(file.name, _read_entry, path, file, known, split)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write VOC's folders, ``labelmap.txt`` with the names of the classes, and ``samples.csv``."""
    for name in ("Annotations", "SegmentationObject", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / name).mkdir(parents=True)
    classes: dict[str, int] = {}
    records, sets = [], dict[str, list[str]]()
    for entry in entries:
        name, stem = save_picture(entry, folder / "JPEGImages"), entry.record.image_id
        instances = entry.instances
        kinds = [instances.kind(i) or UNNAMED for i in range(len(instances))]
        numbers = np.array([classes.setdefault(kind, len(classes) + 1) for kind in kinds], np.uint32)
        order = InstanceMasks(
            instances.shape, _counting(instances), instances.boxes, instances.counts, instances.offsets
        )
        labels = order.labels()
        _write_png(folder / "SegmentationObject" / f"{stem}.png", labels)
        _write_png(folder / "SegmentationClass" / f"{stem}.png", np.concatenate([[np.uint32(0)], numbers])[labels])
        (folder / "Annotations" / f"{stem}.xml").write_text(_annotation(entry, name, kinds), "utf-8")
        records.append(entry.record)
        sets.setdefault(_FILES[entry.record.split], []).append(f"{stem}\n")
    for part, stems in sets.items():
        (folder / "ImageSets" / "Segmentation" / f"{part}.txt").write_text("".join(stems), "utf-8")
    (folder / "labelmap.txt").write_text(_labelmap(classes), "utf-8")
    write_records(folder, records)


def _counting(instances: InstanceMasks) -> NDArray[np.uint32]:
    return np.arange(1, len(instances) + 1, dtype=np.uint32)


def _read_entry(root: Path, file: Path, known: dict[str, Any] | None, split: str) -> AnnotatedImage:
    place = place_in(root / "Annotations", [f"{file.stem}.xml"])
    document = read_xml(place) if place else Document(Element("annotation"))
    tree, annotation = document.content, root / "Annotations" / f"{file.stem}.xml"
    objects = _objects(file, is_told=bool(known) or tree.find("object") is not None)
    labels = objects.labels
    name = tree.findtext("filename") or f"{file.stem}.png"
    picture = find_picture(name, annotation) or find_picture(f"{file.stem}.jpg", annotation)
    said = tree.findtext("size/height"), tree.findtext("size/width")
    frame = frame_of(name, picture, *(labels.shape if not all(said) else said))
    if labels.shape != frame.shape:
        raise LabelsError(f"{file}: {labels.shape} pixels, its image has {frame.shape}: wanted the same size.")
    names = [item.findtext("name") or UNNAMED for item in tree.iter("object")]
    present = [int(number) for number in np.unique(labels) if number]
    described = dict(enumerate(names, 1)) if names and len(names) >= max(present, default=0) else {}
    if not described:
        described = _kinds_of_pixels(root, file, labels, present)
    shown = dict(zip(present, named_kinds(described.get(number, UNNAMED) for number in present), strict=False))
    values = known if known is not None else {"image_id": image_id_of(file.name), "split": split}
    instances = InstanceMasks.from_labels(labels, shown or None)
    return frame.entry(instances, values, (*document.warnings, *objects.warnings))


def _kinds_of_pixels(root: Path, file: Path, labels: NDArray[np.uint32], present: list[int]) -> dict[int, str]:
    """Kinds by the classes drawn in ``SegmentationClass`` and their names in ``labelmap.txt``."""
    classes = root / "SegmentationClass" / file.name
    if not classes.is_file() or not (root / "labelmap.txt").is_file():
        return {}
    lines = read_unicode(root / "labelmap.txt").splitlines()
    rows = [line.split(":") for line in lines if line.strip() and not line.startswith("#")]
    names = {_index_of(np.array(row[1].split(","), np.uint32)).item(): row[0] for row in rows}
    drawn = _read_png(classes)
    return {number: names.get(int(np.bincount(drawn[labels == number]).argmax()), "") for number in present}


def _splits(path: Path) -> dict[str, str]:
    """Part of the dataset by stem, as the lists in ``ImageSets`` say."""
    found: dict[str, str] = {}
    for name, split in _SPLITS.items():
        file = path / "ImageSets" / "Segmentation" / f"{name}.txt"
        stems = read_unicode(file).splitlines() if file.is_file() else []
        found |= dict.fromkeys((composed(stem.strip()) for stem in stems), split)
    return found


def _objects(file: Path, *, is_told: bool) -> ObjectLabels:
    """Objects of a label image; a mask is parted into its pieces, unless the annotations tell its objects."""
    labels = _read_png(file)
    if is_told:
        return ObjectLabels(labels)
    found = objects_of(labels)
    return replace(found, warnings=tuple(f"{file}: {text}" for text in found.warnings))


def _read_png(file: Path) -> NDArray[np.uint32]:
    """Numbers (H, W) of a label image: grey values, palette numbers or VOC's colours; rims (255) become 0."""
    pixels = decoded_picture(file.read_bytes(), f"{file}")
    coloured = pixels.ndim == 3
    numbers = _index_of(pixels[..., :3].astype(np.uint32)) if coloured else pixels.astype(np.uint32)
    if pixels.dtype == np.uint8 and np.isin(numbers, (0, _VOID), invert=True).any():
        numbers[numbers == _VOID] = 0  # VOC's colour of rims, (224, 224, 192), is that of number 255
    return numbers


def _write_png(file: Path, labels: NDArray[np.uint32]) -> None:
    highest = int(labels.max(initial=0))
    if highest > _LARGEST_PALETTE:
        file.write_bytes(png_encode(labels.astype(np.uint16)))
        return
    image = Image.fromarray(labels.astype(np.uint8), "L")
    image.putpalette(_palette().ravel().tolist())
    image.save(file)


def _palette() -> NDArray[np.uint8]:
    """VOC's colours (256, 3): the bits of the number spread over red, green and blue, highest bit first."""
    number = np.arange(256)[:, None, None]
    spread = (number >> (3 * _BITS + np.arange(3)[:, None])) & 1
    return np.asarray((spread << (7 - _BITS)).sum(axis=2), np.uint8)


def _index_of(colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers of colours (..., 3): the way back from `_palette`, for up to 2^24 numbers."""
    bits = (colours[..., None] >> (7 - _BITS).astype(np.uint32)) & 1
    places = (3 * _BITS + np.arange(3)[:, None]).astype(np.uint32)
    return np.asarray((bits << places).sum(axis=(-1, -2)), np.uint32)


def _annotation(entry: AnnotatedImage, name: str, kinds: list[str]) -> str:
    height, width = entry.record.shape
    objects = [
        f"  <object><name>{escape(kind)}</name><pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>"
        f"<bndbox><xmin>{box.left + 1}</xmin><ymin>{box.top + 1}</ymin>"
        f"<xmax>{box.right}</xmax><ymax>{box.bottom}</ymax></bndbox></object>\n"
        for kind, box in zip(kinds, map(Box.of_row, entry.instances.boxes), strict=True)
    ]
    size = f"<size><width>{width}</width><height>{height}</height><depth>1</depth></size>"
    head = f"<annotation>\n  <folder>JPEGImages</folder><filename>{escape(name)}</filename>\n  {size}\n"
    return head + "  <segmented>1</segmented>\n" + "".join(objects) + "</annotation>\n"


def _labelmap(classes: dict[str, int]) -> str:
    colours = _palette()
    rows = [("background", 0), *classes.items()]
    shown = (f"{name}:{','.join(map(str, colours[number % 256].tolist()))}::\n" for name, number in rows)
    return "# label:color_rgb:parts:actions\n" + "".join(shown)
