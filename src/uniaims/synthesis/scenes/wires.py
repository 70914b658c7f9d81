"""Wires: curved nanowires, fibres and tubes that cross each other, from a few to dense mats."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from uniaims.synthesis.bodies import Array, Generator
from uniaims.synthesis.ranges import Range, check_choices, check_ranges, drawn, drawn_log, drawn_size
from uniaims.synthesis.relief import Float32, Relief
from uniaims.synthesis.scenes.composition import Counting, Placed, composed
from uniaims.synthesis.scenes.scene import SMALLEST_AREA_PX, Scene
from uniaims.synthesis.sizes import LAWS, SizeLaw
from uniaims.synthesis.stamps import Pen, Wire, imprint
from uniaims.synthesis.textures import smooth_line

PIECES = ("split", "joined")
_MOST_WIRES = 800
_THINNEST_PX = 2.5


@dataclass(frozen=True)
class Wires:
    """Curved wires on a substrate or on each other, as ranges from which each image draws.

    `diameter_px` is drawn evenly on a log scale; `spread` and `laws` see `sizes.SizeLaw`; `aspect` length over
    diameter, on a log scale; `layers` the sum of all wires' areas over the image's, on a log scale; `turn` how far a
    wire turns on a way of 20 diameters, radians; `order` 0: all directions alike, 1: parallel; `taper` the chance
    that wires get thinner towards one end, `bore` hollow core relative to the diameter; `tubes` the chance that there
    is one.

    `pieces`: a wire that is crossed shows several pieces. ``split``: each has its own label (two labels of one body),
    ``joined``: one label per wire. The whole wire is in `Scene.whole` either way.
    """

    diameter_px: Range = (4.0, 40.0)
    spread: Range = (0.02, 0.35)
    laws: tuple[str, ...] = ("log-normal",)
    aspect: Range = (15.0, 200.0)
    layers: Range = (0.1, 2.5)
    turn: Range = (0.0, 1.5)
    order: Range = (0.0, 0.5)
    taper: float = 0.1
    tubes: float = 0.0
    bore: Range = (0.3, 0.8)
    pieces: str = "split"

    def __post_init__(self) -> None:
        check_choices("pieces", (self.pieces,), PIECES)
        check_choices("laws", self.laws, tuple(LAWS))
        check_ranges(self, ("spread", "turn", "order", "bore"))
        check_ranges(self, ("aspect",), 2)
        check_ranges(self, ("layers",), 0.001)
        check_ranges(self, ("diameter_px",), 3)

    def compose(self, shape: tuple[int, int], rng: Generator) -> Scene:
        """Draw one scene of `shape` (H, W)."""
        diameter_px = drawn_size(self.diameter_px, shape, rng, 0.15)
        bundle = _Bundle(
            sizes=SizeLaw(diameter_px, drawn(self.spread, rng), _THINNEST_PX, str(rng.choice(self.laws))),
            aspect=drawn_log(self.aspect, rng),
            turn=drawn(self.turn, rng),
            order=drawn(self.order, rng),
            main=rng.uniform(0, np.pi),
            bore=drawn(self.bore, rng) if rng.random() < self.tubes else 0.0,
            tapered=bool(rng.random() < self.taper),
        )
        wanted_px = drawn_log(self.layers, rng) * shape[0] * shape[1]
        relief, pen = Relief.flat(shape), Pen(shape)
        placed: list[Placed] = []
        for _ in range(_MOST_WIRES):
            stamp = pen.draw(_wire(bundle, relief.height, rng))
            wanted_px -= len(stamp.rows)
            if len(stamp.rows) >= SMALLEST_AREA_PX:
                placed.append(Placed(stamp, (0, 0), 0.0, len(placed)))
                imprint(relief, stamp, len(placed))
            if wanted_px <= 0:
                break
        counting = Counting(self.pieces == "joined", False, max(SMALLEST_AREA_PX, 0.3 * diameter_px**2))
        return composed(shape, placed, diameter_px, counting)


@dataclass(frozen=True)
class _Bundle:
    """What the wires of one image have in common; see `Wires`. `main` is their common direction in radians."""

    sizes: SizeLaw
    aspect: float
    turn: float
    order: float
    main: float
    bore: float
    tapered: bool


def _wire(bundle: _Bundle, ground: Float32, rng: Generator) -> Wire:
    """Draw one wire that lies on `ground` (H, W)."""
    shape = (ground.shape[0], ground.shape[1])
    width = float(bundle.sizes.draw(rng, 1)[0])
    length = min(bundle.aspect * width * float(np.exp(rng.normal(0, 0.3))), 3.0 * max(shape))
    step = min(max(0.3 * width, 1.0), 4.0)
    count = max(int(length / step), 3)
    bends = smooth_line(count, max(8 * width / step, 1.0), rng) * bundle.turn / (20 * width) * step
    heading = _direction(bundle, rng) + np.cumsum(bends)
    heading -= bundle.order * np.linspace(0, float(heading[-1] - heading[0]), count)
    course = step * np.cumsum(np.column_stack([np.sin(heading), np.cos(heading)]), axis=0)
    beyond = min(0.4 * length, 0.5 * max(shape))
    course += rng.uniform(-beyond, np.array(shape) + beyond) - course[count // 2]
    radii = width / 2 * (1 + 0.04 * smooth_line(count, max(3 * width / step, 1.0), rng))
    if bundle.tapered:
        radii = radii * np.linspace(1, rng.uniform(0.3, 0.8), count)
    radii = np.maximum(radii, _THINNEST_PX / 2)
    axis = _draped(course, radii, ground, step)
    return Wire(np.column_stack([course, axis]), radii, bundle.bore)


def _direction(bundle: _Bundle, rng: Generator) -> float:
    """A direction in radians: any (order 0) to always the main one (order 1), either way round."""
    stiffness = 4 * bundle.order / max(1 - bundle.order, 1e-3)
    return bundle.main + float(rng.vonmises(0, stiffness)) / 2 + np.pi * float(rng.random() < 0.5)


def _draped(course: Array, radii: Array, ground: Float32, step: float) -> NDArray[np.float64]:
    """Heights (N,) of the axis: it lies on what is below, and is too stiff to follow it closely."""
    rows, columns = np.clip(np.rint(course).astype(np.int64), 0, np.array(ground.shape) - 1).T
    reach = max(int(4 * float(radii.mean()) / step), 1)
    below = maximum_filter1d(ground[rows, columns].astype(np.float64), 2 * reach + 1, mode="nearest")
    return np.asarray(gaussian_filter1d(below, reach, mode="nearest") + radii, dtype=np.float64)
