"""Label Studio: one JSON list of tasks with brush masks; polygons, rectangles and ellipses are read too.

Brush masks are run lengths of bits (see `uniaims._kernels.run_codes`); all other numbers are percent of the image.
"""

from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from uniaims import formats
from uniaims._kernels import run_codes
from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.exchange.documents import head_of, read_json, stream_list, wanted_list
from uniaims.dataset.exchange.drawings import (
    Drawing,
    Mask,
    Ring,
    ellipse,
    instances_of,
    mask_of_row_runs,
    rectangle,
    ring_of,
    turned,
)
from uniaims.dataset.exchange.format import Unreadable, attempt
from uniaims.dataset.exchange.frame import frame_of
from uniaims.dataset.exchange.pictures import (
    annotation_files,
    find_picture,
    looks_like,
    save_picture,
    without_upload_mark,
)
from uniaims.dataset.exchange.records import KEY, UNNAMED, described
from uniaims.dataset.instances import InstanceMasks
from uniaims.errors import InputError

TASKS = "tasks.json"
CONFIGURATION = "labeling_config.xml"

_CONFIGURATION = """<View>
  <Image name="image" value="$image" zoom="true"/>
  <BrushLabels name="brush" toName="image">
{labels}
  </BrushLabels>
</View>
"""
_REGIONS = (
    "brushlabels",
    "brush",
    "polygonlabels",
    "polygon",
    "rectanglelabels",
    "rectangle",
    "ellipselabels",
    "ellipse",
)
_IMAGE_KEYS = frozenset({"image", "img", "picture", "photo", "image_url", "url", "micrograph", "file"})
_IMAGE_SUFFIXES = formats.SUFFIXES | {".gif", ".webp"}
_WITHOUT_AREA = ("keypointlabels", "keypoint", "vectorlabels", "vector")


def matches(path: Path) -> bool:
    """Whether there is a JSON list of tasks."""
    return looks_like(path, ".json", _is_tasks)


def read(path: Path) -> Iterator[AnnotatedImage | Unreadable]:
    """Read exported tasks; of several annotations of a task the last that was not cancelled counts.

    Tasks with predictions only are ``suggested``, those with nothing ``unlabelled``.
    """
    for file in annotation_files(path, ".json"):
        if path.is_file() or _is_tasks(file):
            document = read_json(file)
            tasks = document.content if isinstance(document.content, list) else [document.content]
            uploads = Counter(without_upload_mark(_file_name(_address_of(task))) for task in tasks)
            for number, task in enumerate(tasks, 1):
                what = f"{file}: task {task.get('id', number)}"
                name = _file_name(_address_of(task))
                plain = without_upload_mark(name)
                yield attempt(what, _read_task, task, (file, path), name if uploads[plain] > 1 else plain, what)


def write(entries: Iterable[AnnotatedImage], folder: Path) -> None:
    """Write ``tasks.json``, ``images/`` and the labelling interface that the tasks want.

    Image addresses are those of Label Studio's local files, below the folder's own name.
    """
    kinds: dict[str, None] = {UNNAMED: None}

    def tasks() -> Iterator[dict[str, Any]]:
        """All tasks, one at a time; the kinds are noted on the way."""
        for number, entry in enumerate(entries, 1):
            kinds.update(dict.fromkeys(entry.instances.kinds))
            yield _task(entry, number, save_picture(entry, folder / "images"))

    with (folder / TASKS).open("w", encoding="utf-8") as stream:
        stream_list(stream, tasks())
    lines = (f'    <Label value="{_escaped(kind)}"/>' for kind in kinds if kind)
    (folder / CONFIGURATION).write_text(_CONFIGURATION.format(labels="\n".join(lines)), "utf-8")


def encode_brush(mask: Mask, shape: tuple[int, int]) -> list[int]:
    """Label Studio's bytes of a mask at its place in an image of ``shape``, those of its own converter."""
    top, left, inside = mask
    runs = run_codes.row_runs(inside, left, top, shape[0], shape[1])
    return [int(byte) for byte in run_codes.encode_brush(runs)]


def decode_brush(code: Iterable[int], shape: tuple[int, int]) -> Mask:
    """The mask in Label Studio's bytes.

    Raises:
        InputError: if the code is cut short or belongs to an image of another size.
    """
    runs, whole = run_codes.decode_brush(np.array(list(code), np.uint8))
    if not whole or int(runs.sum()) != shape[0] * shape[1]:
        raise InputError(f"a brush mask is cut short, or of another size than the image of {shape} (rows, columns).")
    return mask_of_row_runs(runs, shape[1])


def _is_tasks(file: Path) -> bool:
    head = head_of(file).lstrip()
    return head.startswith(("[", "{")) and '"data"' in head and ('"annotations"' in head or '"predictions"' in head)


def _read_task(task: Mapping[str, Any], source: tuple[Path, Path], name: str, what: str) -> AnnotatedImage:
    """A task of a file, in what the user gave (``source``); its image is called ``name``."""
    data, address = task.get("data") or {}, _address_of(task)
    if not address:
        raise InputError(f"{what} names no image. Export the tasks as JSON.")
    results = _results_of(task)
    picture = find_picture(address, *source)
    sized: Any = next((item for item in results if item.get("original_height")), {})
    known = {"review_state": _state_of(task), **(data[KEY] if isinstance(data.get(KEY), dict) else {})}
    height, width = (sized.get(f"original_{s}") or data.get(s) for s in ("height", "width"))
    frame = frame_of(name, picture, height, width)
    drawings = [drawing for item in results if (drawing := _drawing(item, frame.shape, what)) is not None]
    return frame.entry(instances_of(frame.shape, drawings), known)


