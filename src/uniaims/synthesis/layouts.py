"""Scenes like those of labelled images: bodies of a learnt `Geometry`, laid out as densely and as close together.

Overlaps are pushed apart as in force-biased packings (Moscinski & Bargiel 1991), but with the bodies' own pixels, so
that shapes of any kind pack; what touched in the images may touch, what stood alone keeps a gap, and what was partly
hidden there may lie on others.
"""

from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import NDArray

from uniaims.errors import SettingsError
from uniaims.synthesis.bodies import Outline
from uniaims.synthesis.geometry import Geometry
from uniaims.synthesis.ranges import Range, check_ranges, drawn, drawn_log
from uniaims.synthesis.relief import Patch, rasterise
from uniaims.synthesis.scenes.composition import Placed, composed
from uniaims.synthesis.scenes.scene import Scene

Array = NDArray[np.float64]
Generator = np.random.Generator
_LARGEST_PART = 0.9
"""No body is longer than this part of the image's shorter side."""
_MOST_SWEEPS = 80
_SWEEPS_PER_LOOK = 10
"""Sweeps between two looks at whether pushing still helps."""
_SEEN_PX = 500
"""Pixels of a body that are looked at for overlap: of larger ones every second, third, ... pixel."""
_MOST_ROUNDS = 4
_SMALLEST_PX = 4.0
_GAP_PX = 2.0
_RIM_PX = 1.0
"""A filled contour covers the pixels that it touches: half a pixel more on each side."""
_HIDING_PER_HIDDEN = 0.5
"""Bodies that lie on others per body that is hidden by one: each hides about two."""
_MOST_BODIES = 100_000


