"""Pictures with scale bars for the detector: drawn on backgrounds, brought to its scale, cut to views.

A batch is made of views of one shape: squares, and strips as wide as a whole picture, so that banners are seen from
end to end. Everything follows from the seed and the number of the step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.errors import InputError
from uniaims.synthesis.scalebars import (
    Drawn,
    Faces,
    ScaleBarTruth,
    Style,
    installed_faces,
    mixed_style,
    random_scalebar,
    resized,
)
from uniaims.synthesis.scalebars import training_styles as styles_to_train
from uniaims.synthesis.scalebars.truth import CUT_TEXT
from uniaims.training.detection.settings import DetectorTraining
from uniaims.training.prefetch import prefetched

CLASSES = ("bar", "ruler", "text", "banner")
RULER_KINDS = ("dots", "ruler", "ruler lined")
"""Bars that are a row of marks."""
SMALLEST_BOX_PX = 8.0
"""Thinner boxes are widened to this, at the detector's scale: a bar of one or two pixels is looked for as a strip."""
SHAPES = ((512, 512), (512, 512), (256, 1024), (512, 512), (320, 832), (192, 1344))
"""Rows and columns of the views, by turns."""
PICTURE_SIDES_PX = (420, 1600)
"""Longer sides of the pictures that are drawn."""
SCALE_SPREAD = 1.4
"""Views are larger or smaller than the detector's scale by this factor at most."""
LEAST_VISIBLE = 0.3
"""What a view's edge leaves less of is not asked for."""
LEAST_BANNER_PX = 16.0
"""Height and width of a banner's part in a view, at least: slivers taught that every edge is a banner."""
MIXED_SHARE = 0.5
"""Pictures of mixtures (`mixed_style`); the others are of named styles."""
STRIDE = 32
"""In use, pictures are filled up to multiples of this many px; views show such margins too."""
PADDING_LEVEL = 128


@dataclass(frozen=True, eq=False)
class Regions:
    """Boxes (M, 4) float32 x0, y0, x1, y1 in px, and the class (M,) int64 of each, an index into `CLASSES`."""

    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DetectionBatch:
    """Views (N, 1, H, W) float32, 0 to 1, and what is to be found in each."""

    images: NDArray[np.float32]
    regions: tuple[Regions, ...]


def regions_of(truth: ScaleBarTruth) -> Regions:
    """All that a detector should find in a picture, no box thinner than `SMALLEST_BOX_PX`."""
    found = [("ruler" if bar.kind in RULER_KINDS else "bar", bar.box) for bar in truth.bars]
    found += [("text", bar.text_box) for bar in truth.bars if bar.text_box is not None]
    found += [("text", text.box) for text in (*truth.texts, *truth.labels)]
    found += [("text", thing.box) for thing in truth.distractors if thing.kind == CUT_TEXT]
    found += [("banner", truth.banner)] if truth.banner is not None else []
    boxes = np.array([box for _, box in found], np.float32).reshape(-1, 4)
    classes = np.array([CLASSES.index(name) for name, _ in found], np.int64)
    return Regions(_widened(boxes), classes)


def view_of(regions: Regions, left: int, top: int, shape: tuple[int, int]) -> Regions:
    """The regions in a view of `shape` (rows, columns) whose first pixel is (left, top)."""
    if not len(regions.boxes):
        return regions
    moved = regions.boxes - np.array([left, top, left, top], np.float32)
    clipped = np.clip(moved, 0, np.array([shape[1], shape[0]] * 2, np.float32))
    visible = _areas(clipped) >= LEAST_VISIBLE * _areas(moved)
    # Of a banner as much is asked for as is seen: it has no other end than the picture's.
    banner = (regions.classes == CLASSES.index("banner")) & (
        (clipped[:, 2:] - clipped[:, :2]).min(1) >= LEAST_BANNER_PX
    )
    kept = visible | banner
    return Regions(clipped[kept], regions.classes[kept])


class DetectionLoader:
    """Endless batches from a first step on, drawn by background threads; iterate over it."""

    def __init__(self, settings: DetectorTraining, start: int = 0) -> None:
        self._settings, self._start = settings, start
        self._backgrounds = read_backgrounds(settings.backgrounds)
        self._faces = installed_faces(settings.fonts)

    def __iter__(self) -> Iterator[DetectionBatch]:
        """Batches, in order."""
        return prefetched(self.batch, self._start, self._settings.loader_threads)

    def batch(self, step: int) -> DetectionBatch:
        """The batch of a step; every picture is seen twice."""
        rng = np.random.default_rng((self._settings.seed, step))
        shape = SHAPES[step % len(SHAPES)]
        views = []
        for _ in range(self._settings.batch // 2):
            drawn = random_picture(self._backgrounds, rng, _styles_of_a_picture(rng), self._faces)
            views += [_random_view(drawn, shape, self._settings.side_px, rng) for _ in range(2)]
        images = np.stack([image for image, _ in views])[:, None].astype(np.float32) / np.float32(255)
        return DetectionBatch(images, tuple(regions for _, regions in views))


def read_backgrounds(folder: Path) -> tuple[NDArray[np.uint8], ...]:
    """Grey micrographs (H, W) uint8 of a folder, in the order of their names.

    Raises:
        InputError: if the folder has none.
    """
    images = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted(folder.glob("*.png"))]
    usable = tuple(np.asarray(image, np.uint8) for image in images if image is not None and min(image.shape) >= 96)
    if not usable:
        raise InputError(f"{folder}: no micrographs to draw on. Give a folder of grey PNG files of 96 px or more.")
    return usable


