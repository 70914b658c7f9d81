"""VGG Image Annotator 2: one JSON file of regions by image.

Pieces and holes are joined to one polygon by ways that are gone twice (see `drawings.bridged`), as VIA has one ring.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from math import degrees
from pathlib import Path
from typing import Any

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_json, wanted_dict
from uniaims.dataset.exchange.drawings import Drawing, bridged, ellipse, instances_of, rectangle, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import annotation_files, find_picture, looks_like, save_picture
from uniaims.dataset.exchange.records import described, pixel_size_nm
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

ANNOTATIONS = "via_annotations.json"
KIND = "kind"

_KIND_KEYS = (KIND, "label", "class", "type", "name", "category")


def matches(path: Path) -> bool:
    """Whether there is a JSON file of VIA's regions."""
    return looks_like(path, ".json", _is_via)


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read VIA's annotations or projects; the images have to lie beside the file or in ``images/``."""
    for file in annotation_files(path, ".json"):
        if path.is_file() or _is_via(file):
            document = read_json(file)
            content = wanted_dict(document.content, f"{file}")
            images = wanted_dict(content.get("_via_img_metadata", content), f"{file}: images")
            for image in images.values():
                known = wanted_dict(image, f"{file}: image")
                picture = find_picture(str(known.get("filename") or ""), file, path)
                yield attempt(str(known.get("filename", "")), _read_image, known, file, picture, document.warnings)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``via_annotations.json`` and ``images/``; records are the files' attributes."""
    with (folder / ANNOTATIONS).open("w", encoding="utf-8") as stream:
        stream.write("{")
        for number, entry in enumerate(entries):
            name = save_picture(entry, folder / "images")
            picture = folder / "images" / name
            size = picture.stat().st_size if picture.is_file() else -1
            regions = [_region(entry.instances, i) for i in range(len(entry.instances))]
            height, width = entry.record.shape
            known = {"width": width, "height": height, **described(entry.record)}
            attributes = {key: str(value) for key, value in known.items()}
            image = {"filename": name, "size": size, "regions": regions, "file_attributes": attributes}
            stream.write(",\n" if number else "\n")
            stream.write(f"{json.dumps(f'{name}{size}')}: {json.dumps(image, ensure_ascii=False)}")
        stream.write("\n}\n")


def _is_via(file: Path) -> bool:
    head = head_of(file)
    return '"_via_' in head or ('"filename"' in head and '"regions"' in head)


def _read_image(
    image: Mapping[str, Any], file: Path, picture: Path | None, warnings: tuple[str, ...]
) -> AnnotatedImage:
    name = str(image.get("filename") or "")
    attributes = image.get("file_attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    frame = frame_of(name, picture, attributes.get("height"), attributes.get("width"))
    regions = image.get("regions") or []
    items = regions.values() if isinstance(regions, dict) else regions
    drawings = [_drawing(item, f"{file}: {name!r}: region {number}") for number, item in enumerate(items)]
    return frame.entry(instances_of(frame.shape, drawings), _known(attributes), warnings)


def _known(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a record among a file's attributes, which are texts."""
    if "image_id" not in attributes:
        return {}
    known: dict[str, Any] = {key: value for key, value in attributes.items() if isinstance(value, str) and value}
    if "pixel_size_nm" in known:
        known["pixel_size_nm"] = pixel_size_nm(known["pixel_size_nm"], "file_attributes")
    if "synthetic" in known:
        known["synthetic"] = known["synthetic"] == "True"
    return known


def _drawing(region: Mapping[str, Any], what: str) -> Drawing:
    form, own = region.get("shape_attributes") or {}, region.get("region_attributes") or {}
    kind = next((_text(own[key]) for key in _KIND_KEYS if own.get(key)), "")
    if not kind and len(own) == 1:
        kind = _text(next(iter(own.values())))
    name = form.get("name")
    if name == "polygon":
        points = list(zip(form["all_points_x"], form["all_points_y"], strict=True))
        return Drawing([[ring_of(points, what)]], kind=kind)
    if name == "rect":
        x, y = float(form["x"]), float(form["y"])
        return Drawing([[rectangle(x, y, x + float(form["width"]), y + float(form["height"]))]], kind=kind)
    if name in {"circle", "ellipse"}:
        across, down = ("r", "r") if name == "circle" else ("rx", "ry")
        x, y, radius_x, radius_y = (float(form[key]) for key in ("cx", "cy", across, down))
        return Drawing([[ellipse(x, y, radius_x, radius_y, degrees(form.get("theta") or 0))]], kind=kind)
    raise InputError(f"{what} is a {name}, which has no area. Remove it, or draw around the objects.")


def _text(value: Any) -> str:
    """An attribute as text; of tick boxes those that are ticked."""
    if isinstance(value, dict):
        return ", ".join(str(key) for key, ticked in value.items() if ticked)
    return str(value)


def _region(instances: InstanceMasks, i: int) -> dict[str, Any]:
    ring = bridged(instances.rings(i))
    form = {"name": "polygon", "all_points_x": ring[:, 0].tolist(), "all_points_y": ring[:, 1].tolist()}
    return {"shape_attributes": form, "region_attributes": {KIND: instances.kind(i)} if instances.kind(i) else {}}
