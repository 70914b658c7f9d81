"""Small datasets, made anew for each test."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from uniaims.dataset import AnnotatedImage, Dataset, ImageRecord, InstanceMasks


def picture_of(seed: int, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    """A picture (H, W) uint8 unlike those of other seeds."""
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 12)).astype(np.float32)
    return np.clip(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def labels_of(seed: int, shape: tuple[int, int] = (48, 64), count: int = 5) -> np.ndarray:
    """Labels (H, W) uint32 of ``count`` squares, none touching another."""
    labels = np.zeros(shape, np.uint32)
    sizes = np.random.default_rng(seed).integers(3, 9, count)
    for number, size in enumerate(sizes.tolist(), 1):
        x, y = 2 + (number - 1) % 5 * 12, 2 + (number - 1) // 5 * 12
        labels[y : y + size, x : x + size] = number
    return labels


@pytest.fixture
def entry() -> Callable[..., AnnotatedImage]:
    """Makes entries: ``entry("a", seed=1, count=5, modality="SEM")``; the image is an array."""

    def make(
        image_id: str, seed: int = 0, count: int = 5, kinds: dict[int, str] | None = None, **fields
    ) -> AnnotatedImage:
        labels = labels_of(seed, count=count)
        record = ImageRecord(image_id, "any", 64, 48, **fields)
        return AnnotatedImage(record, InstanceMasks.from_labels(labels, kinds), picture_of(seed))

    return make


@pytest.fixture
def dataset(tmp_path: Path, entry: Callable[..., AnnotatedImage]) -> Dataset:
    """Six images ``a`` .. ``f`` with 1 .. 6 instances; the first three are of SEM, the others of TEM."""
    made = Dataset.create(tmp_path / "dataset")
    made.add(
        entry(name, seed, seed + 1, modality="SEM" if seed < 3 else "TEM", structure="particle", group=f"g{seed // 2}")
        for seed, name in enumerate("abcdef")
    )
    return made


@pytest.fixture
def plain_folder(tmp_path: Path) -> Path:
    """A plain folder of three images ``a`` .. ``c`` and their masks."""
    folder = tmp_path / "plain"
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    for seed, stem in enumerate("abc"):
        cv2.imwrite(str(folder / "images" / f"{stem}.png"), picture_of(seed))
        cv2.imwrite(str(folder / "masks" / f"{stem}.png"), labels_of(seed).astype(np.uint16))
    return folder
