"""Label images and spoilt fields on which flow following is judged.

Scenes: dense blobs (mean diameter 24 px), mixed sizes (8 to 120 px), rods (8 px wide, in bundles that touch), concave
shapes (rings, crescents, stars, U), grains (space-filling, no background between them).

Spoilings, meant to bracket what networks do: all fields blurred (sigma 1.5 and 3 px: under-trained, or tiles averaged),
noise of 2 px grain on every field (weak and strong), dropouts (0.7 % of the area in patches of 3 to 7 px without
probability, 1.4 % without flow and topography), and a mixture of the three. Five scenes times six spoilings are 30
cases. Strengths were set so that following without merging, and Cellpose without its flow check, fall to about .8.
"""

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from uniaims.flows import Fields
from uniaims.labels import relabel

Labels = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]


def blobs(size: int, seed: int, diameter: float = 24.0) -> Labels:
    """Dense wobbly discs on a jittered grid, many of them touching."""
    random = np.random.default_rng(seed)
    cells = int(size / (diameter * 1.02))
    centres = (np.indices((cells, cells)).reshape(2, -1).T + 0.5) * size / cells
    centres += random.normal(0, diameter * 0.18, centres.shape)
    radius = diameter / 2 * random.uniform(0.75, 1.3, len(centres))
    phase = random.uniform(0, 2 * np.pi, (len(centres), 3))
    wobble = random.uniform(0, 0.12, (len(centres), 3))
    labels = np.zeros((size, size), np.uint32)
    tree = cKDTree(centres)
    for top in range(0, size, 512):
        rows = np.indices((min(512, size - top), size)).reshape(2, -1).T + np.array([top, 0])
        distance, nearest = tree.query(rows, workers=2)
        step = rows - centres[nearest]
        angle = np.arctan2(step[:, 0], step[:, 1])
        edge = np.ones(len(rows))
        for wave in range(3):
            edge += wobble[nearest, wave] * np.cos((wave + 2) * angle + phase[nearest, wave])
        labels[top : top + 512] = np.where(distance < radius[nearest] * edge, nearest + 1, 0).reshape(-1, size)
    return relabel(labels)


def mixed_sizes(size: int, seed: int) -> Labels:
    """Ellipses of 8 to 120 px, large ones first, the later ones only where there is room or a slight touch."""
    random = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint32)
    diameters = np.sort(np.exp(random.uniform(np.log(8), np.log(120), size * size // 400)))[::-1]
    number = 0
    for diameter in diameters:
        one = np.zeros((size, size), np.uint8)
        centre = tuple(int(value) for value in random.integers(0, size, 2))
        axes = (int(diameter / 2), max(3, int(diameter / 2 * random.uniform(0.6, 1))))
        cv2.ellipse(one, centre, axes, float(random.uniform(0, 180)), 0, 360, 1, -1)
        inside = one > 0
        if (labels[inside] > 0).mean() < 0.03:
            number += 1
            labels[inside & (labels == 0)] = number
    return _connected(labels)


def rods(size: int, seed: int) -> Labels:
    """Bundles of rods, 8 px wide and 40 to 90 px long, side by side."""
    random = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint32)
    number = 0
    for _ in range(size * size // 2500):
        centre = random.uniform(0, size, 2)
        angle = random.uniform(0, np.pi)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-along[1], along[0]]) * 8.5
        half = random.uniform(20, 45)
        for place in range(int(random.integers(1, 5))):
            middle = centre + across * place + along * random.uniform(-8, 8)
            one = np.zeros((size, size), np.uint8)
            around = ((1, 1), (1, -1), (-1, -1), (-1, 1))
            corners = [middle + a * half * along + b * across * 0.46 for a, b in around]
            cv2.fillPoly(one, [np.round(corners).astype(np.int32)], 1)
            inside = one > 0
            if inside.any() and (labels[inside] > 0).mean() < 0.1:
                number += 1
                labels[inside & (labels == 0)] = number
    return _connected(labels)


def concave(size: int, seed: int) -> Labels:
    """Rings, crescents, stars and U shapes of 40 to 70 px on a grid."""
    random = np.random.default_rng(seed)
    labels = np.zeros((size, size), np.uint32)
    number = 0
    pitch = 64
    for y in range(pitch // 2, size, pitch):
        for x in range(pitch // 2, size, pitch):
            one = np.zeros((size, size), np.uint8)
            middle = np.array([x, y]) + random.integers(-4, 5, 2)
            _draw_concave(one, middle, random.uniform(20, 35), number % 4, random.uniform(0, 2 * np.pi))
            number += 1
            labels[(one > 0) & (labels == 0)] = number
    return _connected(labels)


def _draw_concave(one: npt.NDArray[np.uint8], middle: Floats, radius: float, kind: int, turn: float) -> None:
    """Draw one ring, crescent, star or U into ``one``."""
    centre = (int(middle[0]), int(middle[1]))
    away = (int(middle[0] + radius * 0.5 * np.cos(turn)), int(middle[1] + radius * 0.5 * np.sin(turn)))
    if kind == 0:
        cv2.circle(one, centre, int(radius), 1, max(6, int(radius / 3)))
    elif kind == 1:
        cv2.circle(one, centre, int(radius), 1, -1)
        cv2.circle(one, away, int(radius * 0.75), 0, -1)
    elif kind == 2:
        angle = turn + np.arange(10) * np.pi / 5
        reach = np.where(np.arange(10) % 2 == 0, radius, radius * 0.45)
        points = np.stack([middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle)], 1)
        cv2.fillPoly(one, [np.round(points).astype(np.int32)], 1)
    else:
        cv2.ellipse(one, centre, (int(radius * 0.8), int(radius * 0.8)), np.degrees(turn), 40, 320, 1, 10)


def grains(size: int, seed: int, diameter: float = 30.0) -> Labels:
    """Voronoi cells without background."""
    random = np.random.default_rng(seed)
    centres = random.uniform(0, size, (int((size / diameter) ** 2), 2))
    for _ in range(2):
        pixels = np.indices((size, size)).reshape(2, -1).T
        nearest = cKDTree(centres).query(pixels)[1]
        count = np.maximum(np.bincount(nearest, minlength=len(centres)), 1)
        centres = np.stack([np.bincount(nearest, pixels[:, axis], len(centres)) / count for axis in (0, 1)], 1)
    return _connected((nearest.reshape(size, size) + 1).astype(np.uint32))


def _connected(labels: Labels) -> Labels:
    """Return the labels with only the largest piece of each instance, and only instances of 30 px or more."""
    out = np.zeros_like(labels)
    for label in np.unique(labels)[1:]:
        count, pieces, table, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8), connectivity=8)
        largest = 1 + int(np.argmax(table[1:, cv2.CC_STAT_AREA])) if count > 1 else 0
        if largest and table[largest, cv2.CC_STAT_AREA] >= 30:
            out[pieces == largest] = label
    return relabel(out)


