"""Banners and empty strips are left out, micrographs are not."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from uniaims.boxes import Box
from uniaims.content import content_box

Gray = NDArray[np.uint8]


def micrograph(height: int = 400, width: int = 600, mean: float = 110, noise: float = 14) -> Gray:
    """Noise with blobs, as an SEM gives."""
    rng = np.random.default_rng(5)
    image = rng.normal(mean, noise, (height, width)).astype(np.float32)
    for _ in range(40):
        cv2.circle(image, (int(rng.integers(width)), int(rng.integers(height))), 15, mean + 60, -1)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.0).clip(0, 255), dtype=np.uint8)


def banner(width: int, height: int, ground: int, ink: int) -> Gray:
    """A strip with text, a bar and a ruled line at its top."""
    strip = np.full((height, width), ground, np.uint8)
    strip[0] = ink
    for column in range(10, width - 120, 130):
        cv2.putText(strip, "15.0 kV x20k", (column, height - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, 1, cv2.LINE_AA)
    cv2.rectangle(strip, (width - 110, height // 2), (width - 10, height // 2 + 4), ink, -1)
    return strip


def as_jpeg(image: Gray, quality: int = 85) -> Gray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def same(image: Gray) -> Gray:
    return image


@pytest.mark.parametrize("kept", [same, as_jpeg], ids=["lossless", "JPEG"])
@pytest.mark.parametrize(("ground", "ink"), [(0, 255), (255, 0), (128, 255)], ids=["black", "white", "grey"])
def test_banner_below_is_left_out(ground: int, ink: int, kept: Callable[[Gray], Gray]) -> None:
    image = kept(np.vstack([micrograph(), banner(600, 40, ground, ink)]))
    box = content_box(image)
    assert (box.top, box.left, box.right) == (0, 0, 600)
    assert 396 <= box.bottom <= 400


def test_banner_above_and_below_are_left_out() -> None:
    image = np.vstack([banner(600, 30, 0, 255)[::-1], micrograph(), banner(600, 40, 255, 0)])
    box = content_box(image)
    assert 30 <= box.top <= 32
    assert 428 <= box.bottom <= 430


def test_two_strips_of_different_colour_are_left_out() -> None:
    image = np.vstack([micrograph(), np.full((20, 600), 200, np.uint8), banner(600, 30, 0, 255)])
    assert 396 <= content_box(image).bottom <= 400


def test_padding_on_all_sides_is_left_out() -> None:
    image = np.pad(micrograph(), ((12, 20), (30, 8)))
    assert content_box(image) == Box(12, 30, 412, 630)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.int32])
def test_other_types_are_understood(dtype: type) -> None:
    image = np.vstack([micrograph(), banner(600, 40, 0, 255)]).astype(dtype) * 100
    assert 396 <= content_box(image).bottom <= 400


def test_micrograph_without_banner_is_whole() -> None:
    assert content_box(micrograph()) == Box(0, 0, 400, 600)


def test_dark_background_between_particles_is_kept() -> None:
    image = np.zeros((400, 600), np.uint8)
    for row in range(60, 400, 60):
        for column in range(40, 600, 60):
            cv2.circle(image, (column, row), 18, 200, -1)
    assert content_box(image) == Box(0, 0, 400, 600)


def test_charging_stripes_are_kept() -> None:
    rows = np.linspace(-1, 1, 400)[:, np.newaxis]
    image = (micrograph(noise=8).astype(float) + 25 * np.exp(-(((rows - 0.8) / 0.08) ** 2))).clip(0, 255)
    assert content_box(image.astype(np.uint8)) == Box(0, 0, 400, 600)


@pytest.mark.parametrize("level", [0, 255, 77])
def test_flat_image_is_whole(level: int) -> None:
    assert content_box(np.full((50, 60), level, np.uint8)) == Box(0, 0, 50, 60)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 500), (500, 3), (9, 9)])
def test_tiny_images_are_no_trouble(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    box = content_box(image)
    assert 0 <= box.top < box.bottom <= shape[0]
    assert 0 <= box.left < box.right <= shape[1]


def test_pixels_as_large_as_numbers_get_are_no_trouble() -> None:
    levels = np.random.default_rng(0).normal(100, 20, (200, 300)).astype(np.float32)
    levels[0, :2] = -3e38, 3e38
    assert content_box(levels) == Box(0, 0, 200, 300)


def test_real_banners_are_left_out_and_no_truth_is_lost(data_folder: Path) -> None:
    """On real figures: what is cut holds no labelled instance, and the known banners are cut."""
    cut = 0
    for path in sorted((data_folder / "emps" / "images").glob("[0-3]*.png")):
        image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        truth = cv2.imread(str(data_folder / "emps" / "masks" / path.name), cv2.IMREAD_UNCHANGED)
        box = content_box(image)
        cut += box.shape != image.shape
        assert len(np.unique(truth[box.window])) == len(np.unique(truth)), path.name
    assert cut >= 10


def test_hitachi_banners_are_left_out(data_folder: Path) -> None:
    paths = sorted((data_folder / "scalebar" / "hitachi").glob("*.tif"))
    boxes = [content_box(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)) for path in paths]
    assert len(boxes) >= 5
    assert all(860 <= box.bottom <= 892 and box.right == 1280 for box in boxes)
