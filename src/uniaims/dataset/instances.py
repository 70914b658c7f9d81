"""The instances of one image, held as columns: boxes, and run lengths inside the boxes.

Unlike a label image this can hold instances that overlap, as occluded objects do whose full outline is known, and
several kinds of them; a million instances take some 100 MB.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from uniaims._kernels import box_runs
from uniaims.boxes import LEFT, TOP, Box, box_array
from uniaims.deprecation import old_names
from uniaims.errors import LabelsError
from uniaims.labels import run_lengths

Shape = tuple[int, int]
Ring = NDArray[np.float64]

_LARGEST_IMAGE_PX = 2**36


@dataclass(frozen=True, eq=False)
class InstanceMasks:
    """The instances of an image of ``shape`` (H, W).

    Attributes:
        shape: rows and columns of the image.
        numbers: (N,) uint32, the number of each instance in a label image, from 1 up.
        boxes: (N, 4) int32: top, left, bottom, right in px, half-open; all 0 for an instance without a pixel.
        counts: (K,) uint32: run lengths inside the boxes, down the columns: background, instance, background, ...
        offsets: (N + 1,) int64: instance ``i`` has ``counts[offsets[i]:offsets[i + 1]]``.
        kinds: what each instance is, (N,) texts; empty if nobody has said.
    """

    shape: Shape
    numbers: NDArray[np.uint32]
    boxes: NDArray[np.int32]
    counts: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    kinds: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.shape[0] * self.shape[1] <= _LARGEST_IMAGE_PX or min(self.shape) < 1:
            raise LabelsError(f"An image of {self.shape} pixels (rows, columns) can't have instances.")
        if self.kinds and len(self.kinds) != len(self.numbers):
            raise LabelsError(f"{len(self.kinds)} kinds for {len(self.numbers)} instances: wanted one each, or none.")
        self._check_boxes()

    def _check_boxes(self) -> None:
        top, left, bottom, right = self.boxes.astype(np.int64).T
        height, width = self.shape
        inside = (top >= 0) & (left >= 0) & (bottom >= top) & (right >= left) & (bottom <= height) & (right <= width)
        covered = box_runs.lengths_in_boxes(self.counts, self.offsets)
        wrong = np.flatnonzero(~inside | (covered > (bottom - top) * (right - left)))
        if wrong.size:
            raise LabelsError(
                f"{wrong.size} instances reach beyond their box or the image of {width} x {height} px, "
                f"the first is number {self.numbers[wrong[0]]}. Are these the labels of another image?"
            )

    def __len__(self) -> int:
        return len(self.numbers)

    @classmethod
    def none(cls, shape: Shape) -> "InstanceMasks":
        """No instances at all."""
        return cls.from_masks(shape, [])

    @classmethod
    def from_labels(cls, labels: ArrayLike, kinds: dict[int, str] | None = None) -> "InstanceMasks":
        """Take the instances of a label image (H, W); ``kinds`` tells by number what they are.

        Raises:
            LabelsError: if the array is no label image.
        """
        runs = run_lengths(labels)
        names = tuple(kinds.get(int(number), "") for number in runs.labels) if kinds else ()
        return cls._from_image_runs(runs.shape, runs.counts, runs.offsets, runs.labels, names)

    @classmethod
    def from_masks(
        cls, shape: Shape, masks: Iterable[tuple[int, int, NDArray[np.bool_]]], kinds: Sequence[str] = ()
    ) -> "InstanceMasks":
        """Take masks (h, w) of bool, each with the image's row and column of its first pixel; they may overlap.

        What lies outside of the image is cut off. Instances are numbered from 1 in their order.
        """
        boxes, parts = [], []
        for top, left, mask in masks:
            box, runs = _boxed(shape, top, left, np.asarray(mask, bool))
            boxes.append(box)
            parts.append(runs)
        offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        counts = np.concatenate(parts) if parts else np.zeros(0, np.uint32)
        numbers = np.arange(1, len(boxes) + 1, dtype=np.uint32)
        return cls(shape, numbers, box_array(boxes), counts, offsets, tuple(kinds))

    @classmethod
    def from_polygons(
        cls, shape: Shape, polygons: Iterable[Sequence[ArrayLike]], kinds: Sequence[str] = ()
    ) -> "InstanceMasks":
        """Take instances of one or more rings (K, 2) of x, y in px each; (0, 0) is the image's upper left corner.

        A pixel belongs to an instance if its centre lies within an odd number of its rings, so that rings can be
        pieces and holes. What lies outside of the image is cut off.

        Raises:
            LabelsError: if a ring is no (K, 2) array of finite numbers.
        """
        return cls.from_masks(shape, (_filled(shape, rings) for rings in polygons), kinds)

    @classmethod
    def from_coco_counts(
        cls, shape: Shape, counts: Sequence[Sequence[int]], kinds: Sequence[str] = ()
    ) -> "InstanceMasks":
        """Take run lengths over the whole image, down the columns, as COCO's uncompressed RLE has them.

        Raises:
            LabelsError: if they are negative or longer than the image.
        """
        for number, runs in enumerate(counts, 1):
            if min(runs, default=0) < 0 or sum(runs) > shape[0] * shape[1]:
                raise LabelsError(f"Run lengths of instance {number} are negative or longer than an image of {shape}.")
        offsets = np.concatenate([[0], np.cumsum([len(runs) for runs in counts])]).astype(np.int64)
        flat = np.array([count for runs in counts for count in runs], np.int64)
        return cls._from_image_runs(shape, flat, offsets, np.arange(1, len(counts) + 1, dtype=np.uint32), tuple(kinds))

    @classmethod
    def from_encoded(
        cls,
        shape: Shape,
        boxes: NDArray[np.int32],
        runs: Sequence[bytes],
        numbers: NDArray[np.uint32] | None = None,
        kinds: Sequence[str] = (),
    ) -> "InstanceMasks":
        """Take boxes (N, 4) and the bytes that `encoded` gave; instances are numbered from 1 if not told otherwise.

        Raises:
            LabelsError: if the runs don't fit into the boxes, or the boxes into the image.
        """
        ends = np.concatenate([[0], np.cumsum([len(code) for code in runs])]).astype(np.int64)
        counts, offsets = box_runs.decode(np.frombuffer(b"".join(runs), np.uint8), ends)
        chosen = np.arange(1, len(runs) + 1, dtype=np.uint32) if numbers is None else numbers
        return cls(shape, chosen, np.asarray(boxes, np.int32).reshape(-1, 4), counts, offsets, tuple(kinds))

    @classmethod
    def _from_image_runs(
        cls,
        shape: Shape,
        counts: NDArray[np.int64],
        offsets: NDArray[np.int64],
        numbers: NDArray[np.uint32],
        kinds: tuple[str, ...],
    ) -> "InstanceMasks":
        boxes = box_runs.boxes_around(counts, offsets, shape[0])
        inner, ends = box_runs.into_boxes(counts, offsets, boxes, shape[0])
        return cls(shape, numbers, boxes, inner, ends, kinds)

    @property
    def areas_px(self) -> NDArray[np.int64]:
        """Pixels (N,) of each instance."""
        return np.asarray(box_runs.areas(self.counts, self.offsets))

    def encoded(self) -> list[bytes]:
        """Run lengths of each instance as variable-length bytes (LEB128)."""
        code, ends = box_runs.encode(self.counts, self.offsets)
        whole = code.tobytes()
        return [whole[start:stop] for start, stop in pairwise(ends)]

    def chosen(self, wanted: NDArray[np.bool_]) -> "InstanceMasks":
        """Those instances for which ``wanted`` (N,) is true, with their numbers and kinds."""
        places = np.flatnonzero(wanted).tolist()
        codes = self.encoded()
        kinds = [self.kinds[i] for i in places] if self.kinds else []
        runs = [codes[i] for i in places]
        return self.from_encoded(self.shape, self.boxes[places], runs, self.numbers[places], kinds)

    def labels(self) -> NDArray[np.uint32]:
        """Draw the label image (H, W); where instances overlap the later one wins."""
        labels = np.zeros(self.shape, np.uint32)
        box_runs.paint(self.counts, self.offsets, self.boxes, self.numbers, labels)
        return labels

    def overlaps(self) -> bool:
        """Whether instances share pixels, so that a label image would lose some."""
        return int(np.count_nonzero(self.labels())) < int(self.areas_px.sum())

    def box(self, index: int) -> Box:
        """The box of instance ``index``."""
        return Box.of_row(self.boxes[index])

    def mask(self, index: int) -> NDArray[np.bool_]:
        """Mask (h, w) of instance ``index`` within its box."""
        height, width = self.box(index).shape
        inside = np.zeros(height * width, np.bool_)
        ends = np.cumsum(self._runs(index), dtype=np.int64)
        for start, stop in zip(ends[0::2], ends[1::2], strict=True):
            inside[start:stop] = True
        return np.ascontiguousarray(inside.reshape(width, height).T)

    def placed_mask(self, index: int) -> tuple[int, int, NDArray[np.bool_]]:
        """Row and column of the first pixel of instance ``index``'s box, and its mask, as `from_masks` takes them."""
        return int(self.boxes[index, TOP]), int(self.boxes[index, LEFT]), self.mask(index)

    def rings(self, index: int) -> list[Ring]:
        """Outlines (K, 2) of x, y in px of instance ``index``, one for each piece and each hole.

        They go through the midpoints of pixel edges; outer ones run clockwise on the screen, holes the other way round.
        Filled by pixel centres they give the instance back.
        """
        points, offsets = box_runs.trace_rings(self.mask(index))
        placed = points + self.boxes[index, [LEFT, TOP]]
        return [placed[start:stop] for start, stop in pairwise(offsets)]

    def coco_counts(self, index: int) -> list[int]:
        """Run lengths of instance ``index`` over the whole image, down the columns, as COCO has them."""
        runs = box_runs.out_of_box(self._runs(index), self.boxes[index], self.shape[0])
        rest = self.shape[0] * self.shape[1] - int(runs.sum())
        return [int(count) for count in runs] + [rest] * (rest > 0)

    def kind(self, index: int) -> str:
        """What instance ``index`` is; empty if nobody has said."""
        return self.kinds[index] if self.kinds else ""

    def _runs(self, index: int) -> NDArray[np.uint32]:
        return self.counts[self.offsets[index] : self.offsets[index + 1]]


