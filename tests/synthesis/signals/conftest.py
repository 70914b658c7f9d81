from dataclasses import replace

import numpy as np
import pytest

from uniaims.synthesis.relief import Relief
from uniaims.synthesis.scenes import Scene

RADIUS = 20.0


@pytest.fixture(scope="session")
def balls() -> Scene:
    """Nine balls of radius 20 on a lattice of 64 px, 192 x 192."""
    flat = Relief.flat((192, 192))
    rows, columns = np.mod(flat.v, 64) - 32, np.mod(flat.u, 64) - 32
    inside = rows**2 + columns**2 < RADIUS**2
    half = np.sqrt(np.maximum(RADIUS**2 - rows**2 - columns**2, 0))
    steep = np.where(inside, np.maximum(half, 1e-3), 1)
    number = (flat.v // 64 * 3 + flat.u // 64 + 1).astype(np.int32)
    relief = replace(
        flat,
        height=np.where(inside, RADIUS + half, 0).astype(np.float32),
        slope_y=np.where(inside, -rows / steep, 0).astype(np.float32),
        slope_x=np.where(inside, -columns / steep, 0).astype(np.float32),
        thickness=np.where(inside, 2 * half, 0).astype(np.float32),
        labels=np.where(inside, number, 0).astype(np.int32),
    )
    return Scene(relief, relief.labels.astype(np.uint32), np.arange(1, 10, dtype=np.int32), 2 * RADIUS)


@pytest.fixture(scope="session")
def tiles() -> Scene:
    """Sixteen square grains of 48 px that fill the plane."""
    flat = Relief.flat((192, 192))
    labels = (flat.v // 48 * 4 + flat.u // 48 + 1).astype(np.int32)
    relief = replace(flat, thickness=np.ones_like(flat.thickness), labels=labels)
    return Scene(relief, labels.astype(np.uint32), np.arange(1, 17, dtype=np.int32), 48.0)
