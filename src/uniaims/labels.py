"""Label images: checked, renumbered, outlined, read and written.

Labels are an integer image: 0 is the background, 1..N are the instances. They are held as uint32, because a large
image can hold more than 65,535 instances. Pixel (row y, column x) covers x..x+1 and y..y+1 of the plane.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tifffile
from PIL import Image

from uniaims._kernels import components, contours
from uniaims._kernels.threads import map_blocks, row_blocks, thread_count
from uniaims.atomic import atomic_file
from uniaims.errors import LabelsError
from uniaims.formats.complaints import Complaints
from uniaims.formats.tiff_numbers import tiff_numbers

Labels = npt.NDArray[np.uint32]

LARGEST_LABEL = 2**32 - 1
TIFF_SUFFIXES = (".tif", ".tiff")
RASTER_SUFFIXES = (".png", ".bmp", ".gif")
MOST_PIECES = 4
"""Above so many separate pieces for each number the numbers are doubted to be objects."""
_WRITER = "uniaims labels"
"""Name of the software in the label images written here: their numbers are objects, whatever they look like."""


@dataclass(frozen=True)
class RunLengths:
    """Instances as run lengths in column-major order, as COCO has them.

    Attributes:
        shape: height and width of the label image in px.
        labels: (N,) uint32, rising.
        counts: (K,) int64, px of background, instance, background, ... of all instances, one after the other.
        offsets: (N + 1,) int64; instance ``i`` has ``counts[offsets[i]:offsets[i + 1]]``.
    """

    shape: tuple[int, int]
    labels: Labels
    counts: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def counts_of(self, index: int) -> list[int]:
        """Return the run lengths of instance ``index`` as COCO's uncompressed RLE has them."""
        return [int(count) for count in self.counts[self.offsets[index] : self.offsets[index + 1]]]


def check_labels(array: npt.ArrayLike) -> Labels:
    """Return ``array`` as a contiguous uint32 label image (H, W); an array that is one already is not copied.

    Args:
        array: (H, W) booleans (True becomes instance 1), integers of any type, or floats that hold whole numbers;
            axes of length 1 in front or behind are dropped.

    Raises:
        LabelsError: if the array is no label image; the message says what to do.
    """
    labels = np.asarray(array)
    if labels.dtype == np.uint32 and labels.ndim == 2:
        return np.ascontiguousarray(labels)
    if labels.dtype.kind not in "biuf":
        raise LabelsError(f"Labels have the type {labels.dtype}; give whole numbers, 0 for the background.")
    while labels.ndim > 2 and 1 in (labels.shape[0], labels.shape[-1]):
        labels = labels[0] if labels.shape[0] == 1 else labels[..., 0]
    if labels.ndim != 2:
        raise LabelsError(
            f"Labels have the shape {labels.shape}; give one number per pixel, (height, width). "
            "A colour picture of a mask has to be turned into numbers first."
        )
    _check_values(labels)
    return np.ascontiguousarray(labels, dtype=np.uint32)


def _check_values(labels: npt.NDArray[np.generic]) -> None:
    """Refuse values that are no label: negative, fractional, not finite, or above 2**32 - 1."""
    if labels.size == 0 or labels.dtype.kind == "b":
        return
    low, high = float(np.min(labels)), float(np.max(labels))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise LabelsError("Labels hold NaN or infinity; give whole numbers, 0 for the background.")
    if low < 0 or high > LARGEST_LABEL:
        raise LabelsError(f"Labels run from {low:g} to {high:g}; give numbers from 0 (background) to {LARGEST_LABEL}.")
    if labels.dtype.kind == "f" and not np.array_equal(labels, np.floor(labels)):
        raise LabelsError("Labels hold fractions; give whole numbers (a probability map must be thresholded first).")


def relabel(labels: npt.ArrayLike) -> Labels:
    """Return the labels renumbered 1..N without gaps, in the order of their old numbers.

    Args:
        labels: (H, W) integers, 0 = background.

    Raises:
        LabelsError: if the array is no label image.
    """
    return _renumber(check_labels(labels))[1]


