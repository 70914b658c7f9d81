"""Find and read printed text, by PaddleOCR's PP-OCRv6 models run on bare ONNX Runtime.

::

    find_text(gray) -> (FoundText, ...)      where text stands: differentiable binarisation, Liao et al., AAAI 2020
    read_text(crops) -> (TextLine, ...)      what it says: one line each, with the probabilities it was read from

The models lie in ``weights/ocr`` beside their licence and the changes made to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.errors import ModelError
from uniaims.sessions import cpu_session

WEIGHTS = Path(__file__).parent.parent / "weights" / "ocr"


FINDER_STRIDE = 32


FINDER_MEAN = np.array([0.485, 0.456, 0.406], np.float32)


FINDER_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class FinderRules:
    """How regions of text are made of what the networks give."""

    ink_probability: float = 0.3
    least_box_probability: float = 0.55
    """A region is text where its pixels are so on average."""
    unclip_factor: float = 1.6
    """The finder marks the core of a line; boxes grow by this times area over perimeter."""
    smallest_core_px: int = 3
    reader_height_px: int = 48
    widest_batch_px: int = 4096
    """Crops are read together up to so many columns, padding included."""


FINDER = FinderRules()


BLANK = 0


@dataclass(frozen=True)
class FoundText:
    """A box around text and how sure the finder is, 0..1."""

    box: Box
    score: float


@dataclass(frozen=True, eq=False)
class TextLine:
    """What a crop says.

    `log_probabilities` is (T, C) float32, natural, over time steps from left to right and ``("", *characters)``.
    `steps` holds the step of each character of `text`; `score` is the mean probability of the characters.
    """

    text: str
    score: float
    steps: tuple[int, ...]
    log_probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class TextModels:
    """The two networks; load them by :func:`text_models`."""

    finder: onnxruntime.InferenceSession
    reader: onnxruntime.InferenceSession

    @cached_property
    def characters(self) -> str:
        """What the reader's outputs mean, from the second on; the first is the blank."""
        return str(self.reader.get_modelmeta().custom_metadata_map["characters"])


@cache
def text_models() -> TextModels:
    """The shipped models, loaded once.

    Raises:
        ModelError: if they can't be loaded.
    """
    return TextModels(_session(WEIGHTS / "text_finder.onnx"), _session(WEIGHTS / "text_reader.onnx"))


def find_text(gray: NDArray[np.uint8], scale: float = 1.0) -> tuple[FoundText, ...]:
    """Boxes of text lines in ``gray`` (H, W) uint8, in its pixels, from top to bottom.

    Args:
        gray: the picture.
        scale: the finder looks at the picture enlarged by this; letters of 10 to 60 px then are found.
    """
    height, width = gray.shape
    shape = tuple(max(1, round(side * scale / FINDER_STRIDE)) * FINDER_STRIDE for side in (height, width))
    resized = cv2.resize(gray, shape[::-1], interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    levels = (resized.astype(np.float32)[..., None] / 255 - FINDER_MEAN) / FINDER_DEVIATION
    batch = np.ascontiguousarray(levels.transpose(2, 0, 1)[None], np.float32)
    finder = text_models().finder
    probability = finder.run(None, {finder.get_inputs()[0].name: batch})[0][0, 0]
    return _boxes(probability, (height, width))


def read_text(crops: Sequence[NDArray[np.uint8]]) -> tuple[TextLine, ...]:
    """Read crops (H, W) uint8 of one line of text each."""
    lines = [_line_image(crop) for crop in crops]
    order = sorted(range(len(lines)), key=lambda number: lines[number].shape[1])
    found: dict[int, TextLine] = {}
    while order:
        batch = _next_batch([lines[number].shape[1] for number in order])
        numbers, order = order[:batch], order[batch:]
        found |= dict(zip(numbers, _read_batch([lines[number] for number in numbers]), strict=True))
    return tuple(found[number] for number in range(len(lines)))


def _session(path: Path) -> onnxruntime.InferenceSession:
    try:
        return cpu_session(path)
    except Exception as error:  # ONNX Runtime's exceptions have no common base
        raise ModelError(f"{path}: the text model can't be loaded ({error}). Install the package again.") from error


def _boxes(probability: NDArray[np.float32], shape: tuple[int, int]) -> tuple[FoundText, ...]:
    """Boxes in a picture of ``shape`` from the finder's map (h, w) of text probability."""
    count, regions, stats, _ = cv2.connectedComponentsWithStats((probability > FINDER.ink_probability).astype(np.uint8))
    sums = np.bincount(regions.ravel(), probability.ravel(), minlength=count)
    down, across = shape[0] / probability.shape[0], shape[1] / probability.shape[1]
    boxes = []
    for number in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[number])
        if min(width, height) < FINDER.smallest_core_px or sums[number] / area < FINDER.least_box_probability:
            continue
        grown = FINDER.unclip_factor * width * height / (2 * (width + height))
        box = Box(
            max(0, round((top - grown) * down)),
            max(0, round((left - grown) * across)),
            min(shape[0], round((top + height + grown) * down)),
            min(shape[1], round((left + width + grown) * across)),
        )
        if min(box.height, box.width) < FINDER.smallest_core_px:
            continue
        boxes.append(FoundText(box, float(sums[number] / area)))
    return tuple(sorted(boxes, key=lambda found: found.box))


def _line_image(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The crop at the reader's height."""
    height, width = crop.shape
    wanted = max(FINDER.reader_height_px // 3, round(width * FINDER.reader_height_px / height))
    kernel = cv2.INTER_AREA if height > FINDER.reader_height_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (wanted, FINDER.reader_height_px), interpolation=kernel), np.uint8)


def _next_batch(widths: Sequence[int]) -> int:
    """How many of the lines, sorted by width, are read together: of like width, so that padding changes nothing."""
    count = 1
    while count < len(widths) and widths[count] == widths[0] and (count + 1) * widths[0] <= FINDER.widest_batch_px:
        count += 1
    return count


def _read_batch(lines: list[NDArray[np.uint8]]) -> list[TextLine]:
    levels = np.stack(lines).astype(np.float32)[:, None] / np.float32(127.5) - np.float32(1)
    models = text_models()
    batch = np.ascontiguousarray(np.broadcast_to(levels, (len(lines), 3, *levels.shape[2:])))
    probabilities = models.reader.run(None, {models.reader.get_inputs()[0].name: batch})[0]
    return [_decoded(each, models.characters) for each in probabilities]


def _decoded(probabilities: NDArray[Any], characters: str) -> TextLine:
    """Greedy reading of connectionist temporal classification (Graves et al., ICML 2006): ``probabilities`` (T, C)."""
    best = probabilities.argmax(axis=1)
    starts = np.flatnonzero((best != BLANK) & (best != np.concatenate(([-1], best[:-1]))))
    text = "".join(characters[best[step] - 1] for step in starts)
    score = float(probabilities[starts, best[starts]].mean()) if len(starts) else 0.0
    logarithms = np.log(np.maximum(probabilities, np.float32(1e-12))).astype(np.float32)
    return TextLine(text.replace("μ", "µ"), score, tuple(int(step) for step in starts), logarithms)


@dataclass(frozen=True, eq=False)
class PlacedLine:
    """A line of text and its box in the picture."""

    box: Box
    line: TextLine

    @property
    def text(self) -> str:
        """What it says."""
        return self.line.text