SCENES: dict[str, Callable[[int, int], Labels]] = {
    "blobs": blobs,
    "mixed sizes": mixed_sizes,
    "rods": rods,
    "concave": concave,
    "grains": grains,
}


def _blur(field: Floats, sigma: float) -> Floats:
    """Return ``field`` (H, W) blurred."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def _grainy(shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Return noise of unit standard deviation and about 2 px grain."""
    noise = _blur(random.normal(size=shape).astype(np.float32), 1.0)
    return noise / noise.std()


def blurred(fields: Fields, sigma: float) -> Fields:
    """Return all fields blurred."""
    flow = np.stack([_blur(fields.flow[0], sigma), _blur(fields.flow[1], sigma)])
    return Fields(_blur(fields.probability, sigma), flow, _blur(fields.topography, sigma))


def noisy(fields: Fields, strength: float, random: np.random.Generator) -> Fields:
    """Return fields with noise of standard deviation ``strength`` on flow and a third of it on the maps."""
    shape = fields.probability.shape
    flow = fields.flow + strength * np.stack([_grainy(shape, random), _grainy(shape, random)])
    probability = fields.probability + strength / 3 * _grainy(shape, random)
    return Fields(probability, flow, fields.topography + strength / 3 * _grainy(shape, random))


def dropped(fields: Fields, random: np.random.Generator, share: float = 0.015) -> Fields:
    """Return fields with patches of no probability, and twice as many of no flow and no topography."""
    shape = fields.probability.shape
    holes = [np.ones(shape, np.float32) for _ in range(2)]
    for hole, part in zip(holes, (share, 2 * share), strict=True):
        for _ in range(int(part * shape[0] * shape[1] / 35)):
            centre = (int(random.integers(shape[1])), int(random.integers(shape[0])))
            cv2.circle(hole, centre, int(random.integers(1, 4)), 0, -1)
    return Fields(fields.probability * holes[0], fields.flow * holes[1], fields.topography * holes[1])


SPOILINGS: dict[str, Callable[[Fields, np.random.Generator], Fields]] = {
    "blur 1.5": lambda fields, _: blurred(fields, 1.5),
    "blur 3": lambda fields, _: blurred(fields, 3.0),
    "noise 0.25": lambda fields, random: noisy(fields, 0.25, random),
    "noise 0.5": lambda fields, random: noisy(fields, 0.5, random),
    "dropouts": dropped,
    "all": lambda fields, random: noisy(blurred(dropped(fields, random, 0.01), 1.5), 0.25, random),
}
