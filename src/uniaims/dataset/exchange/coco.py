"""COCO instances: polygons, run lengths, and run lengths as COCO's own text.

Written are compressed run lengths, which are exact and hold holes and overlaps; the ``coco-polygons`` writer draws
instances without holes as polygons, for tools that take nothing else.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from uniaims._kernels import run_codes
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_json, stream_list, wanted_dict, wanted_list
from uniaims.dataset.exchange.drawings import BOX_ADVICE, Drawing, flat_points, has_holes, instances_of, ring_of
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import annotation_files, find_picture, looks_like, save_picture
from uniaims.dataset.exchange.records import KEY, UNNAMED, described, named_kinds
from uniaims.dataset.ignored import CROWD
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError, LabelsError
from uniaims.names import files_in

IGNORED = "ignored"
"""Category of ignored regions, which are written with ``iscrowd`` 1: evaluations of COCO pass them over."""
_CROWDS_ARE_KEPT = (
    f"regions with iscrowd 1 keep that mark, and their kind ends in '{CROWD.strip()}': many instances that nobody told "
    "apart. Training and evaluation pass them over. Where each is one object, set iscrowd to 0 and import it again."
)
ANNOTATIONS = "annotations/instances_default.json"

_SMALLEST_POLYGON = 6
"""Numbers of a triangle; shorter parts have no area and are passed over."""
_EXPORTERS_WORDS = {"annotation", "annotations", "coco", "data", "dataset", "default", "dev", "export", "gt", "image"}
_EXPORTERS_WORDS |= {"info", "instance", "instances", "json", "keypoints", "label", "labels", "panoptic", "person"}
_EXPORTERS_WORDS |= {"captions", "segm", "segmentation", "set", "split", "stuff"}
_YEAR = re.compile(r"(?:19|20)\d\d$")
_SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_SPLITS |= dict.fromkeys(("val", "valid", "validation"), "validation")


def matches(path: Path) -> bool:
    """Whether there is a JSON file with annotations and categories."""
    return looks_like(path, ".json", _is_coco)


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read COCO files; a file or folder called train, val or test names the split of its images."""
    files = [file for file in annotation_files(path, ".json") if path.is_file() or _is_coco(file)]
    instance_files = [file for file in files if file.name.startswith("instances")]
    for file in instance_files or files:
        yield from _read_file(file, path)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``annotations/instances_default.json`` with compressed run lengths, and ``images/``."""
    _write(entries, folder, _segmentations)


def write_polygons(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write the same with polygons, and run lengths for instances with holes."""
    _write(entries, folder, _polygon_segmentations)


def encode_counts(counts: Sequence[Sequence[int]]) -> list[str]:
    """COCO's text of run lengths, byte for byte that of pycocotools."""
    offsets = _offsets([len(runs) for runs in counts])
    flat = np.fromiter((value for runs in counts for value in runs), np.int64, offsets[-1])
    code, ends = run_codes.encode_coco(flat, offsets)
    text = code.tobytes().decode("ascii")
    return [text[start:stop] for start, stop in pairwise(ends)]


def decode_counts(texts: Sequence[str]) -> list[list[int]]:
    """Run lengths of COCO's texts.

    Raises:
        LabelsError: if a text is none of COCO's.
    """
    codes = [text.encode("latin-1", "replace") for text in texts]
    flat, ends, wrong = run_codes.decode_coco(np.frombuffer(b"".join(codes), np.uint8), _offsets(map(len, codes)))
    if wrong >= 0:
        raise LabelsError(f"Run lengths {texts[wrong][:40]!r} are no text of COCO's. Is the file damaged?")
    values = flat.tolist()
    return [values[start:stop] for start, stop in pairwise(ends)]


