"""The learned detector: bars, rulers, text and banners in one look.

A network of the YOLOv8 kind (`uniaims.networks.detector`), trained on drawn scale bars only, run by ONNX Runtime. It
is a `Detector`: hand it to `scan_scale`.
"""

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.errors import ModelError
from uniaims.scalebar.banner import Box
from uniaims.scalebar.detections import Detection, DetectionKind

CARD_KEY = "uniaims"
STRIDE = 32
PADDING_LEVEL = 128
LEAST_SCORE = 0.25
"""Weaker detections are left out."""
LARGEST_OVERLAP = 0.6
"""Of detections of one kind that share more (IoU), the strongest stays."""


@dataclass(frozen=True)
class LearnedDetector:
    """Load it by `load_detector`."""

    session: onnxruntime.InferenceSession
    kinds: tuple[DetectionKind, ...]

    def __call__(self, gray: NDArray[np.uint8], scale: float) -> tuple[Detection, ...]:
        """Regions in ``gray`` (H, W) uint8, in its pixels, the strongest first; it is looked at enlarged by ``scale``.

        Boxes of the network are no thinner than 8 px of what it looks at.
        """
        boxes, scores = self.raw(gray, scale)
        found = [
            Detection(kind, _box(boxes[index], gray.shape), float(scores[index, number]))
            for number, kind in enumerate(self.kinds)
            for index in strongest(boxes, scores[:, number], LEAST_SCORE)
        ]
        return tuple(sorted(found, key=lambda each: -each.score))

    def raw(self, gray: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """All cells' boxes (A, 4) x0, y0, x1, y1 in the pixels of ``gray``, and scores (A, K), 0 to 1."""
        height, width = gray.shape
        size = (max(STRIDE, round(width * scale)), max(STRIDE, round(height * scale)))
        resized = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        right, bottom = (-extent % STRIDE for extent in size)
        padded = cv2.copyMakeBorder(resized, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=PADDING_LEVEL)
        batch = np.asarray(padded, np.float32)[None, None] / np.float32(255)
        found = np.asarray(self.session.run(["detections"], {"image": batch})[0][0], np.float32)
        boxes, scores = found[:, :4] * np.array([width / size[0], height / size[1]] * 2, np.float32), found[:, 4:]
        if "banner" in self.kinds:
            # A banner goes from side to side; the network sees well where it begins and ends only in height.
            boxes[scores.argmax(axis=1) == self.kinds.index("banner"), 0::2] = 0, width
        return boxes, scores


@cache
def load_detector(path: Path) -> LearnedDetector:
    """A detector from an ONNX file, loaded once.

    Raises:
        ModelError: if the file is no detector of ours.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        card: dict[str, Any] = json.loads(session.get_modelmeta().custom_metadata_map[CARD_KEY])
        return LearnedDetector(session, tuple(card["classes"]))
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise ModelError(f"{path}: no scale bar detector ({error}). Give a file written by its training.") from error


def strongest(boxes: NDArray[np.float32], scores: NDArray[np.float32], least_score: float) -> NDArray[np.intp]:
    """Indices of the strongest of overlapping boxes (non-maximum suppression)."""
    strong = np.flatnonzero(scores >= least_score)
    corners = boxes[strong]
    sizes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sizes.tolist(), scores[strong].tolist(), least_score, LARGEST_OVERLAP)
    return strong[np.asarray(kept, np.intp)]


def _box(corners: NDArray[np.float32], shape: tuple[int, ...]) -> Box:
    """Whole pixels around the corners, inside the picture."""
    left, right = np.clip([np.floor(corners[0]), np.ceil(corners[2])], 0, shape[1])
    top, bottom = np.clip([np.floor(corners[1]), np.ceil(corners[3])], 0, shape[0])
    return Box(int(top), int(left), int(bottom), int(right))
