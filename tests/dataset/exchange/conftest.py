"""Images with instances that try formats: holes, pieces, touching, single pixels, overlaps."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.dataset.annotated_image import AnnotatedImage
from uniaims.dataset.instances import InstanceMasks
from uniaims.dataset.schema import ImageRecord

SHAPE = (96, 128)


def difficult_labels(seed: int = 0) -> NDArray[np.uint32]:
    """Labels (96, 128): discs, a ring, a piece within a ring's hole, diagonal neighbours, single pixels, borders."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.int32)
    for number in range(20, 30):
        cv2.circle(labels, (int(rng.integers(0, 128)), int(rng.integers(40, 96))), int(rng.integers(2, 9)), number, -1)
    cv2.circle(labels, (20, 20), 15, 1, -1)
    cv2.circle(labels, (20, 20), 10, 0, -1)
    labels[19:22, 19:22] = 1  # a piece in the hole of its own ring
    labels[18, 24] = 2
    labels[5:9, 60:64] = 3
    labels[9:12, 64:67] = 3  # touches by a corner
    labels[10, 80], labels[11, 81], labels[12, 80] = 4, 4, 4
    labels[0:4, 120:128] = 5
    labels[30:38, 100:110] = 6
    labels[33, 104], labels[34, 105] = 0, 0  # two holes that touch by a corner
    labels[30:38, 110:118] = 7
    return labels.astype(np.uint32)


@pytest.fixture
def difficult() -> NDArray[np.uint32]:
    """Labels that try formats: see `difficult_labels`."""
    return difficult_labels()


@pytest.fixture
def make_entry(tmp_path: Path) -> Callable[..., AnnotatedImage]:
    """Makes an entry with difficult instances: ``make_entry("name", seed=0, suffix=".png", kinds=True)``."""

    def make(name: str = "Al2O3 no.1", *, seed: int = 0, suffix: str = ".png", kinds: bool = True) -> AnnotatedImage:
        labels = difficult_labels(seed)
        names = {int(number): ("grain", "pore & crack", "")[number % 3] for number in np.unique(labels) if number}
        instances = InstanceMasks.from_labels(labels, names if kinds else None)
        picture = np.random.default_rng(seed).integers(0, 256, SHAPE).astype(np.uint8)
        path = tmp_path / "source" / f"{name}{suffix}"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), picture)
        record = ImageRecord(
            name,
            f"images/{name}{suffix}",
            SHAPE[1],
            SHAPE[0],
            modality="SEM",
            material="Al₂O₃ <pure>",
            caption='Grains, "as sintered", & pores',
            pixel_size_nm=2.5,
            pixel_size_source="given",
            split="validation",
            synthetic=True,
        )
        return AnnotatedImage(record, instances, path)

    return make


def masks_of(instances: InstanceMasks) -> list[NDArray[np.bool_]]:
    """Full-size mask (H, W) of each instance."""
    masks = []
    for i, (y0, x0, y1, x1) in enumerate(instances.boxes.tolist()):
        mask = np.zeros(instances.shape, np.bool_)
        mask[y0:y1, x0:x1] = instances.mask(i)
        masks.append(mask)
    return masks


@pytest.fixture
def full_masks() -> Callable[[InstanceMasks], list[NDArray[np.bool_]]]:
    """Full-size masks of instances."""
    return masks_of