def _renumber(labels: Labels) -> tuple[Labels, Labels]:
    """Return the numbers in use (N,), rising, and the labels (H, W) renumbered 1..N in the same order."""
    highest = int(labels.max(initial=0))
    if highest > 4 * labels.size:
        values, index = np.unique(labels, return_inverse=True)
        shift = 0 if values[0] == 0 else 1
        return values[1 - shift :], (index.reshape(labels.shape) + shift).astype(np.uint32)
    present = np.zeros(highest + 1, bool)
    present[labels.ravel()] = True
    present[0] = False
    numbers = np.cumsum(present, dtype=np.uint32)
    values = np.flatnonzero(present).astype(np.uint32)
    return values, labels.copy() if values.size == highest else np.take(numbers, labels)


@dataclass(frozen=True, eq=False)
class ObjectLabels:
    """Labels whose numbers are objects, and what is doubtful about them.

    Attributes:
        labels: (H, W) uint32, a number for each object.
        warnings: sentences that the user should read.
        mask_value: the number that stood for all objects alike; 0 where each has had its own.
    """

    labels: Labels
    warnings: tuple[str, ...] = ()
    mask_value: int = 0

    def names(self, known: Mapping[int, str]) -> dict[int, str]:
        """What the objects are, by number; ``known`` are the names by the numbers before."""
        if not self.mask_value:
            return dict(known)
        name = known.get(self.mask_value) or known.get(1, "")
        return dict.fromkeys(range(1, int(self.labels.max(initial=0)) + 1), name) if name else {}


@dataclass(frozen=True, eq=False)
class Pieces:
    """A label image (H, W) as its pieces: connected pixels of one number, or of background.

    Runs are stretches of one number in a row, as `components.find_runs` gives them.

    Attributes:
        first: (H + 1,) index of the first run of each row.
        start: (R,) first column of each run.
        value: (R,) its number.
        parent: (R,) the first run of its piece.
    """

    first: npt.NDArray[np.int64]
    start: npt.NDArray[np.int32]
    value: Labels
    parent: npt.NDArray[np.int64]

    @property
    def values(self) -> Labels:
        """The number (P,) of each piece, 0 for background, in the order of their first pixels."""
        return np.asarray(self.value[self.parent == np.arange(self.parent.size)])

    @property
    def count(self) -> int:
        """How many pieces are not background."""
        return int(np.count_nonzero(self.values))

    @property
    def gap_count(self) -> int:
        """How many pieces are background."""
        return len(self.values) - self.count

    def numbered(self, shape: tuple[int, int]) -> Labels:
        """A label image (H, W) in which each piece has a number of its own, in the order of their first pixels."""
        is_first = (self.parent == np.arange(self.parent.size)) & (self.value > 0)
        numbers = np.where(self.value > 0, np.cumsum(is_first, dtype=np.uint32)[self.parent], np.uint32(0))
        labels = np.empty(shape, np.uint32)
        components.paint_runs(self.first, self.start, numbers, 0, shape[0], labels)
        return labels


def pieces_of(labels: Labels) -> Pieces:
    """The pieces of a label image (H, W) that was checked: 8-connected, those of background 4-connected."""
    first, start, value = components.find_runs(labels)
    return Pieces(first, start, value, components.join_runs(first, start, value, labels.shape[1]))


def objects_of(labels: npt.ArrayLike) -> ObjectLabels:
    """Tell objects from a mask: where one number stands for several connected pieces, each becomes an object.

    Programs write a mask of black and white as 0 and 255, or 0 and 1. With two numbers or more nothing is changed: an
    object may have several pieces. Pieces are 8-connected, and numbered in the order of their first pixels.

    Args:
        labels: (H, W) integers, 0 = background.

    Raises:
        LabelsError: if the array is no label image.
    """
    checked = check_labels(labels)
    highest = int(checked.max(initial=0))
    if highest == 0:
        return ObjectLabels(checked)
    pieces = pieces_of(checked)
    numbers = np.unique(pieces.value[pieces.value > 0])
    if len(numbers) > 1:
        return ObjectLabels(checked, _many_pieces(len(numbers), pieces.count))
    if pieces.count == 1:
        return ObjectLabels(checked, _perhaps_inverted(checked, highest, pieces.gap_count))
    warning = (
        f"a mask of 0 and {highest} with {pieces.count:,} separate pieces: each was taken for an object. "
        "Give each object a number of its own if one has several pieces, or if some touch."
    )
    return ObjectLabels(pieces.numbered(checked.shape), (warning,), highest)


