"""How a detector's ONNX file takes a picture and gives its boxes: our own files, and those that Ultralytics exports.

Which it is follows from the file's metadata. Ultralytics writes ``names``, a Python dictionary of classes, and gives
(4 + K, A): middle and size of each box, then the scores; our files give (A, 4 + K): corners, then the scores.
"""

import ast
import json
from dataclasses import dataclass
from typing import get_args

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.errors import ModelError
from uniaims.scalebar.detections import DetectionKind

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
