"""Anti-aliased shapes on uint8 images: rectangles, discs, convex polygons and letters with sub-pixel places.

Coordinates are x to the right and y down in pixels; pixel n covers n to n + 1, so its centre is n + 0.5. A shape
covers each pixel by the share of its area that lies inside (rectangles: exactly; round and slanted ones: from the
distance of the pixel's centre to the edge).
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from uniaims.boxes import Box

Ink: TypeAlias = tuple[int, int, int]
"""Red, green, blue from 0 to 255."""

Rectangle: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom of what is drawn, in px with fractions; whole pixels are a `uniaims.boxes.Box`."""


@dataclass(frozen=True, eq=False)
class Canvas:
    """Pixels to draw on, (H, W, 3) uint8, changed in place."""

    pixels: NDArray[np.uint8]

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    def rectangle(self, box: Rectangle, ink: Ink, opacity: float = 1.0) -> None:
        """Fill `box`."""
        window = self._window(box)
        if window is None:
            return
        rows, columns = np.arange(window.top, window.bottom), np.arange(window.left, window.right)
        cover = np.outer(_covered(rows, box[1], box[3]), _covered(columns, box[0], box[2]))
        self._blend(window, cover * opacity, ink)

    def frame(self, box: Rectangle, ink: Ink, width_px: float = 1.0) -> None:
        """Draw the border of `box`, `width_px` wide, on the inner side."""
        left, top, right, bottom = box
        for side in (
            (left, top, right, top + width_px),
            (left, bottom - width_px, right, bottom),
            (left, top + width_px, left + width_px, bottom - width_px),
            (right - width_px, top + width_px, right, bottom - width_px),
        ):
            self.rectangle(side, ink)

    def disc(self, x: float, y: float, radius: float, ink: Ink) -> None:
        """Fill a disc around (`x`, `y`)."""
        window = self._window((x - radius - 1, y - radius - 1, x + radius + 1, y + radius + 1))
        if window is None:
            return
        rows, columns = _centres(window)
        self._blend(window, np.clip(radius - np.hypot(rows - y, columns - x) + 0.5, 0, 1), ink)

    def polygon(self, corners: list[tuple[float, float]], ink: Ink) -> None:
        """Fill a convex polygon with `corners` (x, y) in either turning sense."""
        points = np.asarray(corners, dtype=np.float64)
        low, high = points.min(0) - 1, points.max(0) + 1
        window = self._window((low[0], low[1], high[0], high[1]))
        if window is None:
            return
        rows, columns = _centres(window)
        following = np.roll(points, -1, axis=0)
        sense = np.sign(np.sum(points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]))
        cover = np.ones((rows.shape[0], columns.shape[1]))
        for (x, y), (next_x, next_y) in zip(points, following, strict=True):
            run, rise = next_x - x, next_y - y
            inside = sense * (run * (rows - y) - rise * (columns - x)) / max(np.hypot(run, rise), 1e-9)
            cover = np.minimum(cover, np.clip(inside + 0.5, 0, 1))
        self._blend(window, cover, ink)

    def line(self, start: tuple[float, float], stop: tuple[float, float], ink: Ink, width_px: float) -> None:
        """Draw a straight line with flat ends, `width_px` wide."""
        (x, y), (end_x, end_y) = start, stop
        length = max(float(np.hypot(end_x - x, end_y - y)), 1e-9)
        across, down = -(end_y - y) / length * width_px / 2, (end_x - x) / length * width_px / 2
        self.polygon(
            [
                (x + across, y + down),
                (end_x + across, end_y + down),
                (end_x - across, end_y - down),
                (x - across, y - down),
            ],
            ink,
        )

    def stamp(self, mask: NDArray[np.uint8], left: int, top: int, ink: Ink, opacity: float = 1.0) -> None:
        """Blend `ink` in where `mask` (h, w), 0 to 255, says so; what lies outside is cut off."""
        box = (float(left), float(top), float(left + mask.shape[1]), float(top + mask.shape[0]))
        window = self._window(box)
        if window is None:
            return
        self._blend(window, mask[window.moved(-top, -left).window] * (opacity / 255.0), ink)

    def level(self, box: Rectangle) -> tuple[float, float]:
        """Mean grey level inside `box`, and its standard deviation (0 and 0 where nothing of it is on the canvas)."""
        window = self._window(box)
        if window is None:
            return 0.0, 0.0
        values = self.pixels[window.window].mean(-1)
        return float(values.mean()), float(values.std())

    def _window(self, box: Rectangle) -> Box | None:
        """Pixels that `box` touches, clipped to the canvas."""
        (left, top), (right, bottom) = np.floor(box[:2]), np.ceil(box[2:])
        window = Box.of_row((top, left, bottom, right)).clipped(self.pixels.shape)
        return window if window.area else None

    def _blend(self, window: Box, cover: NDArray[np.floating[Any]], ink: Ink) -> None:
        part = self.pixels[window.window]
        blended = part + (np.asarray(ink, dtype=np.float32) - part) * cover[..., None].astype(np.float32)
        part[...] = np.rint(blended).astype(np.uint8)


def canvas_of(image: NDArray[np.uint8]) -> Canvas:
    """A canvas with a copy of `image`, (H, W) or (H, W, 3) uint8."""
    return Canvas(np.repeat(image[..., None], 3, axis=-1) if image.ndim == 2 else image.copy())


def shifted(box: Rectangle, right: float, down: float) -> Rectangle:
    """`box` moved by `right` and `down` pixels."""
    return box[0] + right, box[1] + down, box[2] + right, box[3] + down


def around(boxes: list[Rectangle], margin: float = 0.0) -> Rectangle:
    """Smallest box that holds all `boxes` (at least one), widened by `margin` on each side."""
    edges = np.asarray(boxes, dtype=np.float64)
    low, high = edges[:, :2].min(0) - margin, edges[:, 2:].max(0) + margin
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Whether two boxes share any area."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _covered(pixels: NDArray[np.int64], start: float, stop: float) -> NDArray[np.float64]:
    """How much of each pixel lies between `start` and `stop`, 0 to 1."""
    return np.asarray(np.clip(np.minimum(pixels + 1, stop) - np.maximum(pixels, start), 0, 1))


def _centres(window: Box) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    """Rows (h, 1) and columns (1, w) of the pixels' centres."""
    return np.arange(window.top, window.bottom)[:, None] + 0.5, np.arange(window.left, window.right)[None] + 0.5