def _many_pieces(numbers: int, pieces: int) -> tuple[str, ...]:
    """What is said of numbers that lie about in far more pieces than objects do, as classes and grey levels."""
    if pieces <= MOST_PIECES * numbers:
        return ()
    return (
        f"{numbers:,} numbers lie in {pieces:,} separate pieces: are they kinds of objects, or grey levels? "
        "Give each object a number of its own.",
    )


def _perhaps_inverted(labels: Labels, value: int, gaps: int) -> tuple[str, ...]:
    """What is said of one object around several gaps along most of the border, as where the objects are black."""
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    if gaps < 2 or 2 * int(np.count_nonzero(border)) < border.size:
        return ()
    return (f"the mask is one object (number {value}) around {gaps:,} gaps: if the gaps are the objects, invert it.",)


def outlines(labels: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return (H, W) bool: pixels of an instance with another instance or background among their 4 neighbours.

    The image border alone makes no outline.

    Args:
        labels: (H, W) integers, 0 = background.

    Raises:
        LabelsError: if the array is no label image.
    """
    checked = check_labels(labels)
    marks = np.zeros(checked.shape, bool)
    threads = thread_count()

    def mark(start: int, stop: int) -> None:
        """Mark the outlines in some rows."""
        contours.mark_outlines(checked, start, stop, marks)

    map_blocks(mark, row_blocks(checked.shape[0], threads), threads)
    return marks


def polygons(labels: npt.ArrayLike) -> list[npt.NDArray[np.float32]]:
    """Return the outer contour of each label 1..N, in label order, each (K, 2) float32 of x, y in px.

    Corners are midpoints of pixel edges, clockwise on the screen, without those on straight runs; (0, 0) is the upper
    left corner of the image. Rasterised by pixel centres a polygon gives the instance back, its holes filled. An
    instance in several 8-connected pieces is drawn by its largest; a number without pixels has a polygon without
    points (``relabel`` closes such gaps).

    Args:
        labels: (H, W) integers, 0 = background.

    Raises:
        LabelsError: if the array is no label image, or its numbers are far higher than its number of pixels.
    """
    points, offsets = traced(check_labels(labels))
    return np.split(points, offsets[1:-1]) if len(offsets) > 1 else []


def traced(labels: Labels) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """The outer contours of labels (H, W) that were checked, one after the other; see `polygons`.

    Returns:
        points (K, 2) x, y in px; offsets (N + 1,), where each contour begins.

    Raises:
        LabelsError: if the numbers are far higher than the number of pixels.
    """
    count = _table_size(labels)
    if count == 0:
        return np.empty((0, 2), np.float32), np.zeros(1, np.int64)
    pieces = pieces_of(labels)
    places = components.largest_pieces(pieces.first, pieces.start, pieces.value, pieces.parent, labels.shape[1], count)
    points, offsets = contours.trace_all(labels, places[1:])
    return points, offsets


def _table_size(labels: Labels) -> int:
    """Return the highest label, refused where a table of that length would be absurd."""
    highest = int(labels.max(initial=0))
    if highest > 4 * labels.size + 1000:
        raise LabelsError(
            f"The highest label is {highest} in an image of {labels.size} pixels; renumber with relabel() first."
        )
    return highest


def run_lengths(labels: npt.ArrayLike) -> RunLengths:
    """Return the instances as run lengths in column-major order, as COCO has them.

    Args:
        labels: (H, W) integers, 0 = background.

    Raises:
        LabelsError: if the array is no label image.
    """
    checked = check_labels(labels)
    values, numbered = _renumber(checked)
    counts, offsets = contours.column_runs(np.ascontiguousarray(numbered.T), values.size)
    return RunLengths((checked.shape[0], checked.shape[1]), values, counts, offsets)


def labels_from_run_lengths(runs: RunLengths) -> Labels:
    """Return the label image (H, W) of run lengths; where instances overlap the later one wins.

    Raises:
        LabelsError: if the run lengths do not fit the shape.
    """
    columns = np.zeros(runs.shape[::-1], np.uint32)
    if not contours.paint_column_runs(runs.counts, runs.offsets, runs.labels, columns):
        raise LabelsError(f"Run lengths are negative or longer than an image of {runs.shape} (height, width).")
    return np.ascontiguousarray(columns.T)


def read_labels(path: str | Path) -> Labels:
    """Read a label image: TIFF of any integer type, PNG of 8 or 16 bit (palette numbers count), or ``.npy``.

    Raises:
        LabelsError: if the file is missing, can't be read, or holds no label image.
    """
    path = Path(path)
    if not path.is_file():
        raise LabelsError(f"{path}: there is no such file. Check the path.")
    try:
        pixels = _read_pixels(path)
    except LabelsError:
        raise
    except Exception as error:
        raise LabelsError(f"{path}: can't be read as a label image ({error}). Is the file whole?") from error
    try:
        return check_labels(pixels)
    except LabelsError as error:
        raise LabelsError(f"{path}: {error}") from error


def read_objects(path: str | Path) -> ObjectLabels:
    """Read a label image as `read_labels` does, and tell its objects apart as `objects_of` does.

    Files of `write_labels` are taken as they are: there each number is an object.

    Raises:
        LabelsError: if the file is missing, can't be read, or holds no label image.
    """
    place = Path(path)
    labels = read_labels(place)
    if _is_own(place):
        return ObjectLabels(labels)
    found = objects_of(labels)
    return replace(found, warnings=tuple(f"{place}: {text}" for text in found.warnings))


def _is_own(path: Path) -> bool:
    """Whether a label image, which could be read, was written by `write_labels`."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return False
    with Complaints(), tifffile.TiffFile(path, _multifile=False) as file:
        return bool(file.pages.first.software == _WRITER)


def _read_pixels(path: Path) -> npt.NDArray[np.generic]:
    """Return the array a file holds, by its suffix."""
    suffix = path.suffix.lower()
    if suffix in TIFF_SUFFIXES:
        return tiff_numbers(path)
    if suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False))
    if suffix in RASTER_SUFFIXES:
        return _read_raster(path)
    known = ", ".join((*TIFF_SUFFIXES, *RASTER_SUFFIXES, ".npy"))
    raise LabelsError(f"{path}: labels are not read from {suffix or 'files without suffix'}. Give one of {known}.")