def _address_of(task: Mapping[str, Any]) -> str:
    """Where a task's image is: of the texts in its data the one that looks most like it; empty if there is none.

    The key is free; regions name the part of the labelling interface that shows the image, often like the key.
    """
    data = task.get("data")
    if not isinstance(data, dict):
        return ""
    parts = {item.get("to_name") for item in _results_of(task) if isinstance(item, dict)}
    texts = {key: value for key, value in data.items() if isinstance(value, str) and value}

    def likeness(key: str) -> tuple[bool, bool, bool]:
        """How much the text under a key looks like the address of the image."""
        return _is_image_address(texts[key]), key in parts, key.lower() in _IMAGE_KEYS

    best = max(texts, key=likeness, default="")
    return _resolved(texts[best]) if best else ""


def _is_image_address(text: str) -> bool:
    """Whether a text ends as images do, or is an address of Label Studio's."""
    plain = _resolved(text)
    suffix = PurePosixPath(plain.partition("?d=")[2] or plain.partition("?")[0]).suffix.lower()
    return suffix in _IMAGE_SUFFIXES or "/data/upload/" in plain or "?d=" in plain


def _resolved(address: str) -> str:
    """An address of a cloud's file that Label Studio has packed into one of its own (``?fileuri=`` in base64)."""
    packed = parse_qs(urlsplit(address).query).get("fileuri") if "fileuri=" in address else None
    try:
        return urlsafe_b64decode(packed[0] + "=" * (-len(packed[0]) % 4)).decode() if packed else address
    except ValueError:
        return address


def _file_name(address: str) -> str:
    """Name of the file that an address leads to."""
    place = address.partition("?d=")[2] or address.partition("?")[0]
    return unquote(place.replace("\\", "/").rstrip("/").rpartition("/")[2])


def _state_of(task: Mapping[str, Any]) -> str:
    """Tasks that nobody has annotated must not pass for images without an object."""
    if any(not item.get("was_cancelled") for item in wanted_list(task.get("annotations"), "annotations")):
        return ""
    return "suggested" if task.get("predictions") else "unlabelled"


def _results_of(task: Mapping[str, Any]) -> list[Any]:
    """The regions of a task: of its last annotation, else of its last prediction."""
    done = [item for item in wanted_list(task.get("annotations"), "annotations") if not item.get("was_cancelled")]
    chosen = done or wanted_list(task.get("predictions"), "predictions")
    return wanted_list(chosen[-1].get("result"), "result") if chosen else []


def _drawing(item: Mapping[str, Any], shape: tuple[int, int], what: str) -> Drawing | None:
    form, value = str(item.get("type", "")).lower(), item.get("value") or {}
    if "rle" in value:
        form = "brush"
    if form in _WITHOUT_AREA:
        raise InputError(f"{what} has a region of the type {form}, which has no area. Remove it before exporting.")
    if form not in {*_REGIONS, "labels"}:
        return None  # choices, ratings and texts say something of the whole image
    labels = next((value[key] for key in value if key.endswith("labels") and value[key]), [UNNAMED])
    if form.startswith("brush"):
        return Drawing(masks=[decode_brush(value["rle"], shape)], kind=str(labels[0]))
    return Drawing(parts=[[_ring(value, shape, what)]], kind=str(labels[0]))


def _ring(value: Mapping[str, Any], shape: tuple[int, int], what: str) -> Ring:
    """Outline in px of a polygon, rectangle or ellipse in percent; they are turned around their upper left corner."""
    unit = np.array([shape[1], shape[0]]) / 100
    if "points" in value:
        return ring_of(value["points"], what) * unit
    x, y = value["x"] * unit[0], value["y"] * unit[1]
    degrees = float(value.get("rotation") or 0)
    if "radiusX" in value:
        return ellipse(x, y, value["radiusX"] * unit[0], value["radiusY"] * unit[1], degrees)
    return turned(rectangle(x, y, x + value["width"] * unit[0], y + value["height"] * unit[1]), (x, y), degrees)


def _task(entry: AnnotatedImage, number: int, name: str) -> dict[str, Any]:
    height, width = entry.record.shape
    data = {"image": f"/data/local-files/?d=images/{name}", "height": height, "width": width}
    results = [_result(entry.instances, i) for i in range(len(entry.instances))]
    annotation = {"id": number, "was_cancelled": False, "ground_truth": False, "result": results}
    return {"id": number, "data": {**data, KEY: described(entry.record)}, "annotations": [annotation]}


def _result(instances: InstanceMasks, i: int) -> dict[str, Any]:
    code = encode_brush(instances.placed_mask(i), instances.shape)
    return {
        "id": f"r{i + 1}",
        "type": "brushlabels",
        "from_name": "brush",
        "to_name": "image",
        "origin": "manual",
        "image_rotation": 0,
        "original_width": instances.shape[1],
        "original_height": instances.shape[0],
        "value": {"format": "rle", "rle": code, "brushlabels": [instances.kind(i) or UNNAMED]},
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
