"""CVAT for images 1.1: ``annotations.xml`` and ``images/``.

Instances of one piece without holes are written as polygons, the others as masks: run lengths along the rows of the
instance's box.
"""

import shutil
from collections.abc import Iterable, Iterator
from math import isfinite
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from uniaims._kernels import run_codes
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_xml
from uniaims.dataset.exchange.drawings import Drawing, ellipse, instances_of, mask_of_row_runs, rectangle, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import annotation_files, find_picture, save_picture
from uniaims.dataset.exchange.records import UNNAMED, image_id_of, read_records, write_records
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

ANNOTATIONS = "annotations.xml"

_WITHOUT_AREA = {"polyline", "points", "cuboid", "skeleton"}
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>uniaims</name>
      <size>{size}</size>
      <mode>annotation</mode>
      <labels>
{labels}
      </labels>
    </task>
  </meta>
"""


def matches(path: Path) -> bool:
    """Whether there is an XML file of annotations."""
    return any("<annotations" in head_of(file) for file in annotation_files(path, ".xml"))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read CVAT's files for images; those for videos are refused."""
    for file in annotation_files(path, ".xml"):
        if path.is_file() or "<annotations" in head_of(file):
            document = read_xml(file)
            root = document.content
            if root.find("track") is not None:
                raise InputError(f"{file} holds tracks of a video. Export it as 'CVAT for images 1.1'.")
            records = read_records(file.parent)
            for image in root.iter("image"):
                name = image.get("name", "")
                picture = find_picture(name, file, path)
                yield attempt(
                    name, _read_image, image, file, records.get(image_id_of(name)), picture, document.warnings
                )


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``annotations.xml``, ``images/`` and ``samples.csv``."""
    records, kinds = [], dict[str, None]()
    body = folder / "body.partial"
    with body.open("w", encoding="utf-8") as stream:
        for number, entry in enumerate(entries):
            _write_image(stream, entry, number, save_picture(entry, folder / "images"))
            kinds.update(dict.fromkeys(entry.instances.kind(i) or UNNAMED for i in range(len(entry.instances))))
            records.append(entry.record)
    names = (f"        <label><name>{escape(kind)}</name><attributes></attributes></label>" for kind in kinds)
    with (folder / ANNOTATIONS).open("w", encoding="utf-8") as stream, body.open(encoding="utf-8") as written:
        stream.write(_HEAD.format(size=len(records), labels="\n".join(names)))
        shutil.copyfileobj(written, stream)
        stream.write("</annotations>\n")
    body.unlink()
    write_records(folder, records)


def _read_image(
    image: Element,
    file: Path,
    record: dict[str, object] | None,
    picture: Path | None,
    warnings: tuple[str, ...],
) -> AnnotatedImage:
    name = image.get("name", "")
    frame = frame_of(name, picture, image.get("height"), image.get("width"))
    drawings = []
    for number, item in enumerate(image):
        what = f"{file}: image {name!r}: {item.tag} {number}"
        if item.tag in _WITHOUT_AREA:
            raise InputError(f"{what} has no area. Remove it, or draw around the objects.")
        if item.tag != "tag":
            drawings.append(_drawing(item, frame.shape, what))
    known = {"split": image.get("subset", "").lower()} if record is None else record
    known = known if known.get("split") in {"train", "validation", "test"} or "image_id" in known else {}
    return frame.entry(instances_of(frame.shape, drawings), known, warnings)


def _drawing(item: Element, shape: tuple[int, int], what: str) -> Drawing:
    kind = item.get("label", UNNAMED)

    def number(key: str, default: str = "") -> float:
        """A number of the item."""
        try:
            value = float(item.get(key, default))
        except ValueError as error:
            raise InputError(f"{what}: {key} is {item.get(key)!r}: wanted a number.") from error
        if not isfinite(value):
            raise InputError(f"{what}: {key} is {value}: wanted a finite number.")
        return value

    if item.tag == "polygon":
        points = [pair.split(",") for pair in item.get("points", "").strip(";").split(";")]
        return Drawing([[ring_of(points, what)]], kind=kind)
    if item.tag == "box":
        edges = (number("xtl"), number("ytl"), number("xbr"), number("ybr"))
        return Drawing([[rectangle(*edges, number("rotation", "0"))]], kind=kind)
    if item.tag == "ellipse":
        axes = (number("cx"), number("cy"), number("rx"), number("ry"))
        return Drawing([[ellipse(*axes, number("rotation", "0"))]], kind=kind)
    if item.tag != "mask":
        raise InputError(f"{what} is of an unknown type. Export as 'CVAT for images 1.1'.")
    width, height = int(number("width")), int(number("height"))
    counts = [int(text) for text in item.get("rle", "").split(",") if text.strip()]
    too_large = not (0 < width <= shape[1] and 0 < height <= shape[0])
    if too_large or min(counts, default=0) < 0 or sum(counts) > width * height:
        raise InputError(f"{what}: its run lengths don't fit into {width} x {height} px. Export it again.")
    top, left, mask = mask_of_row_runs(np.array(counts, np.int64), width)
    return Drawing(masks=[(top + int(number("top")), left + int(number("left")), mask)], kind=kind)


def _write_image(stream: IO[str], entry: AnnotatedImage, number: int, name: str) -> None:
    height, width = entry.record.shape
    split = f" subset={quoteattr(entry.record.split)}" if entry.record.split else ""
    stream.write(f'  <image id="{number}" name={quoteattr(name)}{split} width="{width}" height="{height}">\n')
    for i in range(len(entry.instances)):
        stream.write(_element(entry.instances, i))
    stream.write("  </image>\n")


def _element(instances: InstanceMasks, i: int) -> str:
    label = quoteattr(instances.kind(i) or UNNAMED)
    rings = instances.rings(i)
    if len(rings) == 1:
        points = ";".join(f"{x:.2f},{y:.2f}" for x, y in rings[0].tolist())
        return f'    <polygon label={label} source="manual" occluded="0" points="{points}" z_order="{i}"></polygon>\n'
    mask, box = instances.mask(i), instances.box(i)
    runs = ", ".join(map(str, run_codes.row_runs(mask, 0, 0, *mask.shape).tolist()))
    place = f'left="{box.left}" top="{box.top}" width="{box.width}" height="{box.height}"'
    return f'    <mask label={label} source="manual" occluded="0" rle="{runs}" {place} z_order="{i}"></mask>\n'
