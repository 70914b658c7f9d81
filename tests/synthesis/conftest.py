"""Label images whose shapes and looks are known, to learn from."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest


def _ellipses(seed: int, shape: tuple[int, int] = (256, 256)) -> np.ndarray:
    """Well parted ellipses twice as long as wide, all along one direction, about 24 px wide."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint32)
    number = 0
    for y in range(24, shape[0] - 20, 44):
        for x in range(28, shape[1] - 24, 48):
            number += 1
            axes = (round(17 * rng.uniform(0.9, 1.1)), round(8.5 * rng.uniform(0.9, 1.1)))
            canvas = np.zeros(shape, np.uint8)
            cv2.ellipse(canvas, (x, y), axes, 30, 0, 360, 1, -1)
            labels[canvas > 0] = number
    return labels


@pytest.fixture(scope="session")
def ellipses() -> Callable[..., np.ndarray]:
    return _ellipses


@pytest.fixture(scope="session")
def picture() -> Callable[[np.ndarray], np.ndarray]:
    """Bright bodies (about 180) with darker rims on a dark ground (about 60), with noise."""

    def draw(labels: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(3)
        inside = (labels > 0).astype(np.uint8)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        grey = np.where(inside > 0, 140 + 40 * np.minimum(depth / 6, 1), 60) + rng.normal(0, 6, labels.shape)
        return np.clip(grey, 0, 255).astype(np.uint8)

    return draw
