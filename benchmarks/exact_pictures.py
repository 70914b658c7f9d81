"""Pictures of plain forms whose truth is exact: outlines are formulas, pixels are area-sampled, blur is real.

`plate` draws one picture of many copies of a form at random places and directions between the pixels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

FINE = 4
"""Each pixel is drawn as so many squared, with its own covered share."""
OBJECT, GROUND = 150.0, 90.0
FORMS = ("disc", "ellipse", "rod", "hexagon", "square")

Depth = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Plate:
    """How a picture is made.

    Attributes:
        form: one of `FORMS`, or "pair": two discs that touch.
        diameter_px: of the circle of the same area.
        blur_px: standard deviation of the probe.
        contrast_to_noise: contrast over the standard deviation of a pixel.
        look: "bright" or "dark" objects, or bright ones on a "gradient" 1.5 times as high as the contrast.
        seed: of places and noise.
    """

    form: str = "disc"
    diameter_px: float = 20.0
    blur_px: float = 0.8
    contrast_to_noise: float = 10.0
    look: str = "bright"
    seed: int = 0


@dataclass(frozen=True)
class Drawn:
    """A picture, the pixels whose centres lie in each object, and the outline of the form (K, 2) without its turn."""

    image: NDArray[np.uint8]
    labels: NDArray[np.uint32]
    outline: NDArray[np.float64]
    degrees: NDArray[np.float64]


def outline_of(form: str, diameter_px: float) -> NDArray[np.float64]:
    """The outline (K, 2) x, y of a form around 0, by its formula."""
    angles = np.arange(2880) * (2 * math.pi / 2880)
    if form in ("disc", "pair", "ellipse"):
        long, short = (1.0, 1.0) if form != "ellipse" else (math.sqrt(2), 1 / math.sqrt(2))
        return diameter_px / 2 * np.stack([long * np.cos(angles), short * np.sin(angles)], axis=1)
    if form == "rod":
        radius, half = _rod(diameter_px)
        return np.stack([radius * np.cos(angles) + half * np.sign(np.cos(angles)), radius * np.sin(angles)], axis=1)
    corners = {"hexagon": 6, "square": 4}[form]
    turns = (np.arange(corners) + 0.5) * (2 * math.pi / corners)
    reach = math.sqrt(math.pi * diameter_px**2 / 4 * 2 / (corners * math.sin(2 * math.pi / corners)))
    return reach * np.stack([np.cos(turns), np.sin(turns)], axis=1)


def _rod(diameter_px: float) -> tuple[float, float]:
    """Radius of the caps and half length of the middle of a rod three times as long as wide."""
    radius = math.sqrt(math.pi * diameter_px**2 / 4 / (8 + math.pi))
    return radius, 2 * radius


def depth_in(form: str, diameter_px: float) -> Depth:
    """How far inside of the outline a place x, y is, px; right to first order near the outline."""
    radius = diameter_px / 2
    if form in ("disc", "pair"):
        return lambda x, y: radius - np.hypot(x, y)
    if form == "ellipse":
        a, b = radius * math.sqrt(2), radius / math.sqrt(2)

        def ellipse(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
            far = np.hypot(x / a, y / b)
            return (1 - far) * far / np.maximum(np.hypot(x / a**2, y / b**2), 1e-9)

        return ellipse
    if form == "rod":
        cap, half = _rod(diameter_px)
        return lambda x, y: cap - np.hypot(np.maximum(np.abs(x) - half, 0), y)
    corners = outline_of(form, diameter_px)
    middles = (corners + np.roll(corners, -1, axis=0)) / 2
    inner = float(np.hypot(*middles[0]))
    return lambda x, y: np.min([inner - (x * u + y * v) / inner for u, v in middles], axis=0)


def reach_of(wanted: Plate) -> float:
    """Radius of the circle around the form."""
    return float(np.hypot(*outline_of(wanted.form, wanted.diameter_px).T).max())


def plate(wanted: Plate, most: int = 196, side: int = 640) -> Drawn:
    """Draw a picture: up to ``most`` objects on a picture of at most ``side`` px, at least four."""
    rng = np.random.default_rng(wanted.seed)
    pitch = (
        2 * reach_of(wanted) * (2 if wanted.form == "pair" else 1)
        + max(8.0, 4 * wanted.blur_px, 0.35 * wanted.diameter_px)
        + 2
    )
    across = max(2, min(int(side / pitch), math.isqrt(most)))
    size = math.ceil(across * pitch)
    fine, labels = np.zeros((size * FINE, size * FINE), np.float32), np.zeros((size, size), np.uint32)
    turns = []
    for row in range(across):
        for column in range(across):
            centre = (np.array([column, row]) + 0.5) * pitch + rng.uniform(-1, 1, 2)
            turn = rng.uniform(0, math.pi)
            for place in _places(wanted, centre, turn):
                turns.append(math.degrees(-turn) % 180)
                _draw(wanted, place, turn, fine, labels, len(turns))
    cover = cv2.GaussianBlur(fine, (0, 0), wanted.blur_px * FINE) if wanted.blur_px else fine
    cover = cover.reshape(size, FINE, size, FINE).mean(axis=(1, 3))
    return Drawn(_recorded(cover, wanted, rng), labels, outline_of(wanted.form, wanted.diameter_px), np.array(turns))


def _places(wanted: Plate, centre: NDArray[np.float64], turn: float) -> list[NDArray[np.float64]]:
    if wanted.form != "pair":
        return [centre]
    away = wanted.diameter_px / 2 * np.array([math.cos(turn), math.sin(turn)])
    return [centre - away, centre + away]


def _draw(
    wanted: Plate,
    centre: NDArray[np.float64],
    turn: float,
    fine: NDArray[np.float32],
    labels: NDArray[np.uint32],
    number: int,
) -> None:
    depth = depth_in(wanted.form, wanted.diameter_px)
    half = math.ceil(reach_of(wanted)) + 3
    left, top = (math.floor(each) - half for each in centre)
    for factor in (FINE, 1):
        places = (np.arange(2 * half * factor) + 0.5) / factor
        x, y = np.meshgrid(places + left - centre[0], places + top - centre[1])
        along, across = x * math.cos(turn) + y * math.sin(turn), y * math.cos(turn) - x * math.sin(turn)
        inside = depth(along, across)
        window = np.s_[top * factor : (top + 2 * half) * factor, left * factor : (left + 2 * half) * factor]
        if factor == 1:
            labels[window][inside > 0] = number
        else:
            fine[window] += np.clip(0.5 + inside * factor, 0, 1).astype(np.float32)


def _recorded(cover: NDArray[np.float32], wanted: Plate, rng: np.random.Generator) -> NDArray[np.uint8]:
    contrast = OBJECT - GROUND
    image = GROUND + contrast * (1 - cover if wanted.look == "dark" else cover)
    if wanted.look == "gradient":
        image = image + contrast * 1.5 * (np.linspace(-0.5, 0.5, cover.shape[1], dtype=np.float32)[None])
    noisy = image + contrast / wanted.contrast_to_noise * rng.standard_normal(cover.shape, np.float32)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Field:
    """Discs at random places of a plane, of which a square field shows a part; sizes follow a log-normal law.

    Attributes:
        side_px: of the field.
        median_px: by number.
        deviation: geometric standard deviation.
        count: how many there are per field.
    """

    side_px: int
    median_px: float
    deviation: float
    count: float

    def percentiles(self, power: int) -> NDArray[np.float64]:
        """True x10, x50, x90 by the size to a power (Hatch and Choate 1929)."""
        sigma = math.log(self.deviation)
        return self.median_px * np.exp(sigma * np.array([-1.2815516, 0.0, 1.2815516]) + power * sigma**2)

    def draw(self, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """True diameters (N,) of the discs that are seen, and the boxes (N, 4) of what the field shows of them."""
        side, reach = self.side_px, self.median_px * self.deviation**4
        number = rng.poisson(self.count * ((side + 2 * reach) / side) ** 2)
        diameters = self.median_px * self.deviation ** rng.standard_normal(number)
        centres, radii = rng.uniform(-reach, side + reach, (number, 2)), diameters / 2
        near = np.hypot(*(centres - np.clip(centres, 0, side)).T) < radii
        diameters, centres, radii = diameters[near], centres[near], radii[near, None]
        # a pixel belongs to a disc if its centre does
        low = np.clip(np.floor(centres - radii + 0.5), 0, side).astype(np.int32)
        high = np.clip(np.floor(centres + radii + 0.5), 0, side).astype(np.int32)
        seen = (high > low).all(axis=1)
        return diameters[seen], np.concatenate([low, high], axis=1)[seen]
