"""The part of an image that is micrograph: instrument banner and empty strips at its edges are left out.

A strip at an edge is one where most pixels of its rows have one and the same grey level (text and rulers take the
rest) and where the picture next to it hardly has that level: the share of pixels at the strip's level falls from
high to low within a row or two. Dark backgrounds behind particles are kept, because there the level goes on between
the particles.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box

STRETCH_PERCENTILES = (0.5, 97.0)
LEVEL_TOLERANCE_GREY = 6.0
"""Grey levels (of 255) that count as the same: what JPEG does to a flat area near text."""
NARROW_TOLERANCE_GREY = 2.0
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
    share = _share_of_level(levels, level, LEVEL_TOLERANCE_GREY)
    height = _end_of_strip(share, beside, least_share)
    if height == 0:
        return 0
    narrow = _share_of_level(levels[:height], level, NARROW_TOLERANCE_GREY)
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
        if np.mean(np.abs(values - np.median(values)) <= NARROW_TOLERANCE_GREY) < LINE_SHARE:
            return row
    return 0