def _boxed(shape: Shape, top: int, left: int, mask: NDArray[np.bool_]) -> tuple[Box, NDArray[np.uint32]]:
    """The tight box of a mask, cut to the image, and its run lengths in there."""
    rows = slice(max(0, -top), max(0, min(mask.shape[0], shape[0] - top)))
    columns = slice(max(0, -left), max(0, min(mask.shape[1], shape[1] - left)))
    inside = mask[rows, columns]
    at_y, at_x = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not at_y.size:
        return Box(0, 0, 0, 0), np.zeros(0, np.uint32)
    tight = inside[at_y[0] : at_y[-1] + 1, at_x[0] : at_x[-1] + 1]
    first = top + rows.start + int(at_y[0]), left + columns.start + int(at_x[0])
    return Box.whole(tight.shape).moved(*first), _column_runs(tight)


def _column_runs(mask: NDArray[np.bool_]) -> NDArray[np.uint32]:
    """Run lengths of a mask down its columns, ending with the last run of the instance."""
    flat = np.concatenate([[False], mask.T.ravel(), [False]])
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    return np.diff(changes, prepend=0).astype(np.uint32)


def _filled(shape: Shape, rings: Sequence[ArrayLike]) -> tuple[int, int, NDArray[np.bool_]]:
    """The mask inside rings with its place: row and column of its first pixel."""
    arrays = [np.asarray(ring, np.float64) for ring in rings]
    for ring in arrays:
        if ring.ndim != 2 or ring.shape[1] != 2 or not np.isfinite(ring).all():
            raise LabelsError(f"A ring has the shape {ring.shape}: wanted (points, 2) finite numbers, x and y in px.")
    points = np.concatenate([*arrays, np.zeros((0, 2))])
    if not len(points):
        return 0, 0, np.zeros((0, 0), np.bool_)
    left, top = (int(edge) for edge in np.clip(np.floor(points.min(axis=0)), 0, [shape[1], shape[0]]))
    right, bottom = (int(edge) for edge in np.clip(np.ceil(points.max(axis=0)), 0, [shape[1], shape[0]]))
    marks = np.zeros((max(0, bottom - top), max(0, right - left)), np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(ring) for ring in arrays])]).astype(np.int64)
    box_runs.fill(points, offsets, left, top, marks)
    return top, left, marks.astype(np.bool_)


__getattr__ = old_names(__name__, {"Instances": f"{__name__}.InstanceMasks"})
