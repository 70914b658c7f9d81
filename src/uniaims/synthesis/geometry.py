"""Geometry learnt from a few labelled images: shapes, sizes, directions and how densely bodies lie.

A contour is 128 complex numbers, turned to its long axis and scaled to a body of diameter 1; its Fourier coefficients
(Zahn & Roskies 1972; Kuhl & Giardina 1982) go through a principal component analysis that keeps 99 % of the variance.
New shapes come from a kernel density over these scores together with the logarithm of the size, so that large
bodies keep the shapes of large ones; the kernel is shrunk so that it keeps the variance (Silverman 1986, section 6.4).
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uniaims.atomic import atomic_file
from uniaims.boxes import Box
from uniaims.errors import InputError

Array = NDArray[np.float64]
Generator = np.random.Generator
CONTOUR_POINTS = 128
"""Points of a contour."""
_HIGHEST_FREQUENCY = 24
"""Frequencies kept on either side: finer ones are pixel steps."""
_VARIANCE_KEPT = 0.99
MOST_IMAGES = 50
_SMALLEST_AREA_PX = 12
_LEAST_SOLIDITY = 0.9
_BANDWIDTH_DEVIATIONS = 0.15
_FEWEST_WHOLE_BODIES = 20
"""With fewer whole bodies than this, those that seem cut by a neighbour are taken too."""
_BODIES_HALF_BORROWED = 3
"""An image with as many bodies takes half of its shapes from the others."""
_NEAR_PX = 2


@dataclass(frozen=True, eq=False)
class Geometry:
    """What labelled images teach, from N bodies of M images.

    Attributes:
        mean: (D,) mean of the contours' coefficients, real parts then imaginary parts.
        components: (K, D) principal components.
        scores: (N, K) of each body.
        log_sizes: (N,) natural logarithm of diameter over the median diameter of its image.
        angles: (N,) direction of the long axis, radians from x towards y, 0 to pi.
        elongations: (N,) length along the long axis over width across it.
        weights: (N,) how often a body counts: those that the image's border is likelier to cut count more.
        images: (N,) number of the image each body is from.
        medians_px: (M,) median diameter.
        covers: (M,) labelled part of the image.
        touching: (M,) share of bodies that touch another one.
        hidden: (M,) share of bodies that another one seems to lie on: they touch, and aren't convex.
        orders: (M,) how much the directions agree, 0 to 1 (length of the mean doubled direction).
        sources: (M,) which of the given label images each image is: those without whole bodies are passed over.
    """

    mean: Array
    components: Array
    scores: Array
    log_sizes: Array
    angles: Array
    elongations: Array
    weights: Array
    images: NDArray[np.int64]
    medians_px: Array
    covers: Array
    touching: Array
    hidden: Array
    orders: Array
    sources: NDArray[np.int64]

    @classmethod
    def learnt(cls, label_images: Iterable[NDArray[np.integer]]) -> "Geometry":
        """Learn from 1 to 50 label images (H, W), 0 = background; more are not looked at.

        Raises:
            InputError: if they hold fewer than 3 whole bodies of 20 px or more.
        """
        censuses = [_census(labels) for labels, _ in zip(label_images, range(MOST_IMAGES), strict=False)]
        sources = [number for number, census in enumerate(censuses) if census.bodies]
        censuses = [censuses[number] for number in sources]
        bodies = [(body, number) for number, census in enumerate(censuses) for body in census.bodies]
        if len(bodies) < 3:
            raise InputError(
                f"{len(bodies)} whole bodies of {_SMALLEST_AREA_PX} px or more in the labels: wanted at least 3. "
                "Give labelled images with more bodies that the image's border doesn't cut."
            )
        kept = _teachers(bodies)
        vectors = np.stack([body.coefficients for body, _ in kept])
        images = np.array([number for _, number in kept])
        medians = np.array([np.median([body.diameter_px for body in census.bodies]) for census in censuses])
        mean, components = _principal_components(vectors)
        return cls(
            mean=mean,
            components=components,
            scores=(vectors - mean) @ components.T,
            log_sizes=np.log([body.diameter_px / medians[number] for body, number in kept]),
            angles=np.array([body.angle for body, _ in kept]),
            elongations=np.array([body.elongation for body, _ in kept]),
            weights=np.array([body.weight for body, _ in kept]),
            images=images,
            medians_px=medians,
            covers=np.array([census.cover for census in censuses]),
            touching=np.array([census.share("touches") for census in censuses]),
            hidden=np.array([census.share("hidden") for census in censuses]),
            orders=np.array([_order(census.bodies) for census in censuses]),
            sources=np.array(sources),
        )

    def draw(self, image: int, count: int, rng: Generator) -> tuple[NDArray[np.complex128], Array]:
        """Draw `count` new bodies like those of an `image`.

        Gives contours (count, 128) complex, x + i y in units of the diameter, long axis along x, and
        diameters (count,) in pixels.
        """
        own = self.weights * (self.images == image)
        pooled = self.weights / self.weights.sum()
        known = np.count_nonzero(own)
        trust = known / (known + _BODIES_HALF_BORROWED)
        chances = pooled if known == 0 else trust * own / own.sum() + (1 - trust) * pooled
        chosen = rng.choice(len(chances), count, p=chances / chances.sum())
        centres, deviations = self._neighbourhoods()
        joint = np.column_stack([self.scores, self.log_sizes])[chosen]
        centre, deviation = centres[self.images[chosen]], deviations[self.images[chosen]]
        noise = _BANDWIDTH_DEVIATIONS * deviation * np.clip(rng.standard_normal(joint.shape), -2.5, 2.5)
        drawn = centre + (joint - centre + noise) / np.sqrt(1 + _BANDWIDTH_DEVIATIONS**2)
        contours = _contours(self.mean + drawn[:, :-1] @ self.components)
        return contours, self.medians_px[image] * np.exp(drawn[:, -1])

    def _neighbourhoods(self) -> tuple[Array, Array]:
        """Mean and deviation (M, K + 1) of scores and log sizes in each image; of all where there are few."""
        joint = np.column_stack([self.scores, self.log_sizes])
        groups = [joint[self.images == number] for number in range(len(self.covers))]
        centres = [group.mean(axis=0) if len(group) >= 3 else joint.mean(axis=0) for group in groups]
        deviations = [group.std(axis=0) if len(group) >= 3 else 0.3 * joint.std(axis=0) for group in groups]
        return np.stack(centres), np.stack(deviations)

    def directions(self, image: int, count: int, rng: Generator) -> Array:
        """Draw `count` directions of long axes, radians: as in the image if they agree there, else any."""
        own = np.flatnonzero(self.images == image)
        if self.orders[image] < 0.25 or len(own) < 5:
            return rng.uniform(0, 2 * np.pi, count)
        weights = np.maximum(self.elongations[own] - 1, 1e-3)
        chosen = rng.choice(own, count, p=weights / weights.sum())
        return np.asarray(self.angles[chosen] + rng.normal(0, 0.1, count) + np.pi * rng.integers(0, 2, count))

    def save(self, path: Path) -> None:
        """Write everything into one .npz file."""
        with atomic_file(path) as temporary:
            np.savez_compressed(temporary, **{item.name: getattr(self, item.name) for item in fields(self)})

    @classmethod
    def load(cls, path: Path) -> "Geometry":
        """Read what `save` wrote.

        Raises:
            InputError: if the file can't be read.
        """
        try:
            with np.load(path) as stored:
                return cls(**{item.name: stored[item.name] for item in fields(cls)})
        except (OSError, KeyError, ValueError) as error:
            raise InputError(f"{path}: no readable geometry ({error}). Learn it again with --like.") from error


@dataclass(frozen=True, eq=False)
class _Taught:
    """One whole body of a labelled image."""

    coefficients: Array
    diameter_px: float
    angle: float
    elongation: float
    weight: float
    solid: bool
    touches: bool

    @property
    def hidden(self) -> bool:
        """Whether a neighbour seems to lie over it."""
        return self.touches and not self.solid


@dataclass(frozen=True, eq=False)
class _Census:
    """The bodies of one image that its border doesn't cut."""

    bodies: list[_Taught]
    cover: float

    def share(self, trait: str) -> float:
        """Share of the bodies that have a trait."""
        return float(np.mean([getattr(body, trait) for body in self.bodies]))