@dataclass(frozen=True)
class Learnt:
    """A kind of scene that was learnt from labelled images.

    Attributes:
        geometry: what was learnt; each scene follows one of its images.
        teachers: numbers of the images to follow; none: all.
        zoom: factor on all sizes, drawn for each scene evenly on a log scale.
        cover_spread: spread (logarithm) of the covered part around that of the image.
        flat: part of the bodies' width over which their surface rises: 1 a dome, 0.1 a plate.
        height: thickness over diameter.
        facets: chance that a scene's bodies are cut by planes.
    """

    geometry: Geometry
    teachers: tuple[int, ...] = ()
    zoom: Range = (1.0, 1.0)
    cover_spread: float = 0.1
    flat: Range = (0.1, 1.0)
    height: Range = (0.4, 0.9)
    facets: float = 0.25

    def __post_init__(self) -> None:
        check_ranges(self, ("zoom", "flat", "height"), 0.02)
        known = len(self.geometry.covers)
        if any(not 0 <= number < known for number in self.teachers):
            raise SettingsError(f"teachers are {self.teachers}: wanted numbers from 0 to {known - 1}.")
        if not 0 <= self.facets <= 1 or self.cover_spread < 0:
            raise SettingsError(
                f"facets is {self.facets}, cover_spread {self.cover_spread}: wanted a chance from 0 to 1 and 0 or more."
            )

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one scene of `shape` (H, W) like one of the images."""
        image = int(rng.choice(self.teachers or range(len(self.geometry.covers))))
        zoom = drawn_log(self.zoom, rng)
        median_px = self.geometry.medians_px[image] * zoom
        margin = int(min(median_px, 0.5 * min(shape)))
        target = min(self.geometry.covers[image] * np.exp(rng.normal(0, self.cover_spread)), 1.0)
        layout = _Layout(self.geometry, image, zoom, (shape, margin), _LARGEST_PART * min(shape))
        layout.fill(target, rng)
        placed = self._surfaced(layout, margin, rng)
        return composed(shape, placed, float(median_px))

    def _surfaced(self, layout: "_Layout", margin: int, rng: Generator) -> list[Placed]:
        """Give the outlines of a layout their heights; those that may overlap lie above the others."""
        flat, height, faceted = drawn(self.flat, rng), drawn(self.height, rng), rng.random() < self.facets
        placed = []
        for number, points in enumerate(layout.outlines):
            diameter = layout.diameters[number]
            place = np.rint(layout.places[number]).astype(int)
            shift = np.clip(layout.places[number] - place, -0.5, 0.5)
            patch = rasterise(Outline(points, height * diameter, flat), float(shift[0]), float(shift[1]))
            patch = _cut(patch, height * diameter, rng) if faceted else patch
            level = rng.uniform(0.3, 1.0) * diameter if layout.lying[number] else 0.0
            placed.append(Placed(patch, (int(place[0]) - margin, int(place[1]) - margin), level, number))
        return placed


class _Layout:
    """Outlines (y, x from their middles) and their places on a ground; grows until it covers enough of the image.

    The ground is the image with a margin around it, so that the border cuts bodies.
    """

    def __init__(
        self, geometry: Geometry, image: int, zoom: float, extent: tuple[tuple[int, int], int], longest_px: float
    ) -> None:
        shape, self.margin = extent
        self.ground = (shape[0] + 2 * self.margin, shape[1] + 2 * self.margin)
        self.geometry, self.image, self.zoom, self.longest_px = geometry, image, zoom, longest_px
        self.outlines: list[Array] = []
        self.pixels: list[NDArray[np.int32]] = []
        self.diameters = np.zeros(0)
        self.places = np.zeros((0, 2))
        self.lying = np.zeros(0, dtype=bool)

    def fill(self, target: float, rng: Generator) -> None:
        """Add bodies and push them apart until `target` of the image is covered or nothing helps any more."""
        cover = 0.0
        for _ in range(_MOST_ROUNDS):
            missing = (target - cover) * self.ground[0] * self.ground[1]
            self._add(missing, rng)
            before, cover = cover, self._settle()
            if not self.outlines or cover >= 0.97 * target or cover <= before:
                return

    def _add(self, area_px: float, rng: Generator) -> None:
        """New bodies of about `area_px` pixels in all, beside others or anywhere."""
        sizes = self.geometry.medians_px[self.image] * self.zoom
        guess = min(int(2 * area_px / max(0.5 * sizes**2, 4)) + 8, _MOST_BODIES)
        contours, diameters = self.geometry.draw(self.image, guess, rng)
        reaches = 2 * np.abs(contours).max(axis=1)
        diameters = np.minimum(np.maximum(diameters * self.zoom, _SMALLEST_PX), self.longest_px / reaches)
        areas = np.cumsum(np.pi / 4 * diameters**2)
        count = int(np.searchsorted(areas, area_px)) + 1
        if count > 1 and areas[min(count, guess) - 1] - area_px > area_px - areas[count - 2]:
            count -= 1
        count = min(count, guess)
        turns = np.exp(1j * self.geometry.directions(self.image, count, rng))
        order = np.argsort(-diameters[:count], kind="stable")
        hiding = rng.random(count) < _HIDING_PER_HIDDEN * self.geometry.hidden[self.image]
        together = rng.random(count) < self.geometry.touching[self.image]
        for index in order:
            self._put(contours[index] * turns[index] * (diameters[index] - _RIM_PX), not together[index], rng)
        self.diameters = np.append(self.diameters, diameters[:count][order])
        self.lying = np.append(self.lying, (hiding & together)[order])

    def _put(self, contour: NDArray[np.complex128], alone: bool, rng: Generator) -> None:
        points = np.column_stack([contour.imag, contour.real])
        place = rng.uniform(0, self.ground)
        if not alone and self.outlines:
            beside = int(rng.integers(len(self.outlines)))
            angle = rng.uniform(0, 2 * np.pi)
            reach = _radius(self.outlines[beside], angle) + _radius(points, angle + np.pi)
            place = self.places[beside] + 0.98 * reach * np.array([np.sin(angle), np.cos(angle)])
            place = place if (place >= 0).all() and (place < self.ground).all() else rng.uniform(0, self.ground)
        grown = points * (1 + 2 * _GAP_PX / max(np.ptp(points, axis=0).min(), 4)) if alone else points
        self.outlines.append(points)
        self.pixels.append(_covered(grown))
        self.places = np.vstack([self.places, place])

    def _settle(self) -> float:
        """Push apart what overlaps and should not; gives the covered part of the image."""
        offsets = np.concatenate([[0], np.cumsum([len(pixels) for pixels in self.pixels])])
        places = self.places.copy()
        counts = np.zeros(self.ground, np.int16)
        _push_apart(np.concatenate(self.pixels), offsets, places, self.lying, counts, _MOST_SWEEPS)
        self.places = places
        own = np.pi / 4 * self.diameters**2
        gaps = 1 - np.minimum(1.0, own.sum() / max(offsets[-1], 1))
        inner = tuple(slice(self.margin, length - self.margin) for length in self.ground)
        return float((counts[inner] > 0).mean() * (1 - gaps))


def _radius(points: Array, angle: float) -> float:
    """How far an outline reaches in the direction `angle` (from x towards y)."""
    return float(max((points @ np.array([np.sin(angle), np.cos(angle)])).max(), 1.0))


def _covered(points: Array) -> NDArray[np.int32]:
    """Pixels (K, 2; row, column from the middle) of an outline."""
    patch = rasterise(Outline(points, 1.0), 0.0, 0.0)
    return np.asarray(np.argwhere(patch.upper > -1e29) - patch.middle, dtype=np.int32)


def _cut(patch: Patch, height_px: float, rng: Generator) -> Patch:
    """Cut the upper surface by a few planes, as of a crystal."""
    rows, columns = np.indices(patch.upper.shape, dtype=np.float32) - np.float32(patch.middle)
    upper, slope_y, slope_x, mass = (part.copy() for part in (patch.upper, patch.slope_y, patch.slope_x, patch.mass))
    for _ in range(int(rng.integers(3, 7))):
        angle, steepness = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 1.2)
        along_y, along_x = -steepness * np.sin(angle), -steepness * np.cos(angle)
        plane = (rng.uniform(0.15, 0.45) * height_px + along_y * rows + along_x * columns).astype(np.float32)
        plane = np.maximum(plane, 0.02 * height_px)
        lower = (plane < upper) & (upper > -1e29)
        mass[lower] -= (upper - plane)[lower]
        upper[lower], slope_y[lower], slope_x[lower] = plane[lower], along_y, along_x
    return replace(patch, upper=upper, slope_y=slope_y, slope_x=slope_x, mass=np.maximum(mass, 0))


@numba.njit(cache=True, nogil=True)
def _push_apart(pixels, offsets, places, lying, counts, sweeps):  # type: ignore[no-untyped-def]
    """Move each body away from the middle of what others cover of it, until none does or it gets no better.

    `counts` (H, W) tells in the end how many bodies cover each pixel.
    """
    for body in range(len(places)):
        if not lying[body]:
            _count(pixels[offsets[body] : offsets[body + 1]], places[body], counts, 1)
    before = 1 << 60
    for sweep in range(sweeps):
        shared = _push(pixels, offsets, places, lying, counts, sweep)
        if shared == 0 or (sweep % _SWEEPS_PER_LOOK == _SWEEPS_PER_LOOK - 1 and shared > 0.95 * before):
            break
        if sweep % _SWEEPS_PER_LOOK == _SWEEPS_PER_LOOK - 1:
            before = shared
    for body in range(len(places)):
        if lying[body]:
            _count(pixels[offsets[body] : offsets[body + 1]], places[body], counts, 1)


@numba.njit(cache=True, nogil=True)
def _count(own, place, counts, change):  # type: ignore[no-untyped-def]
    """Add `change` to the counts of the pixels of a body."""
    top, left = round(place[0]), round(place[1])
    for k in range(len(own)):
        y, x = top + own[k, 0], left + own[k, 1]
        if 0 <= y < counts.shape[0] and 0 <= x < counts.shape[1]:
            counts[y, x] += change


@numba.njit(cache=True, nogil=True)
def _overlap(own, place, counts):  # type: ignore[no-untyped-def]
    """Pixels of a body that others cover too: their number, and the sums of their rows and columns from its middle."""
    top, left = round(place[0]), round(place[1])
    shared, along_y, along_x = 0, 0.0, 0.0
    step = max(1, len(own) // _SEEN_PX)
    for k in range(0, len(own), step):
        y, x = top + own[k, 0], left + own[k, 1]
        if 0 <= y < counts.shape[0] and 0 <= x < counts.shape[1] and counts[y, x] > 1:
            shared += step
            along_y += step * own[k, 0]
            along_x += step * own[k, 1]
    return shared, along_y, along_x


@numba.njit(cache=True, nogil=True)
def _push(pixels, offsets, places, lying, counts, sweep):  # type: ignore[no-untyped-def]
    """One step of every body that shares pixels; gives their number."""
    total = 0
    for body in range(len(places)):
        own = pixels[offsets[body] : offsets[body + 1]]
        shared, along_y, along_x = (0, 0.0, 0.0) if lying[body] else _overlap(own, places[body], counts)
        if shared == 0:
            continue
        total += shared
        distance = np.sqrt(along_y * along_y + along_x * along_x)
        if distance < 0.5 * shared:  # covered all over or from all sides: any way is as good
            turn = 2.399963 * (body + 7 * sweep)
            along_y, along_x, distance = np.sin(turn), np.cos(turn), 1.0
        width = np.sqrt(len(own))
        step = min(0.6 * shared / width + 0.3, 0.25 * width)
        _count(own, places[body], counts, -1)
        places[body, 0] = min(max(places[body, 0] - step * along_y / distance, 0.0), counts.shape[0] - 1.0)
        places[body, 1] = min(max(places[body, 1] - step * along_x / distance, 0.0), counts.shape[1] - 1.0)
        _count(own, places[body], counts, 1)
    return total
