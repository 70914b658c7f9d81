"""LabelMe: a JSON file beside each image.

Instances of one piece without holes are written as polygons, the others as LabelMe's shape ``mask``. Shapes of equal
label and ``group_id`` are read as one instance, as LabelMe itself does.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np
from imagecodecs import png_encode

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_json, wanted_dict, wanted_list, write_json
from uniaims.dataset.exchange.drawings import Drawing, Mask, ellipse, instances_of, rectangle, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import Frame, frame_of
from uniaims.dataset.exchange.pictures import (
    annotation_files,
    embedded_picture,
    find_picture,
    looks_like,
    save_picture,
)
from uniaims.dataset.exchange.records import KEY, UNNAMED, described
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

_VERSION = "5.5.0"


def matches(path: Path) -> bool:
    """Whether there is a JSON file with LabelMe's shapes."""
    return looks_like(path, ".json", _is_labelme)


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read LabelMe files; the image lies beside them or inside of them."""
    for file in annotation_files(path, ".json"):
        if path.is_file() or _is_labelme(file):
            yield attempt(file.name, _read_file, file, path)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write each image and its JSON file into one folder, as LabelMe has them."""
    for entry in entries:
        height, width = entry.record.shape
        content = {
            "version": _VERSION,
            "flags": {},
            "shapes": [_shape(entry.instances, i) for i in range(len(entry.instances))],
            "imagePath": save_picture(entry, folder),
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
            KEY: described(entry.record),
        }
        write_json(folder / f"{entry.record.image_id}.json", content)


def _is_labelme(file: Path) -> bool:
    head = head_of(file)
    return '"shapes"' in head or ('"flags"' in head and '"version"' in head) or '"imagePath"' in head


def _read_file(file: Path, given: Path) -> AnnotatedImage:
    document = read_json(file)
    content = wanted_dict(document.content, f"{file}")
    frame = _frame_of(content, file, given)
    shapes = wanted_list(content.get("shapes"), f"{file}: shapes")
    drawings = _grouped([(_drawing(item, f"{file}: shape {i}"), item.get("group_id")) for i, item in enumerate(shapes)])
    known = content.get(KEY) if isinstance(content.get(KEY), dict) else None
    return frame.entry(instances_of(frame.shape, drawings), known, document.warnings)


def _frame_of(content: Mapping[str, Any], file: Path, given: Path) -> Frame:
    """The image, which lies beside the file or inside of it."""
    name = str(content.get("imagePath") or file.with_suffix(".png").name)
    picture = find_picture(name, file, given)
    height, width = content.get("imageHeight"), content.get("imageWidth")
    if picture is not None or not content.get("imageData"):
        return frame_of(name, picture, height, width)
    pixels = embedded_picture(content["imageData"], f"{file}: imageData")
    frame = frame_of(name, None, *pixels.shape[:2])
    if height and (height, width) != frame.shape:
        raise InputError(f"{file}: imageHeight and imageWidth are {height} x {width}, its image has {frame.shape}.")
    return replace(frame, image=pixels)


def _grouped(drawings: list[tuple[Drawing, Any]]) -> list[Drawing]:
    """Drawings of the same kind and group joined, in the order of their first."""
    joined: dict[tuple[str, str], Drawing] = {}
    for number, (drawing, group) in enumerate(drawings):
        key = (drawing.kind, f"group {group}" if group is not None else f"single {number}")
        before = joined.get(key, Drawing(kind=drawing.kind))
        parts, masks = (*before.parts, *drawing.parts), (*before.masks, *drawing.masks)
        joined[key] = Drawing(parts, masks, drawing.kind)
    return list(joined.values())


def _drawing(item: Mapping[str, Any], what: str) -> Drawing:
    kind, form = str(item.get("label", UNNAMED)), item.get("shape_type") or "polygon"
    points = wanted_list(item.get("points"), what)
    if form == "mask":
        return Drawing(masks=[_mask(item, what)], kind=kind)
    if form in {"polygon", "oriented_rectangle"}:
        return Drawing(parts=[[ring_of(points, what)]], kind=kind)
    if form == "rectangle":
        corners = np.asarray(points, np.float64)
        return Drawing(parts=[[rectangle(*corners.min(axis=0), *corners.max(axis=0))]], kind=kind)
    if form == "circle":
        (x, y), (to_x, to_y) = points
        radius = hypot(to_x - x, to_y - y)
        return Drawing(parts=[[ellipse(x, y, radius, radius)]], kind=kind)
    raise InputError(f"{what} is a {form}, which has no area. Remove it, or draw it as polygon.")


def _mask(item: Mapping[str, Any], what: str) -> Mask:
    """The mask of a shape; its two points are the first and the last pixel."""
    (x, y), _ = item["points"]
    mask = embedded_picture(item["mask"], f"{what}: mask")
    if mask.ndim != 2:
        raise InputError(f"{what}: its mask has the shape {mask.shape}: wanted (rows, columns). Save it again.")
    return int(y), int(x), mask > 0


def _shape(instances: InstanceMasks, i: int) -> dict[str, Any]:
    rings = instances.rings(i)
    frame: dict[str, Any] = {"label": instances.kind(i) or UNNAMED, "group_id": None, "description": "", "flags": {}}
    if len(rings) == 1:
        return {**frame, "points": rings[0].tolist(), "shape_type": "polygon", "mask": None}
    box = instances.box(i)
    code = b64encode(png_encode(instances.mask(i).astype(np.uint8))).decode("ascii")
    return {
        **frame,
        "points": [[box.left, box.top], [box.right - 1, box.bottom - 1]],
        "shape_type": "mask",
        "mask": code,
    }
