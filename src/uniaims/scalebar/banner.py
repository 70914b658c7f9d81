"""Find the instrument banner and empty strips at the edges of an image, so that only the micrograph is analysed.

A strip at an edge is one where most pixels of its rows have one and the same grey level (text and rulers take the
rest) and where the picture next to it hardly has that level: the share of pixels at the strip's level falls from
high to low within a row or two. Dark backgrounds behind particles are kept, because there the level goes on between
the particles.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRETCH_PERCENTILES = (0.5, 97.0)
LEVEL_TOLERANCE = 6.0
"""Grey levels (of 255) that count as the same: what JPEG does to a flat area near text."""
NARROW_TOLERANCE = 2.0
NARROW_SHARE = 0.7
"""At least this share of the pixels at a strip's level are within the narrow tolerance: drawn, not imaged."""
BANNER_SHARE = 0.55
"""At least this share of a banner has its level: text-filled ones have 0.6 to 0.9."""
EMPTY_SHARE = 0.97
"""At least this share of a strip at the left or right has its level: no banner stands there, only padding."""
LINE_SHARE = 0.9
"""At least this share of a row has one level: a ruled line."""
LONGEST_LINE_PX = 6
PICTURE_SHARE = 0.3
"""At most this share of the picture beside the strip has the strip's level."""
LARGEST_STRIP = 0.35
"""A strip is at most this part of the side."""
SMALLEST_STRIP_PX = 3
EDGE_PX = 3
"""The share falls from high to low within this many rows."""
STRIPS_PER_EDGE = 3


@dataclass(frozen=True)
class Box:
    """Pixels ``top <= row < bottom``, ``left <= column < right``."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns, to index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """Top, left, bottom, right; the last two exclusive."""
        return self.top, self.left, self.bottom, self.right

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    @property
    def transposed(self) -> "Box":
        """The same box in the image with rows and columns exchanged."""
        return Box(self.left, self.top, self.right, self.bottom)

    def clipped(self, shape: tuple[int, ...]) -> "Box":
        """The part inside an image of ``shape``; without rows or columns where it is outside."""
        (top, bottom), (left, right) = (
            (min(max(low, 0), side), min(max(high, 0), side))
            for low, high, side in ((self.top, self.bottom, shape[0]), (self.left, self.right, shape[1]))
        )
        return Box(top, left, max(top, bottom), max(left, right))

    def moved(self, down: int, right: int) -> "Box":
        """The box shifted by whole pixels."""
        return Box(self.top + down, self.left + right, self.bottom + down, self.right + right)

    def grown(self, down: int, across: int, shape: tuple[int, ...]) -> "Box":
        """The box with margins of so many rows and columns on each side, inside an image of ``shape``."""
        return Box(self.top - down, self.left - across, self.bottom + down, self.right + across).clipped(shape)

    def share_in(self, other: "Box") -> float:
        """Which part of the box, 0..1, lies in another one."""
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        across = min(self.right, other.right) - max(self.left, other.left)
        return max(0, down) * max(0, across) / max(1, self.height * self.width)

    def union(self, other: "Box") -> "Box":
        """The smallest box around both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        return Box(top, left, max(self.bottom, other.bottom), max(self.right, other.right))


def content_box(gray: NDArray[Any]) -> Box:
    """Box of the micrograph inside ``gray`` (H, W, any real dtype, finite), without banners and empty strips.

    The whole image if there is no strip.
    """
    levels = _eight_bit(gray)
    top, bottom = _without_strips(levels, BANNER_SHARE)
    left, right = _without_strips(levels[top:bottom].T, EMPTY_SHARE)
    inner_top, inner_bottom = _without_strips(levels[top:bottom, left:right], BANNER_SHARE)
    return Box(top + inner_top, left, top + inner_bottom, right)


