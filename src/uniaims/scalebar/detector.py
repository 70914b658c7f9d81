"""The learned detector: bars, rulers, text and banners in one look.

A network of the YOLOv8 kind (`uniaims.networks.detector`), trained on drawn scale bars only, run by ONNX Runtime; or a
detector that Ultralytics trained on the same pictures and exported as ONNX, for which nothing of Ultralytics is needed.
Both are a `Detector`: hand them to `scan_scale`.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import ModelError
from uniaims.scalebar.detections import Detection, Detector
from uniaims.scalebar.layouts import Layout, layout_of
from uniaims.sessions import cpu_session

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
