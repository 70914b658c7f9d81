"""What a beam that passes through crystals shows: bend contours, thickness fringes, lattice fringes, orientations.

Dark bands run where the lattice of a bent crystal is in Bragg position; in a wedge the two beams beat, so that
bright and dark fringes follow lines of equal thickness (Williams and Carter, Transmission Electron Microscopy,
2nd ed. 2009, chapters 23 and 24).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from uniaims.synthesis.scenes import Scene
from uniaims.synthesis.shapes import Generator
from uniaims.synthesis.signals.surface import Float32, body_count, by_body, owners
from uniaims.synthesis.textures import fractal_texture


def bend_contours(scene: Scene, spacing_px: float, rng: Generator) -> Float32:
    """Dark bands inside the bodies, (H, W) float32 from 0 to 1, about `spacing_px` apart, each body with its own."""
    field = fractal_texture(scene.labels.shape, 2.5 * spacing_px, 5.0, rng)
    count = body_count(scene)
    offsets = rng.uniform(-1.5, 1.5, count)
    tilts = rng.normal(0, 0.35, (2, count)) / spacing_px
    rows, columns = np.indices(scene.labels.shape, dtype=np.float32)
    centre_y, centre_x = (by_body(scene, values) for values in _centres(scene))
    tilt = by_body(scene, tilts[0]) * (rows - centre_y) + by_body(scene, tilts[1]) * (columns - centre_x)
    distance = (field + tilt + by_body(scene, offsets)) / np.float32(0.16)
    return np.asarray(np.exp(-(distance**2)) * (scene.labels > 0), dtype=np.float32)


def thickness_fringes(scene: Scene, extinction_px: float) -> Float32:
    """Two-beam fringes, (H, W) float32 from -1 to 1: cosine of thickness over the extinction distance."""
    phase = np.float32(2 * np.pi / extinction_px) * scene.relief.thickness
    return np.asarray(np.cos(phase) * (scene.labels > 0), dtype=np.float32)


def lattice_fringes(scene: Scene, spacing_px: float, crossed: bool, rng: Generator) -> Float32:
    """Lattice planes, (H, W) float32 of amplitude 1, each body in its own direction; `crossed`: columns of atoms."""
    count = body_count(scene)
    angles, phases = rng.uniform(0, np.pi, count), rng.uniform(0, 2 * np.pi, (2, count))
    widths = spacing_px * rng.uniform(0.85, 1.2, count)
    rows, columns = np.indices(scene.labels.shape, dtype=np.float32)
    sets = (angles, angles + rng.choice([np.pi / 2, np.pi / 3])) if crossed else (angles,)
    waves = np.zeros(scene.labels.shape, np.float32)
    for index, angle in enumerate(sets):
        along = by_body(scene, np.sin(angle) / widths) * rows + by_body(scene, np.cos(angle) / widths) * columns
        waves += np.cos(2 * np.float32(np.pi) * along + by_body(scene, phases[index]))
    return np.asarray(waves / len(sets) * (scene.labels > 0), dtype=np.float32)


def random_orientations(count: int, rng: Generator) -> NDArray[np.float64]:
    """Rotation matrices (count, 3, 3), all orientations alike."""
    return np.asarray(Rotation.from_quat(rng.normal(size=(count, 4))).as_matrix())


def _centres(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean row and column (B + 1,) of each body's visible pixels."""
    owner = owners(scene).ravel()
    count = body_count(scene)
    total = np.maximum(np.bincount(owner, minlength=count), 1)
    rows, columns = np.indices(scene.labels.shape)
    mean_row = np.bincount(owner, rows.ravel(), minlength=count) / total
    return mean_row, np.bincount(owner, columns.ravel(), minlength=count) / total
