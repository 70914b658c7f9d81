"""OME-Zarr images with their label images (NGFF 0.4 written, 0.4 and 0.5 read), a ``.zarr`` folder for each image."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import read_json, wanted_dict
from uniaims.dataset.exchange.format import Unreadable, attempt, unequal_sizes
from uniaims.dataset.exchange.pictures import pixels_of
from uniaims.dataset.exchange.records import KEY, described, named_kinds, record_for
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError
from uniaims.formats.ome_zarr import read as read_plane
from uniaims.labels import check_labels, objects_of
from uniaims.micrograph import read_image
from uniaims.names import folders_in

Layer = tuple[str, NDArray[np.uint32], dict[int, str]]
"""Name, numbers (H, W) and kinds of a label image."""

_LABELS = "instances"
_CHUNK = 1024
_VERSION = "0.4"


def matches(path: Path) -> bool:
    """Whether there is a ``.zarr`` folder with labels."""
    return any((image / "labels").is_dir() for image in _images(path))


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read one image, or each ``.zarr`` in a folder; of several label images each is a kind of instances."""
    for image in _images(path):
        yield attempt(image.name, _read_image, image)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write a ``.zarr`` folder for each image: its pixels, its instances as ``labels/instances``, kinds and record.

    Raises:
        InputError: if an image has no pixels.
    """
    for entry in entries:
        pixels = pixels_of(entry)
        if pixels is None:
            raise InputError(f"image {entry.record.image_id!r} has labels but no picture. Add it, or choose coco.")
        _write_image(entry, pixels, folder / f"{entry.record.image_id}.zarr")


def _images(path: Path) -> list[Path]:
    if (path / ".zattrs").is_file() or (path / "zarr.json").is_file():
        return [path]
    return [item for item in folders_in(path) if item.suffix.lower() == ".zarr"] if path.is_dir() else []


def _read_image(path: Path) -> AnnotatedImage:
    attributes = _attributes(path)
    shape = read_image(path).shape
    known = attributes.get(KEY) if isinstance(attributes.get(KEY), dict) else None
    layers, warnings = _layers(path, shape)
    if known is None:
        layers, more = _objects_apart(path, layers)
        warnings += more
    single = len(layers) == 1
    parts = [
        InstanceMasks.from_labels(labels, kinds or (None if single else dict.fromkeys(_numbers(labels), name)))
        for name, labels, kinds in layers
    ]
    return AnnotatedImage(record_for(path.name, shape, known), _joined(shape, parts), path, warnings)


def _objects_apart(path: Path, layers: list[Layer]) -> tuple[list[Layer], tuple[str, ...]]:
    """Label images of others with masks parted into objects, and what the user should read about them."""
    parted = [(name, objects_of(labels), kinds) for name, labels, kinds in layers]
    warnings = tuple(f"{path}/labels/{name}: {text}" for name, objects, _ in parted for text in objects.warnings)
    return [(name, objects.labels, objects.names(kinds)) for name, objects, kinds in parted], warnings


def _layers(path: Path, shape: tuple[int, int]) -> tuple[list[Layer], tuple[str, ...]]:
    """Name, numbers (H, W) and kinds of each label image, and what the user should read about them."""
    group = path / "labels"
    names = _attributes(group).get("labels", []) if group.is_dir() else []
    layers: list[Layer] = []
    warnings: list[str] = []
    for name in names:
        place = PurePosixPath(str(name))
        if place.is_absolute() or ".." in place.parts:
            raise InputError(f"{path}: a label image is said to be at {name}, outside the folder. It is damaged.")
        plane = read_plane(group / place, may_be_empty=True)
        warnings += [f"{path}/labels/{name}: {text}" for text in plane.warnings]
        labels = check_labels(np.asarray(plane.pixels))
        if labels.shape != shape:
            raise unequal_sizes(f"{path.name}/labels/{name}", labels.shape, shape)
        layers.append((str(name), labels, _kinds(_attributes(group / place))))
    return layers, tuple(warnings)


def _kinds(attributes: Mapping[str, Any]) -> dict[int, str]:
    """Kinds by number, of the properties of a label image."""
    properties = attributes.get("image-label", {}).get("properties") or []
    found = {int(item["label-value"]): item.get("class") or item.get("kind") for item in properties}
    return {number: str(kind) for number, kind in found.items() if kind}


def _numbers(labels: NDArray[np.uint32]) -> list[int]:
    return [int(number) for number in np.unique(labels) if number]


def _joined(shape: tuple[int, int], parts: list[InstanceMasks]) -> InstanceMasks:
    """Instances of all label images in one, which then may share pixels."""
    if len(parts) == 1:
        return parts[0]
    codes = [code for part in parts for code in part.encoded()]
    kinds = named_kinds(part.kind(i) for part in parts for i in range(len(part)))
    boxes = np.concatenate([np.zeros((0, 4), np.int32), *(part.boxes for part in parts)])
    return InstanceMasks.from_encoded(shape, boxes, codes, None, kinds)


def _attributes(path: Path) -> dict[str, Any]:
    """NGFF attributes of a group: at the top in 0.4, under "ome" in 0.5; other names stand at the top in both."""
    for name in (".zattrs", "zarr.json"):
        if (path / name).is_file():
            content = wanted_dict(read_json(path / name).content, f"{path / name}")
            top = content.get("attributes", {}) if name == "zarr.json" else content
            return {**top, **top.get("ome", {})} if isinstance(top.get("ome", {}), dict) else top
    return {}


def _write_image(entry: AnnotatedImage, pixels: NDArray[Any], path: Path) -> None:
    colours = pixels.ndim == 3
    root = zarr.open_group(str(path), mode="w", zarr_format=2)
    _write_plane(root, np.moveaxis(pixels, -1, 0) if colours else pixels)
    root.attrs.update({"multiscales": [_multiscale(entry, path.name, colours=colours)], KEY: described(entry.record)})
    labels = root.create_group("labels")
    labels.attrs["labels"] = [_LABELS]
    group = labels.create_group(_LABELS)
    _write_plane(group, entry.instances.labels())
    numbered = zip(entry.instances.numbers.tolist(), entry.instances.kinds, strict=False)
    properties = [{"label-value": number, "class": kind} for number, kind in numbered if kind]
    description: dict[str, Any] = {"version": _VERSION, "source": {"image": "../../"}}
    if properties:
        description["properties"] = properties
    group.attrs.update({"multiscales": [_multiscale(entry, _LABELS, colours=False)], "image-label": description})


def _write_plane(group: Any, plane: NDArray[Any]) -> None:
    chunks = (1,) * (plane.ndim - 2) + tuple(min(_CHUNK, side) for side in plane.shape[-2:])
    array = group.create_array(
        "0",
        shape=plane.shape,
        chunks=chunks,
        dtype=plane.dtype,
        chunk_key_encoding={"name": "v2", "separator": "/"},
        config={"write_empty_chunks": True},  # a chunk that is not there then tells of a copy that was not whole
    )
    array[...] = plane


def _multiscale(entry: AnnotatedImage, name: str, *, colours: bool) -> dict[str, Any]:
    nanometres = entry.record.pixel_size_nm
    axes: list[dict[str, str]] = [{"name": "c", "type": "channel"}] if colours else []
    axes += [{"name": axis, "type": "space", **({"unit": "nanometer"} if nanometres else {})} for axis in "yx"]
    scale = [1.0] * colours + [nanometres or 1.0] * 2
    transformations = [{"type": "scale", "scale": scale}]
    datasets = [{"path": "0", "coordinateTransformations": transformations}]
    return {"version": _VERSION, "name": name, "axes": axes, "datasets": datasets}