def _census(labels: NDArray[np.integer]) -> _Census:
    checked = np.asarray(labels)
    boxes = _boxes(checked)
    bodies = [body for number, box in boxes.items() if (body := _taught(checked, number, box)) is not None]
    return _Census(bodies, float(np.count_nonzero(checked)) / checked.size)


def _boxes(labels: NDArray[np.integer]) -> dict[int, Box]:
    """The box of each label."""
    rows, columns = np.nonzero(labels)
    numbers, index = np.unique(labels[rows, columns], return_inverse=True)
    edges = [np.full(len(numbers), limit) for limit in (labels.shape[0], labels.shape[1], 0, 0)]
    np.minimum.at(edges[0], index, rows)
    np.minimum.at(edges[1], index, columns)
    np.maximum.at(edges[2], index, rows + 1)
    np.maximum.at(edges[3], index, columns + 1)
    return {int(number): Box.of_row(row) for number, row in zip(numbers, np.stack(edges, axis=1), strict=True)}


def _taught(labels: NDArray[np.integer], number: int, box: Box) -> _Taught | None:
    """What one label teaches; nothing if the border cuts it or it is tiny."""
    height, width = labels.shape
    if box.top == 0 or box.left == 0 or box.bottom == height or box.right == width:
        return None
    around = labels[box.grown(_NEAR_PX + 1, _NEAR_PX + 1, labels.shape).window]
    mask = (around == number).astype(np.uint8)
    area = int(mask.sum())
    if area < _SMALLEST_AREA_PX:
        return None
    found, _ = cv2.findContours(np.pad(mask, 1), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(found, key=len)[:, 0].astype(np.float64)
    if len(contour) < 8:
        return None
    near = cv2.dilate(mask, np.ones((2 * _NEAR_PX + 1,) * 2, np.uint8)) > 0
    others = int(np.count_nonzero(near & (around > 0) & (around != number)))
    diameter = 2 * np.sqrt(area / np.pi)
    points, angle, elongation = _turned(contour[:, 0] + 1j * contour[:, 1])
    seen = max(height - box.height, 1) * max(width - box.width, 1) / (height * width)
    hull_px = (
        cv2.contourArea(cv2.convexHull(contour.astype(np.float32)))
        + cv2.arcLength(cv2.convexHull(contour.astype(np.float32)), closed=True) / 2
    )
    return _Taught(
        coefficients=_coefficients(points),
        diameter_px=float(diameter),
        angle=angle,
        elongation=elongation,
        weight=min(1 / seen, 5.0),
        solid=area >= _LEAST_SOLIDITY * hull_px,
        touches=others >= 3,
    )


def _turned(contour: NDArray[np.complex128]) -> tuple[NDArray[np.complex128], float, float]:
    """A contour (K,) as 128 points with equal steps, long axis along x, diameter 1; the axis' angle, the elongation."""
    closed = np.append(contour, contour[0])
    travelled = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(closed)))])
    steps = np.linspace(0, travelled[-1], CONTOUR_POINTS, endpoint=False)
    points = np.interp(steps, travelled, closed.real) + 1j * np.interp(steps, travelled, closed.imag)
    following = np.roll(points, -1)
    crosses = points.real * following.imag - following.real * points.imag
    area = crosses.sum() / 2
    if area < 0:
        points, crosses, area = points[::-1], -crosses[::-1], -area
        following = np.roll(points, -1)
    points = points - ((points + following) * crosses).sum() / (6 * max(area, 1e-9))
    second = (points**2).mean()
    angle = float(np.angle(second) / 2)
    points = points * np.exp(-1j * angle)
    if (points.real**3).mean() < 0:  # which end is which, so that equal shapes get equal coefficients
        points = -points
    start = int(np.argmin(np.abs(np.angle(points))))
    scale = 2 * np.sqrt(max(area, 1e-9) / np.pi)
    elongation = float(np.ptp(points.real) / max(float(np.ptp(points.imag)), 1e-3))
    return np.roll(points, -start) / scale, angle % np.pi, elongation


