"""GeoJSON as QuPath writes and reads it: a file of features for each image, in px, (0, 0) the upper left corner."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_json, stream_list, wanted_list
from uniaims.dataset.exchange.drawings import Drawing, Part, instances_of, parts_of, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import annotation_files, pictures_in, save_picture
from uniaims.dataset.exchange.records import KEY, described
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.names import stem_of

_SUFFIXES = (".geojson", ".json")


def matches(path: Path) -> bool:
    """Whether there is a file of features."""
    return any(_is_features(file) for file in _files(path))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read files of features; each needs the image of the same name beside it or in ``images/``."""
    folder = path if path.is_dir() else path.parent
    pictures = pictures_in(folder.parent / "images") | pictures_in(folder) | pictures_in(folder / "images")
    for file in _files(path):
        if path.is_file() or _is_features(file):
            yield attempt(file.name, _read_file, file, pictures.get(stem_of(file)))


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``images/`` and a ``.geojson`` for each image; the record is a member of the collection."""
    for entry in entries:
        height, width = entry.record.shape
        name = save_picture(entry, folder / "images")
        known = {"file_name": name, "width": width, "height": height, **described(entry.record)}
        features = (_feature(entry.instances, i) for i in range(len(entry.instances)))
        with (folder / f"{entry.record.image_id}.geojson").open("w", encoding="utf-8") as stream:
            stream.write(f'{{"type": "FeatureCollection", "{KEY}": {json.dumps(known, ensure_ascii=False)},\n')
            stream.write('"features": ')
            stream_list(stream, features)
            stream.write("}\n")


def _files(path: Path) -> Iterator[Path]:
    return chain.from_iterable(annotation_files(path, suffix) for suffix in _SUFFIXES[: 1 if path.is_file() else 2])


def _is_features(file: Path) -> bool:
    head = head_of(file)
    return '"Feature' in head and '"type"' in head


def _read_file(file: Path, picture: Path | None) -> AnnotatedImage:
    document = read_json(file)
    content = document.content
    top = content if isinstance(content, dict) else {"type": "FeatureCollection", "features": content}
    features = [top] if top.get("type") == "Feature" else wanted_list(top.get("features"), f"{file}: features")
    known = top[KEY] if isinstance(top.get(KEY), dict) else {}
    name = picture.name if picture else str(known.get("file_name") or f"{file.stem}.png")
    frame = frame_of(name, picture, known.get("height"), known.get("width"), drawn_as_stored=not known)
    drawings = [_drawing(feature, f"{file}: feature {number}") for number, feature in enumerate(features)]
    return frame.entry(instances_of(frame.shape, drawings), known, document.warnings)


def _drawing(feature: Mapping[str, Any], what: str) -> Drawing:
    geometry = feature.get("geometry") or {}
    form, coordinates = geometry.get("type"), geometry.get("coordinates")
    polygons = {"Polygon": [coordinates], "MultiPolygon": coordinates}.get(str(form))
    if polygons is None:
        raise InputError(f"{what} is a {form}, which has no area. Remove it, or draw around the objects.")
    parts: list[Part] = [[ring_of(ring, what) for ring in wanted_list(polygon, what)] for polygon in polygons]
    return Drawing(parts, kind=_kind_of(feature.get("properties") or {}))


def _kind_of(properties: Mapping[str, Any]) -> str:
    """Name of the classification; QuPath from 0.6 on writes a list of names."""
    classification = properties.get("classification") or {}
    if isinstance(classification, str):
        return classification
    names = classification.get("names") or []
    return str(classification.get("name") or ": ".join(map(str, names)))


def _feature(instances: InstanceMasks, i: int) -> dict[str, Any]:
    parts = [[np.concatenate([ring, ring[:1]]).tolist() for ring in part] for part in parts_of(instances.rings(i))]
    form, coordinates = ("Polygon", parts[0]) if len(parts) == 1 else ("MultiPolygon", parts)
    properties: dict[str, Any] = {"objectType": "annotation"}
    if instances.kind(i):
        properties["classification"] = {"name": instances.kind(i), "color": [200, 0, 0]}
    geometry = {"type": form, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}
