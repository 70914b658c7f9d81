"""What finds text, bars, rulers and banners in a picture: the finder of text alone, or a trained network.

Which way an ONNX file takes a picture and gives its boxes, our own files and those that Ultralytics exports, follows
from its metadata. Ultralytics writes ``names``, a Python dictionary of classes, and gives (4 + K, A): middle and size
of each box, then the scores; our files give (A, 4 + K): corners, then the scores.
"""

import ast
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, Protocol, get_args

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import ModelError
from uniaims.scalebar.text import find_text
from uniaims.sessions import cpu_session

DetectionKind = Literal["bar", "ruler", "text", "banner"]


@dataclass(frozen=True)
class Detection:
    """A region that a detector found; `score` 0..1."""

    kind: DetectionKind
    box: Box
    score: float


class Detector(Protocol):
    """Anything that finds the parts of a scale bar in a picture."""

    def __call__(self, gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        """Regions in ``gray`` (H, W) uint8, in its pixels; it is to be looked at enlarged by ``scale``."""
        ...


def text_detector(gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
    """The :class:`Detector` that needs no training of its own: text alone; bars are looked for beside it."""
    return tuple(Detection("text", found.box, found.score) for found in find_text(gray, scale))


CARD_KEY = "uniaims"


STRIDE = 32


FARTHEST_PX = np.float32(1e6)
"""No box is farther away than this."""


_KINDS: tuple[DetectionKind, ...] = get_args(DetectionKind)


_ULTRALYTICS_LEVEL = 114


@dataclass(frozen=True)
class Layout:
    """How a network is fed and read.

    Attributes:
        kinds: what it finds, those that we look for.
        columns: column of the scores of each kind.
        input, output: names in the file.
        channels: how often the grey levels are repeated.
        fixed_size: width and height of its input; None: any multiples of `STRIDE`.
        padding_level: grey level that fills a picture up.
        by_middle: whether a cell is a column of middle and size, as Ultralytics has it; else a row of corners.
    """

    kinds: tuple[DetectionKind, ...]
    columns: tuple[int, ...]
    input: str = "image"
    output: str = "detections"
    channels: int = 1
    fixed_size: tuple[int, int] | None = None
    padding_level: int = 128
    by_middle: bool = False

    def seen_size(self, size: tuple[int, int], scale: float) -> tuple[int, int]:
        """Width and height at which a picture of `size` is seen: enlarged by `scale`, or as it fits the fixed size."""
        if self.fixed_size is not None:
            scale = min(self.fixed_size[0] / size[0], self.fixed_size[1] / size[1])
            return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
        return max(STRIDE, round(size[0] * scale)), max(STRIDE, round(size[1] * scale))

    def batch(self, gray: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
        """A picture (H, W) as input (1, `channels`, H', W'), 0 to 1: brought to `size`, filled up right and below."""
        resized = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if size[0] < gray.shape[1] else cv2.INTER_LINEAR)
        whole = self.fixed_size or (size[0] + -size[0] % STRIDE, size[1] + -size[1] % STRIDE)
        right, below = whole[0] - size[0], whole[1] - size[1]
        padded = cv2.copyMakeBorder(resized, 0, below, 0, right, cv2.BORDER_CONSTANT, value=self.padding_level)
        levels = np.asarray(padded, np.float32)[None, None] / np.float32(255)
        return np.repeat(levels, self.channels, axis=1)

    def boxes_and_scores(self, cells: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Corners (A, 4) x0, y0, x1, y1 in the pixels of the input, and scores (A, K) of `kinds`, 0 to 1.

        Cells that are not finite become empty boxes that score nothing.

        Raises:
            ModelError: if the network gives something else.
        """
        rows = cells.T if self.by_middle else cells
        if rows.ndim != 2 or rows.shape[1] < 5 + max(self.columns):
            wanted = f"boxes with the scores of {1 + max(self.columns)} classes"
            raise ModelError(f"the scale bar detector gives {cells.shape}, wanted {wanted}. Give another --detector.")
        rows = np.where(np.isfinite(rows).all(axis=1, keepdims=True), rows, 0).clip(-FARTHEST_PX, FARTHEST_PX)
        boxes, scores = rows[:, :4], rows[:, [4 + column for column in self.columns]]
        if self.by_middle:
            half = boxes[:, 2:] / 2
            boxes = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
        return boxes, np.ascontiguousarray(scores.clip(0, 1))


def layout_of(session: onnxruntime.InferenceSession) -> Layout:
    """The layout that a file's metadata tell.

    Raises:
        ModelError: if they tell none, or the file finds nothing that is looked for, or gives its boxes otherwise.
    """
    metadata: dict[str, str] = session.get_modelmeta().custom_metadata_map
    if CARD_KEY in metadata:
        card = json.loads(metadata[CARD_KEY])
        if "classes" not in card:
            raise ModelError("it is a model of Uni-AIMS that finds objects, not scale bars")
        kinds, columns = _known(dict(enumerate(card["classes"])))
        return Layout(kinds, columns)
    if "names" not in metadata:
        raise ModelError("its metadata name no classes")
    names = ast.literal_eval(metadata["names"])
    kinds, columns = _known(names if isinstance(names, dict) else dict(enumerate(names)))
    picture, found = session.get_inputs()[0], session.get_outputs()[0]
    rows = found.shape[1] if len(found.shape) == 3 else None
    if isinstance(rows, int) and rows != 4 + len(names):
        raise ModelError(
            f"its output is {found.shape}, wanted (1, {4 + len(names)}, cells): export without nms and end2end"
        )
    height, width = picture.shape[2:]
    fixed = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    return Layout(kinds, columns, picture.name, found.name, 3, fixed, _ULTRALYTICS_LEVEL, by_middle=True)


def _known(names: dict[int, str]) -> tuple[tuple[DetectionKind, ...], tuple[int, ...]]:
    """The kinds that are looked for and the column of each."""
    known = [(kind, int(column)) for column, name in sorted(names.items()) for kind in _KINDS if kind == name]
    if not known or min(column for _, column in known) < 0:
        raise ModelError(f"its classes are {', '.join(names.values())}, wanted some of {', '.join(_KINDS)}")
    return tuple(kind for kind, _ in known), tuple(column for _, column in known)


SHIPPED = Path(__file__).parent.parent / "weights" / "scalebar" / "scalebar.onnx"
"""The trained one that comes with the package."""


@dataclass(frozen=True)
class DetectionRules:
    """Which detections are kept."""

    least_score: float = 0.25
    """Weaker detections are left out."""
    largest_overlap_iou: float = 0.6
    """Of detections of one kind that share more (IoU), the strongest stays."""
    least_inside_share: float = 0.5
    """Boxes with a smaller share of their area inside the picture lie in the rows that fill it up, and are left out."""


DETECTIONS = DetectionRules()


@dataclass(frozen=True)
class LearnedDetector:
    """Load it by `load_detector`."""

    session: onnxruntime.InferenceSession
    layout: Layout

    def __call__(self, gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        """Regions in ``gray`` (H, W) uint8, in its pixels, the strongest first; it is looked at enlarged by ``scale``.

        Boxes of the network are no thinner than 8 px of what it looks at.
        """
        boxes, scores = self.raw(gray, scale)
        found = [
            Detection(kind, _box(boxes[index], gray.shape), float(scores[index, number]))
            for number, kind in enumerate(self.layout.kinds)
            for index in strongest(boxes, scores[:, number], DETECTIONS.least_score)
        ]
        return tuple(sorted(found, key=lambda each: -each.score))

    def raw(self, gray: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """All cells' boxes (A, 4) x0, y0, x1, y1 in the pixels of ``gray``, and scores (A, K), 0 to 1, of K kinds."""
        height, width = gray.shape
        size = self.layout.seen_size((width, height), scale)
        found, scores = self.layout.boxes_and_scores(self._cells(self.layout.batch(gray, size)))
        boxes, inside = _clipped(found, size)
        boxes *= np.array([width / size[0], height / size[1]] * 2, np.float32)
        scores = np.where(inside[:, None] >= DETECTIONS.least_inside_share, scores, np.float32(0))
        if "banner" in self.layout.kinds:
            # A banner goes from side to side; the network sees well where it begins and ends only in height.
            boxes[scores.argmax(axis=1) == self.layout.kinds.index("banner"), 0::2] = 0, width
        return boxes, scores

    def _cells(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the network says of a picture, as its layout has it.

        Raises:
            ModelError: if it can't be run.
        """
        try:
            found = self.session.run([self.layout.output], {self.layout.input: batch})[0]
            return np.asarray(found[0], np.float32)
        except Exception as error:  # ONNX Runtime's exceptions have no common base
            raise ModelError(f"the scale bar detector can't be run ({error}). Give another --detector.") from error


def load_detector(path: Path) -> LearnedDetector:
    """A detector from an ONNX file, loaded once as long as the file stays the same.

    Raises:
        ModelError: if the file is no detector, or has none of the kinds that are looked for.
    """
    written = path.stat().st_mtime_ns if path.is_file() else 0
    return _loaded(path, written)


@lru_cache(maxsize=4)
def _loaded(path: Path, _written_ns: int) -> LearnedDetector:
    """A detector as the file was at a time."""
    try:
        session = cpu_session(path)
        return LearnedDetector(session, layout_of(session))
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise ModelError(
            f"{path}: no scale bar detector ({error}). Give a file of its training, or an ONNX export of YOLOv8."
        ) from error


def detector_at(path: str | Path | None) -> Detector | None:
    """The detector of a file; ``None``, which means the built-in way, if none is given.

    Raises:
        ModelError: if the file is no detector.
    """
    return None if path is None else load_detector(Path(path))


def strongest(boxes: NDArray[np.float32], scores: NDArray[np.float32], least_score: float) -> NDArray[np.intp]:
    """Indices of the strongest of overlapping boxes (non-maximum suppression)."""
    strong = np.flatnonzero(scores >= least_score)
    corners = boxes[strong]
    sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), scores[strong].tolist(), least_score, DETECTIONS.largest_overlap_iou)
    return strong[np.asarray(kept, np.intp)]


def _clipped(boxes: NDArray[np.float32], size: tuple[int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The parts of the boxes inside a picture of ``size`` (width, height), and their shares of the whole boxes."""
    parts = np.clip(boxes, 0, np.array(size * 2, np.float32))
    return parts, np.asarray(_areas(parts) / np.maximum(_areas(boxes), 1e-6), np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _box(corners: NDArray[np.float32], shape: tuple[int, ...]) -> Box:
    """Whole pixels around the corners, inside the picture."""
    left, right = np.clip([np.floor(corners[0]), np.ceil(corners[2])], 0, shape[1])
    top, bottom = np.clip([np.floor(corners[1]), np.ceil(corners[3])], 0, shape[0])
    return Box(int(top), int(left), int(bottom), int(right))