def _coefficients(points: NDArray[np.complex128]) -> Array:
    """Fourier coefficients -24 .. -1, 1 .. 24 of a contour, (96,): real parts, then imaginary parts."""
    spectrum = np.fft.fft(points) / CONTOUR_POINTS
    kept = np.concatenate([spectrum[-_HIGHEST_FREQUENCY:], spectrum[1 : _HIGHEST_FREQUENCY + 1]])
    return np.concatenate([kept.real, kept.imag])


def _contours(coefficients: Array) -> NDArray[np.complex128]:
    """Back from coefficients (count, 96) to contours (count, 128) that enclose a disc's area of diameter 1."""
    count, half = coefficients.shape[0], coefficients.shape[1] // 2
    spectrum = np.zeros((count, CONTOUR_POINTS), np.complex128)
    kept = coefficients[:, :half] + 1j * coefficients[:, half:]
    spectrum[:, -_HIGHEST_FREQUENCY:], spectrum[:, 1 : _HIGHEST_FREQUENCY + 1] = (
        kept[:, :_HIGHEST_FREQUENCY],
        kept[:, _HIGHEST_FREQUENCY:],
    )
    points = np.fft.ifft(spectrum, axis=1) * CONTOUR_POINTS
    following = np.roll(points, -1, axis=1)
    areas = np.abs((points.real * following.imag - following.real * points.imag).sum(axis=1)) / 2
    return np.asarray(points * np.sqrt(np.pi / 4 / np.maximum(areas, 0.05))[:, None])


def _principal_components(vectors: Array) -> tuple[Array, Array]:
    """Mean (D,) and the components (K, D) that hold 99 % of the variance of vectors (N, D)."""
    mean = vectors.mean(axis=0)
    _, spread, directions = np.linalg.svd(vectors - mean, full_matrices=False)
    share = np.cumsum(spread**2) / max(float((spread**2).sum()), 1e-12)
    count = min(int(np.searchsorted(share, _VARIANCE_KEPT)) + 1, len(spread))
    signs = np.where(directions[:, np.argmax(np.abs(directions), axis=1)].diagonal() < 0, -1.0, 1.0)
    return mean, (directions * signs[:, None])[:count]


def _teachers(bodies: list[tuple[_Taught, int]]) -> list[tuple[_Taught, int]]:
    """Those whose outline is their own: without those that seem cut by a neighbour, where enough are left."""
    whole = [entry for entry in bodies if not entry[0].hidden]
    return whole if len(whole) >= min(_FEWEST_WHOLE_BODIES, max(3, len(bodies) // 5)) else bodies


def _order(bodies: list[_Taught]) -> float:
    weights = np.array([body.elongation - 1 for body in bodies])
    doubled = np.exp(2j * np.array([body.angle for body in bodies]))
    return float(abs((weights * doubled).sum()) / max(weights.sum(), 1e-9))