def _offsets(lengths: Iterable[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.concatenate([[0], np.cumsum(list(lengths))]).astype(np.int64)


def _is_coco(file: Path) -> bool:
    head = head_of(file).lstrip()
    holds = [f'"{key}"' in head for key in ("file_name", "segmentation", "categories", "category_id")]
    return head.startswith("{") and any(holds) and ('"images"' in head or '"annotations"' in head)


def _read_file(file: Path, given: Path) -> Iterator[AnnotatedImage | Unreadable]:
    document = read_json(file)
    content = wanted_dict(document.content, f"{file}")
    names = {str(item["id"]): str(item.get("name", item["id"])) for item in wanted_list(content.get("categories"), "")}
    images = wanted_list(content.get("images"), f"{file}: images")
    by_image: dict[str, list[Any]] = {_id_of(image): [] for image in images}
    if len(by_image) < len(images):
        twice = next(name for name, number in Counter(map(_id_of, images)).items() if number > 1)
        raise InputError(
            f"{file}: two images have the id {twice}, so nobody knows whose annotations are whose. Fix it."
        )
    for annotation in wanted_list(content.get("annotations"), f"{file}: annotations"):
        place = by_image.get(str(annotation.get("image_id")))
        if place is None:
            text = f"{file}: annotation {annotation.get('id')} belongs to image {annotation.get('image_id')!r}"
            raise InputError(f"{text}, which is not among the images. Export images and annotations together.")
        place.append(annotation)
    split = split_of(file)
    for image in images:
        name = str(image.get("file_name") or image.get("id"))
        annotations = by_image.pop(_id_of(image), [])
        picture = find_picture(name, file, given)
        yield attempt(name, _entry, image, annotations, names, picture, (file, split, document.warnings))


def _entry(
    image: Mapping[str, Any],
    annotations: list[Any],
    names: dict[str, str],
    picture: Path | None,
    source: tuple[Path, str, tuple[str, ...]],
) -> AnnotatedImage:
    """An image of a file, whose split and warnings come with it."""
    file, split, warnings = source
    name = str(image.get("file_name") or image.get("id"))
    frame = frame_of(name, picture, image.get("height"), image.get("width"))
    own = image[KEY] if isinstance(image.get(KEY), dict) else None
    kinds = [_kind_of(annotation, names) for annotation in annotations]
    try:
        instances = _instances(frame.shape, annotations, kinds)
    except LabelsError as error:
        raise LabelsError(f"{file}: image {name!r}: {error}") from error
    if own is None and any(kind.endswith(CROWD) for kind in kinds):
        warnings = (*warnings, f"{file}: {_CROWDS_ARE_KEPT}")
    return _with_ignored(frame.entry(instances, {"split": split, **(own or {})}, warnings))


def _with_ignored(entry: AnnotatedImage) -> AnnotatedImage:
    """The image, with what was written as ignored regions as such again."""
    regions = np.array([kind == IGNORED + CROWD for kind in entry.instances.kinds], np.bool_)
    if not regions.any():
        return entry
    masks = entry.instances
    kept = masks.chosen(~regions)
    instances = replace(kept, kinds=named_kinds(kept.kinds))
    return replace(entry, instances=instances, ignored=masks.chosen(regions).labels() > 0)


def _instances(shape: tuple[int, int], annotations: list[Any], kinds: list[str]) -> InstanceMasks:
    """InstanceMasks of annotations; run lengths all at once where there is nothing else."""
    shapes = [annotation.get("segmentation") for annotation in annotations]
    if all(isinstance(item, dict) for item in shapes):
        return InstanceMasks.from_coco_counts(shape, _counts_of(shape, shapes), named_kinds(kinds))
    drawings = [
        _drawing(shape, item, kind, f"annotation {annotation.get('id')}")
        for item, kind, annotation in zip(shapes, kinds, annotations, strict=True)
    ]
    return instances_of(shape, drawings)


def _drawing(shape: tuple[int, int], segmentation: Any, kind: str, what: str) -> Drawing:
    if isinstance(segmentation, dict):
        single = InstanceMasks.from_coco_counts(shape, _counts_of(shape, [segmentation]))
        return Drawing(masks=[single.placed_mask(0)], kind=kind)
    if not segmentation or not isinstance(segmentation, list):
        raise LabelsError(f"{what} has no outline, only a box. {BOX_ADVICE}")
    if not isinstance(segmentation[0], list):
        segmentation = [segmentation]
    pairs = all(isinstance(part, list) and len(part) == 2 for part in segmentation)
    outlines = [segmentation] if pairs else [part for part in segmentation if len(part) >= _SMALLEST_POLYGON]
    return Drawing([[ring_of(outline, what)] for outline in outlines], kind=kind)


def _counts_of(shape: tuple[int, int], codes: list[Any]) -> list[list[int]]:
    for code in codes:
        size = tuple(code.get("size") or shape)
        if size != shape:
            raise LabelsError(f"run lengths are for {size} (rows, columns), the image has {shape}.")
    texts = [code["counts"] for code in codes if isinstance(code["counts"], str)]
    decoded = iter(decode_counts(texts))
    return [next(decoded) if isinstance(code["counts"], str) else list(map(int, code["counts"])) for code in codes]


def _kind_of(annotation: Mapping[str, Any], names: dict[str, str]) -> str:
    category = str(annotation.get("category_id", UNNAMED))
    is_crowd = annotation.get("iscrowd") in {1, "1"} and not _is_cvats_brush(annotation)
    return names.get(category, category) + (CROWD if is_crowd else "")


def _is_cvats_brush(annotation: Mapping[str, Any]) -> bool:
    """Whether CVAT wrote a mask that was drawn with the brush: it marks them all, only for their run lengths.

    Its annotations have attributes, which those of COCO don't.
    """
    attributes = annotation.get("attributes")
    return isinstance(attributes, dict) and "occluded" in attributes and isinstance(annotation["segmentation"], dict)


def _id_of(image: Mapping[str, Any]) -> str:
    return str(image.get("id", image.get("file_name")))


def split_of(file: Path) -> str:
    """Part of the dataset that a file holds; empty if its name doesn't say.

    It is the folder's name; or that of the file, where nothing else stands beside the part but the words that exporters
    write (``instances_val2017``), or where files of the same name with other parts lie beside it: a ``tensile_test`` is
    none.
    """
    words = _words_of(file.stem)
    places = [i for i, word in enumerate(words) if _part(word)]
    if len(places) == 1:
        (place,) = places
        rest = words[:place] + words[place + 1 :]
        others = (_words_of(other.stem) for other in files_in(file.parent, file.suffix.lower()))
        siblings = (
            other for other in others if len(other) == len(words) and other[:place] + other[place + 1 :] == rest
        )
        parts = {_part(other[place]) for other in siblings} - {""}
        if len(parts) > 1 or not {_YEAR.sub("", word) for word in rest} - _EXPORTERS_WORDS:
            return _part(words[place])
    return _part(file.parent.name.lower())


def _words_of(stem: str) -> list[str]:
    return [word for word in re.split(r"[_\-. ]+", stem.lower()) if word]


def _part(word: str) -> str:
    """Part of a dataset that a word names, perhaps with a year behind it: ``val2017``."""
    return _SPLITS.get(_YEAR.sub("", word), "")


def _write(entries: Iterable[AnnotatedImage], folder: Path, segment: Callable[[InstanceMasks], list[Any]]) -> None:
    images: list[dict[str, Any]] = []
    categories: dict[str, int] = {}

    def annotations() -> Iterator[dict[str, Any]]:
        """All annotations, one at a time; the images are noted on the way."""
        identity = count(1)
        for number, entry in enumerate(entries, 1):
            images.append(_image(entry, number, save_picture(entry, folder / "images")))
            regions = _as_instance(entry)
            masks = [(entry.instances, segment(entry.instances)), (regions, _segmentations(regions))]
            for annotation in chain(*(_annotations(each, shapes, categories) for each, shapes in masks)):
                yield {"id": next(identity), "image_id": number, **annotation}

    (folder / "annotations").mkdir()
    with (folder / ANNOTATIONS).open("w", encoding="utf-8") as stream:
        stream.write('{"info": {"description": "written by uniaims", "version": "1.0"}, "licenses": [],\n')
        stream.write('"annotations": ')
        stream_list(stream, annotations())
        named = [{"id": identity, "name": name, "supercategory": ""} for name, identity in categories.items()]
        rest = {"categories": named or [{"id": 1, "name": UNNAMED, "supercategory": ""}], "images": images}
        stream.write(",\n" + json.dumps(rest, ensure_ascii=False)[1:])


def _as_instance(entry: AnnotatedImage) -> InstanceMasks:
    """The ignored region as a crowd; none where nothing is ignored."""
    whole = [] if entry.ignored is None else [(0, 0, entry.ignored)]
    return InstanceMasks.from_masks(entry.record.shape, whole, [IGNORED + CROWD] * len(whole))


def _image(entry: AnnotatedImage, number: int, name: str) -> dict[str, Any]:
    height, width = entry.record.shape
    return {"id": number, "file_name": name, "width": width, "height": height, KEY: described(entry.record)}


def _annotations(
    instances: InstanceMasks, segmentations: list[Any], categories: dict[str, int]
) -> Iterator[dict[str, Any]]:
    areas = instances.areas_px.tolist()
    for i, segmentation in enumerate(segmentations):
        kind = instances.kind(i)
        name = kind.removesuffix(CROWD) or UNNAMED
        box = instances.box(i)
        yield {
            "category_id": categories.setdefault(name, len(categories) + 1),
            "segmentation": segmentation,
            "area": areas[i],
            "bbox": [box.left, box.top, box.width, box.height],
            "iscrowd": int(kind.endswith(CROWD)),
        }


def _segmentations(instances: InstanceMasks) -> list[Any]:
    texts = encode_counts([instances.coco_counts(i) for i in range(len(instances))])
    return [{"size": list(instances.shape), "counts": text} for text in texts]


def _polygon_segmentations(instances: InstanceMasks) -> list[Any]:
    segmentations: list[Any] = []
    for i in range(len(instances)):
        rings = instances.rings(i)
        if has_holes(rings) or instances.kind(i).endswith(CROWD):
            code = encode_counts([instances.coco_counts(i)])[0]
            segmentations.append({"size": list(instances.shape), "counts": code})
        else:
            segmentations.append([flat_points(ring) for ring in rings])
    return segmentations