def _eight_bit(gray: NDArray[Any]) -> NDArray[np.float32]:
    """Grey levels (H, W) on a scale of 0..255: as they are for uint8, else stretched and clipped.

    Stretched between percentiles, so that hot pixels and the white letters of a banner don't press a micrograph that
    fills only a part of its range (12 bits in 16) into one dark level.
    """
    if gray.dtype == np.uint8:
        return gray.astype(np.float32)
    levels = gray.astype(np.float32)
    low, high = (float(level) for level in np.percentile(levels, STRETCH_PERCENTILES))
    if not high > low:
        low, high = float(levels.min()), float(levels.max())
    with np.errstate(over="ignore"):  # hot pixels may be as large as numbers get
        stretched: NDArray[np.float32] = np.clip((levels - low) * np.float32(255.0 / max(high - low, 1e-30)), 0, 255)
    return stretched


def _without_strips(levels: NDArray[np.float32], least_share: float) -> tuple[int, int]:
    """First row and end row of the picture in ``levels`` (H, W), strips at both ends left out."""
    height = levels.shape[0]
    largest = int(height * LARGEST_STRIP)
    bottom = height - _strips_height(levels[::-1], largest, least_share)
    return _strips_height(levels[:bottom], largest, least_share), bottom


def _strips_height(levels: NDArray[np.float32], largest: int, least_share: float) -> int:
    """Height of all strips that follow each other from row 0 on; at most ``largest``."""
    total = 0
    for _ in range(STRIPS_PER_EDGE):
        height = _strip_height(levels[total:], largest - total, least_share)
        if height == 0:
            break
        total += height
    return total


def _strip_height(levels: NDArray[np.float32], largest: int, least_share: float) -> int:
    """Height of the strip of one level at row 0 of ``levels`` (H, W) with its inner ruled lines; 0: there is none."""
    beside = max(8, levels.shape[0] // 40)
    near = levels[: largest + beside]
    # The outermost rows tell the level of a narrow strip, more rows that of a banner with a frame around it.
    found = {_common_level(levels[:rows]) for rows in (SMALLEST_STRIP_PX, max(SMALLEST_STRIP_PX, len(levels) // 20))}
    height = max(_height_at_level(near, level, beside, least_share) for level in found)
    return height + _lines(levels[height : height + beside]) if height else 0


def _height_at_level(levels: NDArray[np.float32], level: float, beside: int, least_share: float) -> int:
    """Height of the strip of this level at row 0 of ``levels`` (H, W); 0: there is none."""
    share = _share_of_level(levels, level, LEVEL_TOLERANCE)
    height = _end_of_strip(share, beside, least_share)
    if height == 0:
        return 0
    narrow = _share_of_level(levels[:height], level, NARROW_TOLERANCE)
    return height if narrow.mean() >= NARROW_SHARE * share[:height].mean() else 0


def _end_of_strip(share: NDArray[np.float64], beside: int, least_share: float) -> int:
    """The row at which the share (H,) of the strip's level falls from high to low most clearly; 0: nowhere."""
    sums = np.concatenate([[0.0], np.cumsum(share)])
    best, height = 0.0, 0
    for end in range(SMALLEST_STRIP_PX, len(share) - beside + 1):
        strip, picture = sums[end] / end, (sums[end + beside] - sums[end]) / beside
        falls = share[end - 1] >= least_share and share[min(end + EDGE_PX, len(share)) - 1] <= PICTURE_SHARE
        if falls and strip >= least_share and picture <= PICTURE_SHARE and strip - picture > best:
            best, height = strip - picture, end
    return height


def _common_level(levels: NDArray[np.float32]) -> float:
    """The most frequent grey level of ``levels``, to half a level."""
    counts = np.bincount(np.clip(np.rint(levels), 0, 255).astype(np.int64).ravel(), minlength=256)
    smooth = np.convolve(counts, np.ones(5), mode="same")
    return float(np.argmax(smooth))


def _share_of_level(levels: NDArray[np.float32], level: float, tolerance: float) -> NDArray[np.float64]:
    """(H,) share of each row that has ``level``."""
    share: NDArray[np.float64] = np.mean(np.abs(levels - np.float32(level)) <= tolerance, axis=1)
    return share


def _lines(levels: NDArray[np.float32]) -> int:
    """How many rows from row 0 on are ruled lines: one drawn level across the image, and not for long."""
    for row, values in enumerate(levels[: LONGEST_LINE_PX + 1]):
        if np.mean(np.abs(values - np.median(values)) <= NARROW_TOLERANCE) < LINE_SHARE:
            return row
    return 0