def _read_raster(path: Path) -> npt.NDArray[np.generic]:
    """Return grey values or palette numbers (H, W); a colour picture of three equal channels counts as grey."""
    with Image.open(path) as image:
        pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[2] >= 3 and (pixels[..., :3] == pixels[..., :1]).all():
        return pixels[..., 0]
    return pixels


def write_labels(
    path: str | Path, labels: npt.ArrayLike, pixel_size_nm: float | tuple[float, float] | None = None
) -> None:
    """Write labels as a compressed TIFF of uint32 (BigTIFF above 2 GB); the file is either whole or not there.

    Args:
        path: where to write; an existing file is replaced.
        labels: (H, W) integers, 0 = background.
        pixel_size_nm: side of a pixel, or its width and height, which the file then carries as its resolution.

    Raises:
        LabelsError: if the array is no label image.
        OutputError: if the file can't be written.
    """
    checked = check_labels(labels)
    resolution = {"resolution": _per_cm(pixel_size_nm), "resolutionunit": "CENTIMETER"} if pixel_size_nm else {}
    rows = max(1, min(checked.shape[0], 2**20 // max(checked.shape[1], 1)))
    with atomic_file(Path(path)) as temporary:
        tifffile.imwrite(
            temporary,
            checked,
            compression="zlib",
            compressionargs={"level": 4},
            predictor=True,
            rowsperstrip=rows,
            maxworkers=thread_count(),
            bigtiff=checked.nbytes > 2**31,
            software=_WRITER,
            **resolution,
        )


def _per_cm(pixel_size_nm: float | tuple[float, float]) -> tuple[float, float]:
    """Pixels per centimetre across and down."""
    width, height = pixel_size_nm if isinstance(pixel_size_nm, tuple) else (pixel_size_nm, pixel_size_nm)
    return 1e7 / width, 1e7 / height