def random_picture(
    backgrounds: tuple[NDArray[np.uint8], ...],
    rng: np.random.Generator,
    styles: tuple[Style | str, ...],
    faces: Faces,
) -> Drawn:
    """A picture of random size, of one of the styles."""
    background = backgrounds[int(rng.integers(len(backgrounds)))]
    side = float(np.exp(rng.uniform(*np.log(PICTURE_SIDES_PX))))
    ratio = float(rng.choice([1.0, 4 / 3, 4 / 3, 1.5, 0.8]))
    size = (round(side), round(side / ratio)) if ratio >= 1 else (round(side * ratio), round(side))
    return random_scalebar(_fitted(background, (max(128, size[0]), max(128, size[1])), rng), rng, styles, faces=faces)


def at_scale(drawn: Drawn, longer_side_px: float) -> Drawn:
    """The picture, grey, with its longer side brought to so many px."""
    gray = drawn.image if drawn.image.ndim == 2 else cv2.cvtColor(drawn.image, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    factor = longer_side_px / max(height, width)
    size = (max(32, round(width * factor)), max(32, round(height * factor)))
    interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return resized(Drawn(np.asarray(gray, np.uint8), drawn.truth), size, interpolation)


def _styles_of_a_picture(rng: np.random.Generator) -> tuple[Style | str, ...]:
    names = styles_to_train()
    return (mixed_style(names, rng),) if rng.random() < MIXED_SHARE else names


def _random_view(
    drawn: Drawn, shape: tuple[int, int], side_px: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Regions]:
    """A view (shape) of a picture and what is in it; most views hold a region."""
    spread = float(np.exp(rng.uniform(-1, 1) * np.log(SCALE_SPREAD)))
    if shape[1] >= side_px:
        spread = shape[1] / side_px * float(rng.uniform(0.85, 1.0))
    scaled = at_scale(drawn, side_px * spread)
    regions, (height, width) = regions_of(scaled.truth), scaled.image.shape[:2]
    left, top = (_start(extent, size, rng) for extent, size in ((width, shape[1]), (height, shape[0])))
    if len(regions.boxes) and rng.random() < 0.8:
        first = regions.boxes[0 if rng.random() < 0.7 else int(rng.integers(len(regions.boxes)))]
        left = _start_with(first[0], first[2], width, shape[1], rng)
        top = _start_with(first[1], first[3], height, shape[0], rng)
    image = np.full(shape, PADDING_LEVEL, np.uint8)
    part = scaled.image[max(0, top) : top + shape[0], max(0, left) : left + shape[1]]
    image[: part.shape[0], : part.shape[1]] = part
    return _toned(image, rng), view_of(regions, left, top, shape)


def _start(extent: int, size: int, rng: np.random.Generator) -> int:
    return int(rng.integers(_room(extent, size) + 1))


def _start_with(low: float, high: float, extent: int, size: int, rng: np.random.Generator) -> int:
    """A first pixel of the view such that low to high is inside, if it can be."""
    room = _room(extent, size)
    first, last = max(0, int(np.ceil(high)) - size), min(room, int(low))
    return int(rng.integers(first, last + 1)) if first <= last else int(np.clip(last, 0, room))


def _room(extent: int, size: int) -> int:
    """The last first pixel of a view: margins are seen as far as pictures are filled up in use."""
    return max(0, extent + -extent % STRIDE - size)


def _toned(image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Contrast and brightness changed a little, at times inverted."""
    if rng.random() < 0.1:
        image = np.asarray(255 - image, np.uint8)
    if rng.random() < 0.5:
        image = np.asarray(
            cv2.convertScaleAbs(image, alpha=float(rng.uniform(0.6, 1.1)), beta=float(rng.uniform(0, 40))), np.uint8
        )
    return image


def _fitted(image: NDArray[np.uint8], size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A part of the image brought to `size` (width, height), flipped at random."""
    height, width = image.shape
    factor = max(size[0] / width, size[1] / height) * float(rng.uniform(1.0, 1.8))
    enlarged = cv2.resize(
        image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    )
    left = int(rng.integers(max(0, enlarged.shape[1] - size[0]) + 1))
    top = int(rng.integers(max(0, enlarged.shape[0] - size[1]) + 1))
    part = enlarged[top : top + size[1], left : left + size[0]]
    return np.ascontiguousarray(part[:, :: int(rng.choice([-1, 1]))], np.uint8)


def _widened(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    half = np.maximum(half, np.float32(SMALLEST_BOX_PX / 2))
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)
